"""Three witnesses of what he took, side by side: the count, his diary, the bottles he fetched.

None of them is the truth. Where they differ by more than the programme's threshold a person asks
him; adherence itself is classed by the count (domain reference §7.3).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from protocols.rules.dosing import HUNDRED, Segment, expected_capsules
from protocols.rules.programme import Dose

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Covered:
    """Capsules that were ordered over some days, and for how many of them there was a bottle."""

    expected: int
    covered: int
    dry_days: int

    @property
    def percent(self) -> Decimal | None:
        return share(self.covered, self.expected)


@dataclass(frozen=True, slots=True)
class Witnesses:
    """What each says about one interval, in percent of what was ordered; None is not known."""

    count: Decimal | None
    diary: Decimal | None
    refill: Decimal | None

    @property
    def known(self) -> dict[str, Decimal]:
        told = {"the count": self.count, "the diary": self.diary, "the bottles": self.refill}
        return {name: percent for name, percent in told.items() if percent is not None}


@dataclass(frozen=True, slots=True)
class Comparison:
    witnesses: Witnesses
    spread: Decimal | None
    disagree: bool
    sentence: str


def share(part: int, whole: int) -> Decimal | None:
    return HUNDRED * part / whole if whole else None


def compare(dose: Dose, witnesses: Witnesses) -> Comparison:
    """Do they agree? Two at least must be known; the threshold itself is still agreement."""
    known = witnesses.known
    if len(known) < 2:
        return Comparison(witnesses, None, False, "")
    low, high = min(known, key=known.__getitem__), max(known, key=known.__getitem__)
    spread = known[high] - known[low]
    if spread <= dose.adherence_spread_points:
        return Comparison(witnesses, spread, False, "")
    sentence = (
        f"{high.capitalize()} and {low.removeprefix('the ')} differ by {spread:.0f} points "
        f"({known[high]:.0f} % and {known[low]:.0f} %): ask him."
    )
    return Comparison(witnesses, spread, True, sentence)


def diary_percent(
    segments: Iterable[Segment], ticks: Mapping[date, int], *, first_on: date, last_on: date
) -> Decimal | None:
    """Ticks over capsules ordered; somebody who ticked nothing at all keeps no diary."""
    ticked = sum(capsules for on, capsules in ticks.items() if first_on <= on <= last_on)
    if not ticked:
        return None
    return share(ticked, expected_capsules(segments, first_on=first_on, last_on=last_on))


def refills(
    segments: Sequence[Segment],
    bottles: Iterable[tuple[date, int]],
    *,
    start_on: date,
    first_on: date,
    last_on: date,
) -> Covered:
    """How far the bottles reached, had he taken what was ordered since Day 1 (`start_on`).

    A bottle counts from the day it was handed over, one from before Day 1 from Day 1 on.
    """
    received: dict[date, int] = {}
    for on, capsules in bottles:
        received[max(on, start_on)] = received.get(max(on, start_on), 0) + capsules
    home = expected = covered = dry = 0
    for n in range((last_on - start_on).days + 1):
        on = start_on + n * DAY
        home += received.get(on, 0)
        ordered = expected_capsules(segments, first_on=on, last_on=on)
        taken = min(home, ordered)
        home -= taken
        if on >= first_on:
            expected, covered = expected + ordered, covered + taken
            dry += bool(ordered) and not taken
    return Covered(expected, covered, dry)
