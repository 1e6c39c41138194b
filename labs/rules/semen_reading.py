"""From loose values (a form, a message, a stored document) to a semen sheet.

Keys are those of domain reference §4.1; a few that laboratories send instead are understood.
"""

from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal

from pydantic import TypeAdapter, ValidationError

from labs.rules.counting import CONCENTRATION_UNIT
from labs.rules.quantities import Quantity, QuantityError
from labs.rules.semen_sheet import SemenSheet

QUANTITY_FIELDS = frozenset({"concentration", "round_cells", "leukocytes_pox"})
SHEET_FIELDS = frozenset(field.name for field in fields(SemenSheet))
PRESENCE = {"y": "seen", "yes": "seen", "true": "seen", "n": "none", "no": "none", "false": "none"}
IMMUNOBEADS = ("immunobead_igg", "immunobead_iga")

ADAPTER: TypeAdapter[SemenSheet] = TypeAdapter(SemenSheet)


class SheetError(ValueError):
    """Values that fit no field of the sheet, as (field, sentence) pairs."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{field}: {sentence}" for field, sentence in problems))
        self.problems = problems


def read_sheet(values: Mapping[str, object]) -> SemenSheet:
    """The sheet these values make; empty ones are unknown, a key that is no field is refused.

    Total motility stands in for a missing immotile figure; of two bead tests the higher counts.
    """
    given = {key: value for key, value in values.items() if value is not None and value != ""}
    given = with_substitutes(given)
    if unknown := sorted(given.keys() - SHEET_FIELDS):
        raise SheetError([(key, "This is no field of the semen sheet.") for key in unknown])
    problems = []
    for key in QUANTITY_FIELDS & given.keys():
        try:
            given[key] = as_quantity(given[key])
        except QuantityError as why:
            problems.append((key, str(why)))
    if problems:
        raise SheetError(problems)
    try:
        return ADAPTER.validate_python(given)
    except ValidationError as why:
        raise SheetError([(str(found["loc"][0]), found["msg"]) for found in why.errors()]) from why


def as_quantity(value: object) -> Quantity:
    if isinstance(value, Quantity):
        return value
    return Quantity.parse(str(value), CONCENTRATION_UNIT)


def with_substitutes(given: Mapping[str, object]) -> dict[str, object]:
    """Keys and words that laboratories use for a field of ours."""
    values = dict(given)
    motility = values.pop("total_motility", None)
    if motility is not None and "im" not in values:
        values["im"] = 100 - Decimal(str(motility))
    beads = [Decimal(str(values.pop(key))) for key in IMMUNOBEADS if key in values]
    if beads:
        values.setdefault("immunobead", max(beads))
    if "fresh_sperm_seen" in values:
        word = str(values["fresh_sperm_seen"]).lower()
        values["fresh_sperm_seen"] = PRESENCE.get(word, word)
    return values
