"""Weight, blood pressure and pulse: what cannot be, and what is unusual enough to say so.

The ranges are programme defaults (domain reference §7.1 asks for the measurements only).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from protocols.rules.contradiction import Contradiction

D = Decimal


@dataclass(frozen=True, slots=True)
class Range:
    """Outside the hard pair a number is refused; outside the soft one it is kept with a note."""

    name: str
    unit: str
    hard: tuple[int, int]
    soft: tuple[int, int]


RANGES = {
    "weight_kg": Range("Weight", "kg", (25, 350), (45, 160)),
    "systolic_mmhg": Range("Upper blood pressure", "mmHg", (50, 260), (90, 139)),
    "diastolic_mmhg": Range("Lower blood pressure", "mmHg", (30, 160), (50, 89)),
    "pulse_per_min": Range("Pulse", "per minute", (25, 220), (50, 100)),
}
#: CTCAE calls a gain of 5 % the first grade (domain reference §3.2).
WEIGHT_CHANGE_PERCENT = D(5)


@dataclass(frozen=True, slots=True)
class Vitals:
    weight_kg: Decimal | None = None
    systolic_mmhg: int | None = None
    diastolic_mmhg: int | None = None
    pulse_per_min: int | None = None

    def value(self, key: str) -> Decimal | None:
        found = getattr(self, key)
        return None if found is None else D(found)


def check(vitals: Vitals) -> None:
    """Refuse what no living man measures, and a lower pressure above the upper one."""
    for key, span in RANGES.items():
        value, (low, high) = vitals.value(key), span.hard
        if value is not None and not low <= value <= high:
            raise Contradiction(key, f"{span.name} lies between {low} and {high} {span.unit}.")
    upper, lower = vitals.systolic_mmhg, vitals.diastolic_mmhg
    if upper is not None and lower is not None and lower >= upper:
        raise Contradiction("diastolic_mmhg", "The lower pressure is below the upper one.")


def notes(vitals: Vitals, *, weight_before: Decimal | None = None) -> dict[str, str]:
    """What is unusual, by field, as a sentence beside it; nothing of it is refused."""
    return dict(unusual(vitals, weight_before))


def unusual(vitals: Vitals, weight_before: Decimal | None) -> Iterator[tuple[str, str]]:
    for key, span in RANGES.items():
        value, (low, high) = vitals.value(key), span.soft
        if value is not None and not low <= value <= high:
            yield key, f"Outside {low}–{high} {span.unit}: measure again."
    weight = vitals.weight_kg
    if weight is None or not weight_before:
        return
    change = 100 * (weight - weight_before) / weight_before
    if abs(change) >= WEIGHT_CHANGE_PERCENT:
        side = "more" if change > 0 else "less"
        yield "weight_kg", f"{abs(change):.0f} % {side} than the last {weight_before:.1f} kg."
