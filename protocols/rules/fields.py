"""The schema of a programme as fields a person can fill in: label, unit, help, allowed words.

Made from the models themselves, so that whatever a programme can say has a field.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from enum import StrEnum
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from protocols.rules.definition import Definition
from protocols.rules.explain import bare, enum_of
from protocols.rules.parts import Sourced
from protocols.rules.problems import Path
from protocols.rules.yaml_text import UNSEEN

#: The parts of a programme in the order they are lived through, with what they are called.
PARTS: Mapping[str, str] = {
    "rulesets": "Published rules it follows",
    "dose": "Dose and supply",
    "panels": "Blood tests",
    "visits": "Visits",
    "gates": "Gates",
    "eligibility": "Eligibility",
    "counselling": "Counselling",
    "safety": "Safety limits and symptoms",
    "mood": "Mood (PHQ-9)",
    "medicines": "Medicines",
    "high_risk": "High risk",
    "response": "Response",
    "deviations": "Deviations",
    "lab_lateness": "Late laboratory",
    "semen_preparation": "How the sample is given",
    "lost": "Lost to follow-up",
    "reminders": "Reminders",
}
UNITS = {"_days": "days", "_hours": "hours", "_months": "months", "_minutes": "minutes",
         "_percent": "%", "_points": "points", "_mg": "mg", "_capsules": "capsules"}  # fmt: skip
#: Texts that need more than a line.
LONG = {"summary", "sentence", "text", "source", "crisis_text", "preparation"}
LABELS = {
    "key": "Key",
    "phq9_max_total": "Highest PHQ-9 total",
    "phq9_sign_off_at": "PHQ-9 total that needs a clinician’s word",
    "before_days": "Opens before",
    "after_days": "Closes after",
    "tolerance_days": "Still this visit when late by",
    "early_tolerance_days": "Still this visit when early by",
    "anchor": "Counted from",
    "anchor_visit": "Which visit",
    "missed": "When missed",
    "over": "Over",
    "at_least": "From",
    "under": "Under",
    "at_most": "Up to",
    "daily_capsules": "Capsules a day",
    "reduced_daily_capsules": "Reduced: capsules a day",
    "min_hours": "At least",
    "alcohol_free_hours": "Without alcohol for",
    "re_treatment_days": "Another course not within",
    "blood_donation_months": "No blood donation after the last dose for",
    "adherence_spread_points": "Count, diary and bottles may differ by",
    "expiry_warning_days": "A lot is warned of before its expiry",
    "labs_every_days": "Laboratory every",
    "for_staff": "For members, not for him",
    "prohibited": "Does not go with the drug",
    "repeat_within_days": "Repeat within",
    "contact_within_hours": "A clinician acts within",
    "hys_law": "Hy’s law",
    "max_hold_days": "Longest hold",
    "min_age": "Lowest age",
    "max_age": "Highest age",
    "rise_points": "A rise of",
    "labs": "Laboratory limits",
    "azoospermic_samples": "Samples without sperm",
    "azoospermic_gap_days": "Such samples apart by",
}
#: Words of the schema that are not words of the clinic.
CHOICES = {
    "ae_checklist": "side-effect checklist",
    "close_out": "side effects closed out",
    "grade": "CTCAE grade",
    "ipledge": "iPLEDGE",
    "labs": "blood test",
    "phq9": "PHQ-9",
    "times_uln": "× upper limit",
    "if_stale": "if too old",
}
HELP = {
    "key": "Small letters, digits and _.",
    "offset_days": "This or months, not both. Below 0 for before.",
    "offset_months": "Calendar months; 31 Jan and one month is 28 or 29 Feb.",
    "anchor": "visit: the actual day of another visit.",
    "anchor_visit": "Its code, when it is counted from a visit.",
    "early_tolerance_days": "When it differs from late.",
    "source": "Where this comes from: a study, a label, or “Programme default”.",
    "over": "Give one of over, from and under.",
    "days": "From its target; below 0 for before.",
    "hours": "From its target; below 0 for before.",
    "optional_analytes": "One a line.",
}


class Kind(StrEnum):
    TEXT = "text"
    LONG = "long"
    WHOLE = "whole"
    NUMBER = "number"
    FLAG = "flag"
    CHOICE = "choice"
    TIME = "time"
    LIST = "list"
    GROUP = "group"
    ROWS = "rows"


@dataclass(frozen=True, slots=True)
class Shape:
    """One field of a part: what it is called, what may stand in it, what stands in it unsaid."""

    name: str
    label: str
    unit: str
    help: str
    kind: Kind
    required: bool
    default: Any = None
    choices: tuple[str, ...] = ()
    inner: type[BaseModel] | None = None
    item: type | None = None

    @property
    def is_leaf(self) -> bool:
        return self.kind not in (Kind.GROUP, Kind.ROWS)


def shapes(kind: type[BaseModel]) -> tuple[Shape, ...]:
    """The fields of a part; whether it is signed off is nobody's to type."""
    found = tuple(
        shape(name, field) for name, field in kind.model_fields.items() if name != "signed_off"
    )
    if kind is Definition:
        return tuple(row for row in found if row.name != "version")
    return found


