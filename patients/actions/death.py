"""A man's death, and its correction when it was written of the wrong man."""

from datetime import date, datetime

from django.db import transaction

from clinic import audit, events, outbox
from clinic.models import Account
from clinic.refusal import Refusal
from patients.models import Patient


@transaction.atomic
def record(*, patient: Patient, on: date, reason: str, by: Account, now: datetime) -> Patient:
    """Keep the day he died and how it became known; whatever waits to be sent to him is taken back.

    From here on nothing is sent to him, and the floors above end what they had planned.
    """
    row = lock(patient)
    if row.deceased_on is not None:
        raise Refusal(f"His death is recorded: {spoken(row.deceased_on)}.", field="on")
    if not reason.strip():
        raise Refusal("Say how this became known.", field="reason")
    if on > row.site.localdate(now):
        raise Refusal("This day has not come yet.", field="on")
    if on < row.born_on:
        raise Refusal(f"He was born on {spoken(row.born_on)}: not before that.", field="on")
    row.deceased_on = on
    row.save(update_fields=["deceased_on"])
    ended(row, by=by, reason=reason.strip(), now=now)
    return row


def ended(patient: Patient, *, by: Account, reason: str, now: datetime) -> None:
    """What follows as soon as it is known, wherever it was written down."""
    on = patient.deceased_on
    assert on is not None  # noqa: S101 -- it has just been written
    taken_back = outbox.cancel_for(person=patient.label)
    audit.record(
        actor=by,
        action="patient.died",
        subject=patient,
        person=patient,
        site=patient.site_id,
        reason=reason,
        on=on.isoformat(),
        messages_taken_back=taken_back,
    )
    events.report("patient.died", patient=patient, on=on, by=by, reason=reason, now=now)


@transaction.atomic
def take_back(*, patient: Patient, reason: str, by: Account) -> Patient:
    """He lives: the day is taken off his details. Callers ask for what the correction needs."""
    row = lock(patient)
    row.deceased_on = None
    row.save(update_fields=["deceased_on"])
    audit.record(
        actor=by,
        action="patient.death_corrected",
        subject=row,
        person=row,
        site=row.site_id,
        reason=reason,
    )
    return row


def lock(patient: Patient) -> Patient:
    return (
        Patient.objects.select_for_update(of=("self",), no_key=True)
        .select_related("site")
        .get(pk=patient.pk)
    )


def spoken(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
