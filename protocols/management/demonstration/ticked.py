"""What was asked of somebody on a day that is over has been done by then."""

from datetime import date, time, timedelta

from protocols.actions import duties
from protocols.management.demonstration.clinics import Clinic
from protocols.models import Duty
from protocols.rules.local_time import local_instant

HOUR = timedelta(hours=1)


def tick(clinic: Clinic, now_on: date) -> None:
    """Tick off what was due before today, an hour ahead of its time; today's stays to be done."""
    morning = local_instant(now_on, time(), clinic.site.zone)
    late = (
        Duty.objects.open()
        .filter(enrolment__patient__site=clinic.site, due_at__lt=morning)
        .select_related("enrolment__patient__site")
        .order_by("due_at", "pk")
    )
    for duty in late:
        duties.complete(
            duty=duty, by=clinic.people["nurse"], now=max(duty.raised_at, duty.due_at - HOUR)
        )
