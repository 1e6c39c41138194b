"""A reference range as a laboratory prints it, and where a value stands in it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from labs.rules.quantities import Quantity
from labs.rules.units import printed_unit


class RangeError(ValueError):
    """The text is not a range of numbers; the words are kept on the result, the limits are not."""


class Flag(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    INDETERMINATE = "indeterminate"


FLAG_WORDS = {
    Flag.LOW: "low",
    Flag.NORMAL: "in range",
    Flag.HIGH: "high",
    Flag.INDETERMINATE: "cannot be told",
}

ONE_SIDED = re.compile(r"(<=|>=|<|>|≤|≥|up to)\s*(-?[0-9]*\.?[0-9]+)", re.IGNORECASE)
TWO_SIDED = re.compile(r"(-?[0-9]*\.?[0-9]+)\s*(?:-|–|—|−|to)\s*(-?[0-9]*\.?[0-9]+)")


@dataclass(frozen=True, slots=True)
class Range:
    """Limits in the unit of the value they came with; an open limit is itself out of range."""

    low: Decimal | None = None
    high: Decimal | None = None
    low_open: bool = False
    high_open: bool = False

    def __post_init__(self) -> None:
        if self.low is None and self.high is None:
            raise RangeError("A range needs a lower limit, an upper limit or both.")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise RangeError(f"The lower limit {self.low} lies above the upper {self.high}.")

    @classmethod
    def parse(cls, text: str) -> "Range":
        """Read "<200", ">=40", "2-7" or "1.5–12.4"."""
        bare = text.strip()
        if two := TWO_SIDED.fullmatch(bare):
            return cls(low=Decimal(two[1]), high=Decimal(two[2]))
        one = ONE_SIDED.fullmatch(bare)
        if one is None:
            raise RangeError(f"“{text}” is not a range. Write it like 1.5-12.4, <200 or >=40.")
        limit = Decimal(one[2])
        match one[1].lower():
            case "<":
                return cls(high=limit, high_open=True)
            case ">":
                return cls(low=limit, low_open=True)
            case ">=" | "≥":
                return cls(low=limit)
            case _:
                return cls(high=limit)

    def flag(self, quantity: Quantity) -> Flag:
        """Low, in range or high, if every number the value may stand for agrees."""
        span = quantity.span
        below = self.low is not None and (
            span.surely_at_most(self.low) if self.low_open else span.surely_below(self.low)
        )
        above = self.high is not None and (
            span.surely_at_least(self.high) if self.high_open else span.surely_above(self.high)
        )
        if below or above:
            return Flag.LOW if below else Flag.HIGH
        inside = self._surely_not_low(quantity) and self._surely_not_high(quantity)
        return Flag.NORMAL if inside else Flag.INDETERMINATE

    def _surely_not_low(self, quantity: Quantity) -> bool:
        span = quantity.span
        if self.low is None:
            return True
        return span.surely_above(self.low) if self.low_open else span.surely_at_least(self.low)

    def _surely_not_high(self, quantity: Quantity) -> bool:
        span = quantity.span
        if self.high is None:
            return True
        return span.surely_below(self.high) if self.high_open else span.surely_at_most(self.high)

    def converted(self, convert: Callable[[Decimal], Decimal]) -> "Range":
        """The same limits in another unit."""
        return Range(
            low=None if self.low is None else convert(self.low),
            high=None if self.high is None else convert(self.high),
            low_open=self.low_open,
            high_open=self.high_open,
        )

    def __str__(self) -> str:
        """As it is stored and sent: "1.5-12.4", "<200", ">=40"."""
        if self.low is not None and self.high is not None:
            return f"{self.low:f}-{self.high:f}"
        if self.low is not None:
            return f"{'>' if self.low_open else '>='}{self.low:f}"
        return f"{'<' if self.high_open else '<='}{self.high:f}"

    def printed(self, unit: str = "") -> str:
        """As people read it: "≤ 40 U/L", "1.5–12.4 mIU/mL"."""
        words = printed_unit(unit)
        gap = " " if words else ""
        if self.low is not None and self.high is not None:
            return f"{self.low:f}–{self.high:f}{gap}{words}"
        if self.low is not None:
            return f"{'>' if self.low_open else '≥'} {self.low:f}{gap}{words}"
        return f"{'<' if self.high_open else '≤'} {self.high:f}{gap}{words}"


def flag_words(flag: Flag) -> str:
    """The word beside the arrow: "low", "in range", "high"."""
    return FLAG_WORDS[flag]