def shape(name: str, field: Any) -> Shape:
    inner = bare(field.annotation)
    item = bare(get_args(inner)[0]) if get_origin(inner) is tuple else None
    model = next((kind for kind in (inner, item) if is_model(kind)), None)
    tail = next((tail for tail in UNITS if name.endswith(tail)), "")
    unit = UNITS.get(tail, "")
    label = heading(name, tail) if name not in LABELS else LABELS[name]
    words = enum_of(inner) or enum_of(item)
    if inner is bool and name == "key":
        label = "A key visit"
    description = "" if inner is bool else field.description or ""
    return Shape(
        name=name,
        label=label,
        unit=unit,
        help="" if inner is bool else HELP.get(name) or sentence(description),
        kind=kind_of_field(name, inner, item),
        required=field.is_required(),
        default=None if field.is_required() else field.default,
        choices=tuple(str(word.value) for word in words) if words else (),
        inner=model,
        item=item,
    )


def choice(word: str) -> str:
    """A word of a list as it is read: STOP is shouted only in the file."""
    return CHOICES.get(word) or word.replace("_", " ").lower()


def sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}." if words else ""


def heading(name: str, tail: str = "") -> str:
    known = PARTS.get(name) or LABELS.get(name)
    if known:
        return known
    plain = name.removesuffix(tail)
    words = plain.replace("_", " ").replace("phq9", "PHQ-9")
    return f"{words[:1].upper()}{words[1:]}"


def is_model(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def kind_of_field(name: str, inner: Any, item: Any) -> Kind:
    if item is not None:
        return Kind.ROWS if is_model(item) else Kind.LIST
    if is_model(inner):
        return Kind.GROUP
    if enum_of(inner):
        return Kind.CHOICE
    kinds = {bool: Kind.FLAG, int: Kind.WHOLE, Decimal: Kind.NUMBER, time: Kind.TIME}
    if inner in kinds:
        return kinds[inner]
    return Kind.LONG if name in LONG else Kind.TEXT


def model_at(way: Path) -> tuple[type[BaseModel], bool] | None:
    """The kind of part at a place, and whether the place is the list of them."""
    kind: type[BaseModel] = Definition
    listed = False
    for step in way:
        if isinstance(step, int):
            if not listed:
                return None
            listed = False
            continue
        found = None if listed else next((s for s in shapes(kind) if s.name == step), None)
        if found is None or found.inner is None:
            return None
        kind, listed = found.inner, found.kind is Kind.ROWS
    return kind, listed


def blank(kind: type[BaseModel]) -> dict[str, Any]:
    """A new row: what it needs is asked for, where it comes from is said to be ours."""
    return {"source": "Programme default", "signed_off": False} if issubclass(kind, Sourced) else {}


#: 1e999999999 is a number that nobody has the paper for.
MOST_DIGITS = 20
#: Stands for a key that is not to be written.
ABSENT: Any = object()


def shown(shape: Shape, value: object) -> str:
    """A value as its field shows it."""
    if value is None:
        value = "" if shape.default is None else shape.default
    if isinstance(value, list | tuple):
        return "\n".join(str(piece) for piece in value)
    if isinstance(value, bool):
        return "true" if value else ""
    if isinstance(value, float):
        return f"{value:.10g}"
    return str(value)


def typed(shape: Shape, text: str) -> Any:
    """What was typed as it is written; what cannot be read stays as it was typed."""
    text = UNSEEN.sub("", text.replace("\r\n", "\n")).strip()
    if shape.kind is Kind.LIST:
        return typed_list(shape, text)
    if shape.kind is Kind.FLAG:
        return absent_if_unsaid(shape, text == "true")
    if not text:
        return ABSENT
    if shape.kind is Kind.WHOLE:
        return absent_if_unsaid(shape, whole(text))
    if shape.kind is Kind.NUMBER:
        return absent_if_unsaid(shape, decimal(text))
    return absent_if_unsaid(shape, text)


def typed_list(shape: Shape, text: str) -> Any:
    pieces = [line.strip() for line in text.split("\n") if line.strip()]
    if shape.item is int:
        split = [piece for line in pieces for piece in line.replace(",", " ").split()]
        return [whole(piece) for piece in split]
    return absent_if_unsaid(shape, pieces)


def absent_if_unsaid(shape: Shape, value: Any) -> Any:
    """A default is left unsaid, so that the text stays short."""
    default = list(shape.default) if isinstance(shape.default, tuple) else shape.default
    return ABSENT if not shape.required and value == default else value


def whole(text: str) -> Any:
    try:
        return int(text.replace("−", "-"))
    except ValueError:
        return text


def decimal(text: str) -> Any:
    try:
        value = Decimal(text.replace("−", "-").replace(",", "."))
    except ArithmeticError:
        return text
    return value if value.is_finite() and abs(value.adjusted()) <= MOST_DIGITS else text
