"""The dose ordered for each day: one order after another, never two at once.

Domain reference §2.4 and §7.3. The enrolment's row is the lock: two orders take turns.
"""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from clinic import audit, events
from clinic.models import Account
from patients.models import Patient
from protocols.models import DoseSegment, Enrolment, Finding, Prescription
from protocols.queries.enrolment import definition_of, held
from protocols.rules.vocabulary import Status

DAY = timedelta(days=1)


def lock(enrolment: Enrolment) -> Enrolment:
    """His enrolment as it stands, held until the transaction ends: one order at a time."""
    return held(enrolment)


def lock_person(patient_id: int) -> None:
    """Hold the man before his enrolment, as whoever files his results does: no deadly embrace."""
    men = Patient.objects.select_for_update(of=("self",), no_key=True)
    men.values_list("pk").get(pk=patient_id)


def lock_with_person(enrolment: Enrolment) -> Enrolment:
    """For orders that reach into the laboratory or that report what the rules must judge."""
    lock_person(enrolment.patient_id)
    return lock(enrolment)


@transaction.atomic
def open_segment(
    *,
    enrolment: Enrolment,
    on: date,
    capsules_per_day: int,
    kind: str,
    reason: str,
    by: Account,
    finding: Finding | None = None,
    now: datetime | None = None,
) -> DoseSegment:
    """Order a dose from a day on; what ran until then ends the day before.

    An order that would have begun on that day or later never takes effect, and a bottle that is
    prescribed for another dose is not handed out.
    """
    locked = lock(enrolment)
    replaced = cut_from(locked, on)
    segment = DoseSegment(
        enrolment=locked,
        during=DateRange(on, None, "[)"),
        kind=kind,
        capsules_per_day=capsules_per_day,
        strength_mg=definition_of(locked.version).dose.strength_mg,
        reason=reason,
        ordered_by=by,
        finding=finding,
    )
    if now is not None:
        segment.ordered_at = now
    segment.save()
    withdraw_prescriptions(locked, "The dose was changed.", segment.ordered_at, capsules_per_day)
    audit.record(
        actor=by,
        action="dose.ordered",
        subject=segment,
        person=locked.patient,
        site=locked.patient.site_id,
        reason=reason,
        on=on,
        kind=kind,
        mg_per_day=segment.mg_per_day,
        replaced=replaced,
    )
    events.report("dose.changed", enrolment=locked, segment=segment)
    return segment


def cut_from(enrolment: Enrolment, on: date) -> list[int]:
    """End every order before that day; one that would begin then or later is dropped."""
    dropped = []
    for segment in DoseSegment.objects.filter(
        enrolment=enrolment, during__overlap=DateRange(on, None, "[)")
    ):
        if segment.during.lower >= on:
            dropped.append(segment.pk)
            segment.delete()
        else:
            segment.during = DateRange(segment.during.lower, on, "[)")
            segment.save(update_fields=["during"])
    return dropped


def withdraw_prescriptions(
    enrolment: Enrolment, because: str, at: datetime, keep_daily: int | None = None
) -> None:
    """Cancel what was prescribed and not handed out, unless it is for the dose that now holds."""
    waiting = Prescription.objects.filter(
        enrolment=enrolment, cancelled_at=None, dispense=None
    ).exclude(capsules_per_day=keep_daily if keep_daily is not None else -1)
    for prescription in waiting:
        prescription.cancelled_at, prescription.cancelled_because = at, because
        prescription.save(update_fields=["cancelled_at", "cancelled_because"])


@transaction.atomic
def close_ended(*, enrolment: Enrolment, was: str = "", event: str = "") -> None:
    """When treatment is over, no dose is ordered for the days after the last one."""
    if enrolment.last_dose_on is None or enrolment.status in {
        Status.ACTIVE,
        Status.ON_HOLD,
        Status.LOST_TO_FOLLOW_UP,
    }:
        return
    locked = lock(enrolment)
    after = max(locked.status_since, enrolment.last_dose_on) + DAY
    dropped = cut_from(locked, after)
    withdraw_prescriptions(locked, "Treatment has ended.", midnight(locked, after))
    audit.record(
        actor=None,
        action="dose.ended",
        subject=locked,
        person=locked.patient,
        site=locked.patient.site_id,
        last_dose_on=enrolment.last_dose_on,
        dropped=dropped,
    )


def midnight(enrolment: Enrolment, day: date) -> datetime:
    """Midnight at the clinic, for what follows from a day and not from a click."""
    return datetime(day.year, day.month, day.day, tzinfo=enrolment.patient.site.zone)
