"""The catalogue of what is measured: analytes, panels and local codes, read from definition files.

A file with a wrong check digit, an unknown unit or a code used twice is refused with its name.
"""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from labs.rules.codes import loinc_reasons
from labs.rules.quantities import Quantity, rounded
from labs.rules.ranges import Range
from labs.rules.units import is_known_unit

DEFINITIONS = Path(__file__).parent.parent / "definitions"


class CatalogueError(ValueError):
    """A definition file contradicts itself or the codes it uses; names what is wrong."""


class Group(StrEnum):
    LIPIDS = "lipids"
    LIVER_MUSCLE = "liver_muscle"
    METABOLIC = "metabolic"
    HORMONES = "hormones"
    BLOOD = "blood"
    SEMEN = "semen"


GROUP_NAMES = {
    Group.LIPIDS: "Lipids",
    Group.LIVER_MUSCLE: "Liver and muscle",
    Group.METABOLIC: "Sugar and kidney",
    Group.HORMONES: "Hormones",
    Group.BLOOD: "Blood count",
    Group.SEMEN: "Semen",
}


class ValueKind(StrEnum):
    NUMBER = "number"
    CODED = "coded"


class LoincKind(StrEnum):
    MEASURED = "measured"
    CALCULATED = "calc"
    DIRECT = "direct"
    FASTING = "fasting"


def known_unit(unit: str) -> str:
    if not is_known_unit(unit):
        raise ValueError(f"{unit} is not a unit this clinic knows")
    return unit


def sound_loinc(code: str) -> str:
    if reasons := loinc_reasons(code):
        raise ValueError(f"{code}: {reasons[0]}")
    return code


def parsed_range(text: object) -> object:
    return Range.parse(text) if isinstance(text, str) else text


Unit = Annotated[str, AfterValidator(known_unit)]
LoincCode = Annotated[str, AfterValidator(sound_loinc)]
Pair = tuple[Decimal, Decimal]


