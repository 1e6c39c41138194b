"""The letter that belongs to a decision: edited and kept, or sent, when there is time for it."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from clinic import audit
from clinic.models import Account
from clinic.refusal import Refusal
from patients.actions.letters import LONGEST, write_to_patient
from protocols.actions import duties
from protocols.actions.following import SPOKEN, TELL
from protocols.actions.segments import lock_with_person
from protocols.models import Duty, Finding

WRITTEN = "Written to him in the portal."
WITH_IT = "The message goes with the decision: decide first."
OVERTAKEN = "A newer proposal has taken the place of this one: write about that."


@transaction.atomic
def write_about(*, finding: Finding, body: str, send: bool, by: Account, now: datetime) -> Finding:
    """Keep the words as they are now, or send them, once; what was to be told him is told then."""
    enrolment = lock_with_person(finding.enrolment)
    locked = Finding.objects.select_for_update(of=("self",)).get(pk=finding.pk)
    locked.enrolment = enrolment
    if locked.state == Finding.State.OPEN:
        raise Refusal(WITH_IT)
    if locked.state == Finding.State.SUPERSEDED:
        raise Refusal(OVERTAKEN)
    if locked.letter_sent_at is not None:
        at = locked.letter_sent_at.astimezone(enrolment.patient.site.zone)
        raise Refusal(f"A message about this went already ({at.day} {at:%b}, {at:%H:%M}).")
    if not body.strip():
        raise Refusal("The message is empty.", field="letter")
    if len(body.strip()) > LONGEST:
        raise Refusal(f"A message has at most {LONGEST} signs.", field="letter")
    locked.letter = body.strip()
    if send:
        write_to_patient(patient=enrolment.patient, body=locked.letter, by=by, now=now)
        locked.letter_sent_at, locked.letter_sent_by = now, by
        tell(locked, by=by, now=now)
    locked.save(update_fields=["letter", "letter_sent_at", "letter_sent_by"])
    audit.record(
        actor=by,
        action="finding.letter_sent" if send else "finding.letter_kept",
        subject=locked,
        person=enrolment.patient,
        site=enrolment.patient.site_id,
    )
    return locked


def tell(finding: Finding, *, by: Account, now: datetime) -> None:
    """What the decision asked to be said to him has been said with the letter."""
    waiting = Duty.objects.select_for_update(of=("self",)).open()
    for duty in waiting.filter(
        Q(code=TELL) | Q(code__startswith=SPOKEN), about=audit.label(finding)
    ).select_related("enrolment__patient__site"):
        duties.tick(duty, by=by, at=now, outcome=Duty.Outcome.DONE, note=WRITTEN)
