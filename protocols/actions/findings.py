"""Raising proposals: one open finding for each evidence and kind, overtaken when it changes."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from clinic import audit, events
from protocols.actions.segments import lock_person
from protocols.models import ON_TREATMENT, Enrolment, Finding
from protocols.queries.enrolment import definition_of
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
CHANGED = "BASIS_CORRECTED"
#: Urgency: 0 self-harm, 1 stop or hold, 2 reduce or a critical value, 3 motile sperm, 4 the rest.
SELF_HARM, DANGER, CRITICAL, FREEZE, ROUTINE = range(5)
SELF_HARM_RULES = {"SYMPTOM_SUICIDAL_THOUGHTS", "PHQ9_PLAN_OR_INTENT"}
CRITICAL_GRADE = 3


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was looked at: the thing itself by its label, and when it became known."""

    label: str
    at: datetime
    known_at: datetime
    inputs: Mapping[str, Any] = field(default_factory=dict)


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
    return (
        Enrolment.objects.select_for_update(of=("self",))
        .live()
        .select_related("patient__site", "version__protocol")
        .defer("version__definition")
        .filter(patient=patient_id)
        .first()
    )


def ruleset_of(enrolment: Enrolment) -> str:
    """Which words decided: the programme's key and version, and the hash of its content."""
    label = definition_of(enrolment.version).label
    return f"{label} {enrolment.version.sha256[:12]}"[:60]


def proposal_of(
    enrolment: Enrolment, verdict: Verdict, *, headline: str, known_at: datetime, crisis: bool
) -> Proposal | None:
    """What to propose to the clinician; None where the rules say only that all is well.

    Where there is no dose to change, a dose rule asks for a review with the same haste.
    """
    action = verdict.action
    if action is Action.CONTINUE:
        return None
    if enrolment.status not in ON_TREATMENT:
        if enrolment.first_dose_on is None and action not in DOSE_ACTIONS:
            return None
        action = Action.REVIEW if action in DOSE_ACTIONS else action
    site = enrolment.patient.site
    today = site.localdate(known_at)
    days = verdict.repeat_within_days
    return Proposal(
        action=action.value,
        urgency=urgency_of(action, verdict.reasons, crisis=crisis),
        headline=headline[:HEADLINE],
        reasons=[as_json(reason) for reason in verdict.reasons],
        repeat_by=None if days is None else today + timedelta(days=days),
        contact_by=contact_by(
            verdict.contact_within_hours, known_at, site.zone, closed_days(site, today)
        ),
    )


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
        earlier = decided_before(standing)
    else:
        earlier = standing
    if earlier is not None:
        proposal = with_correction(earlier, proposal)
    return raise_new(enrolment, kind, evidence, proposal) if proposal else None


def says_the_same(standing: Finding, proposal: Proposal) -> bool:
    now = [(row["rule"], row["sentence"]) for row in proposal.reasons]
    was = [(row["rule"], row["sentence"]) for row in standing.reasons if row["rule"] != CHANGED]
    return standing.action == proposal.action and was == now


def overtake(finding: Finding) -> None:
    finding.state = Finding.State.SUPERSEDED
    finding.save(update_fields=["state"])
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
    changed_dose = earlier.decided_action in DOSE_ACTIONS
    if not changed_dose or earlier.decided_at is None:
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
    events.report("finding.raised", finding=finding)
    return finding
