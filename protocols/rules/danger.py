"""What comes first in the inbox: one rule for everything that waits there."""

from dataclasses import dataclass
from datetime import datetime

#: The bands of the inbox in their order, most dangerous first.
(
    SELF_HARM, STOP_HOLD, CRITICAL, FREEZE, DUTIES, RESULTS, VISITS, LETTERS, EVENTS, NORMAL,
) = range(10)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Waits:
    """How dangerous one thing that waits may be, as far as is known."""

    band: int
    at: datetime
    critical: bool = False
    grade: int = 0
    off: bool = False


def band_of_result(*, critical: bool, grade: int | None, off: bool) -> int:
    """Where a result waits: a critical value is never among the others, an odd one never normal."""
    if critical:
        return CRITICAL
    return RESULTS if off or grade else NORMAL


def order_key(waits: Waits) -> tuple[int, bool, int, bool, datetime]:
    """By band; in it a critical value first, then the higher grade, then what is out of range.

    Of two alike the one that has waited longer comes first.
    """
    return (waits.band, not waits.critical, -waits.grade, not waits.off, waits.at)
