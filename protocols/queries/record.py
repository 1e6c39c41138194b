"""What is open on a record, and its visits as lines: from the story, without asking again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from clinic.queries.calendar import working_days
from protocols.models import Visit
from protocols.queries.banner import next_visit
from protocols.queries.booking import window_of
from protocols.queries.story import Booked, Story
from protocols.rules.duties import WATCHED


@dataclass(frozen=True, slots=True)
class OpenItem:
    """One thing that waits on this record. `act` names what its button does."""

    kind: str
    icon: str
    what: str
    ctx: str
    act: str = ""
    visit: int | None = None
    pk: int | None = None
    #: By when, where minutes count.
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class VisitLine:
    """One visit of the list: its window, what became of it, and its booking."""

    visit: Visit
    day: int | None
    booking: Booked | None
    status: str
    kind: str
    icon: str
    #: Where the clinic is shut on the target, the day to propose instead.
    proposed_on: date | None = None


def open_items(story: Story, today: date, unread: int) -> list[OpenItem]:
    """Unsigned visits, results nobody has read, deviations, and the visit that is not booked."""
    return [
        *_duties(story),
        *_unsigned(story),
        *_unread(unread),
        *_deviations(story),
        *_unbooked(story, today),
    ]


def _duties(story: Story) -> Iterator[OpenItem]:
    for duty in story.duties:
        watched = duty.code in WATCHED
        kind = "critical" if watched else "warning"
        due = duty.due_at.astimezone(story.patient.site.zone)
        ctx = f"By {due:%a} {due.day} {due:%b}, {due:%H:%M}"
        due_at = duty.due_at if watched else None
        yield OpenItem(kind, "flag", duty.title, ctx, "duty", pk=duty.pk, due_at=due_at)


def _unsigned(story: Story) -> Iterator[OpenItem]:
    for visit in story.visits:
        if visit.status in (Visit.Status.IN_PROGRESS, Visit.Status.AMENDED):
            came = visit.attended_on
            ctx = f"came {came.day} {came:%b}" if came else ""
            if visit.status == Visit.Status.AMENDED:
                ctx = "changed after it was signed"
            yield OpenItem("info", "sign", f"{visit.short_name} not signed", ctx, "visit", visit.pk)


def _unread(unread: int) -> Iterator[OpenItem]:
    if unread:
        noun = "collection" if unread == 1 else "collections"
        yield OpenItem("info", "lab", "Results to review", f"{unread} {noun} unread", "laboratory")


def _deviations(story: Story) -> Iterator[OpenItem]:
    for row in story.deviations:
        if row.outcome:
            continue
        kind = "warning" if row.weight == "major" else ""
        on = row.raised_on
        ctx = f"{row.weight}, {on.day} {on:%b}"
        yield OpenItem(kind, "warn", row.sentence, ctx, "deviation", row.visit_id, row.pk)


def _unbooked(story: Story, today: date) -> Iterator[OpenItem]:
    coming = next_visit(story, today)
    if coming is None or coming.booking is not None:
        return
    visit = coming.visit
    due, closes = visit.target_on, visit.closes_on
    if due is None or closes is None:
        return
    late = closes < today
    ctx = f"target {due:%a} {due.day} {due:%b}, window to {closes.day} {closes:%b}"
    if late:
        ctx = f"overdue since {closes.day} {closes:%b}"
    what = f"Book {visit.code}" if visit.planned_id else f"Book: {visit.short_name}"
    yield OpenItem("warning" if late else "", "cal", what, ctx, "book", visit.pk)


STATUS = {
    Visit.Status.PLANNED: ("", "circle"),
    Visit.Status.IN_PROGRESS: ("info", "sign"),
    Visit.Status.SIGNED: ("good", "ok"),
    Visit.Status.AMENDED: ("warning", "warn"),
    Visit.Status.MISSED: ("critical", "stop"),
    Visit.Status.SKIPPED: ("", "circle"),
}


def visit_lines(story: Story, today: date) -> list[VisitLine]:
    """All his visits in the order of time; two queries, for the days on which the site is open."""
    open_days = awaited_days(story, today)
    return [_line(visit, story, today, open_days) for visit in sorted(story.visits, key=_order)]


def awaited_days(story: Story, today: date) -> list[date]:
    """The open days of all windows that are still awaited."""
    windows = [window_of(visit) for visit in story.visits if visit.status == Visit.Status.PLANNED]
    days = {day for window in windows if window for day in window.days() if day >= today}
    return working_days(story.patient.site, sorted(days)) if days else []


def proposed(visit: Visit, open_days: list[date]) -> date | None:
    window = window_of(visit)
    if window is None or visit.status != Visit.Status.PLANNED:
        return None
    day = window.nearest_open(open_days)
    return day if day != window.due_on and open_days else None


def _order(visit: Visit) -> tuple[date, int]:
    return (visit.attended_on or visit.target_on or date.max, visit.pk)


def _line(visit: Visit, story: Story, today: date, open_days: list[date]) -> VisitLine:
    status = Visit.Status(visit.status)
    kind, icon = STATUS[status]
    word = status.label
    if status == Visit.Status.PLANNED and visit.closes_on and visit.opens_on:
        if visit.closes_on < today:
            word, kind, icon = "Overdue", "warning", "clock"
        elif visit.opens_on <= today:
            word, kind, icon = "Window open", "info", "clock"
    on = visit.attended_on
    return VisitLine(
        visit,
        story.day(on) if on else None,
        story.bookings.get(visit.pk),
        word,
        kind,
        icon,
        proposed(visit, open_days) if visit.target_on and visit.target_on >= today else None,
    )
