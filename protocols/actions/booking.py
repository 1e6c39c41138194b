"""Booking a visit: the calendar's booking, what it is for, and the reminders, in one step."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from clinic import audit
from clinic.actions import bookings
from clinic.models import Account, Booking, Resource
from clinic.refusal import Refusal
from protocols.actions import reminders
from protocols.models import TERMINAL, Appointment, Enrolment, StatusChange, Visit
from protocols.queries.bookings_again import ENDED, cut_short
from protocols.queries.enrolment import with_version

HOLD = timedelta(minutes=10)
MINUTE = timedelta(minutes=1)
AGAIN = "Booked as before: the end was recorded in error."
#: States in which a booking still stands for its visit.
STANDING = [
    Booking.Status.HELD, Booking.Status.BOOKED, Booking.Status.ARRIVED, Booking.Status.IN_PROGRESS,
]  # fmt: skip
#: What is done where, unless somebody says otherwise.
TASKS = {
    Resource.Kind.PERSON: Appointment.Task.CLINICIAN,
    Resource.Kind.ROOM: Appointment.Task.CHECK_IN,
    Resource.Kind.CHAIR: Appointment.Task.DRAW,
    Resource.Kind.LABORATORY: Appointment.Task.SAMPLE,
}
UNSCHEDULED = "UNS"


def task_of(resource: Resource) -> str:
    return TASKS[Resource.Kind(resource.kind)]


@transaction.atomic
def book_visit(
    *,
    visit: Visit,
    resource: Resource,
    starts_at: datetime,
    minutes: int,
    task: str,
    by: Account | None,
    now: datetime,
    reason: str = "",
) -> Appointment:
    """Book one task of a visit, tie it to the visit and plan its reminders.

    Outside the visit's window only with a reason, which the trail keeps.
    """
    locked = _bookable(visit, resource, task, now)
    _refuse_unexplained(locked, resource, starts_at, reason)
    booking = bookings.book(
        resource=resource,
        attendee=locked.enrolment.patient.label,
        starts_at=starts_at,
        minutes=minutes,
        title=title_of(locked),
        by=by,
        now=now,
    )
    appointment = _tie(locked, booking, task, by, reason)
    reminders.plan(enrolment=locked.enrolment, now=now)
    return appointment


@transaction.atomic
def hold_visit(
    *,
    visit: Visit,
    resource: Resource,
    starts_at: datetime,
    minutes: int,
    task: str,
    by: Account | None,
    now: datetime,
    reason: str = "",
) -> Appointment:
    """Keep a time for ten minutes while it is talked over; a second choice moves the hold."""
    held = held_for(visit, task, now)
    if held is not None:
        locked = _locked(visit)
        _refuse_unexplained(locked, resource, starts_at, reason)
        held.booking = bookings.move(
            booking=held.booking,
            resource=resource,
            starts_at=starts_at,
            by=by,
            now=now,
            held_until=now + HOLD,
        )
        _note_reason(locked, held.booking, by, reason)
        return held
    locked = _bookable(visit, resource, task, now)
    _refuse_unexplained(locked, resource, starts_at, reason)
    booking = bookings.book(
        resource=resource,
        attendee=locked.enrolment.patient.label,
        starts_at=starts_at,
        minutes=minutes,
        title=title_of(locked),
        held_until=now + HOLD,
        by=by,
        now=now,
    )
    return _tie(locked, booking, task, by, reason)


@transaction.atomic
def confirm_visit(*, appointment: Appointment, by: Account | None, now: datetime) -> Appointment:
    """Make a hold a booking and plan what he will be told."""
    visit = _locked(appointment.visit)
    appointment.booking = bookings.confirm(booking=appointment.booking, by=by, now=now)
    reminders.plan(enrolment=visit.enrolment, now=now)
    return appointment


@transaction.atomic
def let_go(*, appointment: Appointment, by: Account | None, now: datetime) -> None:
    """Give a held time back."""
    visit = _locked(appointment.visit)
    if appointment.booking.status != Booking.Status.HELD:
        raise Refusal("This time is booked, not held. Cancel it instead.")
    bookings.cancel(booking=appointment.booking, reason="Let go.", by=by, now=now)
    _forget_unscheduled(visit, by)


@transaction.atomic
def move_visit(
    *,
    appointment: Appointment,
    resource: Resource,
    starts_at: datetime,
    by: Account | None,
    now: datetime,
    reason: str = "",
) -> Appointment:
    """Move a booking in one step; what was planned about the old time is withdrawn."""
    visit = _locked(appointment.visit)
    _refuse_unexplained(visit, resource, starts_at, reason)
    appointment.booking = bookings.move(
        booking=appointment.booking, resource=resource, starts_at=starts_at, by=by, now=now
    )
    _note_reason(visit, appointment.booking, by, reason)
    reminders.plan(enrolment=visit.enrolment, now=now)
    return appointment


@transaction.atomic
def cancel_visit(
    *, appointment: Appointment, reason: str, by: Account | None, now: datetime
) -> Appointment:
    """Cancel with a reason; his reminders of it are withdrawn, those to book are planned."""
    visit = _locked(appointment.visit)
    appointment.booking = bookings.cancel(
        booking=appointment.booking, reason=reason, by=by, now=now
    )
    _forget_unscheduled(visit, by)
    reminders.plan(enrolment=visit.enrolment, now=now)
    return appointment


@transaction.atomic
def plan_unscheduled(*, enrolment: Enrolment, by: Account, now: datetime) -> Visit:
    """A visit beside the plan (domain reference §7.1, UNS), to be booked; one waits at a time."""
    locked = Enrolment.objects.select_for_update(of=("self",)).get(pk=enrolment.pk)
    if locked.status in TERMINAL:
        raise Refusal("He is no longer in the programme.")
    waiting = Visit.objects.filter(
        enrolment=locked, code=UNSCHEDULED, status=Visit.Status.PLANNED
    ).first()
    if waiting is not None:
        return waiting
    visit = Visit.objects.create(enrolment=locked, code=UNSCHEDULED, title="Unscheduled visit")
    audit.record(actor=by, action="visit.planned", subject=visit, person=locked.patient)
    return visit


def on_enrolment_changed(*, enrolment: Enrolment, was: object, event: object) -> None:
    """Where the programme is over, so are its appointments that are still to come."""
    if enrolment.status not in TERMINAL:
        return
    change = StatusChange.objects.filter(enrolment=enrolment).order_by("-pk").first()
    if change is None:
        return
    rows = Appointment.objects.filter(
        visit__enrolment=enrolment,
        booking__status__in=[Booking.Status.HELD, Booking.Status.BOOKED],
    ).select_related("booking__site")
    reason = f"{ENDED}{enrolment.get_status_display().lower()}."
    for row in rows:
        booking = row.booking
        if booking.site.localdate(booking.starts_at) >= change.on:
            why = "Let go." if booking.status == Booking.Status.HELD else reason
            bookings.cancel(booking=booking, reason=why, by=change.by, now=change.at)


@dataclass(frozen=True, slots=True)
class Again:
    """The appointments that stand anew, and those that could not, each with its sentence."""

    booked: tuple[Appointment, ...]
    refused: tuple[tuple[Appointment, str], ...]


@transaction.atomic
def book_again(*, enrolment: Enrolment, by: Account, now: datetime) -> Again:
    """Book what a mistaken end cancelled, at the same times, or say of each why it cannot be."""
    booked: list[Appointment] = []
    refused: list[tuple[Appointment, str]] = []
    for was in cut_short(enrolment, now):
        lasts = was.booking.ends_at - was.booking.starts_at
        try:
            with transaction.atomic():
                anew = book_visit(
                    visit=was.visit,
                    resource=was.booking.resource,
                    starts_at=was.booking.starts_at,
                    minutes=int(lasts / MINUTE),
                    task=was.task,
                    by=by,
                    now=now,
                    reason=AGAIN,
                )
        except Refusal as refusal:
            refused.append((was, str(refusal)))
        else:
            booked.append(anew)
    return Again(tuple(booked), tuple(refused))


def held_for(visit: Visit, task: str, now: datetime) -> Appointment | None:
    """The hold that stands for this task of the visit now."""
    return (
        Appointment.objects.filter(
            visit=visit,
            task=task,
            booking__status=Booking.Status.HELD,
            booking__held_until__gt=now,
        )
        .select_related("booking")
        .first()
    )


def title_of(visit: Visit) -> str:
    """What stands on the calendar entry: nothing of what is treated (domain reference §9.4)."""
    return f"Appointment, {visit.enrolment.patient.site.neutral_name}"


def outside_window(visit: Visit, on: date) -> str:
    """The sentence when a day lies outside the visit's window, or ""."""
    if visit.opens_on is None or visit.closes_on is None or visit.opens_on <= on <= visit.closes_on:
        return ""
    return (
        f"{on:%a} {on.day} {on:%b %Y} is outside the window"
        f" ({visit.opens_on.day} {visit.opens_on:%b} to"
        f" {visit.closes_on.day} {visit.closes_on:%b %Y})."
    )


