"""When a patient sees his own result (domain reference §9.3).

Final results open at once unless he himself asked otherwise: after a clinician has read them, at
the latest on day 14, or so many days later, at most 14. Nobody else can ask for a delay; what two
clinicians hold back is one result of one man, against harm to his life or body, and for days.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LATEST = timedelta(days=14)
#: How long one clinician holds a result back alone: proposed here, for a clinic to sign off.
UNCONFIRMED = timedelta(hours=24)
#: The longest two of them do: proposed here as well.
LONGEST_HELD = timedelta(days=14)


class Preference(StrEnum):
    IMMEDIATE = "immediate"
    REVIEWED = "reviewed"
    DELAYED = "delayed"


class Waiting(StrEnum):
    """What a result that is not open yet waits for."""

    LABORATORY = "laboratory"
    CLINICIAN = "clinician"
    DAYS = "days"
    TALK = "talk"


@dataclass(frozen=True, slots=True)
class Held:
    """Held back against harm: since when, until when, and when a second person agreed."""

    placed_at: datetime
    ends_at: datetime
    confirmed_at: datetime | None = None

    @property
    def until(self) -> datetime:
        """One clinician holds it a day; with a second one it holds until the day they named."""
        if self.confirmed_at is not None:
            return self.ends_at
        return min(self.ends_at, self.placed_at + UNCONFIRMED)

    def stands(self, now: datetime) -> bool:
        return now < self.until


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
    held: Held | None = None,
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
    if held is not None and held.stands(now):
        return Release(open=False, opens_at=max(opens_at, held.until), waiting_for=Waiting.TALK)
    is_open = now >= opens_at
    return Release(is_open, opens_at, None if is_open else waiting_for)


def why_not_until(ends_at: datetime, *, placed_at: datetime) -> str:
    """Why a result cannot be held back until then, or nothing."""
    if ends_at <= placed_at:
        return "The end lies in the past."
    if ends_at > placed_at + LONGEST_HELD:
        return f"A result is held back {LONGEST_HELD.days} days at the most."
    return ""
