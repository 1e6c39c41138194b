"""When a visit may happen. Dates in, dates out: nothing here knows the clock or a zone."""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Self


class Timing(StrEnum):
    """How an actual visit lies to its window (domain reference §7.1)."""

    ON_TIME = "ON_TIME"
    EARLY = "EARLY"
    LATE = "LATE"
    UNS = "UNS"


class Standing(StrEnum):
    """How today lies to the window of a visit that has not happened."""

    TO_COME = "to_come"
    OPEN = "open"
    OVERDUE = "overdue"
    MISSED = "missed"


def add_months(day: date, months: int) -> date:
    """The same day some calendar months later, or the last day of a shorter month."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


@dataclass(frozen=True, slots=True)
class Window:
    """A target day, the days on which a visit is on time, and those on which it still counts."""

    opens_on: date
    due_on: date
    closes_on: date
    tolerance_days: int = 0
    #: How many days too early it still is this visit, where that differs from too late.
    early_tolerance_days: int | None = None

    @classmethod
    def around(
        cls,
        due_on: date,
        *,
        before: int,
        after: int,
        tolerance: int = 0,
        early_tolerance: int | None = None,
    ) -> Self:
        return cls(
            due_on - timedelta(days=before),
            due_on,
            due_on + timedelta(days=after),
            tolerance,
            early_tolerance,
        )

    def __contains__(self, day: date) -> bool:
        return self.opens_on <= day <= self.closes_on

    @property
    def earliest_on(self) -> date:
        """The first day on which a visit still is this one, though early."""
        early = self.early_tolerance_days
        return self.opens_on - timedelta(days=self.tolerance_days if early is None else early)

    @property
    def latest_on(self) -> date:
        """The last day on which a visit still is this one, though late."""
        return self.closes_on + timedelta(days=self.tolerance_days)

    def offset(self, day: date) -> int:
        """Days from the target, negative before it."""
        return (day - self.due_on).days

    def timing(self, day: date) -> Timing:
        """Whether a visit on this day is on time, early, late, or another visit altogether."""
        if day in self:
            return Timing.ON_TIME
        if not self.earliest_on <= day <= self.latest_on:
            return Timing.UNS
        return Timing.EARLY if day < self.opens_on else Timing.LATE

    def nearest_open(self, open_days: Iterable[date]) -> date:
        """The day to propose: the target, or the nearest open day of the window if it is shut.

        Of two as near, the later: a month is not cut short. The target itself stays what it is,
        and stays proposed where the whole window is shut.
        """
        inside = [day for day in open_days if day in self]
        away = {day: (abs(self.offset(day)), -day.toordinal()) for day in inside}
        return min(away, key=away.__getitem__, default=self.due_on)

    def days(self) -> list[date]:
        """Every day on which the visit is on time."""
        return [self.opens_on + timedelta(days=n) for n in range(self.length)]

    @property
    def length(self) -> int:
        return (self.closes_on - self.opens_on).days + 1

    def standing(self, today: date) -> Standing:
        """Whether a visit that has not happened is to come, open, overdue or missed."""
        if today < self.opens_on:
            return Standing.TO_COME
        if today <= self.closes_on:
            return Standing.OPEN
        return Standing.OVERDUE if today <= self.latest_on else Standing.MISSED
