"""The CTCAE table as data: terms, the units limits are printed in, and the steps into grades."""

from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from labs.rules.units import is_known_unit

PUBLISHED = Path(__file__).parent.parent / "definitions" / "ctcae_5.yaml"


class Direction(StrEnum):
    HIGH = "high"
    LOW = "low"


class Reference(StrEnum):
    """What a limit is a multiple of."""

    VALUE = "value"
    ULN = "uln"
    LLN = "lln"
    BASELINE = "baseline"


class Definition(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Step(Definition):
    """The way into one grade; exactly one of the three limits is printed."""

    grade: int = Field(ge=1, le=4)
    of: Reference
    above: Decimal | None = None
    starts_at: Decimal | None = Field(default=None, alias="from")
    below: Decimal | None = None

    @model_validator(mode="after")
    def has_one_limit(self) -> Self:
        if sum(limit is not None for limit in (self.above, self.starts_at, self.below)) != 1:
            raise ValueError("a step has one limit: above, from or below")
        return self

    @property
    def limit(self) -> Decimal:
        return next(
            limit for limit in (self.above, self.starts_at, self.below) if limit is not None
        )

    @property
    def includes_limit(self) -> bool:
        return self.starts_at is not None


class Printed(Definition):
    """The limits of a term in the units they are printed in."""

    units: tuple[str, ...]
    steps: tuple[Step, ...]
    abnormal_baseline: tuple[Step, ...] = ()
    symptomatic: tuple[Step, ...] = ()

    @model_validator(mode="after")
    def names_known_units(self) -> Self:
        if unknown := [unit for unit in self.units if not is_known_unit(unit)]:
            raise ValueError(f"unknown units: {', '.join(unknown)}")
        return self


class Term(Definition):
    name: str
    meddra: str
    analytes: tuple[str, ...]
    direction: Direction
    printed: tuple[Printed, ...]
    remark: str = ""
    no_grade_above_normal: bool = False

    def in_unit(self, unit: str) -> Printed | None:
        """The limits printed in that unit; a value is never converted to fit a limit."""
        return next((limits for limits in self.printed if unit in limits.units), None)


class GradeTable(Definition):
    version: str
    cholesterol_uln_fallback: dict[str, Decimal]
    never_raised: tuple[str, ...]
    terms: tuple[Term, ...]

    @model_validator(mode="after")
    def has_one_term_per_analyte(self) -> Self:
        analytes = [analyte for term in self.terms for analyte in term.analytes]
        if len(analytes) != len(set(analytes)):
            raise ValueError("an analyte stands under two terms")
        return self

    def term_for(self, analyte: str) -> Term | None:
        return next((term for term in self.terms if analyte in term.analytes), None)


def read_grade_table(text: str) -> GradeTable:
    """The table from its definition file; a step too many or an unknown unit is refused."""
    return GradeTable.model_validate(yaml.safe_load(text))


@cache
def published_grade_table() -> GradeTable:
    """CTCAE 5.0 as shipped."""
    return read_grade_table(PUBLISHED.read_text(encoding="utf-8"))
