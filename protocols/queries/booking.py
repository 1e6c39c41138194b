"""What the booking drawer shows: a visit, its window, what stands, and the times that suit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from clinic.models import Account, Booking, Resource, Site
from clinic.queries.calendar import closed_on, free_times, serving
from clinic.rules.calendar import Hours, Span, open_spans, slots
from patients.models import Patient
from protocols.models import TERMINAL, Appointment, Enrolment, Visit
from protocols.queries.enrolment import definition_of
from protocols.rules.definition import Definition
from protocols.rules.slots import (
    Candidate,
    Ranked,
    Stay,
    Wishes,
    preferred_hours,
    rank,
    usual_weekday,
)
from protocols.rules.vocabulary import ItemKind, Need
from protocols.rules.windows import Window

#: How far one looks for a visit that has no window, or whose window is over.
AHEAD_DAYS = 15
OFFERED = 5
KINDS = {
    "clinician": Resource.Kind.PERSON,
    "check_in": Resource.Kind.ROOM,
    "draw": Resource.Kind.CHAIR,
    "sample": Resource.Kind.LABORATORY,
}
LIVE = [Booking.Status.HELD, Booking.Status.BOOKED, Booking.Status.ARRIVED,
        Booking.Status.IN_PROGRESS, Booking.Status.COMPLETED]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """One time on offer, with the value its button posts."""

    resource: Resource
    starts_at: datetime
    ends_at: datetime
    reasons: str = ""

    @property
    def value(self) -> str:
        return f"{self.resource.pk}@{self.starts_at.isoformat()}"


@dataclass(frozen=True, slots=True)
class GridDay:
    """One day of the full grid: its free times by resource, or why there are none."""

    on: date
    shut: str
    rows: tuple[tuple[Resource, tuple[Choice, ...]], ...]
    ideal: bool = False
    outside: bool = False


@dataclass(slots=True)
class Desk:
    """Everything about one visit that booking needs, read once."""

    visit: Visit
    visits: list[Visit]
    appointments: list[Appointment]
    definition: Definition
    task: str
    now: datetime
    hours: dict[Resource, list[Hours]] = field(default_factory=dict)
    shut: dict[date, str] = field(default_factory=dict)
    free: dict[Resource, list[Span]] = field(default_factory=dict)
    days: list[date] = field(default_factory=list)

    @property
    def enrolment(self) -> Enrolment:
        return self.visit.enrolment

    @property
    def patient(self) -> Patient:
        return self.enrolment.patient

    @property
    def site(self) -> Site:
        return self.patient.site

    @property
    def zone(self) -> ZoneInfo:
        return self.site.zone

    @property
    def today(self) -> date:
        return self.site.localdate(self.now)

    @property
    def ideal_on(self) -> date:
        """The visit's own target, passed or not; today where there is none.

        Before Day 1 the start has only a last day: the sooner it is, the fresher its blood.
        """
        window = window_of(self.visit)
        if window and self.enrolment.first_dose_on is None and window.due_on == window.closes_on:
            return min(max(window.opens_on, self.today), window.closes_on)
        return self.visit.target_on or self.today

    @property
    def proposed_on(self) -> date:
        """The target, or the nearest open day of its window when the target is shut (§7.1).

        Asked after `look`: it needs the hours and the closed days.
        """
        window = window_of(self.visit)
        served = {hour.weekday for hours in self.serving_hours for hour in hours}
        if window is None or not served:
            return self.ideal_on
        window = replace(window, due_on=self.ideal_on)
        earliest = min(self.today, window.due_on)
        return window.nearest_open(
            day
            for day in window.days()
            if day >= earliest and day.weekday() in served and day not in self.shut
        )

    @property
    def serving_hours(self) -> list[list[Hours]]:
        return [hours for r, hours in self.hours.items() if r.kind == KINDS[self.task]]

    @property
    def shifted(self) -> bool:
        """The target is a day on which nobody is here."""
        return window_of(self.visit) is not None and self.proposed_on != self.ideal_on

    @property
    def shut_because(self) -> str:
        return self.shut.get(self.ideal_on, "")

    @property
    def standing(self) -> Appointment | None:
        """The hold or booking of this task of the visit, if there is one."""
        return next((a for a in self.of_visit() if a.task == self.task), None)

    @property
    def held(self) -> Appointment | None:
        found = self.standing
        return found if found and found.booking.status == Booking.Status.HELD else None

    @property
    def booked(self) -> Appointment | None:
        found = self.standing
        return found if found and found.booking.status != Booking.Status.HELD else None

    def of_visit(self) -> list[Appointment]:
        return [a for a in self.appointments if a.visit_id == self.visit.pk and stands(a, self.now)]

    def tasks(self) -> list[tuple[str, str]]:
        """What can be booked here at all, in the house's order."""
        kinds = {resource.kind for resource in self.hours}
        return [(t.value, t.label) for t in Appointment.Task if KINDS[t.value] in kinds]


