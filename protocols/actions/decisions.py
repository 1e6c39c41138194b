"""A clinician decides about a finding: everything that follows happens with it, or nothing does."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Model

from clinic import audit, events
from clinic.models import Account
from clinic.refusal import Refusal
from labs.actions.results import review_draws
from labs.actions.semen import review as review_sheet
from labs.models import Draw, SemenAnalysis
from patients.actions.contacts import record_attempt
from patients.actions.letters import write_to_patient
from protocols.actions import crisis, treatment
from protocols.actions.following import ask_people, order_named
from protocols.actions.repeats import plan_repeat
from protocols.actions.segments import lock_with_person
from protocols.models import Finding
from protocols.rules.vocabulary import Action, Status

DECISIONS = ("accept", "edit", "decline")
STATES = {
    "accept": Finding.State.ACCEPTED,
    "edit": Finding.State.EDITED,
    "decline": Finding.State.DECLINED,
}
FOLLOWED_BY_TESTS = {Action.REPEAT, Action.REVIEW, Action.REDUCE, Action.HOLD, Action.STOP}
INSTEAD = FOLLOWED_BY_TESTS | {Action.CONTINUE_ADVISE}
#: Proposals beside which there is nothing else to order.
ACCEPTED_OR_NOT = {Finding.Kind.FREEZE, Finding.Kind.DOSE}
DECIDED = [
    "state", "decided_at", "decided_by", "decided_action", "decision_reason", "letter",
    "letter_sent_at", "letter_sent_by",
]  # fmt: skip
REPEAT_DAYS = 14
SEGMENT_REASON = 300


@transaction.atomic
def decide(
    *,
    finding: Finding,
    decision: str,
    by: Account,
    now: datetime,
    action: str = "",
    reason: str = "",
    letter: str = "",
    draft: str = "",
) -> Finding:
    """Accept what is proposed, do something else, or decline; the first of two deciders counts.

    With the decision go the dose, the status, the repeat tests and the visit they need, the tasks
    of its rules, the review of the results it rests on and the letter to him: all or nothing.
    `draft` are words that do not go yet: they are kept, to be sent later (write_about).
    """
    lock_evidence(finding)
    enrolment = lock_with_person(finding.enrolment)
    locked = (
        Finding.objects.select_for_update(of=("self",))
        .select_related("decided_by")
        .get(pk=finding.pk)
    )
    locked.enrolment = enrolment
    chosen = chosen_action(locked, decision, action, reason.strip())
    crisis.refuse_unassessed(locked, chosen)
    locked.state, locked.decided_at, locked.decided_by = STATES[decision], now, by
    locked.decided_action, locked.decision_reason = chosen, reason.strip()
    written = keep_letter(locked, letter, draft, by=by, now=now)
    locked.save(update_fields=DECIDED)
    done = carry_out(locked, chosen, written=written, by=by, now=now) if chosen else []
    review_evidence(locked, by=by, now=now)
    if written:
        write_to_patient(patient=enrolment.patient, body=letter, by=by, now=now)
    audit.record(
        actor=by,
        action="finding.decided",
        subject=locked,
        person=enrolment.patient,
        site=enrolment.patient.site_id,
        reason=locked.decision_reason,
        decision=decision,
        proposed=locked.action,
        chosen=chosen,
        followed=done,
    )
    events.report("finding.decided", finding=locked)
    return locked


def keep_letter(finding: Finding, letter: str, draft: str, *, by: Account, now: datetime) -> bool:
    """The words to him; whether they go with the decision."""
    finding.letter = (letter or draft).strip()
    written = bool(letter.strip())
    if written:
        finding.letter_sent_at, finding.letter_sent_by = now, by
    return written


def resting_on(finding: Finding, model: type[Model]) -> int:
    """The collection or the sample a finding rests on; 0 where it rests on neither."""
    kind, _, pk = finding.evidence.partition(":")
    return int(pk) if kind == model._meta.label_lower else 0


def lock_evidence(finding: Finding) -> None:
    """Hold the results first, as whoever corrects them does: nothing changes while one decides."""
    for model in (Draw, SemenAnalysis):
        pk = resting_on(finding, model)
        if pk:
            model.objects.select_for_update(of=("self",)).filter(pk=pk).first()


def refuse_settled(finding: Finding) -> None:
    if finding.state == Finding.State.SUPERSEDED:
        raise Refusal("The results have changed: a newer proposal takes the place of this one.")
    if finding.state != Finding.State.OPEN:
        raise Refusal(already_decided(finding))


def chosen_action(finding: Finding, decision: str, action: str, reason: str) -> str:
    """What is done: the proposal, another action with its reason, or nothing with a reason."""
    refuse_settled(finding)
    if decision not in DECISIONS:
        raise Refusal("Accept it, decide otherwise, or decline.", field="choice")
    if decision == "accept":
        return finding.action
    if not reason:
        raise Refusal("Write down the reason: it stays with the decision.", field="reason")
    if decision == "decline":
        return ""
    if finding.kind in ACCEPTED_OR_NOT or action not in INSTEAD:
        raise Refusal("Choose what is done instead.", field="choice")
    if action == finding.action:
        raise Refusal("This is what is proposed: accept it.", field="choice")
    return action


def already_decided(finding: Finding) -> str:
    site = finding.enrolment.patient.site
    at = finding.decided_at.astimezone(site.zone) if finding.decided_at else None
    when = f"{at.day} {at:%b}, {at:%H:%M}" if at else ""
    what = finding.get_decided_action_display() or finding.get_state_display()
    return f"{finding.decided_by} has decided this already ({when}): {what.lower()}."


def carry_out(
    finding: Finding, action: str, *, written: bool, by: Account, now: datetime
) -> list[str]:
    """Everything an action brings with it; returns what was done, for the trail."""
    done = change_dose(finding, action, by=by, now=now)
    if action in FOLLOWED_BY_TESTS:
        done += order_repeats(finding, action, by=by, now=now)
    asked = ask_people(finding, action, written=written, by=by, now=now)
    placed = order_named(asked, by=by, now=now)
    if placed:
        first = min(made.due_on for made in placed)
        plan_repeat(enrolment=finding.enrolment, due_on=first, by=by, now=now)
    done += [f"duty:{duty.pk}" for duty in asked]
    return [*done, *(f"order:{made.pk}" for made in placed)]


def change_dose(finding: Finding, action: str, *, by: Account, now: datetime) -> list[str]:
    """The dose and the status that go with it; a hold that stands is kept as it is."""
    enrolment = finding.enrolment
    why = (finding.decision_reason or finding.headline)[:SEGMENT_REASON]
    if action == Action.STOP:
        treatment.stop(enrolment=enrolment, reason=why, by=by, now=now)
        return ["stopped"]
    if action == Action.HOLD and enrolment.status == Status.ON_HOLD:
        return ["hold kept"]
    order = ORDERS.get(action)
    if order is None:
        return []
    segment = order(enrolment=enrolment, reason=why, by=by, now=now, finding=finding)
    return [f"segment:{segment.pk}"]


ORDERS = {
    Action.REDUCE.value: treatment.reduce,
    Action.HOLD.value: treatment.hold,
    Finding.Action.RESTART.value: treatment.resume,
    Finding.Action.RAISE.value: treatment.restore_full_dose,
}


def order_repeats(finding: Finding, action: str, *, by: Account, now: datetime) -> list[str]:
    """The tests the reasons ask to repeat, by the proposed day."""
    reasons = finding.reasons
    due_on = finding.repeat_by
    today = treatment.site_day(finding.enrolment, now)
    if due_on is None:
        if action != Action.REPEAT:
            return []
        due_on = today + timedelta(days=REPEAT_DAYS)
        reasons = [{**row, "repeat_within_days": REPEAT_DAYS} for row in reasons]
    placed = treatment.repeat_tests(
        enrolment=finding.enrolment,
        reasons=reasons,
        due_on=max(due_on, today),
        about=audit.label(finding),
        why=finding.headline,
        by=by,
        now=now,
    )
    return [f"order:{made.pk}" for made in placed]


def review_evidence(finding: Finding, *, by: Account, now: datetime) -> None:
    """Who decides has looked at the results it rests on: they need no second look."""
    draws = list(Draw.objects.unreviewed().filter(pk=resting_on(finding, Draw)))
    if draws:
        review_draws(draws=draws, by=by, now=now)
    sheets = SemenAnalysis.objects.unreviewed().filter(pk=resting_on(finding, SemenAnalysis))
    for sheet in sheets:
        review_sheet(analysis=sheet, by=by, now=now)


@transaction.atomic
def note_not_reached(*, finding: Finding, by: Account, now: datetime, note: str = "") -> Finding:
    """He did not answer: the attempt is kept as proof and the finding stays where it is."""
    enrolment = lock_with_person(finding.enrolment)
    locked = Finding.objects.select_for_update(of=("self",)).get(pk=finding.pk)
    locked.enrolment = enrolment
    refuse_settled(locked)
    record_attempt(
        patient=enrolment.patient,
        channel="phone",
        outcome="no_answer",
        at=now,
        about=audit.label(locked),
        note=note,
        by=by,
        now=now,
    )
    return locked
