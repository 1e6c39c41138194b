"""When a man may harm himself: the assessment is asked for at once, watched, and kept.

Domain reference §2.5. A hold for such an answer lasts until a clinician has assessed the risk.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from clinic import audit
from clinic.actions import on_call
from clinic.models import Account, Page
from clinic.refusal import Refusal
from protocols.actions import duties
from protocols.actions.findings import (
    OVERTAKEN,
    Evidence,
    overtake,
    proposal_of,
    settle,
)
from protocols.actions.segments import lock_with_person
from protocols.models import Duty, Enrolment, Finding, RiskAssessment
from protocols.queries.enrolment import definition_of
from protocols.rules.duties import ASSESSMENT, WATCHED
from protocols.rules.mood import spoken
from protocols.rules.verdicts import combine
from protocols.rules.vocabulary import Action

SELF_HARM = 0
PLAN = "A plan or an intent to harm himself, told at the assessment"
NOT_ASSESSED = (
    "The risk has not been assessed yet: record the assessment first, the hold lasts until then."
)
#: Between two pages about one duty that nobody has done.
AGAIN_AFTER = timedelta(hours=1)
#: What a clinician may order before the assessment: nothing softer.
BEFORE_IT = {Action.HOLD.value, Action.STOP.value}


def finding_raised(finding: Finding, acting: Account | None = None) -> None:
    """The assessment and the emergency pathway wait for no decision (domain reference §2.5).

    A clinician who is with him already has them; else they are whoever's comes first.
    """
    if finding.state != Finding.State.OPEN or finding.urgency != SELF_HARM:
        return
    named = {code for row in finding.reasons for code in row.get("tasks", ())}
    wanted = (named & WATCHED) | {ASSESSMENT}
    if from_assessment(finding):  # which has just been made
        wanted -= {ASSESSMENT}
    site = finding.enrolment.patient.site
    owner = on_call.deciding(site, acting) if acting is not None else None
    for code in sorted(wanted):
        duties.require(
            enrolment=finding.enrolment,
            owner=owner,
            code=code,
            due_at=finding.contact_by or finding.raised_at,
            about=audit.label(finding),
            finding=finding,
            by=None,
            now=finding.raised_at,
        )


def from_assessment(finding: Finding) -> bool:
    return finding.evidence.startswith("protocols.riskassessment:")


@transaction.atomic
def assess(
    *, duty: Duty, plan: bool, intent: bool, done: str, by: Account, now: datetime
) -> RiskAssessment:
    """A clinician has spoken with him: plan, intent, and what was done; the first of two counts."""
    enrolment = lock_with_person(duty.enrolment)
    row = (
        Duty.objects.select_for_update(of=("self",))
        .select_related("enrolment__patient__site", "finding", "done_by")
        .get(pk=duty.pk)
    )
    if row.code != ASSESSMENT:
        raise Refusal("This is another thing to do: tick it off.")
    if row.done_at is not None:
        raise Refusal(duties.ticked_already(row))
    if not done.strip():
        raise Refusal("Write down what was done and agreed.", field="done")
    kept = RiskAssessment.objects.create(
        enrolment=enrolment,
        finding=row.finding,
        duty=row,
        plan=plan,
        intent=intent,
        done=done.strip(),
        assessed_at=now,
        assessed_by=by,
    )
    duties.tick(row, by=by, at=now, outcome=Duty.Outcome.DONE, note="Assessed.")
    audit.record(
        actor=by,
        action="risk.assessed",
        subject=kept,
        person=enrolment.patient,
        site=enrolment.patient.site_id,
    )
    on_call.answered(about=row.about, by=by, now=now)
    if plan or intent:
        raise_plan(enrolment, kept, row.finding)
    return kept


def raise_plan(enrolment: Enrolment, kept: RiskAssessment, asked: Finding | None) -> Finding | None:
    """Plan or intent: stop and the emergency pathway at once, in place of what was proposed."""
    definition = definition_of(enrolment.version)
    if asked is not None:
        open_one = Finding.objects.select_for_update(of=("self",)).filter(pk=asked.pk).first()
        if open_one is not None and open_one.state == Finding.State.OPEN:
            open_one.enrolment = enrolment
            overtake(open_one)
            duties.withdraw(about=audit.label(open_one), because=OVERTAKEN, now=kept.assessed_at)
    reason = spoken(definition.mood.plan_or_intent, PLAN)
    at = kept.assessed_at
    return settle(
        enrolment=enrolment,
        kind=Finding.Kind.MOOD,
        evidence=Evidence(audit.label(kept), at, at, acting=kept.assessed_by),
        proposal=proposal_of(
            enrolment,
            combine([reason], definition.safety),
            headline="Plan or intent told at the assessment",
            known_at=at,
            crisis=True,
        ),
    )


def refuse_unassessed(finding: Finding, chosen: str) -> None:
    """Less than a hold is decided after the assessment, not before."""
    if finding.urgency != SELF_HARM or from_assessment(finding) or chosen in BEFORE_IT:
        return
    if chosen == finding.action:  # as proposed: there is no dose to hold
        return
    if not RiskAssessment.objects.filter(finding=finding).exists():
        raise Refusal(NOT_ASSESSED, field="choice")


def refuse_lifting(enrolment: Enrolment) -> None:
    """A hold for a self-harm answer is lifted by nothing but a recorded assessment."""
    assessed = RiskAssessment.objects.filter(
        enrolment=OuterRef("enrolment"), assessed_at__gte=OuterRef("raised_at")
    )
    told = Finding.objects.filter(enrolment=enrolment, urgency=SELF_HARM).filter(
        Q(state=Finding.State.OPEN) | Q(decided_action=Finding.Action.HOLD)
    )
    if told.annotate(assessed=Exists(assessed)).filter(assessed=False).exists():
        raise Refusal(NOT_ASSESSED, field="reason")


def escalate(*, now: datetime, limit: int = 100) -> int:
    """Page again for everything of the same day that nobody has done; safe to run at any time.

    Each in a transaction of its own; while a page is open it goes on by itself.
    """
    late = Duty.objects.open().filter(code__in=WATCHED, due_at__lte=now).order_by("due_at")[:limit]
    return sum(page_again(pk, now=now) for pk in late.values_list("pk", flat=True))


@transaction.atomic
def page_again(pk: int, *, now: datetime) -> bool:
    """One more page, unless one is open or was answered within the hour."""
    duty = (
        Duty.objects.select_for_update(of=("self",), skip_locked=True)
        .open()
        .filter(pk=pk)
        .select_related("enrolment__patient__site")
        .first()
    )
    if duty is None:
        return False
    about = audit.label(duty)
    last = Page.objects.filter(about=about).order_by("-raised_at").first()
    if last is not None and (
        last.state == Page.State.OPEN or now - (last.answered_at or last.raised_at) < AGAIN_AFTER
    ):
        return False
    patient = duty.enrolment.patient
    on_call.page(site=patient.site, about=about, person=audit.label(patient), now=now)
    return True
