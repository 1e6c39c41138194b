"""When somebody or something is free. Dates, hours and busy times in; free times out.

Opening hours are wall-clock hours of the clinic's zone (a rule stays "08:00" over a change of
clocks); everything returned is an aware instant.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Hours:
    """Open on this weekday (Monday is 0) from `opens` to `closes`, on the clinic's clock."""

    weekday: int
    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class Span:
    """From an instant up to, and without, another."""

    starts_at: datetime
    ends_at: datetime

    def overlaps(self, other: "Span") -> bool:
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at

    def contains(self, other: "Span") -> bool:
        return self.starts_at <= other.starts_at and other.ends_at <= self.ends_at

    @property
    def minutes(self) -> int:
        return int((self.ends_at - self.starts_at).total_seconds() // 60)


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant a wall clock in `zone` first shows `at` on `day`, in UTC.

    A time that the spring change skips is taken as the first moment after the gap.
    """
    wall = datetime.combine(day, at.replace(fold=0), tzinfo=zone)
    while not _exists(wall):
        wall = (wall + timedelta(minutes=1)).replace(second=0, microsecond=0)
    return wall.astimezone(UTC)


def _exists(wall: datetime) -> bool:
    """Did a clock in that zone ever show this time? Not in the hour that spring leaves out."""
    back = wall.astimezone(UTC).astimezone(wall.tzinfo)
    return back.replace(tzinfo=None) == wall.replace(tzinfo=None)


def open_spans(
    day: date, hours: Iterable[Hours], *, zone: ZoneInfo, closed: Iterable[date] = ()
) -> list[Span]:
    """The open stretches of one local day, in order; none on a closed day."""
    if day in set(closed):
        return []
    spans = (
        Span(instant(day, h.opens, zone), instant(day, h.closes, zone))
        for h in hours
        if h.weekday == day.weekday()
    )
    return sorted((s for s in spans if s.starts_at < s.ends_at), key=lambda s: s.starts_at)


def is_open(wanted: Span, spans: Iterable[Span]) -> bool:
    """True when the whole of `wanted` lies inside one open stretch."""
    return any(span.contains(wanted) for span in spans)


def slots(
    spans: Iterable[Span], busy: Sequence[Span], *, minutes: int, step: int = 15
) -> Iterator[Span]:
    """Free stretches of `minutes`, beginning every `step` minutes from each opening."""
    length, stride = timedelta(minutes=minutes), timedelta(minutes=step)
    taken = sorted(busy, key=lambda s: s.starts_at)
    for span in spans:
        start = span.starts_at
        while start + length <= span.ends_at:
            wanted = Span(start, start + length)
            clash = next((b for b in taken if b.overlaps(wanted)), None)
            if clash is None:
                yield wanted
            start += stride


def quarter(at: datetime, day_starts_at: datetime) -> int:
    """Which quarter of an hour of the shown day an instant falls in, counted from 0."""
    return int((at - day_starts_at).total_seconds() // 900)
