"""The day as columns: who comes to whom, when, and whether everything is ready for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    BigIntegerField,
    Exists,
    F,
    JSONField,
    OuterRef,
    QuerySet,
    Subquery,
    TextField,
    Value,
)
from django.db.models.functions import Cast, JSONObject, Replace

from clinic.models import Account, Booking, ClosedDay, OpeningHours, Resource, Site
from clinic.rules.calendar import Span, instant, quarter, slots
from labs.models import Draw, SemenAnalysis
from patients.models import Consent, Patient
from patients.rules.age import completed_years
from protocols.models import Appointment, Visit
from protocols.queries.enrolment import definition_of
from protocols.queries.kept import Kept, somebody_at
from protocols.rules.programme import PlannedVisit
from protocols.rules.vocabulary import ItemKind, Need

QUARTER = timedelta(minutes=15)
#: The stylesheet places this many quarter hours.
QUARTERS = 64
PERSON = "patients.patient:"
SHOWN = ("held", "booked", "arrived", "in_progress", "completed", "no_show")
CSS = {
    Booking.Status.HELD: "appt--free",
    Booking.Status.ARRIVED: "appt--in",
    Booking.Status.IN_PROGRESS: "appt--in",
    Booking.Status.COMPLETED: "appt--done",
    Booking.Status.NO_SHOW: "appt--off",
}
HERE = ("arrived", "in_progress", "completed")
#: A stretch worth offering on the day itself, in minutes.
OPEN_MINUTES = 30


@dataclass(frozen=True, slots=True)
class Ready:
    """One thing that must be so for the visit to be worth his way."""

    letter: str
    word: str
    ready: bool


@dataclass(frozen=True, slots=True)
class Appt:
    """One booking as a tile: where it stands in the grid and what it says."""

    pk: int
    starts_at: datetime
    at: int
    long: int
    who: str
    name: str
    code: str
    status: str
    css: str
    outside: bool
    ready: tuple[Ready, ...]
    person: int | None
    visit: int | None

    @property
    def here(self) -> bool:
        return self.status in HERE


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch in which the column is closed between two openings."""

    at: int
    long: int
    word: str = "Closed"


@dataclass(frozen=True, slots=True)
class Open:
    """The first stretch of the column that is still free and long enough for a visit."""

    at: int
    long: int
    word: str


@dataclass(slots=True)
class DayColumn:
    pk: int
    name: str
    purpose: str
    appts: list[Appt] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)
    free: Open | None = None


@dataclass(slots=True)
class Day:
    """The whole grid of one local day; `now_at` is None on another day."""

    on: date
    closed: str
    columns: list[DayColumn]
    hours: list[str]
    now_at: int | None
    now_word: str

    @property
    def appts(self) -> list[Appt]:
        return [appt for column in self.columns for appt in column.appts]

    @property
    def expected(self) -> int:
        """People who are or were to come today; who did not come still was expected."""
        return len({appt.person or -appt.pk for appt in self.appts if appt.status != "held"})

    @property
    def arrived(self) -> int:
        return len({appt.person or -appt.pk for appt in self.appts if appt.here})


def day_of(user: Account, site: Site, on: date, now: datetime) -> Day:
    """The columns of one day at the member's site, in two queries."""
    resources = list(_resources(user, on))
    start, end = local_day(site, on)
    bookings = _between(site=site.pk, start=start, end=end)
    opening = [(h["opens"], h["closes"]) for r in resources for h in vars(r)["open_hours"]]
    first, last = frame(site, on, opening, bookings)
    by_resource: dict[int, list[Booking]] = {}
    for booking in bookings:
        by_resource.setdefault(booking.resource_id, []).append(booking)
    columns = [
        column
        for resource in resources
        if (column := column_of(resource, by_resource.get(resource.pk, []), site, on, first, now))
        and (column.appts or vars(resource)["open_hours"])
    ]
    shown_now = first <= now < last
    return Day(
        on=on,
        closed=next((vars(r)["closed_for"] for r in resources if vars(r)["closed_for"]), ""),
        columns=columns,
        hours=list(hours_between(first, last, site)),
        now_at=quarter(now, first) if shown_now else None,
        now_word=f"{now.astimezone(site.zone):%H:%M}",
    )


def local_day(site: Site, on: date) -> tuple[datetime, datetime]:
    """The instants between which it is this day at the site."""
    return instant(on, time(), site.zone), instant(on + timedelta(days=1), time(), site.zone)


