"""When a patient sees his own result (domain reference §9.3).

Final results open at once unless he himself asked otherwise: after a clinician has read them, at
the latest on day 14, or so many days later, at most 14. Nobody else can ask for a delay.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LATEST = timedelta(days=14)


class Preference(StrEnum):
    IMMEDIATE = "immediate"
    REVIEWED = "reviewed"
    DELAYED = "delayed"


class Waiting(StrEnum):
    """What a result that is not open yet waits for."""

    LABORATORY = "laboratory"
    CLINICIAN = "clinician"
    DAYS = "days"


@dataclass(frozen=True, slots=True)
class Release:
    """Is it open; if not, why, and when it opens by itself (None while it is not final)."""

    open: bool
    opens_at: datetime | None
    waiting_for: Waiting | None = None


def released(
    *,
    final_at: datetime | None,
    reviewed_at: datetime | None,
    preference: Preference,
    delay_days: int = 0,
    now: datetime,
) -> Release:
    """May he see it now? A result that is not final is nobody's to read yet."""
    if final_at is None:
        return Release(open=False, opens_at=None, waiting_for=Waiting.LABORATORY)
    match preference:
        case Preference.IMMEDIATE:
            opens_at, waiting_for = final_at, None
        case Preference.REVIEWED:
            opens_at = min(final_at + LATEST, reviewed_at or final_at + LATEST)
            waiting_for = Waiting.CLINICIAN
        case Preference.DELAYED:
            opens_at = final_at + min(timedelta(days=delay_days), LATEST)
            waiting_for = Waiting.DAYS
    is_open = now >= opens_at
    return Release(is_open, opens_at, None if is_open else waiting_for)
