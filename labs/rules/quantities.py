"""A measured value as it was reported: a number, perhaps behind a comparator, in a unit.

A value with a comparator is never silently a number (domain reference §0). It stands for every
number it allows, a `Span`, and a rule may use it only if the whole span gives one answer.
"""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from labs.rules.units import printed_unit

TOLERANCE = Decimal("1e-9")
"""Two numbers closer than this are equal: 3 x 40 must be 120 (domain reference §3.2)."""

ZERO = Decimal(0)


class QuantityError(ValueError):
    """The text is not one number with at most one comparator; says so in words."""


class Comparator(StrEnum):
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="

    @property
    def printed(self) -> str:
        return {"<=": "≤", ">=": "≥"}.get(self.value, self.value)


@dataclass(frozen=True, slots=True)
class Edge:
    """One end of a span: a number, and whether the span lies just below, at or just above it."""

    value: Decimal
    nudge: int = 0

    def exceeds(self, limit: Decimal) -> bool:
        """Is this strictly more than the limit?"""
        gap = self.value - limit
        return gap > TOLERANCE or (abs(gap) <= TOLERANCE and self.nudge > 0)

    def falls_below(self, limit: Decimal) -> bool:
        """Is this strictly less than the limit?"""
        gap = self.value - limit
        return gap < -TOLERANCE or (abs(gap) <= TOLERANCE and self.nudge < 0)


@dataclass(frozen=True, slots=True)
class Span:
    """Every number a reported value may stand for; an absent end is without bound."""

    low: Edge | None
    high: Edge | None

    def surely_above(self, limit: Decimal) -> bool:
        return self.low is not None and self.low.exceeds(limit)

    def surely_below(self, limit: Decimal) -> bool:
        return self.high is not None and self.high.falls_below(limit)

    def surely_at_least(self, limit: Decimal) -> bool:
        return self.low is not None and not self.low.falls_below(limit)

    def surely_at_most(self, limit: Decimal) -> bool:
        return self.high is not None and not self.high.exceeds(limit)


NUMBER = re.compile(r"(<=|>=|<|>|≤|≥)?\s*(-?[0-9]+(?:\.[0-9]+)?|-?\.[0-9]+)")


@dataclass(frozen=True, slots=True)
class Quantity:
    value: Decimal
    unit: str = ""
    comparator: Comparator | None = None

    @classmethod
    def parse(cls, text: str, unit: str = "") -> "Quantity":
        """Read "13", "5.60" or "<0.056"; a decimal comma or a thousands mark is refused."""
        match = NUMBER.fullmatch(text.strip())
        if match is None:
            raise QuantityError(
                f"“{text}” is not a number. Write it like 5.6, or <0.056 when the report says so."
            )
        sign, digits = match.groups()
        symbol = {"≤": "<=", "≥": ">="}.get(sign, sign)
        return cls(Decimal(digits), unit, Comparator(symbol) if symbol else None)

    def __str__(self) -> str:
        return f"{self.comparator or ''}{self.value:f}"

    @property
    def exact(self) -> Decimal | None:
        """The number, if it is one; a value behind a comparator is not."""
        return self.value if self.comparator is None else None

    @property
    def span(self) -> Span:
        """The numbers this may stand for; a measured amount is never less than nothing."""
        floor = Edge(ZERO) if self.value > ZERO else None
        match self.comparator:
            case None:
                return Span(Edge(self.value), Edge(self.value))
            case Comparator.LT:
                return Span(floor, Edge(self.value, -1))
            case Comparator.LE:
                return Span(floor, Edge(self.value))
            case Comparator.GT:
                return Span(Edge(self.value, 1), None)
            case Comparator.GE:
                return Span(Edge(self.value), None)

    def times(self, factor: Decimal, unit: str) -> "Quantity":
        """The same amount by a positive factor; what stood behind a comparator still does."""
        return Quantity(self.value * factor, unit, self.comparator)

    def printed(self, decimals: int | None = None) -> str:
        """As people read it, "< 0.056 ×10⁶/mL"; as reported unless decimals are asked for."""
        number = f"{self.value:f}" if decimals is None else rounded(self.value, decimals)
        sign = f"{self.comparator.printed} " if self.comparator else ""
        unit = printed_unit(self.unit)
        gap = " " if unit else ""
        return f"{sign}{number.replace('-', '−')}{gap}{unit}"


def rounded(value: Decimal, decimals: int) -> str:
    """Half away from zero, as a clinic rounds, with the trailing noughts kept."""
    text = f"{value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP):f}"
    return text.removeprefix("-") if not any(digit in text for digit in "123456789") else text


def significant(value: Decimal, figures: int = 2) -> Decimal:
    """Rounded to so many significant figures: 0.0555 is 0.056, 155 is 160, 8 is 8.0."""
    if value == ZERO:
        return ZERO
    exponent = value.adjusted() - figures + 1
    result = value.quantize(Decimal(1).scaleb(exponent), rounding=ROUND_HALF_UP)
    if result.adjusted() > value.adjusted():
        result = result.quantize(Decimal(1).scaleb(exponent + 1))
    return result