def _resources(user: Account, on: date) -> QuerySet[Resource]:
    hours = OpeningHours.objects.filter(resource=OuterRef("pk"), weekday=on.weekday())
    closed = ClosedDay.objects.filter(site=OuterRef("site"), on=on).values("name")[:1]
    return (
        Resource.objects.visible_to(user)
        .open()
        .annotate(
            open_hours=ArraySubquery(
                hours.order_by("opens").values(json=JSONObject(opens="opens", closes="closes"))
            ),
            closed_for=Subquery(closed),
        )
        .order_by("position", "name")
    )


def _bookings(site: int, start: datetime, end: datetime) -> QuerySet[Booking]:
    """The day's bookings, each with its person and with what is known to be ready."""
    his = {"patient": OuterRef("person")}
    return (
        Booking.objects.visible_to(somebody_at(site))
        .between(start, end)
        .filter(status__in=SHOWN, attendee__startswith=PERSON)
        .annotate(
            person=Cast(Replace("attendee", Value(PERSON), Value("")), BigIntegerField()),
        )
        .annotate(
            who=Subquery(
                Patient.objects.filter(pk=OuterRef("person")).values(
                    json=JSONObject(
                        given="given_name",
                        family="family_name",
                        called="preferred_name",
                        born="born_on",
                    )
                ),
                output_field=JSONField(),
            ),
            visit_opens=F("appointment__visit__opens_on"),
            fasted=Exists(
                Draw.objects.filter(**his, fasting=True, collected_at__range=(start, end))
            ),
            resulted=Exists(
                Draw.objects.filter(
                    **his,
                    status__in=["final", "corrected"],
                    collected_at__date__gte=OuterRef("visit_opens"),
                )
            ),
            abstained=Subquery(
                SemenAnalysis.objects.current()
                .filter(**his, collected_at__range=(start, end))
                .values(days=Cast("sheet__abstinence_days", TextField()))[:1]
            ),
            agreed=Exists(
                Consent.objects.filter(
                    **his, text__kind="treatment", withdrawn_on=None, struck_at=None
                )
            ),
        )
        .select_related("appointment__visit__enrolment__version")
        .defer("appointment__visit__enrolment__version__definition")
        .order_by("during", "pk")
    )


_between = Kept(_bookings, site=int, start=datetime, end=datetime)


def frame(
    site: Site, on: date, opening: Iterable[tuple[str, str]], bookings: Iterable[Booking]
) -> tuple[datetime, datetime]:
    """From the full hour before the first opening or booking to the full hour after the last."""
    starts = [instant(on, time.fromisoformat(opens), site.zone) for opens, _ in opening]
    ends = [instant(on, time.fromisoformat(closes), site.zone) for _, closes in opening]
    starts += [booking.starts_at for booking in bookings]
    ends += [booking.ends_at for booking in bookings]
    first = min(starts, default=instant(on, time(8), site.zone))
    last = max(ends, default=instant(on, time(17), site.zone))
    first = first.replace(minute=0, second=0, microsecond=0)
    over = last - last.replace(minute=0, second=0, microsecond=0)
    last = last + (timedelta(hours=1) - over if over else timedelta())
    return first, min(last, first + QUARTERS * QUARTER)


def hours_between(first: datetime, last: datetime, site: Site) -> Iterator[str]:
    at = first
    while at < last:
        yield f"{at.astimezone(site.zone):%H:%M}"
        at += timedelta(hours=1)


def column_of(
    resource: Resource,
    bookings: list[Booking],
    site: Site,
    on: date,
    first: datetime,
    now: datetime,
) -> DayColumn:
    column = DayColumn(resource.pk, resource.name, resource.purpose)
    standing = [row for row in bookings if row.status != Booking.Status.NO_SHOW]
    for booking in bookings:
        span = Span(booking.starts_at, booking.ends_at)
        hidden = booking.status == Booking.Status.NO_SHOW and any(
            span.overlaps(Span(other.starts_at, other.ends_at)) for other in standing
        )
        if not hidden:
            column.appts.append(appt_of(booking, on, first))
    opening = [
        Span(*(instant(on, time.fromisoformat(row[at]), site.zone) for at in ("opens", "closes")))
        for row in vars(resource)["open_hours"]
    ]
    for before, after in pairwise(opening):
        begins, ends = before.ends_at, after.starts_at
        if begins < ends:
            column.pauses.append(Pause(quarter(begins, first), length(begins, ends), "Break"))
    if not vars(resource)["closed_for"]:
        busy = [Span(row.starts_at, row.ends_at) for row in standing]
        column.free = open_in(opening, busy, site, first, now)
    return column


