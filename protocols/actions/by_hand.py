"""What a side effect written down by hand proposes: the rules of a visit, on a person's grade."""

from dataclasses import replace

from django.db import transaction
from django.db.models import Max

from protocols.actions.findings import Evidence, lock_live, proposal_of, settle
from protocols.models import AdverseEvent, Enrolment, Finding, SymptomGrade
from protocols.queries.enrolment import definition_of
from protocols.rules.safety import evaluate
from protocols.rules.symptoms import symptoms_of
from protocols.rules.verdicts import Reason, combine
from protocols.rules.vocabulary import Action


@transaction.atomic
def evaluate_event(event: AdverseEvent) -> Finding | None:
    """What is written down by hand proposes what the same grade would at a visit (§2.4).

    What the checklist of a visit, or the rules, found has been looked at there: only a worse
    grade is looked at here, and not a second time while that proposal is open.
    """
    enrolment = lock_live(event.enrolment.patient_id)
    if enrolment is None:
        return None
    definition = definition_of(enrolment.version)
    last = event.entries.select_related("recorded_by").order_by("recorded_at", "pk").last()
    at = event.struck_at or (last.recorded_at if last else event.recorded_at)
    over = event.struck_at is not None or event.ended_on is not None
    grades = {} if over or not is_by_hand(event) else {event.term: event.grade}
    verdict = evaluate(definition, symptoms=symptoms_of(grades))
    asked = asked_elsewhere(enrolment, event) if verdict.reasons else set()
    verdict = combine(
        [told_with(event, row) for row in verdict.reasons if row.rule not in asked],
        definition.safety,
    )
    if verdict.action is Action.CONTINUE_ADVISE:
        verdict = combine((), definition.safety)
    headline = verdict.reasons[0].sentence if verdict.reasons else ""
    return settle(
        enrolment=enrolment,
        kind=Finding.Kind.SAFETY,
        evidence=Evidence(
            event.label, at, at, {"grades": grades}, acting=last.recorded_by if last else None
        ),
        proposal=proposal_of(
            enrolment, verdict, headline=headline, known_at=at, crisis=False, before_start=True
        ),
    )


def is_by_hand(event: AdverseEvent) -> bool:
    """Is its grade a person's: written down so from the start, or worse than what was found?"""
    if event.visit_id is None and event.recorded_by_id is not None:
        return True
    ticked = SymptomGrade.objects.filter(visit__enrolment=event.enrolment_id, term=event.term)
    drafted = event.entries.filter(recorded_by=None).exclude(
        struck_at__isnull=False, struck_by=None
    )
    found = [rows.aggregate(most=Max("grade"))["most"] or 0 for rows in (ticked, drafted)]
    return event.grade > max(found)


def asked_elsewhere(enrolment: Enrolment, event: AdverseEvent) -> set[str]:
    """Rules of his that wait for a decision already."""
    others = Finding.objects.open().filter(enrolment=enrolment).exclude(evidence=event.label)
    return {row["rule"] for reasons in others.values_list("reasons", flat=True) for row in reasons}


def told_with(event: AdverseEvent, reason: Reason) -> Reason:
    """With its worst grade, so that a worse one is asked about anew."""
    return replace(reason, sentence=f"{reason.sentence} Grade {event.worst_grade}.")
