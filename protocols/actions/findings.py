"""Raising proposals: one open finding for each evidence and kind, overtaken when it changes."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from clinic import audit, events
from clinic.models import Account
from protocols.actions import duties
from protocols.actions.paging import finding_overtaken
from protocols.actions.segments import lock_person
from protocols.models import ON_TREATMENT, DoseSegment, Enrolment, Finding
from protocols.queries.enrolment import definition_of, held_live
from protocols.queries.findings import closed_days
from protocols.rules.deadlines import contact_by
from protocols.rules.verdicts import Reason, Verdict
from protocols.rules.vocabulary import Action

HEADLINE = 160
ACTION_WORDS = {
    Action.CONTINUE_ADVISE: "advise",
    Action.REPEAT: "repeat",
    Action.REVIEW: "review",
    Action.REDUCE: "reduce",
    Action.HOLD: "hold",
    Action.STOP: "stop",
}
DOSE_ACTIONS = {Action.REDUCE, Action.HOLD, Action.STOP}
#: Decisions that a correction of what they rested on calls into question.
CHANGED_DOSE = DOSE_ACTIONS | {Finding.Action.RESTART, Finding.Action.RAISE}
CHANGED = "BASIS_CORRECTED"
NOT_DECIDED = "EARLIER_NOT_DECIDED"
OVERTAKEN = "What asked for it has changed."
#: Reasons that say what stood beside the facts when they were looked at.
BESIDE = {CHANGED, NOT_DECIDED, "HOLD_STANDS", "REDUCED_STANDS"}
#: Urgency: 0 self-harm, 1 stop or hold, 2 reduce or a critical value, 3 motile sperm, 4 the rest.
SELF_HARM, DANGER, CRITICAL, FREEZE, ROUTINE = range(5)
SELF_HARM_RULES = {"SYMPTOM_SUICIDAL_THOUGHTS", "PHQ9_PLAN_OR_INTENT"}
CRITICAL_GRADE = 3
TWO_DAYS = 48


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was looked at: the thing itself by its label, and when it became known."""

    label: str
    at: datetime
    known_at: datetime
    inputs: Mapping[str, Any] = field(default_factory=dict)
    #: Who is with him, or on the telephone, as it becomes known.
    acting: Account | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    action: str
    urgency: int
    headline: str
    reasons: Sequence[Mapping[str, Any]]
    repeat_by: date | None = None
    contact_by: datetime | None = None


def lock_live(patient_id: int) -> Enrolment | None:
    """The running enrolment of a man, held so that two results of his are judged in turn."""
    lock_person(patient_id)
    return held_live(patient_id)


def ruleset_of(enrolment: Enrolment) -> str:
    """Which words decided: the programme's key and version, and the hash of its content."""
    label = definition_of(enrolment.version).label
    return f"{label} {enrolment.version.sha256[:12]}"[:60]


def proposal_of(
    enrolment: Enrolment,
    verdict: Verdict,
    *,
    headline: str,
    known_at: datetime,
    crisis: bool,
    before_start: bool = False,
) -> Proposal | None:
    """What to propose to the clinician; None where the rules say only that all is well.

    Where there is no dose to change, a dose rule asks for a review with the same haste; what is
    mild before the first dose is left to eligibility unless `before_start` asks for it.
    """
    if verdict.action is Action.CONTINUE:
        return None
    site = enrolment.patient.site
    today = site.localdate(known_at)
    action: Action = verdict.action
    reasons = verdict.reasons
    if enrolment.status not in ON_TREATMENT:
        if enrolment.first_dose_on is None and action not in DOSE_ACTIONS and not before_start:
            return None
        action = Action.REVIEW if action in DOSE_ACTIONS else action
    else:
        standing = standing_dose(enrolment, today)
        action, reasons, headline = beside(standing, verdict, headline)
    days = verdict.repeat_within_days
    return Proposal(
        action=action.value,
        urgency=urgency_of(action, reasons, crisis=crisis),
        headline=headline[:HEADLINE],
        reasons=[as_json(reason) for reason in reasons],
        repeat_by=None if days is None else today + timedelta(days=days),
        contact_by=contact_by(
            verdict.contact_within_hours, known_at, site.zone, closed_days(site, today)
        ),
    )


def standing_dose(enrolment: Enrolment, on: date) -> str:
    """The kind of dose ordered for that day: full, reduced or hold."""
    found = DoseSegment.objects.filter(enrolment=enrolment, during__contains=on).first()
    return found.kind if found else ""


def beside(
    standing: str, verdict: Verdict, headline: str
) -> tuple[Action, tuple[Reason, ...], str]:
    """The verdict for what he takes now: a hold is kept, a reduced dose is not reduced again."""
    action = verdict.action
    tail = f": {ACTION_WORDS[action]}" if action in ACTION_WORDS else ""
    told = (headline.removesuffix(tail) if tail else headline).removesuffix(".")
    if standing == DoseSegment.Kind.HOLD and action in {Action.REDUCE, Action.HOLD}:
        kept = Reason("HOLD_STANDS", Action.HOLD, "He is on hold and takes nothing: keep the hold.")
        return Action.HOLD, (*verdict.reasons, kept), f"{told}: keep the hold"
    if standing == DoseSegment.Kind.REDUCED and action is Action.REDUCE:
        low = Reason(
            "REDUCED_STANDS",
            Action.REVIEW,
            "He is on the reduced dose already: hold, or go on and measure again.",
        )
        return Action.REVIEW, (*verdict.reasons, low), f"{told}: review, reduced already"
    return action, verdict.reasons, headline


