"""The visit he comes to next and how he gets ready for it; and the whole plan, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from protocols.models import Visit
from protocols.queries.portal_course import Course, Ordered, Stop
from protocols.queries.visit_items import asked_kinds, planned_of, required_panels
from protocols.rules.definition import Definition
from protocols.rules.preparation import Step, Wanted, steps
from protocols.rules.programme import Panel, PlannedVisit
from protocols.rules.vocabulary import ItemKind, Mode

#: An order belongs to the visit that comes within so many days of its due day.
NEAR = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Coming:
    """The next visit: booked with its stops, or only its window."""

    visit: Visit
    stops: tuple[Stop, ...]
    steps: tuple[Step, ...]
    by_phone: bool = False
    overdue: bool = False

    @property
    def starts_at(self) -> datetime | None:
        return self.stops[0].starts_at if self.stops else None

    @property
    def ends_at(self) -> datetime | None:
        return max(stop.ends_at for stop in self.stops) if self.stops else None

    @property
    def minutes(self) -> int:
        """From the first stop to the end of the last."""
        if not self.stops or self.ends_at is None:
            return 0
        return int((self.ends_at - self.stops[0].starts_at).total_seconds() // 60)

    @property
    def arrived(self) -> bool:
        return any(stop.status in ("arrived", "in_progress") for stop in self.stops)

    @property
    def main_steps(self) -> list[Step]:
        """What a first page shows; the whole list is under Visits."""
        return [step for step in self.steps if step.main]

    @property
    def more(self) -> int:
        return len(self.steps) - len(self.main_steps)

    @property
    def open_steps(self) -> list[Step]:
        return [step for step in self.main_steps if not step.private]

    @property
    def private_steps(self) -> list[Step]:
        return [step for step in self.steps if step.private]

    @property
    def more_open(self) -> int:
        return len(self.steps) - len(self.open_steps) - len(self.private_steps)


@dataclass(frozen=True, slots=True)
class Line:
    """One visit of the plan with what became of it."""

    visit: Visit
    stop: Stop | None
    word: str
    kind: str
    icon: str
    next: bool = False


def next_visit(course: Course) -> Coming | None:
    """What is booked first, else what he missed and may still come for, else what lies ahead."""
    booked = _first_booked(course)
    if booked is not None:
        return _coming(course, *booked)
    if not course.live:
        return None
    today = course.owner.clinic_today
    awaited = [v for v in course.visits if v.status == Visit.Status.PLANNED and v.closes_on]
    if not awaited:
        return None
    late = [v for v in awaited if v.closes_on is not None and v.closes_on < today]
    return _coming(course, (late or awaited)[0], (), overdue=bool(late))


def _first_booked(course: Course) -> tuple[Visit, tuple[Stop, ...]] | None:
    """Bookings of today or later that he has not left yet, earliest first."""
    today = course.owner.clinic_today
    found: list[tuple[datetime, Visit, tuple[Stop, ...]]] = []
    for visit in course.visits:
        if visit.status not in (Visit.Status.PLANNED, Visit.Status.IN_PROGRESS):
            continue
        days = _days(course.stops.get(visit.pk, []), today, course)
        if days:
            first = days[min(days)]
            found.append((first[0].starts_at, visit, tuple(first)))
    if not found:
        return None
    return min(found, key=lambda row: (row[0], row[1].pk))[1:]


def _days(stops: list[Stop], today: date, course: Course) -> dict[date, list[Stop]]:
    days: dict[date, list[Stop]] = {}
    for stop in stops:
        on = course.owner.site.localdate(stop.starts_at)
        if on >= today:
            days.setdefault(on, []).append(stop)
    return {on: of for on, of in days.items() if any(s.status != "completed" for s in of)}


def _coming(
    course: Course, visit: Visit, stops: tuple[Stop, ...], *, overdue: bool = False
) -> Coming:
    definition = course.definition
    if definition is None:
        return Coming(visit, stops, ())
    planned = planned_of(definition, visit)
    wanted = wanted_of(course, definition, planned, visit, stops)
    return Coming(
        visit,
        stops,
        steps(definition, wanted, zone=course.owner.site.zone, now=course.owner.now),
        by_phone=planned is not None and planned.mode is Mode.PHONE,
        overdue=overdue,
    )


def wanted_of(
    course: Course,
    definition: Definition,
    planned: PlannedVisit | None,
    visit: Visit,
    stops: tuple[Stop, ...],
) -> Wanted:
    """What the plan asks for under his own conditions, and what was ordered besides."""
    conditions = course.conditions_of(visit)
    kinds = set(asked_kinds(planned, conditions))
    panels = [definition.panel(key) for key in required_panels(planned, conditions)]
    first = stops[0].starts_at if stops else None
    orders = list(_orders(course, first))
    panels += _ordered_panels(definition, orders, panels)
    if any(order.semen for order in orders):
        kinds.add(ItemKind.SEMEN)
    drawn = next((s.starts_at for s in stops if s.task == "draw"), first)
    handed = next((s.starts_at for s in stops if s.task == "sample"), first)
    return Wanted(
        blood_at=drawn,
        sample_at=handed,
        panels=tuple(panels),
        fasting=any(p.fasting for p in panels) or any(o.fasting for o in orders),
        kinds=frozenset(kinds),
    )


def _orders(course: Course, at: datetime | None) -> Iterator[Ordered]:
    """The open orders that this visit serves."""
    if at is None:
        return
    on = course.owner.site.localdate(at)
    for order in course.orders:
        if order.due_on - NEAR <= on <= order.due_on + NEAR:
            yield order


def _ordered_panels(
    definition: Definition, orders: list[Ordered], known: list[Panel]
) -> list[Panel]:
    keys = {order.panel for order in orders} - {panel.key for panel in known}
    return [panel for panel in definition.panels if panel.key in keys]


STATES = {
    Visit.Status.IN_PROGRESS: ("Begun", "info", "clock"),
    Visit.Status.SIGNED: ("Done", "good", "ok"),
    Visit.Status.AMENDED: ("Done", "good", "ok"),
    Visit.Status.MISSED: ("Missed", "warning", "warn"),
    Visit.Status.SKIPPED: ("Not needed", "", "circle"),
}


def plan_of(course: Course) -> list[Line]:
    """Every visit of the plan and those beside it, in the order of time."""
    rows = sorted(course.visits, key=lambda v: (v.attended_on or v.target_on or date.max, v.pk))
    coming = next_visit(course)
    at = coming.visit.pk if coming else None
    shown = [row for row in rows if not (row.planned_id is None and _never_was(row))]
    return [_line(row, course, is_next=row.pk == at) for row in shown]


def _never_was(visit: Visit) -> bool:
    """An unscheduled visit that was let go again."""
    return visit.status == Visit.Status.SKIPPED


def _line(visit: Visit, course: Course, *, is_next: bool) -> Line:
    today = course.owner.clinic_today
    stops = course.stops.get(visit.pk, [])
    stop = next((s for s in stops if s.status != "completed"), None)
    if visit.status != Visit.Status.PLANNED:
        return Line(visit, None, *STATES[Visit.Status(visit.status)], next=is_next)
    if stop is not None:
        return Line(visit, stop, "Booked", "info", "cal", next=is_next)
    if visit.closes_on and visit.closes_on < today:
        return Line(visit, None, "Overdue", "warning", "clock", next=is_next)
    if visit.opens_on and visit.opens_on <= today:
        return Line(visit, None, "Please book", "warning", "phone", next=is_next)
    return Line(visit, None, "To come", "", "circle", next=is_next)