def _locked(visit: Visit) -> Visit:
    """The visit's row is the queue of those who book for it."""
    row = Visit.objects.select_for_update(of=("self",), no_key=True).get(pk=visit.pk)
    row.enrolment = with_version(Enrolment.objects.all()).get(pk=row.enrolment_id)
    return row


def _bookable(visit: Visit, resource: Resource, task: str, now: datetime) -> Visit:
    row = _locked(visit)
    if row.enrolment.status in TERMINAL:
        raise Refusal("He is no longer in the programme.")
    if row.status not in (Visit.Status.PLANNED, Visit.Status.IN_PROGRESS):
        raise Refusal(
            f"{row.code} is {row.get_status_display().lower()}; an unscheduled visit can be booked."
        )
    if resource.site_id != row.enrolment.patient.site_id:
        raise Refusal("That is at another site.")
    for standing in Appointment.objects.filter(
        visit=row, task=task, booking__status__in=STANDING
    ).select_related("booking__site"):
        booking = standing.booking
        if booking.held_until is not None and booking.held_until <= now:
            continue
        at = booking.starts_at.astimezone(booking.site.zone)
        raise Refusal(
            f"{row.code} is {booking.get_status_display().lower()} already for"
            f" {at:%a} {at.day} {at:%b %Y, %H:%M}. Move that one instead."
        )
    return row


