"""From answers keyed as in domain reference §4.1 to a semen sheet, and back for keeping.

Answers come from a form, a message or the stored sheet: text, numbers or nothing. What cannot
be read is named with its field; a key nobody knows is refused, never dropped.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import partial
from typing import Any

from labs.rules.quantities import Quantity
from labs.rules.semen_sheet import (
    Amount,
    Appearance,
    Chamber,
    CollectionMethod,
    CollectionPlace,
    Completeness,
    DnaMethod,
    Edition,
    FreshSperm,
    SemenSheet,
    SheetStatus,
    Viscosity,
    VitalityMethod,
)

KEPT_WITH_THE_SHEET = ("unusual_reason", "remark")
"""Words of the laboratory that no rule reads: why a value is unusual, and anything else."""


class SheetError(ValueError):
    """One answer that cannot be read, with the field it belongs to."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def text(value: object) -> str:
    return str(value).strip()


def number(value: object) -> Decimal:
    try:
        read = Decimal(text(value))
    except InvalidOperation:
        raise ValueError(f"“{value}” is not a number. Write it like 2.8.") from None
    if not read.is_finite():
        raise ValueError(f"“{value}” is not a number. Write it like 2.8.")
    return read


def whole(value: object) -> int:
    read = number(value)
    if read != read.to_integral_value():
        raise ValueError(f"“{value}” is not a whole number.")
    return int(read)


def moment(value: object) -> datetime:
    read = value if isinstance(value, datetime) else datetime.fromisoformat(text(value))
    if read.tzinfo is None:
        raise ValueError("The time needs a time zone.")
    return read


YES_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def yes_or_no(value: object) -> bool:
    if (answer := YES_NO.get(text(value).lower())) is None:
        raise ValueError(f"“{value}” is neither yes nor no.")
    return answer


def amount(value: object, unit: str) -> Quantity:
    return value if isinstance(value, Quantity) else Quantity.parse(text(value), unit)


def pairs(value: Any) -> tuple[tuple[int, int], ...]:
    read = tuple(tuple(whole(count) for count in pair) for pair in value)
    if any(len(pair) != 2 for pair in read):
        raise ValueError("Each pair of counts has two numbers.")
    return tuple((pair[0], pair[1]) for pair in read)


def word(value: object, *, among: type[StrEnum]) -> StrEnum:
    try:
        return among(text(value))
    except ValueError:
        known = ", ".join(among)
        raise ValueError(f"“{value}” is not one of: {known}.") from None


PER_ML = "10*6/mL"
WORDS: Mapping[str, type[StrEnum]] = {
    "method": CollectionMethod,
    "place": CollectionPlace,
    "complete": Completeness,
    "viscosity": Viscosity,
    "appearance": Appearance,
    "chamber": Chamber,
    "fresh_sperm_seen": FreshSperm,
    "vitality_method": VitalityMethod,
    "aggregation": Amount,
    "debris": Amount,
    "dfi_method": DnaMethod,
    "status": SheetStatus,
    "edition": Edition,
}
READERS: Mapping[str, Callable[[Any], object]] = {
    **{key: partial(word, among=among) for key, among in WORDS.items()},
    **dict.fromkeys(("collected_at", "received_at", "analysis_started_at"), moment),
    **dict.fromkeys(
        ("fever_3mo", "medications", "stain", "agglutination_type", "technologist",
         "verified_by", "lab_id", "method_version"),
        text,
    ),
    **dict.fromkeys(
        ("dilution", "squares", "fresh_sperm_n", "fresh_fields_examined", "pellet_sperm_n",
         "pellet_motile_n", "motility_n_assessed", "morphology_n_assessed",
         "agglutination_grade"),
        whole,
    ),
    **dict.fromkeys(("pellet_done", "pellet_sperm_seen", "erythrocytes_seen"), yes_or_no),
    **dict.fromkeys(
        ("concentration", "round_cells", "leukocytes_pox"), partial(amount, unit=PER_ML)
    ),
    "count_pairs": pairs,
}  # fmt: skip
FIELDS = tuple(field.name for field in fields(SemenSheet))


def read_sheet(answers: Mapping[str, object]) -> SemenSheet:
    """The sheet these answers make; an empty answer is an unknown one."""
    return SemenSheet(**read_answers(answers))


def read_answers(answers: Mapping[str, object]) -> dict[str, Any]:
    """Each answer as the value the sheet holds; the first that cannot be read is named."""
    read = {}
    for key, value in answers.items():
        if key in KEPT_WITH_THE_SHEET or is_empty(value):
            continue
        if key not in FIELDS:
            raise SheetError(key, f"A semen sheet has no field “{key}”.")
        try:
            read[key] = READERS.get(key, number)(value)
        except ValueError as why:
            raise SheetError(key, str(why)) from None
    return read


def is_empty(value: object) -> bool:
    return value is None or value == "" or value in ((), [])


def kept(answers: Mapping[str, object]) -> dict[str, object]:
    """The answers as JSON keeps them: read once, numbers as text, so that nothing is rounded."""
    words = {
        key: text(answers[key]) for key in KEPT_WITH_THE_SHEET if not is_empty(answers.get(key))
    }
    return {key: as_json(value) for key, value in read_answers(answers).items()} | words


def as_json(value: object) -> object:
    match value:
        case StrEnum():
            return value.value
        case bool() | int() | str():
            return value
        case datetime():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
        case tuple():
            return [list(pair) for pair in value]
        case _:
            return str(value)
