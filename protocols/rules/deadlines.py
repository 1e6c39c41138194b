"""Until when a clinician has acted: "within 2 business days" as an instant on the clinic's clock.

Domain reference §2.4; what each number of hours stands for is in protocols.rules.verdicts.
"""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from protocols.rules.local_time import local_instant

DAY = timedelta(days=1)
AT_ONCE_HOURS = 1
SAME_DAY_HOURS = 8
BUSINESS_DAYS = {24: 1, 48: 2}
CLOSES = time(17, 0)
MIDNIGHT = time(23, 59)
#: Nobody is asked to reach him in less time than this, however late in the day it becomes known.
LEAST = timedelta(hours=1)
EVENING, NIGHT_ENDS = time(18, 0), time(6, 0)
SATURDAY = 5
LONG_HOURS = 48
#: Longer promises in days; those of the same day are told by the clock.
WITHIN = ((24, "within one working day"), (48, "within two working days"), (168, "within a week"))


def contact_by(
    hours: int | None, at: datetime, zone: ZoneInfo, closed: Collection[date] = ()
) -> datetime | None:
    """The last moment for the contact; weekends and the clinic's closed days do not count."""
    if hours is None:
        return None
    if hours <= AT_ONCE_HOURS:
        return at + timedelta(hours=hours)
    if hours <= SAME_DAY_HOURS:
        return closing(at, zone)
    on = at.astimezone(zone).date()
    days = BUSINESS_DAYS.get(hours)
    if days is None:
        return local_instant(on + timedelta(hours=hours), CLOSES, zone)
    return local_instant(business_days_after(on, days, closed), CLOSES, zone)


def closing(at: datetime, zone: ZoneInfo) -> datetime:
    """Closing time of that day; what comes after it is for the evening, however late it is."""
    on = at.astimezone(zone).date()
    closes_at = local_instant(on, CLOSES, zone)
    ends_at = closes_at if at < closes_at else local_instant(on, MIDNIGHT, zone)
    return max(ends_at, at + LEAST)


def business_days_after(on: date, days: int, closed: Collection[date] = ()) -> date:
    while days:
        on += DAY
        if on.weekday() < SATURDAY and on not in closed:
            days -= 1
    return on


def promise(hours: int | None, at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """By when somebody speaks with him, as he is told: tonight, by 00:50; "" where nobody does.

    Read again on another day it names the day, for "today" is over then.
    """
    if hours is None:
        return ""
    if hours > SAME_DAY_HOURS:
        return next((words for limit, words in WITHIN if hours <= limit), "soon")
    due_at = contact_by(hours, at, zone)
    if due_at is None:
        return ""
    due, today = due_at.astimezone(zone), now.astimezone(zone).date()
    clock = f"by {due:%H:%M}"
    days = (due.date() - today).days
    if days == 0 and due.time() < EVENING:
        return f"today, {clock}"
    if days == 0 or (days == 1 and due.time() < NIGHT_ENDS):
        return f"tonight, {clock}"
    return f"by {due:%A} {due.day} {due:%B}, {due:%H:%M}"


def time_left(due_at: datetime, at: datetime) -> str:
    """Within 3 h 12 min, or overdue by 20 min; from two days on in days."""
    left = due_at - at
    minutes = int(abs(left).total_seconds() // 60)
    hours, rest = divmod(minutes, 60)
    if hours >= LONG_HOURS:
        length = f"{hours // 24} days"
    elif hours:
        length = f"{hours} h {rest} min"
    else:
        length = f"{rest} min"
    return f"within {length}" if left >= timedelta(0) else f"overdue by {length}"
