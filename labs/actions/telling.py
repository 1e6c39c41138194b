"""Tell a patient, in words that say nothing, that something in his portal waits for him."""

from datetime import datetime

from clinic import audit, outbox
from labs.models import Draw, SemenAnalysis
from labs.queries.held import standing_on
from labs.queries.release import release_of
from patients.models import ConsentText, PortalAccount
from patients.queries.consents import consents_in_force


def comment_waits(result: Draw | SemenAnalysis, *, now: datetime) -> None:
    """What a clinician wrote beside his result: one neutral e-mail, if he may read it already."""
    patient = result.patient
    portal = (
        PortalAccount.objects.filter(patient=patient, revoked_at=None)
        .select_related("account")
        .first()
    )
    if portal is None or not result.comment:
        return
    held = standing_on(result, now)
    if not release_of(result, portal, held=held.held if held else None, now=now).open:
        return
    if ConsentText.Kind.MESSAGES not in consents_in_force(patient, patient.site.localdate(now)):
        return
    outbox.enqueue(
        site=patient.site,
        recipient=portal.account.email,
        template="letter_waiting",
        context={},
        dedupe_key=f"comment:{audit.label(result)}:{now:%Y%m%d%H%M%S}",
        subject=audit.label(result),
        person=patient.label,
    )
