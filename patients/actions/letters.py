"""Messages between a patient and the clinic, inside the portal."""

from datetime import datetime

from django.db import transaction

from clinic import audit, events, outbox
from clinic.models import Account
from clinic.refusal import Refusal
from patients.models import ConsentText, Letter, Patient, PortalAccount
from patients.queries.consents import consents_in_force

LONGEST = 4000


@transaction.atomic
def write_to_patient(*, patient: Patient, body: str, by: Account, now: datetime) -> Letter:
    """Write to him; if he agreed to e-mails, one says that a message waits and no more.

    What he wrote before counts as read: the answer shows that somebody has.
    """
    portal = (
        PortalAccount.objects.filter(patient=patient, revoked_at=None)
        .select_related("account")
        .first()
    )
    if portal is None:
        raise Refusal("He has no open portal to read it in. Invite him, or call him.")
    letter = _write(patient, body, by, now, from_patient=False)
    mark_read(patient=patient, by=by, now=now)
    if ConsentText.Kind.MESSAGES in consents_in_force(patient, patient.site.localdate(now)):
        _tell(letter, portal)
    return letter


@transaction.atomic
def write_to_clinic(*, patient: Patient, body: str, by: Account, now: datetime) -> Letter:
    """His message to the clinic; it waits in the inbox until somebody has read it."""
    return _write(patient, body, by, now, from_patient=True)


@transaction.atomic
def mark_read(*, patient: Patient, by: Account, now: datetime) -> int:
    """Everything written to the side `by` stands on is read now; how many that were.

    A member reads what the patient wrote; the patient what the clinic wrote.
    """
    unread = Letter.objects.filter(
        patient=patient, read_at=None, from_patient=by.kind == Account.Kind.STAFF
    )
    pks = list(unread.select_for_update(of=("self",)).values_list("pk", flat=True))
    Letter.objects.filter(pk__in=pks).update(read_at=now, read_by=by)
    if pks:
        audit.record(
            actor=by,
            action="letter.read",
            subject=patient,
            person=patient,
            site=patient.site_id,
            letters=pks,
        )
    return len(pks)


def _write(patient: Patient, body: str, by: Account, now: datetime, from_patient: bool) -> Letter:
    body = body.strip()
    if not body:
        raise Refusal("The message is empty.", field="body")
    if len(body) > LONGEST:
        raise Refusal(f"A message has at most {LONGEST} signs.", field="body")
    letter = Letter.objects.create(
        patient=patient, body=body, from_patient=from_patient, written_at=now, written_by=by
    )
    audit.record(
        actor=by,
        action="letter.written",
        subject=letter,
        person=patient,
        site=patient.site_id,
        from_patient=from_patient,
    )
    events.report("letter.written", letter=letter)
    return letter


def _tell(letter: Letter, portal: PortalAccount) -> None:
    """One neutral note an unread letter: who has not looked yet is not told twice."""
    waiting = Letter.objects.filter(
        patient=letter.patient, from_patient=False, read_at=None
    ).exclude(pk=letter.pk)
    if waiting.exists():
        return
    outbox.enqueue(
        site=letter.patient.site,
        recipient=portal.account.email,
        template="letter_waiting",
        context={},
        dedupe_key=f"letter:{letter.pk}",
        subject=audit.label(letter),
        person=letter.patient.label,
    )