def urgency_of(action: Action, reasons: Sequence[Reason], *, crisis: bool) -> int:
    if crisis or any(reason.rule in SELF_HARM_RULES for reason in reasons):
        return SELF_HARM
    if action in {Action.STOP, Action.HOLD}:
        return DANGER
    if action is Action.REDUCE or any((row.grade or 0) >= CRITICAL_GRADE for row in reasons):
        return CRITICAL
    return ROUTINE


def as_json(reason: Reason) -> dict[str, Any]:
    """A reason as it is kept: every field, its words as they stood."""
    return {**asdict(reason), "action": reason.action.value, "tasks": list(reason.tasks)}


@transaction.atomic
def settle(
    *, enrolment: Enrolment, kind: str, evidence: Evidence, proposal: Proposal | None
) -> Finding | None:
    """Let the findings of this evidence say what the rules say now.

    The same proposal stays as it is; another one overtakes the open finding. A decision that was
    taken stands, and where what it rested on has changed, that itself is a finding.
    """
    standing = (
        Finding.objects.select_for_update(of=("self",))
        .filter(enrolment=enrolment, kind=kind, evidence=evidence.label)
        .exclude(state=Finding.State.SUPERSEDED)
        .order_by("-pk")
        .first()
    )
    if standing is not None and proposal is not None and says_the_same(standing, proposal):
        return standing
    if standing is not None and standing.state == Finding.State.OPEN:
        overtake(standing)
        duties.withdraw(about=audit.label(standing), because=OVERTAKEN, now=evidence.known_at)
        earlier = decided_before(standing)
    else:
        earlier = standing
    if earlier is not None:
        proposal = with_correction(earlier, proposal)
        tell_the_decider(earlier, proposal, evidence)
    return raise_new(enrolment, kind, evidence, proposal) if proposal else None


def tell_the_decider(earlier: Finding, proposal: Proposal | None, evidence: Evidence) -> None:
    """Whoever decided hears that what it rested on has changed, by a duty of his own."""
    if earlier.decided_by is None or earlier.decided_action == Action.CONTINUE_ADVISE:
        return
    enrolment = earlier.enrolment
    site = enrolment.patient.site
    due_at = contact_by(TWO_DAYS, evidence.known_at, site.zone)
    duties.require(
        enrolment=enrolment,
        code="LOOK_AGAIN",
        title=f"Changed since you decided: {proposal.headline if proposal else earlier.headline}",
        due_at=due_at or evidence.known_at,
        about=audit.label(earlier),
        finding=earlier,
        owner=duties.member_of(earlier.decided_by, site),
        by=None,
        now=evidence.known_at,
    )


def says_the_same(standing: Finding, proposal: Proposal) -> bool:
    """The same facts say the same; what he takes meanwhile matters only while it is undecided."""
    if standing.state == Finding.State.OPEN and standing.action != proposal.action:
        return False
    return grounds(standing.reasons) == grounds(proposal.reasons)


def grounds(reasons: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """The reasons that come from the facts themselves."""
    return [(row["rule"], row["sentence"]) for row in reasons if row["rule"] not in BESIDE]


def overtake(finding: Finding) -> None:
    finding.state = Finding.State.SUPERSEDED
    finding.save(update_fields=["state"])
    finding_overtaken(finding)
    audit.record(
        actor=None,
        action="finding.overtaken",
        subject=finding,
        person=finding.enrolment.patient,
        site=finding.enrolment.patient.site_id,
    )


def decided_before(finding: Finding) -> Finding | None:
    """The last decision on the same evidence."""
    return (
        Finding.objects.filter(
            enrolment=finding.enrolment_id,
            kind=finding.kind,
            evidence=finding.evidence,
            decided_at__isnull=False,
        )
        .order_by("-pk")
        .first()
    )


def with_correction(earlier: Finding, proposal: Proposal | None) -> Proposal | None:
    """Say that a decision about the dose rests on what has been corrected since."""
    changed_dose = earlier.decided_action in CHANGED_DOSE
    if not changed_dose or earlier.decided_at is None:
        return proposal
    if proposal is not None and proposal.action not in set(Action):
        return proposal
    done = earlier.get_decided_action_display().lower()
    sentence = (
        f"It was decided to {done} on what was known then, and that has been corrected since: "
        "look again at the dose."
    )
    reason = as_json(Reason(CHANGED, Action.REVIEW, sentence, contact_within_hours=168))
    if proposal is None:
        return Proposal(
            action=Action.REVIEW.value,
            urgency=ROUTINE,
            headline=f"Corrected since it was decided to {done}",
            reasons=[reason],
        )
    return Proposal(
        action=max(Action(proposal.action), Action.REVIEW, key=lambda row: row.severity).value,
        urgency=proposal.urgency,
        headline=proposal.headline,
        reasons=[*proposal.reasons, reason],
        repeat_by=proposal.repeat_by,
        contact_by=proposal.contact_by,
    )


def raise_new(enrolment: Enrolment, kind: str, evidence: Evidence, proposal: Proposal) -> Finding:
    finding = Finding.objects.create(
        enrolment=enrolment,
        kind=kind,
        action=proposal.action,
        urgency=proposal.urgency,
        headline=proposal.headline,
        reasons=list(proposal.reasons),
        inputs=dict(evidence.inputs),
        ruleset=ruleset_of(enrolment),
        evidence=evidence.label,
        evidence_at=evidence.at,
        repeat_by=proposal.repeat_by,
        contact_by=proposal.contact_by,
        raised_at=evidence.known_at,
    )
    audit.record(
        actor=None,
        action="finding.raised",
        subject=finding,
        person=enrolment.patient,
        site=enrolment.patient.site_id,
        proposes=proposal.action,
        rules=[row["rule"] for row in proposal.reasons],
        ruleset=finding.ruleset,
    )
    events.report("finding.raised", finding=finding, acting=evidence.acting)
    return finding
