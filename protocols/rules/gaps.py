"""Days on which he had no capsule although some were ordered (domain reference §7.5, GAP)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from protocols.rules.dosing import Segment

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Gap:
    """A run of such days, both ends included."""

    first_on: date
    last_on: date

    @property
    def days(self) -> int:
        return (self.last_on - self.first_on).days + 1


@dataclass(slots=True)
class Cupboard:
    """What he has at home, day by day, and the days without in a row so far."""

    capsules: int = 0
    since_on: date | None = None

    def counted(self, left: int) -> None:
        """Whoever brings capsules back was not without: he had left some out."""
        if left:
            self.since_on = None
        self.capsules = left

    def takes(self, ordered: int, on: date) -> bool:
        """Whether he was without on that day; a part of the day's dose is not without."""
        if not ordered:
            return False
        without = self.capsules == 0
        self.capsules = max(0, self.capsules - ordered)
        if without and self.since_on is None:
            self.since_on = on
        return without


def gaps(
    segments: Sequence[Segment],
    *,
    received: Mapping[date, int],
    counted: Mapping[date, int | None],
    first_on: date,
    last_on: date,
) -> tuple[Gap, ...]:
    """Every run of days without, from the first capsule to the last day that is over.

    A count corrects what he should have in the morning of its day (None: nobody could count); a
    bottle handed over that day comes on top. A day of a hold ends a run: nothing was ordered.
    """
    found: list[Gap] = []
    home = Cupboard()
    for on in days(first_on, last_on):
        left = counted.get(on)
        if left is not None:
            home.counted(left)
        home.capsules += received.get(on, 0)
        started_on = home.since_on
        if not home.takes(ordered_on(segments, on), on):
            if started_on is not None:
                found.append(Gap(started_on, on - DAY))
            home.since_on = None
    if home.since_on is not None:
        found.append(Gap(home.since_on, last_on))
    return tuple(found)


def days(first_on: date, last_on: date) -> Iterable[date]:
    return (first_on + n * DAY for n in range((last_on - first_on).days + 1))


def ordered_on(segments: Sequence[Segment], on: date) -> int:
    return sum(row.days_in(on, on) * row.daily_capsules for row in segments)