class Definition(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Loinc(Definition):
    code: LoincCode
    kind: LoincKind = LoincKind.MEASURED
    method: str = ""


class Conversion(Definition):
    """How the conventional unit becomes this one; a divisor is exact where one is given."""

    unit: Unit
    decimals: int
    divisor: Decimal | None = None
    multiplier: Decimal | None = None

    @model_validator(mode="after")
    def has_one_factor(self) -> Self:
        if (self.divisor is None) == (self.multiplier is None):
            raise ValueError(f"{self.unit} needs a divisor or a multiplier, not both")
        return self

    def from_conventional(self, value: Decimal) -> Decimal:
        if self.divisor is not None:
            return value / self.divisor
        return value * (self.multiplier or Decimal(1))

    def to_conventional(self, value: Decimal) -> Decimal:
        if self.divisor is not None:
            return value * self.divisor
        return value / (self.multiplier or Decimal(1))


class Reference(Definition):
    """A default range for display, with where it comes from."""

    range: Annotated[Range, BeforeValidator(parsed_range)]
    source: str


class Analyte(Definition):
    key: str
    name: str
    plain_name: str
    group: Group
    sort: int
    loinc: tuple[Loinc, ...] = ()
    value: ValueKind = ValueKind.NUMBER
    unit: Unit = ""
    decimals: int = 0
    conversions: tuple[Conversion, ...] = ()
    hard: Pair | None = None
    soft: Pair | None = None
    critical_low: Decimal | None = None
    critical_high: Decimal | None = None
    critical_source: str = ""
    reference: Reference | None = None

    @model_validator(mode="after")
    def has_critical_limits_worth_paging_for(self) -> Self:
        limits = [at for at in (self.critical_low, self.critical_high) if at is not None]
        if bool(limits) != bool(self.critical_source):
            raise ValueError(f"{self.key}: a critical limit and its source come together")
        if sorted(limits) != limits or len(set(limits)) != len(limits):
            raise ValueError(f"{self.key}: the critical limits are the wrong way round")
        if self.hard and any(not self.hard[0] < at < self.hard[1] for at in limits):
            raise ValueError(f"{self.key}: a critical limit lies outside what is possible")
        return self

    @property
    def si_unit(self) -> str:
        return self.conversions[0].unit if self.conversions else self.unit

    @property
    def units(self) -> tuple[str, ...]:
        """Every unit a value of this analyte may be filed in."""
        return (self.unit, *(conversion.unit for conversion in self.conversions))

    def accepts(self, unit: str) -> bool:
        return unit in self.units

    def converted(self, quantity: Quantity, to: str) -> Quantity:
        """The same amount in another unit of this analyte, at full precision."""
        conventional = self.number_in(self.unit, quantity.value, quantity.unit)
        return Quantity(self._from_unit(to, conventional), to, quantity.comparator)

    def number_in(self, to: str, value: Decimal, unit: str) -> Decimal:
        """A bare number in another unit; used for limits as well as for values."""
        conventional = value if unit == self.unit else self._conversion(unit).to_conventional(value)
        return self._from_unit(to, conventional)

    def range_in(self, to: str, limits: Range, unit: str) -> Range:
        return limits.converted(lambda limit: self.number_in(to, limit, unit))

    def decimals_in(self, unit: str) -> int:
        return self.decimals if unit == self.unit else self._conversion(unit).decimals

    def displayed(self, quantity: Quantity) -> str:
        """A converted value rounded as this analyte is shown in that unit, without the unit."""
        sign = f"{quantity.comparator.printed} " if quantity.comparator else ""
        return f"{sign}{rounded(quantity.value, self.decimals_in(quantity.unit))}"

    def is_possible(self, quantity: Quantity) -> bool:
        """Inside the hard range, whatever unit it came in."""
        return self._inside(self.hard, quantity)

    def is_usual(self, quantity: Quantity) -> bool:
        """Inside the soft range; outside it a person confirms and says why."""
        return self._inside(self.soft, quantity)

    def _inside(self, pair: Pair | None, quantity: Quantity) -> bool:
        if pair is None:
            return True
        return pair[0] <= self.number_in(self.unit, quantity.value, quantity.unit) <= pair[1]

    def _from_unit(self, to: str, conventional: Decimal) -> Decimal:
        return (
            conventional
            if to == self.unit
            else self._conversion(to).from_conventional(conventional)
        )

    def _conversion(self, unit: str) -> Conversion:
        for conversion in self.conversions:
            if conversion.unit == unit:
                return conversion
        raise CatalogueError(f"{self.name} is not measured in “{unit}”.")


class Panel(Definition):
    key: str
    name: str
    plain_name: str
    analytes: tuple[str, ...] = Field(min_length=1)
    loinc: tuple[LoincCode, ...] = ()
    fasting: bool = False
    drawn_from: str = ""
    drawn_until: str = ""
    preparation: str = ""


class LocalCode(Definition):
    code: str
    name: str
    analyte: str
    implies: dict[str, str] = Field(default_factory=dict)


class Catalogue(Definition):
    analytes: tuple[Analyte, ...]
    panels: tuple[Panel, ...]
    local_codes: tuple[LocalCode, ...]
    local_system: str = "L"

    @model_validator(mode="after")
    def names_nothing_twice(self) -> Self:
        refuse_repeats("analyte", (analyte.key for analyte in self.analytes))
        refuse_repeats("panel", (panel.key for panel in self.panels))
        refuse_repeats("local code", (local.code for local in self.local_codes))
        codes = [loinc.code for analyte in self.analytes for loinc in analyte.loinc]
        refuse_repeats("LOINC", [*codes, *(code for panel in self.panels for code in panel.loinc)])
        return self

    @model_validator(mode="after")
    def knows_what_it_names(self) -> Self:
        known = {analyte.key for analyte in self.analytes}
        named = {key for panel in self.panels for key in panel.analytes}
        named |= {local.analyte for local in self.local_codes}
        if unknown := sorted(named - known):
            raise ValueError(f"unknown analytes: {', '.join(unknown)}")
        return self

    def analyte(self, key: str) -> Analyte:
        for analyte in self.analytes:
            if analyte.key == key:
                return analyte
        raise CatalogueError(f"There is no analyte “{key}”.")

    def panel(self, key: str) -> Panel:
        for panel in self.panels:
            if panel.key == key:
                return panel
        raise CatalogueError(f"There is no panel “{key}”.")

    def by_loinc(self, code: str) -> Analyte | None:
        """The analyte a message means by this LOINC, or None for the unmapped queue."""
        for analyte in self.analytes:
            if any(loinc.code == code for loinc in analyte.loinc):
                return analyte
        return None

    def by_local_code(self, code: str) -> LocalCode | None:
        return next((local for local in self.local_codes if local.code == code), None)

    def panel_by_loinc(self, code: str) -> Panel | None:
        return next((panel for panel in self.panels if code in panel.loinc), None)


def refuse_repeats(what: str, keys: Iterable[str]) -> None:
    if repeated := sorted(key for key, times in Counter(keys).items() if times > 1):
        raise ValueError(f"{what} given twice: {', '.join(repeated)}")


def read_catalogue(*, analytes: str, panels: str, local_codes: str) -> Catalogue:
    """The catalogue from the text of its three files; what is wrong is named and refused."""
    local = yaml.safe_load(local_codes)
    return Catalogue.model_validate(
        {
            "analytes": yaml.safe_load(analytes)["analytes"],
            "panels": yaml.safe_load(panels)["panels"],
            "local_codes": local["codes"],
            "local_system": local["system"],
        }
    )


@cache
def published_catalogue() -> Catalogue:
    """The catalogue as shipped."""
    return read_catalogue(
        analytes=(DEFINITIONS / "analytes.yaml").read_text(encoding="utf-8"),
        panels=(DEFINITIONS / "panels.yaml").read_text(encoding="utf-8"),
        local_codes=(DEFINITIONS / "local_codes.yaml").read_text(encoding="utf-8"),
    )
