"""Booking, moving and cancelling. The database decides who was first, not this code.

PostgreSQL's exclusion constraints make a double booking of a resource or of a patient
impossible; `INSERT … ON CONFLICT DO NOTHING` asks them without ever waiting in a circle, so
exactly one of many contenders wins and nobody is refused for a slot that was free. A move is
an UPDATE and cannot ask so politely: moves to one resource wait for each other.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from psycopg import errors

from clinic import audit, events
from clinic.models import Account, Booking, Resource
from clinic.queries.calendar import closed_on, free_times
from clinic.refusal import Refusal
from clinic.rules.calendar import Hours, Span, is_open, open_spans

INSERT = """
INSERT INTO clinic_booking
    (site_id, resource_id, attendee, during, status, title, held_until, sequence,
     booked_at, booked_by_id, cancel_reason)
VALUES (%s, %s, %s, tstzrange(%s, %s, '[)'), %s, %s, %s, 0, %s, %s, '')
ON CONFLICT DO NOTHING RETURNING id
"""
TAKEN = "That time has just been taken."
ELSEWHERE = "The patient has another booking at that time."
RAN_OUT = "The hold has run out. Choose the time again."
#: How often a write that met a deadlock is tried again; the second try sees who was first.
TRIES = 3


@transaction.atomic
def book(
    *,
    resource: Resource,
    attendee: str,
    starts_at: datetime,
    minutes: int,
    by: Account | None,
    now: datetime,
    title: str = "",
    held_until: datetime | None = None,
) -> Booking:
    """Take a resource for a while, or hold it until `held_until`.

    Refuses a past time, a closed hour, and a time that is taken; a refusal for a taken time
    carries up to three free slots of the same resource as `alternatives`.
    """
    wanted = Span(starts_at, starts_at + timedelta(minutes=minutes))
    _refuse_impossible(resource, wanted, now)
    _let_go_of_lapsed(resource, attendee, wanted, now)
    status = Booking.Status.HELD if held_until else Booking.Status.BOOKED
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT,
            [
                resource.site_id, resource.pk, attendee, wanted.starts_at, wanted.ends_at,
                status, title, held_until, now, by.pk if by else None,
            ],
        )  # fmt: skip
        row = cursor.fetchone()
    if row is None:
        raise _taken(resource, attendee, wanted, now)
    booking = Booking.objects.select_related("resource", "site").get(pk=row[0])
    audit.record(
        actor=by,
        action="booking.held" if held_until else "booking.made",
        subject=booking,
        person=attendee,
        site=resource.site_id,
        starts_at=starts_at.isoformat(),
        resource=resource.pk,
    )
    if not held_until:
        events.report("booking.made", booking=booking)
    return booking


@transaction.atomic
def confirm(*, booking: Booking, by: Account | None, now: datetime) -> Booking:
    """Turn a hold into a booking, if it has not run out."""
    booking = _locked(booking)
    if booking.status != Booking.Status.HELD:
        raise Refusal("This time is no longer held for you.")
    if booking.held_until is not None and booking.held_until <= now:
        raise Refusal(RAN_OUT)
    booking.status, booking.held_until = Booking.Status.BOOKED, None
    booking.save(update_fields=["status", "held_until"])
    _trail("booking.made", booking, by)
    events.report("booking.made", booking=booking)
    return booking


@transaction.atomic
def move(
    *,
    booking: Booking,
    resource: Resource,
    starts_at: datetime,
    by: Account | None,
    now: datetime,
    held_until: datetime | None = None,
) -> Booking:
    """Give a booking another time or resource in one step; the old one is kept until then.

    A hold may be moved like a booking, and then be given until `held_until`.
    """
    booking = _locked(booking)
    if booking.status not in (Booking.Status.BOOKED, Booking.Status.HELD):
        raise Refusal(f"A booking that is {booking.get_status_display().lower()} cannot be moved.")
    if booking.held_until is not None and booking.held_until <= now:
        raise Refusal(RAN_OUT)
    if resource.site_id != booking.site_id:
        raise Refusal("That is at another site.")
    was = Span(booking.starts_at, booking.ends_at)
    wanted = Span(starts_at, starts_at + (booking.ends_at - booking.starts_at))
    _refuse_impossible(resource, wanted, now)
    _let_go_of_lapsed(resource, booking.attendee, wanted, now)
    # Without a lock against its readers: those who book there do not wait.
    Resource.objects.select_for_update(of=("self",), no_key=True).get(pk=resource.pk)
    booking.resource = resource
    booking.during = DateTimeTZRange(wanted.starts_at, wanted.ends_at, "[)")
    booking.sequence += 1
    fields = ["resource", "during", "sequence"]
    if booking.status == Booking.Status.HELD and held_until is not None:
        booking.held_until = held_until
        fields.append("held_until")
    if not _saved(booking, fields):
        raise _taken(resource, booking.attendee, wanted, now, besides=booking.pk)
    if booking.status == Booking.Status.HELD:
        _trail("booking.held", booking, by, was=was.starts_at.isoformat())
        return booking
    _trail("booking.moved", booking, by, was=was.starts_at.isoformat())
    events.report("booking.moved", booking=booking, was=was)
    return booking


def _saved(booking: Booking, fields: list[str]) -> bool:
    """Write it, or say False when somebody else holds that time.

    Two writers that wait for each other are parted by PostgreSQL; the one it sends back asks
    again and then sees the other's booking.
    """
    for attempt in range(1, TRIES + 1):
        try:
            with transaction.atomic():
                booking.save(update_fields=fields)
        except IntegrityError as clash:
            if not isinstance(clash.__cause__, errors.ExclusionViolation):
                raise
            return False
        except OperationalError as crossed:
            if not isinstance(crossed.__cause__, errors.DeadlockDetected) or attempt == TRIES:
                raise
        else:
            return True
    return False


@transaction.atomic
def cancel(*, booking: Booking, reason: str, by: Account | None, now: datetime) -> Booking:
    """Free the time and keep why; cancelling twice is refused."""
    booking = _locked(booking)
    if booking.status not in (Booking.Status.BOOKED, Booking.Status.HELD, Booking.Status.ARRIVED):
        raise Refusal(f"This booking is already {booking.get_status_display().lower()}.")
    if not reason.strip():
        raise Refusal("Say why it is cancelled.", field="reason")
    was_held = booking.status == Booking.Status.HELD
    booking.status, booking.held_until = Booking.Status.CANCELLED, None
    booking.cancelled_at, booking.cancelled_by, booking.cancel_reason = now, by, reason.strip()
    booking.sequence += 1
    booking.save()
    _trail("booking.cancelled", booking, by, reason=reason)
    if not was_held:
        events.report("booking.cancelled", booking=booking)
    return booking


STEPS = {
    Booking.Status.ARRIVED: {Booking.Status.BOOKED},
    Booking.Status.IN_PROGRESS: {Booking.Status.BOOKED, Booking.Status.ARRIVED},
    Booking.Status.COMPLETED: {
        Booking.Status.BOOKED, Booking.Status.ARRIVED, Booking.Status.IN_PROGRESS,
    },
    Booking.Status.NO_SHOW: {Booking.Status.BOOKED},
    # Undo of a wrong "arrived".
    Booking.Status.BOOKED: {Booking.Status.ARRIVED, Booking.Status.NO_SHOW},
}  # fmt: skip


@transaction.atomic
def mark(*, booking: Booking, status: str, by: Account | None, now: datetime) -> Booking:
    """Arrived, with somebody, completed, did not come; or back to booked when that was wrong."""
    booking = _locked(booking)
    to = Booking.Status(status)
    if booking.status not in STEPS.get(to, set()):
        raise Refusal(
            f"A booking that is {booking.get_status_display().lower()}"
            f" cannot become “{to.label.lower()}”."
        )
    booking.status = to
    if to == Booking.Status.ARRIVED:
        booking.arrived_at = now
    elif to == Booking.Status.BOOKED:
        booking.arrived_at = None
    if not _saved(booking, ["status", "arrived_at"]):
        raise Refusal(TAKEN)
    _trail(f"booking.{to.value}", booking, by)
    if to == Booking.Status.ARRIVED:
        events.report("booking.arrived", booking=booking)
    return booking


def free_slots(
    *,
    resource: Resource,
    days: Iterable[date],
    minutes: int,
    now: datetime,
    attendee: str = "",
    besides: Iterable[int] = (),
    limit: int = 200,
) -> list[Span]:
    """Free times of one resource on these local days, also free for `attendee`, soonest first."""
    found = free_times(
        hours={resource: _hours(resource)},
        site=resource.site,
        days=days,
        minutes=minutes,
        now=now,
        attendee=attendee,
        besides=besides,
    )
    return found[resource][:limit]


def _locked(booking: Booking) -> Booking:
    return (
        Booking.objects.select_for_update(of=("self",))
        .select_related("resource", "site")
        .get(pk=booking.pk)
    )


def _refuse_impossible(resource: Resource, wanted: Span, now: datetime) -> None:
    if wanted.starts_at < now:
        raise Refusal("That time has passed.", field="starts_at")
    if resource.retired_on is not None:
        raise Refusal(f"{resource.name} takes no bookings any more.")
    zone = resource.site.zone
    day = wanted.starts_at.astimezone(zone).date()
    closed = closed_on(resource.site, [day])
    if day in closed:
        raise Refusal(f"The clinic is closed on that day: {closed[day]}.", field="starts_at")
    if not is_open(wanted, open_spans(day, _hours(resource), zone=zone)):
        raise Refusal(f"{resource.name} is not open then.", field="starts_at")


def _hours(resource: Resource) -> list[Hours]:
    return [Hours(h.weekday, h.opens, h.closes) for h in resource.hours.all()]


def _let_go_of_lapsed(resource: Resource, attendee: str, wanted: Span, now: datetime) -> None:
    """Holds that ran out must not stand in the way of the one who books now."""
    lapsed = Booking.objects.filter(status=Booking.Status.HELD, held_until__lte=now).between(
        wanted.starts_at, wanted.ends_at
    )
    lapsed = lapsed.filter(resource=resource) | lapsed.filter(attendee=attendee)
    # In one order, so that two who tidy the same holds cannot wait for each other.
    for booking in lapsed.select_for_update(of=("self",), no_key=True).order_by("pk"):
        booking.status, booking.held_until = Booking.Status.CANCELLED, None
        booking.cancelled_at, booking.cancel_reason = now, "The hold ran out."
        booking.save(update_fields=["status", "held_until", "cancelled_at", "cancel_reason"])
        _trail("booking.lapsed", booking, None)


def _taken(
    resource: Resource, attendee: str, wanted: Span, now: datetime, besides: int = 0
) -> Refusal:
    clash = Booking.objects.holding().between(wanted.starts_at, wanted.ends_at)
    own = clash.filter(attendee=attendee).exclude(pk=besides).exists()
    day = wanted.starts_at.astimezone(resource.site.zone).date()
    near = free_slots(
        resource=resource,
        days=[day + timedelta(days=n) for n in range(8)],
        minutes=wanted.minutes,
        now=max(now, wanted.starts_at - timedelta(hours=3)),
        attendee=attendee,
        besides=[besides],
        limit=3,
    )
    return Refusal(ELSEWHERE if own else TAKEN, field="starts_at", alternatives=near)


def _trail(
    action: str, booking: Booking, by: Account | None, reason: str = "", **detail: object
) -> None:
    audit.record(
        actor=by,
        action=action,
        subject=booking,
        person=booking.attendee,
        site=booking.site_id,
        reason=reason,
        starts_at=booking.starts_at.isoformat(),
        **detail,
    )
