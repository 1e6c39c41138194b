"""What reminders are planned from, for many men at once: who comes when, what is not booked, and
whose capsules end when.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q

from clinic import audit
from clinic.models import Booking
from patients.models import Patient
from protocols.models import ON_TREATMENT, Appointment, Enrolment, Visit
from protocols.queries.dosing import DoseRecord, dose_records, run_out_on
from protocols.rules.reminders import BookingFacts, SupplyFacts, VisitFacts

DAY = timedelta(days=1)
#: A window that opens later than this is not spoken of yet; a visit missed earlier no more.
AHEAD, BEHIND = 30 * DAY, 20 * DAY
LIVE = ["held", "booked", "arrived"]


@dataclass(slots=True)
class Facts:
    """One man's appointments, the first of each day, and his visits to come or missed."""

    zone: ZoneInfo
    bookings: list[BookingFacts] = field(default_factory=list)
    visits: list[VisitFacts] = field(default_factory=list)
    supply: SupplyFacts | None = None


def zone_of(patient: Patient) -> ZoneInfo:
    """The recipient's own zone when he lives elsewhere, else the clinic's."""
    return ZoneInfo(patient.time_zone) if patient.time_zone else patient.site.zone


def facts_of(enrolments: Sequence[Enrolment], now: datetime) -> dict[int, Facts]:
    """By the enrolment's key; five queries, however many there are."""
    found = {row.pk: Facts(zone_of(row.patient)) for row in enrolments}
    _add_bookings(found, now)
    _add_visits(found, now)
    for pk, record in dose_records(row for row in enrolments if row.status in ON_TREATMENT).items():
        found[pk].supply = supply_of(record, record.enrolment.patient.site.localdate(now))
    return found


def supply_of(record: DoseRecord, today: date) -> SupplyFacts | None:
    """When he needs his next bottle; nobody does during a hold, or after the last one."""
    ends_on, first_on = run_out_on(record, today), record.enrolment.first_dose_on
    if ends_on is None or first_on is None:
        return None
    if ends_on >= first_on + timedelta(days=record.dose.days):
        return None
    return SupplyFacts(audit.label(record.dispenses[-1]), ends_on)


def _add_bookings(found: dict[int, Facts], now: datetime) -> None:
    days: set[tuple[int, date]] = set()
    for pk, booking in _bookings(found, now):
        facts = found[pk]
        day = (pk, booking.starts_at.astimezone(facts.zone).date())
        if day not in days:
            days.add(day)
            facts.bookings.append(
                BookingFacts(audit.label(booking), booking.starts_at, booking.booked_at)
            )


def _bookings(keys: Iterable[int], now: datetime) -> Iterator[tuple[int, Booking]]:
    for appointment in (
        Appointment.objects.filter(
            visit__enrolment__in=keys,
            booking__status=Booking.Status.BOOKED,
            booking__during__startswith__gt=now,
        )
        .select_related("booking", "visit")
        .only(
            "booking__during", "booking__booked_at", "visit__enrolment_id",
        )
        .order_by("booking__during")
    ):  # fmt: skip
        yield appointment.visit.enrolment_id, appointment.booking


def _add_visits(found: dict[int, Facts], now: datetime) -> None:
    # A day more on either side than anybody's calendar can be away; then his own is asked.
    about = now.date()
    live = Appointment.objects.filter(visit=OuterRef("pk"), booking__status__in=LIVE)
    for visit in (
        Visit.objects.filter(enrolment__in=found, closes_on__isnull=False)
        .filter(
            Q(status=Visit.Status.PLANNED, opens_on__lte=about + AHEAD + DAY)
            | Q(status=Visit.Status.MISSED, closes_on__gte=about - BEHIND - DAY)
        )
        .only("enrolment_id", "status", "opens_on", "closes_on")
        .annotate(is_booked=Exists(live))
    ):
        facts = found[visit.enrolment_id]
        today = now.astimezone(facts.zone).date()
        missed = visit.status == Visit.Status.MISSED
        opens_on, closes_on = visit.opens_on, visit.closes_on
        if opens_on is None or closes_on is None:
            continue
        if closes_on >= today - BEHIND if missed else opens_on <= today + AHEAD:
            facts.visits.append(
                VisitFacts(
                    subject=visit.label,
                    opens_on=opens_on,
                    closes_on=closes_on,
                    booked=vars(visit)["is_booked"],
                    missed_on=closes_on if missed else None,
                )
            )
