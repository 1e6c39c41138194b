"""A value in the units its reader has chosen: converted for the eye, never for a rule.

Grades, flags and actions come from the value as it was received; what is converted says so and
what was received stays readable beside it.
"""

from dataclasses import dataclass
from enum import StrEnum

from labs.rules.catalogue import Analyte, CatalogueError, Group, published_catalogue
from labs.rules.quantities import Quantity, rounded
from labs.rules.ranges import Range


class Units(StrEnum):
    CONVENTIONAL = "conventional"
    SI = "si"

    @property
    def words(self) -> str:
        return {"conventional": "conventional units", "si": "SI units"}[self.value]


def units_of(text: str) -> Units:
    """What an account has chosen; anything else is conventional."""
    return Units.SI if text == Units.SI.value else Units.CONVENTIONAL


@dataclass(frozen=True, slots=True)
class Displayed:
    """What is shown, and the value as received where that is another one ("" where it is not)."""

    quantity: Quantity
    limits: Range | None
    received: str = ""

    @property
    def converted(self) -> bool:
        return bool(self.received)


def unit_for(key: str, unit: str, units: Units) -> str:
    """The unit a reader sees; a unit that is none of the analyte's stays as it came."""
    analyte = analyte_of(key)
    if analyte is None or not analyte.accepts(unit):
        return unit
    wanted = analyte.si_unit if units is Units.SI else analyte.unit
    return unit if same_scale(analyte, unit, wanted) else wanted


def displayed(
    key: str, quantity: Quantity, limits: Range | None, units: Units, received: str = ""
) -> Displayed:
    """The value and its limits in the reader's unit, rounded as that unit is shown."""
    analyte = analyte_of(key)
    unit = unit_for(key, quantity.unit, units)
    if analyte is None or unit == quantity.unit:
        return Displayed(quantity, limits)
    shown = analyte.converted(quantity, unit)
    places = analyte.decimals_in(unit)
    return Displayed(
        Quantity.parse(f"{quantity.comparator or ''}{rounded(shown.value, places)}", unit),
        limits_in(analyte, limits, quantity.unit, unit),
        received or quantity.printed(),
    )


def limits_in(analyte: Analyte, limits: Range | None, was: str, unit: str) -> Range | None:
    if limits is None:
        return None
    places = analyte.decimals_in(unit)
    there = analyte.range_in(unit, limits, was)
    return there.converted(lambda at: Quantity.parse(rounded(at, places)).value)


def analyte_of(key: str) -> Analyte | None:
    """What of the blood this is; a semen sheet has its own units."""
    try:
        analyte = published_catalogue().analyte(key)
    except CatalogueError:
        return None
    return None if analyte.group is Group.SEMEN else analyte


def same_scale(analyte: Analyte, unit: str, other: str) -> bool:
    """Two names of one scale, as mIU/mL and IU/L, need no conversion."""
    one = analyte.converted(Quantity(ONE, unit), other)
    return unit == other or one.value == ONE


ONE = Quantity.parse("1").value