def window_of(visit: Visit) -> Window | None:
    if visit.opens_on is None or visit.target_on is None or visit.closes_on is None:
        return None
    return Window(visit.opens_on, visit.target_on, visit.closes_on)


def stands(appointment: Appointment, now: datetime) -> bool:
    booking = appointment.booking
    if booking.status == Booking.Status.HELD:
        return booking.held_until is not None and booking.held_until > now
    return booking.status in LIVE


def desk_of(*, user: Account, pk: int, task: str, now: datetime) -> Desk | None:
    """The desk of one visit the user may see, or None; two queries."""
    visits = list(together(user).filter(enrolment__visits=pk))
    if not visits:
        return None
    appointments = list(appointments_of(visits[0]).filter(booking__status__in=LIVE))
    return desk_at(pk, visits, appointments, task, now)


def desk_of_booking(*, user: Account, pk: int, now: datetime) -> tuple[Desk, Appointment] | None:
    """The same from one of its bookings, which may be over by now; two queries."""
    visits = list(together(user).filter(enrolment__visits__appointments__booking=pk))
    if not visits:
        return None
    found = appointments_of(visits[0]).filter(Q(booking__status__in=LIVE) | Q(booking=pk))
    appointments = list(found)
    moved = next(row for row in appointments if row.booking_id == pk)
    desk = desk_at(moved.visit_id, visits, appointments, moved.task, now)
    moved.visit, moved.booking.site = desk.visit, desk.site
    return desk, moved


def together(user: Account) -> QuerySet[Visit]:
    """Visits with everything a desk says about their man."""
    related = ("enrolment__patient__site", "enrolment__version", "enrolment__clinician__account")
    return (
        Visit.objects.visible_to(user)
        .select_related(*related)
        .defer("enrolment__version__definition")
    )


def appointments_of(visit: Visit) -> QuerySet[Appointment]:
    return (
        Appointment.objects.filter(visit__enrolment=visit.enrolment_id)
        .select_related("booking__resource", "visit")
        .order_by("booking__during")
    )


def desk_at(
    pk: int, visits: list[Visit], appointments: list[Appointment], task: str, now: datetime
) -> Desk:
    visit = next(row for row in visits if row.pk == pk)
    wanted = task if task in KINDS else Appointment.Task.CLINICIAN
    definition = definition_of(visit.enrolment.version)
    return Desk(visit, visits, appointments, definition, wanted, now)


def bookable(desk: Desk) -> list[Visit]:
    """The visits one may choose in the drawer: this one, and what is planned and unbooked."""
    if desk.enrolment.status in TERMINAL:
        return [desk.visit]
    taken = {a.visit_id for a in desk.appointments if stands(a, desk.now)}
    return [
        v for v in desk.visits
        if v.pk == desk.visit.pk or (v.status == Visit.Status.PLANNED and v.pk not in taken)
    ]  # fmt: skip


def look(desk: Desk, besides: Iterable[int] = ()) -> None:
    """Read hours, closed days and what is taken in the days one looks at; three queries."""
    desk.days = days_of(desk)
    desk.hours = serving(desk.site)
    window = window_of(desk.visit)
    desk.shut = closed_on(desk.site, [*desk.days, *(window.days() if window else ())])
    hours = {r: h for r, h in desk.hours.items() if r.kind == KINDS[desk.task]}
    standing = desk.standing
    desk.free = free_times(
        hours=hours,
        site=desk.site,
        days=desk.days,
        minutes={resource.pk: resource.slot_minutes for resource in hours},
        now=desk.now,
        attendee=desk.patient.label,
        besides=[*besides, *([standing.booking.pk] if standing else [])],
        closed=desk.shut,
    )


def days_of(desk: Desk) -> list[date]:
    """The days of the window that are still to come, or the next two weeks."""
    first, last = desk.visit.opens_on, desk.visit.closes_on
    if first is None or last is None or last < desk.today:
        first, last = desk.today, desk.today + timedelta(days=AHEAD_DAYS - 1)
    first = max(first, desk.today)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def offers(desk: Desk) -> list[Choice]:
    """The best times with their reasons, best first."""
    resources = {resource.pk: resource for resource in desk.free}
    ranked = rank(candidates(desk), wishes(desk), limit=OFFERED)
    return [choice(row, resources) for row in ranked]


def choice(row: Ranked, resources: dict[int, Resource]) -> Choice:
    found = row.candidate
    return Choice(resources[found.resource], found.starts_at, found.ends_at, row.sentence)


