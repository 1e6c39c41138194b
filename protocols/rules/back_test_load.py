"""The work a tried rule makes: findings in each week, and for each clinician."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Week:
    """How often the rule would have fired in one week, and how often it did."""

    monday: date
    would: int
    did: int


@dataclass(frozen=True, slots=True)
class Load:
    """The work the rule makes: findings in a week for each clinician, before and then."""

    weeks: tuple[Week, ...]
    clinicians: int

    @property
    def would(self) -> Decimal:
        return self.per_week(sum(week.would for week in self.weeks))

    @property
    def did(self) -> Decimal:
        return self.per_week(sum(week.did for week in self.weeks))

    def per_week(self, fires: int) -> Decimal:
        """To two places, half up; without a clinician as if there were one."""
        parts = len(self.weeks) * (self.clinicians or 1)
        return (Decimal(fires) / (parts or 1)).quantize(Decimal("0.01"), "ROUND_HALF_UP")


def load_of(
    would: Iterable[date], did: Iterable[date], *, first_on: date, last_on: date, clinicians: int
) -> Load:
    """By the week of the evidence, weeks without any included, Monday first."""
    asked, was = Counter(map(monday_of, would)), Counter(map(monday_of, did))
    return Load(tuple(weeks(first_on, last_on, asked, was)), clinicians)


def weeks(
    first_on: date, last_on: date, would: Mapping[date, int], did: Mapping[date, int]
) -> Iterator[Week]:
    monday = monday_of(first_on)
    while monday <= last_on:
        yield Week(monday, would.get(monday, 0), did.get(monday, 0))
        monday += timedelta(days=7)


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())
