"""Proof that somebody tried to reach him."""

from datetime import datetime, timedelta

from django.db import transaction

from clinic import audit
from clinic.models import Account
from clinic.refusal import Refusal
from patients.models import ContactAttempt, Patient

#: Clocks differ a little; a call cannot be from further ahead than this.
SLACK = timedelta(minutes=5)


@transaction.atomic
def record_attempt(
    *,
    patient: Patient,
    channel: str,
    outcome: str,
    at: datetime,
    by: Account,
    now: datetime,
    about: str = "",
    note: str = "",
) -> ContactAttempt:
    """Write down one call or letter and how it ended; `about` is the label of its cause."""
    if at > now + SLACK:
        raise Refusal("A call is recorded when it has been made, not before.", field="at")
    attempt = ContactAttempt.objects.create(
        patient=patient,
        channel=channel,
        outcome=outcome,
        at=at,
        about=about,
        note=note.strip(),
        recorded_at=now,
        recorded_by=by,
    )
    audit.record(
        actor=by,
        action="contact.recorded",
        subject=attempt,
        person=patient,
        site=patient.site_id,
        channel=channel,
        outcome=outcome,
        about=about,
    )
    return attempt
