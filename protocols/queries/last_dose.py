"""What the ordered doses and the visits say about the ends of treatment."""

from datetime import date, timedelta
from decimal import Decimal

from protocols.models import DoseSegment, Enrolment, Visit


def taken_until(enrolment: Enrolment, on: date) -> date | None:
    """The last day, at most `on`, for which capsules were ordered; holds have none."""
    segments = DoseSegment.objects.filter(enrolment=enrolment).exclude(kind=DoseSegment.Kind.HOLD)
    days = [last_day(segment, on) for segment in segments if segment.during.lower <= on]
    return max(days, default=None)


def last_day(segment: DoseSegment, on: date) -> date:
    """Ranges are half-open: the day a segment ends is no longer its own."""
    ends_on = segment.during.upper
    return on if ends_on is None else min(on, ends_on - timedelta(days=1))


def latest_weight_kg(enrolment: Enrolment, on: date) -> Decimal | None:
    """The weight of the last visit up to a day at which he was weighed."""
    return (
        Visit.objects.filter(enrolment=enrolment, attended_on__lte=on, weight_kg__isnull=False)
        .order_by("-attended_on", "-pk")
        .values_list("weight_kg", flat=True)
        .first()
    )
