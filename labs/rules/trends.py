"""How a value moves: change from baseline, and slope per month robust to one odd sample."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import combinations
from statistics import median

from labs.rules.quantities import ZERO, Quantity, rounded
from labs.rules.units import printed_unit

MONTH_DAYS = 30
MINUS = "−"


@dataclass(frozen=True, slots=True)
class TrendPoint:
    on: date
    quantity: Quantity


@dataclass(frozen=True, slots=True)
class Change:
    """`percent` is None where the baseline is nought."""

    absolute: Decimal
    percent: Decimal | None
    unit: str

    def printed(self, decimals: int = 0) -> str:
        """ "−45 mg/dL (−12 %)", with a real minus sign."""
        unit = printed_unit(self.unit)
        amount = f"{signed(self.absolute, decimals)} {unit}".strip()
        return amount if self.percent is None else f"{amount} ({signed(self.percent, 0)} %)"


def change_from(baseline: Quantity, now: Quantity) -> Change | None:
    """The change between two exact values in one unit; None where a comparator hides one."""
    before, after = baseline.exact, now.exact
    if before is None or after is None or baseline.unit != now.unit:
        return None
    percent = None if before == ZERO else (after - before) / before * 100
    return Change(after - before, percent, now.unit)


def slope_per_30_days(points: Sequence[TrendPoint]) -> Decimal | None:
    """Theil-Sen: the median of the slopes between all pairs of exact values on different days.

    None with fewer than two such days or with values in different units.
    """
    if len({point.quantity.unit for point in points}) > 1:
        return None
    exact = [
        (point.on, point.quantity.value) for point in points if point.quantity.exact is not None
    ]
    slopes = [
        (second[1] - first[1]) * MONTH_DAYS / (second[0] - first[0]).days
        for first, second in combinations(sorted(exact), 2)
        if second[0] != first[0]
    ]
    return median(slopes) if slopes else None


def slope_words(slope: Decimal, unit: str, decimals: int = 0) -> str:
    """ "+4 mg/dL per 30 days"."""
    return f"{signed(slope, decimals)} {printed_unit(unit)}".strip() + " per 30 days"


def signed(value: Decimal, decimals: int) -> str:
    """With its sign: "+4", "−12", and "0" for what rounds to nothing."""
    text = rounded(abs(value), decimals)
    if not any(digit in text for digit in "123456789"):
        return text
    return f"{MINUS if value < ZERO else '+'}{text}"
