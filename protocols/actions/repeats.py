"""Blood to be drawn again by a day: its visit stands on the work queue until it is booked."""

from datetime import date, datetime, time

from django.db import transaction
from django.db.models import QuerySet

from clinic import audit
from clinic.models import Account, Booking
from labs.models import Order
from protocols.models import TERMINAL, Appointment, Enrolment, Visit
from protocols.rules.local_time import local_instant
from protocols.rules.schedule import UNSCHEDULED

TITLE = "Blood test again"
STANDING = [Booking.Status.HELD, Booking.Status.BOOKED, Booking.Status.ARRIVED]
END_OF_DAY = time(23, 59)


@transaction.atomic
def plan_repeat(
    *, enrolment: Enrolment, due_on: date, by: Account | None, now: datetime
) -> Visit | None:
    """A visit from today to the day the blood is due, unless he comes in that time anyway.

    One waits at a time: asked again sooner, it is due sooner.
    """
    if enrolment.status in TERMINAL or comes_anyway(enrolment, due_on, now):
        return None
    today = enrolment.patient.site.localdate(now)
    waiting = waiting_repeats(enrolment).first()
    if waiting is not None:
        if waiting.closes_on is None or waiting.closes_on > due_on:
            waiting.opens_on = min(waiting.opens_on or today, due_on)
            waiting.target_on = waiting.closes_on = due_on
            waiting.save(update_fields=["opens_on", "target_on", "closes_on"])
        return waiting
    visit = Visit.objects.create(
        enrolment=enrolment,
        code=UNSCHEDULED,
        title=TITLE,
        opens_on=min(today, due_on),
        target_on=due_on,
        closes_on=due_on,
    )
    audit.record(
        actor=by,
        action="visit.planned",
        subject=visit,
        person=enrolment.patient,
        site=enrolment.patient.site_id,
        by_day=due_on.isoformat(),
    )
    return visit


def comes_anyway(enrolment: Enrolment, due_on: date, now: datetime) -> bool:
    """Does a booking of his stand between now and the evening of that day?"""
    until = local_instant(due_on, END_OF_DAY, enrolment.patient.site.zone)
    return Appointment.objects.filter(
        visit__enrolment=enrolment,
        booking__status__in=STANDING,
        booking__during__startswith__range=(now, until),
    ).exists()


def waiting_repeats(enrolment: Enrolment) -> QuerySet[Visit]:
    """Planned for a repeat and not booked."""
    return (
        Visit.objects.select_for_update(of=("self",), no_key=True)
        .filter(
            enrolment=enrolment,
            code=UNSCHEDULED,
            status=Visit.Status.PLANNED,
            closes_on__isnull=False,
        )
        .exclude(appointments__booking__status__in=STANDING)
        .order_by("closes_on", "pk")
    )


@transaction.atomic
def forget_repeats(*, enrolment: Enrolment) -> int:
    """When every repeat has come back, the visit that was to be booked for it is not needed.

    While one is still wanted, and none as soon as the last, the visit is due when that one is.
    """
    wanted = Order.objects.open().filter(
        patient=enrolment.patient_id, semen=False, about__startswith="protocols."
    )
    first = wanted.order_by("due_on").values_list("due_on", flat=True).first()
    if first is not None:
        for visit in waiting_repeats(enrolment).filter(closes_on__lt=first):
            visit.target_on = visit.closes_on = first
            visit.save(update_fields=["target_on", "closes_on"])
        return 0
    forgotten = list(waiting_repeats(enrolment))
    for visit in forgotten:
        visit.status = Visit.Status.SKIPPED
        visit.save(update_fields=["status"])
        audit.record(
            actor=None,
            action="visit.skipped",
            subject=visit,
            person=enrolment.patient,
            site=enrolment.patient.site_id,
        )
    return len(forgotten)
