"""Pins: the days of a visit as they were agreed with the man, whatever the plan says."""

from datetime import datetime

from django.db import transaction

from clinic import audit
from clinic.models import Account
from clinic.refusal import Refusal
from protocols.actions.segments import lock
from protocols.actions.visits_plan import MOVABLE, lay_visits
from protocols.models import TERMINAL, Pin, VersionChange, Visit


@transaction.atomic
def pin(*, visit: Visit, reason: str, by: Account, now: datetime) -> Pin:
    """Keep the days of an awaited visit where they are: no new version or anchor moves them."""
    enrolment = lock(visit.enrolment)
    row = Visit.objects.select_for_update(of=("self",)).get(pk=visit.pk)
    row.enrolment = enrolment
    if enrolment.status in TERMINAL:
        raise Refusal("He is no longer in the programme.")
    if row.status != MOVABLE:
        words = row.get_status_display().lower()
        raise Refusal(f"{row.code} is {words}: its days do not move any more.")
    if row.target_on is None:
        raise Refusal(f"{row.code} has no window that could be kept.")
    standing = Pin.objects.standing().filter(visit=row).select_related("pinned_by").first()
    if standing is not None:
        raise Refusal(f"{standing.pinned_by} has pinned {row.code} already: {standing.reason}")
    if not reason.strip():
        raise Refusal("Say what was agreed.", field="reason")
    return pin_down(visit=row, reason=reason, by=by, now=now)


def pin_down(
    *, visit: Visit, reason: str, by: Account, now: datetime, change: VersionChange | None = None
) -> Pin:
    """Write the pin and its trail; the caller holds the enrolment."""
    made = Pin.objects.create(
        visit=visit,
        reason=reason.strip()[:200],
        pinned_at=now,
        pinned_by=by,
        change=change,
    )
    trail(made, "visit.pinned", by, reason=made.reason)
    return made


@transaction.atomic
def unpin(*, pin: Pin, by: Account, now: datetime) -> Pin:
    """Lift a pin: the visit follows the plan of his version again, at once."""
    enrolment = lock(pin.visit.enrolment)
    row = (
        Pin.objects.select_for_update(of=("self",))
        .select_related("visit__enrolment")
        .get(pk=pin.pk)
    )
    if row.lifted_at is not None:
        raise Refusal("This pin has been lifted already.")
    lift(pin=row, by=by, now=now)
    if row.visit.status == MOVABLE:
        lay_visits(enrolment=enrolment)
    return row


def lift(*, pin: Pin, by: Account, now: datetime) -> None:
    """Write that it is lifted; the caller holds the enrolment and lays the plan."""
    pin.lifted_at, pin.lifted_by = now, by
    pin.save(update_fields=["lifted_at", "lifted_by"])
    trail(pin, "visit.unpinned", by)


def trail(pin: Pin, action: str, by: Account, reason: str = "") -> None:
    patient = pin.visit.enrolment.patient
    audit.record(
        actor=by,
        action=action,
        subject=pin.visit,
        person=patient,
        site=patient.site_id,
        reason=reason,
        pin=pin.pk,
    )