def _refuse_unexplained(visit: Visit, resource: Resource, starts_at: datetime, reason: str) -> None:
    outside = outside_window(visit, starts_at.astimezone(resource.site.zone).date())
    if outside and not reason.strip():
        raise Refusal(f"{outside} Say why he comes then.", field="reason")


def _tie(visit: Visit, booking: Booking, task: str, by: Account | None, reason: str) -> Appointment:
    appointment = Appointment.objects.create(visit=visit, booking=booking, task=task)
    _note_reason(visit, booking, by, reason)
    return appointment


def _note_reason(visit: Visit, booking: Booking, by: Account | None, reason: str) -> None:
    """Why he comes outside his window; the deviation is drafted when he has come."""
    on = booking.starts_at.astimezone(booking.site.zone).date()
    if outside_window(visit, on):
        audit.record(
            actor=by,
            action="booking.outside_window",
            subject=booking,
            person=visit.enrolment.patient,
            site=booking.site_id,
            reason=reason.strip(),
            visit=visit.pk,
            on=on.isoformat(),
        )


def _forget_unscheduled(visit: Visit, by: Account | None) -> None:
    """An unscheduled visit without a booking is none, unless a repeat waits for its day."""
    if visit.code != UNSCHEDULED or visit.status != Visit.Status.PLANNED or visit.closes_on:
        return
    if Appointment.objects.filter(visit=visit, booking__status__in=STANDING).exists():
        return
    visit.status = Visit.Status.SKIPPED
    visit.save(update_fields=["status"])
    audit.record(actor=by, action="visit.skipped", subject=visit, person=visit.enrolment.patient)
