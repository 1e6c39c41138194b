"""The columns of the flowsheet, and which of them a collection belongs to: days in, days out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from protocols.models import Visit
from protocols.queries.story import Story
from protocols.rules.vocabulary import Phase

DAY = timedelta(days=1)
UNSCHEDULED = "UNS"


@dataclass(frozen=True, slots=True)
class Column:
    """One visit, or one collection between visits: what happened on or around a day.

    `opens_on` and `closes_on` bound the collections that belong to it; `on` is the day it is
    measured from: the day he came, else the day he is due.
    """

    code: str
    on: date
    opens_on: date
    closes_on: date
    visit: int | None = None
    attended: bool = False
    state: str = "past"
    line: str = ""

    def takes(self, day: date) -> bool:
        return self.opens_on <= day <= self.closes_on

    def distance(self, day: date) -> int:
        return abs((day - self.on).days)


@dataclass(frozen=True, slots=True)
class Collected:
    """What was measured on one day, by the keys of its rows."""

    on: date
    rows: frozenset[str]


def columns_of(story: Story, today: date) -> list[Column]:
    """A column for each visit that happened or is planned as far as the first follow-up."""
    baseline_days = story.definition.gates.baseline_labs_max_age_days if story.definition else 0
    found = [
        made
        for visit in story.visits
        if (made := column_of(visit, story, baseline_days, today)) is not None
    ]
    return sorted(found, key=lambda column: (column.on, column.visit or 0))


def column_of(visit: Visit, story: Story, baseline_days: int, today: date) -> Column | None:
    on = visit.attended_on or visit.target_on
    if on is None or (far_off(visit, story, today) and not visit.attended_on):
        return None
    first = story.first_dose_on
    opens, closes = visit.opens_on or on, visit.closes_on or on
    if first is not None and visit.code == story.start_code:
        # Baseline tests may be up to this old on Day 1 (domain reference §7.1).
        opens = min(opens, first - timedelta(days=baseline_days))
    return Column(
        code=visit.code,
        on=on,
        opens_on=min(opens, on),
        closes_on=max(closes, on),
        visit=visit.pk,
        attended=visit.attended_on is not None,
        state=state_of(visit, today),
        line=line_of(visit, story, today),
    )


def far_off(visit: Visit, story: Story, today: date) -> bool:
    """Calls about the outcome, months after the last capsule, come to the sheet when they open."""
    if visit.opens_on is None or visit.opens_on <= today:
        return False
    plan = story.definition.visits if story.definition else ()
    afterwards = [row.code for row in plan if row.phase in (Phase.FOLLOW_UP, Phase.OUTCOME)]
    return visit.code in afterwards[1:]


def state_of(visit: Visit, today: date) -> str:
    if visit.attended_on:
        return "today" if visit.attended_on == today else "past"
    return "next" if (visit.closes_on or today) >= today else "past"


def line_of(visit: Visit, story: Story, today: date) -> str:
    """The third line of a column's head."""
    if visit.attended_on is None:
        if visit.status in (Visit.Status.MISSED, Visit.Status.SKIPPED):
            return visit.get_status_display().lower()
        return "overdue" if visit.closes_on and visit.closes_on < today else ""
    return day_line(story, visit.attended_on)


def day_line(story: Story, on: date) -> str:
    day = story.day(on)
    return "screening" if day is None or day < 1 else f"day {day}"


def assign(
    columns: Sequence[Column], collected: Iterable[Collected]
) -> tuple[list[Column], dict[date, int]]:
    """Give every day of collection a column: the nearest visit whose window holds it.

    No value is hidden: where a nearer collection already fills a row of that visit, or no window
    holds the day, it gets an unscheduled column of its own. Returns the columns in the order of
    time and, for each day, the place of its column.
    """
    chosen: dict[date, Column] = {}
    filled: dict[Column, set[str]] = {column: set() for column in columns}
    offers = [
        (column.distance(item.on), column.on > item.on, item.on, item, column)
        for item in collected
        for column in columns
        if column.takes(item.on)
    ]
    for _, _, _, item, column in sorted(offers, key=lambda offer: offer[:3]):
        if item.on not in chosen and not filled[column] & item.rows:
            chosen[item.on] = column
            filled[column] |= item.rows
    own = {
        item.on: Column(UNSCHEDULED, item.on, item.on, item.on, attended=True)
        for item in collected
        if item.on not in chosen
    }
    ordered = sorted([*columns, *own.values()], key=lambda column: (column.on, column.visit or 0))
    places = {column: at for at, column in enumerate(ordered)}
    return ordered, {day: places[column] for day, column in (chosen | own).items()}


def dressed(columns: Sequence[Column], story: Story, today: date) -> list[Column]:
    """The unscheduled columns get their head; what is collected today is today's column."""
    return [
        column
        if column.visit is not None
        else replace(
            column,
            line=day_line(story, column.on),
            state="today" if column.on == today else "past",
        )
        for column in columns
    ]
