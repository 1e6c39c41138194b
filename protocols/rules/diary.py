"""What a man's own diary holds: which capsules a day asks for, and how far back it goes."""

from datetime import date, timedelta

#: Today and the days before it that can still be ticked, unticked or corrected.
DIARY_DAYS = 14
MORNING, EVENING = "morning", "evening"
SLOTS = (MORNING, EVENING)
#: One tap on one day, from the left.
MOODS = {1: "Very low", 2: "Low", 3: "Okay", 4: "Good", 5: "Very good"}


def slots_of(daily_capsules: int) -> tuple[str, ...]:
    """One capsule a day is the morning's; a hold has none."""
    return SLOTS[: max(0, daily_capsules)]


def first_open_day(today: date) -> date:
    """The oldest day of the diary that is still open."""
    return today - timedelta(days=DIARY_DAYS - 1)


def diary_days(today: date) -> list[date]:
    """Today first."""
    return [today - timedelta(days=ago) for ago in range(DIARY_DAYS)]
