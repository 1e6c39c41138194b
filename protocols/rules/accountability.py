"""Where a man's capsules are: every one handed over is taken, given back, lost or still with him.

Domain reference §7.2 (COMPLETE) and §7.3. The sums are over all his bottles and counts, so that a
month in which the bottle was not brought is settled by the next one that was.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Bottle:
    on: date
    capsules: int


@dataclass(frozen=True, slots=True)
class Counted:
    """`returned` is what he brought, None when he brought nothing to count; part was kept here."""

    on: date
    returned: int | None
    handed_in: int = 0
    lost: int = 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything handed over, and where it is; `taken` is known up to the last count only.

    `uncounted` were with him after that count or went out since: taken or at home, nobody knows.
    """

    dispensed: int
    taken: int
    handed_in: int
    lost: int
    with_him: int
    uncounted: int
    counted_on: date | None

    @property
    def closed(self) -> bool:
        return bool(self.dispensed) and not self.with_him and not self.uncounted

    @property
    def missing(self) -> str:
        """What stands against calling it closed, as a sentence; "" when nothing does."""
        if not self.dispensed:
            return "No bottle has been handed over."
        if self.uncounted:
            since = "No count" if self.counted_on is None else "No count since"
            return (
                f"{since} says where {capsules(self.uncounted)} went: count what he brings, "
                "or write down what is lost."
            )
        if self.with_him:
            return (
                f"{capsules(self.with_him).capitalize()} went home with him: have them brought "
                "back, or write down what is lost."
            )
        return ""


def balance(bottles: Iterable[Bottle], counts: Iterable[Counted]) -> Sheet:
    """The sheet of one man; a bottle handed over on the day of a count comes after it."""
    out, told = list(bottles), sorted(counts, key=lambda row: row.on)
    known = [row for row in told if row.returned is not None]
    last = known[-1] if known else None
    handed_in, lost = sum(row.handed_in for row in told), sum(row.lost for row in told)
    dispensed = sum(row.capsules for row in out)
    if last is None or last.returned is None:
        return Sheet(dispensed, 0, 0, lost, 0, max(0, dispensed - lost), None)
    before = sum(row.capsules for row in out if row.on < last.on)
    went_home = last.returned - last.handed_in
    lost_before = sum(row.lost for row in told if row.on <= last.on)
    taken = max(0, before - handed_in - lost_before - went_home)
    since = dispensed - before
    rest = max(0, went_home + since - (lost - lost_before))
    uncounted = rest if since or lost > lost_before or told[-1] is not last else 0
    return Sheet(dispensed, taken, handed_in, lost, rest - uncounted, uncounted, last.on)


def capsules(number: int) -> str:
    return f"{number} capsule{'' if number == 1 else 's'}"
