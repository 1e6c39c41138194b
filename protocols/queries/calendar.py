"""The calendar: one day by resource, or one resource by the days of a week, on the same grid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q

from clinic.models import Account, Booking, Resource, Site
from clinic.queries.calendar import closed_on, serving
from clinic.rules.calendar import Hours, Span, instant, open_spans, quarter
from patients.models import Patient
from patients.rules.age import completed_years
from protocols.models import Visit

SHOWN = ["held", "booked", "arrived", "in_progress", "completed", "no_show"]
PERSON = "patients.patient:"
CSS = {
    "held": "appt--free",
    "arrived": "appt--in",
    "in_progress": "appt--in",
    "completed": "appt--done",
    "no_show": "appt--off",
}
#: The stylesheet places this many quarter hours, and draws stretches this long.
QUARTERS, LONGEST = 64, 32
USUAL = (8, 17)


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of the grid in quarter hours, and the word it carries."""

    at: int
    long: int
    word: str = ""


@dataclass(frozen=True, slots=True)
class Tile:
    """One booking."""

    pk: int
    block: Block
    starts_at: datetime
    who: str
    name: str
    code: str
    state: str
    css: str
    outside: bool


@dataclass(slots=True)
class Column:
    """A resource on a day."""

    title: str
    sub: str
    on: date
    resource: Resource
    starts_at: datetime
    is_today: bool = False
    tiles: list[Tile] = field(default_factory=list)
    shut: list[Block] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The whole page: columns, the hours beside them, and where now is."""

    columns: list[Column]
    hours: list[str]
    now_at: int | None
    now_word: str
    closed: dict[date, str]
    resources: list[Resource]
    chosen: Resource | None

    @property
    def empty(self) -> bool:
        return not any(column.tiles for column in self.columns)


def sheet(
    *, user: Account, site: Site, days: Sequence[date], chosen: int | None, now: datetime
) -> Sheet:
    """A day of all resources, or the days of one; four queries.

    Of several days one resource is shown: the chosen one, else the member's own, else the first.
    """
    hours = serving(site)
    resource = _chosen(list(hours), chosen, user, several=len(days) > 1)
    closed = closed_on(site, days)
    start, end = instant(days[0], time(), site.zone), instant(_after(days), time(), site.zone)
    bookings = list(_bookings(user, start, end, resource, now))
    for row in bookings:
        hours.setdefault(row.resource, [])
    shown = [resource] if resource else list(hours)
    first, last = _frame(site, days, [h for r in shown for h in hours[r]], bookings)
    people = _people(user, bookings)
    columns = [
        _column(one, day, hours[one], bookings, site=site, frame=(first, last), closed=closed,
                people=people, several=len(days) > 1)
        for day in days
        for one in shown
    ]  # fmt: skip
    today = site.localdate(now)
    for column in columns:
        column.is_today = column.on == today
    day_start = instant(today, time(first), site.zone)
    inside = today in days and 0 <= quarter(now, day_start) < 4 * (last - first)
    return Sheet(
        columns=columns,
        hours=[f"{hour:02}:00" for hour in range(first, last)],
        now_at=quarter(now, day_start) if inside and now >= day_start else None,
        now_word=f"{now.astimezone(site.zone):%H:%M}",
        closed=closed,
        resources=list(hours),
        chosen=resource,
    )


def week_of(day: date) -> list[date]:
    monday = day - timedelta(days=day.weekday())
    return [monday + timedelta(days=n) for n in range(7)]


def _after(days: Sequence[date]) -> date:
    return days[-1] + timedelta(days=1)


def _chosen(
    resources: list[Resource], pk: int | None, user: Account, *, several: bool
) -> Resource | None:
    found = next((r for r in resources if r.pk == pk), None)
    if found or not several or not resources:
        return found
    member = user.member.pk if user.member else 0
    return next((r for r in resources if r.member_id == member), resources[0])


def _bookings(
    user: Account, start: datetime, end: datetime, resource: Resource | None, now: datetime
) -> Iterable[Booking]:
    rows = Booking.objects.visible_to(user).between(start, end).filter(status__in=SHOWN)
    if resource is not None:
        rows = rows.filter(resource=resource)
    return (
        rows.exclude(status=Booking.Status.HELD, held_until__lte=now)
        .select_related("resource", "appointment__visit__enrolment__patient")
        .order_by("during", "pk")
    )


def _people(user: Account, bookings: Iterable[Booking]) -> dict[str, Patient]:
    """Who the bookings are for; asked for only those that belong to no visit."""
    known: dict[str, Patient] = {}
    others = set()
    for row in bookings:
        visit = visit_of(row)
        if visit is not None:
            known[row.attendee] = visit.enrolment.patient
        elif row.attendee.startswith(PERSON):
            others.add(row.attendee.removeprefix(PERSON))
    keys = [int(key) for key in others if key.isdecimal()]
    if keys:
        known |= {p.label: p for p in Patient.objects.visible_to(user).filter(pk__in=keys)}
    return known


def visit_of(booking: Booking) -> Visit | None:
    appointment = getattr(booking, "appointment", None)
    return appointment.visit if appointment else None


def _frame(
    site: Site, days: Sequence[date], hours: Iterable[Hours], bookings: Iterable[Booking]
) -> tuple[int, int]:
    """The full hours between which anything is open or booked, on the clinic's clock."""
    starts, ends = [], []
    for row in hours:
        starts.append(row.opens.hour)
        ends.append(row.closes.hour + bool(row.closes.minute))
    for booking in bookings:
        begins, over = (at.astimezone(site.zone) for at in (booking.starts_at, booking.ends_at))
        starts.append(begins.hour)
        ends.append(over.hour + bool(over.minute) if over.date() == begins.date() else 24)
    first, last = min(starts, default=USUAL[0]), max(ends, default=USUAL[1])
    return first, min(max(last, first + 1), first + QUARTERS // 4)


def _column(  # noqa: PLR0913 -- one column, by keyword
    resource: Resource,
    day: date,
    hours: Sequence[Hours],
    bookings: Iterable[Booking],
    *,
    site: Site,
    frame: tuple[int, int],
    closed: dict[date, str],
    people: dict[str, Patient],
    several: bool,
) -> Column:
    start = instant(day, time(frame[0]), site.zone)
    column = Column(
        title=f"{day:%a} {day.day} {day:%b}" if several else resource.name,
        sub=closed.get(day, "") if several else resource.purpose,
        on=day,
        resource=resource,
        starts_at=start,
    )
    mine = [
        b for b in bookings if b.resource_id == resource.pk and site.localdate(b.starts_at) == day
    ]
    standing = [b for b in mine if b.status != Booking.Status.NO_SHOW]
    for booking in mine:
        if booking.status != Booking.Status.NO_SHOW or not any(_meet(booking, b) for b in standing):
            column.tiles.append(_tile(booking, start, day, people))
    length = 4 * (frame[1] - frame[0])
    spans = open_spans(day, hours, zone=site.zone, closed=closed)
    column.shut = list(_shut(spans, start, length, closed.get(day, "")))
    return column


def _meet(one: Booking, other: Booking) -> bool:
    return Span(one.starts_at, one.ends_at).overlaps(Span(other.starts_at, other.ends_at))


def _shut(spans: Iterable[Span], start: datetime, length: int, why: str) -> Iterable[Block]:
    """The stretches between the open ones, cut to what the stylesheet draws."""
    edges = [0]
    for span in spans:
        edges += [_within(quarter(span.starts_at, start), length),
                  _within(quarter(span.ends_at, start), length)]  # fmt: skip
    edges.append(length)
    for begins, ends in zip(edges[::2], edges[1::2], strict=True):
        at = begins
        while at < ends:
            long = min(ends - at, LONGEST)
            yield Block(at, long, (why or "Closed") if at == begins else "")
            at += long


def _within(at: int, length: int) -> int:
    return min(max(at, 0), length)


def _tile(booking: Booking, start: datetime, day: date, people: dict[str, Patient]) -> Tile:
    patient, visit = people.get(booking.attendee), visit_of(booking)
    quarters = -(-int((booking.ends_at - booking.starts_at).total_seconds()) // 900)
    outside = bool(
        visit and visit.opens_on and visit.closes_on
        and not visit.opens_on <= day <= visit.closes_on
    )  # fmt: skip
    css = " ".join(filter(None, [CSS.get(booking.status, ""), "appt--out" if outside else ""]))
    return Tile(
        pk=booking.pk,
        block=Block(
            _within(quarter(booking.starts_at, start), QUARTERS - 1),
            min(max(quarters, 1), LONGEST),
        ),
        starts_at=booking.starts_at,
        who=f"{patient.initials} {completed_years(patient.born_on, day)}" if patient else "",
        name=str(patient) if patient else "",
        code=visit.code if visit else booking.title,
        state=booking.get_status_display().lower(),
        css=css,
        outside=outside,
    )


def entries_of(user: Account) -> Any:
    """Bookings a member may hand out as calendar entries."""
    return (
        Booking.objects.visible_to(user)
        .select_related("site")
        .filter(Q(status=Booking.Status.CANCELLED) | Q(status__in=SHOWN[1:]))
    )