def open_in(
    opening: Iterable[Span], busy: Sequence[Span], site: Site, first: datetime, now: datetime
) -> Open | None:
    """The first half hour that nobody has and that is not over."""
    free = slots(opening, busy, minutes=OPEN_MINUTES)
    span = next((one for one in free if one.starts_at >= now), None)
    if span is None:
        return None
    at = span.starts_at.astimezone(site.zone)
    return Open(quarter(span.starts_at, first), OPEN_MINUTES // 15, f"{at:%H:%M}")


def length(begins: datetime, ends: datetime) -> int:
    """In begun quarters of an hour, at least one, at most what the stylesheet draws."""
    return min(max(-(-int((ends - begins).total_seconds()) // 900), 1), 32)


def appt_of(booking: Booking, on: date, first: datetime) -> Appt:
    known = vars(booking)
    who: dict[str, Any] = known["who"] or {}
    appointment = getattr(booking, "appointment", None)
    visit: Visit | None = appointment.visit if appointment else None
    given, family = who.get("called") or who.get("given", ""), who.get("family", "")
    born = date.fromisoformat(who["born"]) if who else None
    years = f" {completed_years(born, on)}" if born else ""
    outside = bool(visit and visit.opens_on and visit.closes_on and not _in_window(visit, on))
    over = booking.status in ("completed", "no_show", "held")
    return Appt(
        pk=booking.pk,
        starts_at=booking.starts_at,
        at=min(max(quarter(booking.starts_at, first), 0), QUARTERS - 1),
        long=length(booking.starts_at, booking.ends_at),
        who=f"{given[:1]}.{family[:1]}.{years}",
        name=f"{given} {family}".strip(),
        code=visit.code if visit else booking.title,
        status=booking.status,
        css=" ".join(
            name
            for name in (CSS.get(Booking.Status(booking.status), ""), "appt--out" * outside)
            if name
        ),
        outside=outside,
        ready=(
            tuple(readiness(booking, visit, appointment.task))
            if visit and appointment and not over
            else ()
        ),
        person=known["person"],
        visit=visit.pk if visit else None,
    )


def _in_window(visit: Visit, on: date) -> bool:
    return bool(visit.opens_on and visit.closes_on and visit.opens_on <= on <= visit.closes_on)


def readiness(booking: Booking, visit: Visit, task: str) -> Iterator[Ready]:
    """What this appointment of the visit needs, each ready or not confirmed.

    The doctor's tile shows all of it, a chair or a room only what is done there.
    """
    known = vars(booking)
    plan = _plan(visit)
    panels = _fasting_panels(visit) if plan else False
    labs = bool(plan and any(_required(item, ItemKind.LABS) for item in plan.items))
    semen = bool(plan and any(_required(item, ItemKind.SEMEN) for item in plan.items))
    whole = task == Appointment.Task.CLINICIAN
    if panels and (whole or task == Appointment.Task.DRAW):
        yield Ready("F", "Fasting", known["fasted"])
    if semen and (whole or task == Appointment.Task.SAMPLE):
        yield Ready("A", "Abstinence", _abstained(known["abstained"]))
    yield Ready("C", "Consent", known["agreed"])
    if labs and whole:
        yield Ready("L", "Labs", known["resulted"])


def _plan(visit: Visit) -> PlannedVisit | None:
    definition = definition_of(visit.enrolment.version)
    return next((row for row in definition.visits if row.code == visit.code), None)


def _fasting_panels(visit: Visit) -> bool:
    definition = definition_of(visit.enrolment.version)
    fasting = {panel.key for panel in definition.panels if panel.fasting}
    plan = _plan(visit)
    items = plan.items if plan else ()
    return any(item.panel in fasting and item.need is Need.ALWAYS for item in items)


def _required(item: Any, kind: ItemKind) -> bool:
    return bool(item.kind is kind and item.need is Need.ALWAYS)


def _abstained(days: str | None) -> bool:
    """2 to 7 days (domain reference §4.1), once a sample of today says how many."""
    try:
        return days is not None and 2 <= float(days.strip('"')) <= 7
    except ValueError:
        return False
