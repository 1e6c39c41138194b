"""Wall-clock times of a patient as instants, across the days when clocks change."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SendTime:
    """When it goes out, and why it is not the time that was asked for."""

    at: datetime
    sentence: str


def local_instant(on: date, at: time, zone: ZoneInfo) -> datetime:
    """That wall-clock time as an instant: the first of two, or the next minute that exists."""
    wall = datetime.combine(on, at.replace(fold=0), tzinfo=zone)
    while not exists(wall):
        wall = (wall + MINUTE).replace(second=0, microsecond=0)
    return wall.astimezone(UTC)


def exists(wall: datetime) -> bool:
    """Did a clock in that zone ever show this time? Not in the hour that spring leaves out."""
    back = wall.astimezone(UTC).astimezone(wall.tzinfo)
    return back.replace(tzinfo=None) == wall.replace(tzinfo=None)


def is_quiet(at: time, *, quiet_from: time, quiet_to: time) -> bool:
    """Within the quiet hours, the start counted in and the end out; they may span midnight."""
    if quiet_from <= quiet_to:
        return quiet_from <= at < quiet_to
    return at >= quiet_from or at < quiet_to


def send_time(due_at: datetime, zone: ZoneInfo, *, quiet_from: time, quiet_to: time) -> SendTime:
    """The instant itself, or the end of the quiet hours it falls into (domain reference §7.8)."""
    wall = due_at.astimezone(zone)
    if not is_quiet(wall.time(), quiet_from=quiet_from, quiet_to=quiet_to):
        return SendTime(due_at.astimezone(UTC), "It is sent when it is due.")
    on = wall.date()
    if quiet_from > quiet_to and wall.time() >= quiet_from:
        on += DAY
    end = local_instant(on, quiet_to, zone)
    if end < due_at:  # autumn shows that time twice, and the first has passed
        end = datetime.combine(on, quiet_to.replace(fold=1), tzinfo=zone).astimezone(UTC)
    words = f"It falls into the quiet hours and waits until {end.astimezone(zone):%H:%M}."
    return SendTime(end, words)
