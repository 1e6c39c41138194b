"""Page whoever is on call when a man may be in danger, until somebody answers."""

from clinic import audit
from clinic.actions import on_call
from clinic.models import Account
from protocols.models import Finding
from protocols.rules.vocabulary import Action

#: Findings that cannot wait for somebody to open the inbox: self-harm, and every proposal to stop.
SELF_HARM = 0


def is_wanted(finding: Finding) -> bool:
    return finding.urgency == SELF_HARM or finding.action == Action.STOP.value


def finding_raised(finding: Finding, acting: Account | None = None) -> None:
    """Page at once, in the transaction that raised it (domain reference §2.5).

    Whoever is with him already, and may decide, is not called away to her own telephone.
    """
    if finding.state == Finding.State.OPEN and is_wanted(finding):
        patient = finding.enrolment.patient
        on_call.page(
            site=patient.site,
            about=audit.label(finding),
            person=audit.label(patient),
            now=finding.raised_at,
            acting=acting,
        )


def finding_overtaken(finding: Finding) -> None:
    """What was paged is no longer what the facts say."""
    on_call.withdraw(about=audit.label(finding))


def finding_decided(finding: Finding) -> None:
    """Whoever decides has answered."""
    if finding.decided_by is not None and finding.decided_at is not None:
        on_call.answered(about=audit.label(finding), by=finding.decided_by, now=finding.decided_at)