def candidates(desk: Desk) -> Iterable[Candidate]:
    zone = desk.zone
    for resource, spans in desk.free.items():
        full = loads(desk, resource, spans)
        for span in spans:
            yield Candidate(
                span.starts_at,
                span.ends_at,
                resource.pk,
                is_clinician=resource.kind == Resource.Kind.PERSON,
                load=full[span.starts_at.astimezone(zone).date()],
            )


def loads(desk: Desk, resource: Resource, free: Sequence[Span]) -> dict[date, float]:
    """How full each day of a resource is: the share of its times that are gone."""
    zone, left = desk.zone, dict[date, int]()
    for span in free:
        day = span.starts_at.astimezone(zone).date()
        left[day] = left.get(day, 0) + 1
    found = {}
    for day, times in left.items():
        opened = open_spans(day, desk.hours[resource], zone=desk.zone)
        every = sum(1 for s in slots(opened, [], minutes=resource.slot_minutes)
                    if s.starts_at >= desk.now)  # fmt: skip
        found[day] = 1 - times / every if every else 1.0
    return found


def wishes(desk: Desk) -> Wishes:
    member = desk.enrolment.clinician
    own = next((r for r in desk.free if member is not None and r.member_id == member.pk), None)
    came = [
        a.booking.starts_at.astimezone(desk.zone).date()
        for a in desk.appointments
        if a.booking.status == Booking.Status.COMPLETED and a.task == Appointment.Task.CLINICIAN
    ]
    said = desk.patient.preferred_times
    return Wishes(
        zone=desk.zone,
        ideal_on=desk.proposed_on,
        opens_on=desk.visit.opens_on,
        closes_on=desk.visit.closes_on,
        fasting=desk.task == Appointment.Task.DRAW and is_fasting(desk.definition, desk.visit.code),
        clinician=own.pk if own else None,
        clinician_name=own.name if own else "",
        hours=preferred_hours(said),
        hours_words=said,
        weekday=usual_weekday(came),
        stays=tuple(stays(desk)),
    )


def stays(desk: Desk) -> Iterable[Stay]:
    words = {"clinician": "", "check_in": "his check-in", "draw": "the draw",
             "sample": "the sample"}  # fmt: skip
    for row in desk.of_visit():
        if row.task != desk.task and row.booking.status == Booking.Status.BOOKED:
            what = words[row.task] or row.booking.resource.name
            yield Stay(row.booking.starts_at, row.booking.ends_at, what)


def is_fasting(definition: Definition, code: str) -> bool:
    """Whether this visit always draws something for which he must not have eaten."""
    plan = next((visit for visit in definition.visits if visit.code == code), None)
    return plan is not None and any(
        definition.panel(item.panel).fasting
        for item in plan.items
        if item.panel and item.need is Need.ALWAYS
    )


def asked_for(definition: Definition, code: str) -> str:
    """What a visit asks for that needs a room or a chair: "fasting lipids, liver; sample"."""
    plan = next((visit for visit in definition.visits if visit.code == code), None)
    if plan is None:
        return ""
    panels = [definition.panel(i.panel) for i in plan.items if i.panel and i.need is Need.ALWAYS]
    drawn = ", ".join(panel.title.lower() for panel in panels[:3])
    drawn += f" and {len(panels) - 3} more" if len(panels) > 3 else ""
    sample = "sample" if any(i.kind is ItemKind.SEMEN for i in plan.items) else ""
    return "; ".join(part for part in (drawn, sample) if part)


def grid(desk: Desk) -> list[GridDay]:
    """Every free time of the days one looks at, at the resource's own step."""
    by_day: dict[date, dict[Resource, list[Choice]]] = {day: {} for day in desk.days}
    ideal_on = desk.proposed_on
    for resource, spans in desk.free.items():
        for span in spans:
            wall = span.starts_at.astimezone(desk.zone)
            if on_the_step(wall.time(), resource.slot_minutes):
                row = by_day[wall.date()].setdefault(resource, [])
                row.append(Choice(resource, span.starts_at, span.ends_at))
    return [
        GridDay(
            on=day,
            shut=desk.shut.get(day, ""),
            rows=tuple((resource, tuple(row)) for resource, row in rows.items()),
            ideal=day == ideal_on,
            outside=is_outside(desk.visit, day),
        )
        for day, rows in by_day.items()
    ]


def on_the_step(at: time, minutes: int) -> bool:
    return (at.hour * 60 + at.minute) % min(minutes, 30) == 0


def is_outside(visit: Visit, day: date) -> bool:
    return bool(visit.opens_on and visit.closes_on) and not (
        visit.opens_on <= day <= visit.closes_on  # type: ignore[operator]
    )
