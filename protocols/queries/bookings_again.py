"""The appointments that a mistaken end took from a man, as far as they are still to come."""

from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from clinic.models import HOLDING, Booking
from protocols.models import TERMINAL, Appointment, Enrolment, StatusChange

#: How the reason of such a cancellation begins.
ENDED = "The programme ended: "


def cut_short(enrolment: Enrolment, now: datetime) -> QuerySet[Appointment]:
    """Cancelled by the last end, which stands no more; `taken`: somebody else has that time now.

    What has been booked anew for the same visit and task is not among them.
    """
    if enrolment.status in TERMINAL:
        return Appointment.objects.none()
    ends = StatusChange.objects.filter(enrolment=enrolment, became__in=TERMINAL).order_by("-pk")
    anew = Appointment.objects.filter(
        visit=OuterRef("visit"), task=OuterRef("task"), booking__status__in=HOLDING
    )
    taken = Booking.objects.holding().filter(
        resource=OuterRef("booking__resource"), during__overlap=OuterRef("booking__during")
    )
    return (
        Appointment.objects.filter(
            visit__enrolment=enrolment,
            booking__status=Booking.Status.CANCELLED,
            booking__cancel_reason__startswith=ENDED,
            booking__cancelled_at=Subquery(ends.values("at")[:1]),
            booking__during__startswith__gt=now,
        )
        .exclude(Exists(anew))
        .annotate(taken=Exists(taken))
        .select_related("visit", "booking__resource", "booking__site")
        .order_by("booking__during", "pk")
    )
