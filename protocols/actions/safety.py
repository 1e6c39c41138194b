"""What results, samples, mood and symptoms propose, in the transaction that reports them.

The rules are pure (protocols.rules.safety, domain reference §2.4); here their facts are gathered
and their proposals kept. Deciding is in protocols.actions.decisions.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time
from typing import Any

from django.db import transaction
from django.db.models import Max

from clinic import audit
from labs.models import Draw, Result
from patients.models import Medicine
from protocols.actions.decisions import decide, note_not_reached
from protocols.actions.deviations import draft, withdraw
from protocols.actions.fasting import LIPIDS, not_fasting, order_fasting_repeat
from protocols.actions.findings import ACTION_WORDS, Evidence, lock_live, proposal_of, settle
from protocols.actions.following import tick_answered
from protocols.actions.freezing import evaluate_semen
from protocols.actions.holds import evaluate_holds
from protocols.actions.mood import evaluate_mood
from protocols.actions.newer import overtake_older, stays_overtaken
from protocols.actions.repeats import forget_repeats
from protocols.models import (
    ON_TREATMENT,
    CapsuleCount,
    Enrolment,
    Finding,
    Visit,
)
from protocols.queries.dosing import adherence_of
from protocols.queries.enrolment import definition_of
from protocols.queries.findings import (
    bilirubin_near,
    draws_near,
    enzymes_near,
    facts_of,
    grades_at,
    history_of,
    repeated_from,
    symptoms_near,
)
from protocols.queries.known_history import known_history
from protocols.rules import deviations
from protocols.rules.bands import AMINOTRANSFERASES, BILIRUBIN
from protocols.rules.definition import Definition
from protocols.rules.dosing import AdherenceClass
from protocols.rules.lab_facts import LabFact, was_fasting
from protocols.rules.safety import History, before_start, evaluate
from protocols.rules.symptoms import symptoms_of
from protocols.rules.verdicts import Reason, Verdict, combine
from protocols.rules.vocabulary import Action

__all__ = [
    "decide",
    "evaluate_count",
    "evaluate_draw",
    "evaluate_holds",
    "evaluate_medicine",
    "evaluate_mood",
    "evaluate_semen",
    "evaluate_symptoms",
    "note_not_reached",
    "settle_reviewed",
]
MEDICINES = "PROHIBITED_MED"


@transaction.atomic
def evaluate_draw(draw: Draw, results: Sequence[Result] = ()) -> Finding | None:
    """What a collection proposes: called when it is filed, and again when it is corrected.

    A bilirubin changes what the liver enzymes of the same week mean, whenever each came.
    """
    enrolment = lock_live(draw.patient_id)
    return (
        None if enrolment is None else judge_collection(draw, enrolment, facts_of(draw, enrolment))
    )


def judge_collection(draw: Draw, enrolment: Enrolment, facts: Sequence[LabFact]) -> Finding | None:
    """The same for a man who is held already, on facts that are read already."""
    finding = judge_draw(draw, enrolment, facts)
    if Result.objects.filter(draw=draw, analyte__key=BILIRUBIN).exists():
        for other in enzymes_near(draw):
            judge_draw(other, enrolment, facts_of(other, enrolment))
    return finding


def judge_draw(
    draw: Draw, enrolment: Enrolment, measured_then: Sequence[LabFact]
) -> Finding | None:
    known = known_at(draw)
    evidence = Evidence(audit.label(draw), draw.collected_at, known)
    if draw.status == Draw.Status.ENTERED_IN_ERROR:
        return judge_struck(draw, enrolment, evidence)
    definition = definition_of(enrolment.version)
    facts = list(measured_then)
    measured = {fact.analyte for fact in facts}
    if measured & set(AMINOTRANSFERASES) and BILIRUBIN not in measured:
        facts += bilirubin_near(draw, enrolment)
    symptoms = symptoms_near(definition, draw, enrolment)
    history = history_at(draw, enrolment, definition, known)
    verdict = evaluate(definition, results=facts, symptoms=symptoms, history=history)
    if not any(reason.analyte for reason in verdict.reasons):
        verdict = combine((), definition.safety, verdict.deviations)
    tick_answered(enrolment, draw, measured)
    forget_repeats(enrolment=enrolment)
    draft_deviations(
        enrolment,
        [not_fasting(definition, draw)] if LIPIDS in verdict.deviations else [],
        LIPIDS,
        evidence,
        "The results were corrected.",
    )
    order_fasting_repeat(draw, enrolment, now=evidence.known_at)
    verdict = overtake_older(
        enrolment, definition, facts, verdict,
        label=evidence.label, collected_at=evidence.at,
    )  # fmt: skip
    proposal = proposal_of(
        enrolment,
        verdict,
        headline=lab_headline(definition, verdict, facts),
        known_at=evidence.known_at,
        crisis=False,
    )
    if proposal is not None and stays_overtaken(enrolment, definition, draw, proposal):
        return None
    inputs = inputs_of(definition, facts, symptoms, history)
    return settle(
        enrolment=enrolment,
        kind=Finding.Kind.SAFETY,
        evidence=Evidence(evidence.label, evidence.at, evidence.known_at, inputs),
        proposal=proposal,
    )


def judge_struck(draw: Draw, enrolment: Enrolment, evidence: Evidence) -> Finding | None:
    """What a collection that never was proposed and asked for is taken back."""
    draft_deviations(enrolment, (), LIPIDS, evidence, "The collection was struck out.")
    order_fasting_repeat(draw, enrolment, now=evidence.known_at)
    return settle(enrolment=enrolment, kind=Finding.Kind.SAFETY, evidence=evidence, proposal=None)


def history_at(
    draw: Draw, enrolment: Enrolment, definition: Definition, known_at: datetime
) -> History:
    """What was behind him when the blood was drawn; how long a hold lasts is watched by itself."""
    site = enrolment.patient.site
    known = history_of(
        enrolment,
        site.localdate(known_at),
        before=site.localdate(draw.collected_at),
        repeating=repeated_from(draw, definition),
    )
    return replace(known, hold_days=0)


def known_at(draw: Draw) -> datetime:
    """When the last of its values came in: contact times count from there."""
    last = Result.objects.filter(draw=draw).aggregate(last=Max("filed_at"))["last"]
    return max(draw.filed_at, last) if last else draw.filed_at


def inputs_of(
    definition: Definition, facts: Sequence[LabFact], symptoms: Sequence[str], history: History
) -> dict[str, Any]:
    """The facts as the rules used them, so that a decision can be understood years later."""
    rule = definition.safety.fasting
    return {
        "results": [
            {
                "analyte": fact.analyte,
                "value": str(fact.reading.quantity),
                "unit": fact.reading.quantity.unit,
                "uln": None if fact.reading.uln is None else f"{fact.reading.uln:f}",
                "baseline": str(fact.reading.baseline) if fact.reading.baseline else None,
                "fasting": was_fasting(fact, rule),
            }
            for fact in facts
        ],
        "symptoms": list(symptoms),
        "holds": dict(history.holds),
        "hold_days": history.hold_days,
    }


def lab_headline(definition: Definition, verdict: Verdict, facts: Sequence[LabFact]) -> str:
    """Triglycerides 612 mg/dL, fasting: reduce."""
    if not verdict.reasons:
        return ""
    top = verdict.reasons[0]
    fact = next((row for row in facts if row.analyte == top.analyte), None)
    if fact is None:
        return top.sentence
    known = ""
    if fact.analyte in definition.safety.fasting.lipids:
        fasting = was_fasting(fact, definition.safety.fasting)
        known = {True: ", fasting", False: ", not fasting", None: ", fasting not known"}[fasting]
    return f"{fact.title} {fact.reading.quantity.printed()}{known}: {ACTION_WORDS[top.action]}"


def draft_deviations(
    enrolment: Enrolment,
    found: Sequence[deviations.Deviation],
    code: str,
    evidence: Evidence,
    note: str,
) -> None:
    """Draft what this evidence departs from, or withdraw what it does not bear out any more."""
    if enrolment.first_dose_on is None:
        return
    on = enrolment.patient.site.localdate(evidence.known_at)
    for departure in found:
        draft(enrolment=enrolment, found=departure, about=evidence.label, on=on)
    if not found:
        withdraw(
            enrolment=enrolment,
            codes=[code],
            about=[evidence.label],
            note=note,
            by=None,
            now=evidence.known_at,
        )


@transaction.atomic
def evaluate_symptoms(visit: Visit) -> Finding | None:
    """What the checklist of a visit proposes; what needs advice only is graded, not proposed."""
    enrolment = lock_live(visit.enrolment.patient_id)
    if enrolment is None or visit.attended_on is None:
        return None
    definition = definition_of(enrolment.version)
    grades = grades_at(visit)
    verdict = evaluate(definition, symptoms=symptoms_of(grades))
    if verdict.action is Action.CONTINUE_ADVISE:
        verdict = combine((), definition.safety)
    at = visit.side_effects_at or visit.opened_at or midnight(visit)
    evidence = Evidence(visit.label, at, at, {"grades": grades})
    headline = verdict.reasons[0].sentence if verdict.reasons else ""
    finding = settle(
        enrolment=enrolment,
        kind=Finding.Kind.SAFETY,
        evidence=evidence,
        proposal=proposal_of(enrolment, verdict, headline=headline, known_at=at, crisis=False),
    )
    for draw in draws_near(visit):
        evaluate_draw(draw)
    return finding


def midnight(visit: Visit) -> datetime:
    day = visit.attended_on or visit.enrolment.status_since
    return datetime.combine(day, time(), tzinfo=visit.enrolment.patient.site.zone)


@transaction.atomic
def evaluate_medicine(medicine: Medicine) -> Finding | None:
    """Every change of the medicine list is checked: before he starts and while he takes it (§2.2).

    After treatment there is no drug that it could not go with.
    """
    enrolment = lock_live(medicine.patient_id)
    if enrolment is None:
        return None
    definition = definition_of(enrolment.version)
    starting = enrolment.first_dose_on is None
    at = medicine.struck_at or medicine.recorded_at
    names = known_history(enrolment).medicines_on(enrolment.patient.site.localdate(at))
    mine = [medicine.name] if medicine.name in names else []
    if not starting and enrolment.status not in ON_TREATMENT:
        mine = []
    verdict = (before_start if starting else on_the_drug)(definition, mine)
    evidence = Evidence(audit.label(medicine), at, at, {"medicines": list(names)})
    found = prohibited(enrolment, definition, verdict, medicine)
    if found or medicine.struck_at is not None:  # one that he has stopped was on the list
        draft_deviations(enrolment, found, MEDICINES, evidence, "The entry was struck out.")
    headline = verdict.reasons[0].sentence if verdict.reasons else ""
    return settle(
        enrolment=enrolment,
        kind=Finding.Kind.SAFETY,
        evidence=evidence,
        proposal=proposal_of(
            enrolment, verdict, headline=headline, known_at=at, crisis=False, before_start=True
        ),
    )


def on_the_drug(definition: Definition, medicines: Sequence[str]) -> Verdict:
    return evaluate(definition, medicines=medicines)


def prohibited(
    enrolment: Enrolment, definition: Definition, verdict: Verdict, medicine: Medicine
) -> tuple[deviations.Deviation, ...]:
    """Only while he takes the drug, or may again take it tomorrow."""
    if MEDICINES not in verdict.deviations or enrolment.status not in ON_TREATMENT:
        return ()
    since = medicine.started_on
    evidence = (
        ("On the list", medicine.name),
        ("Taken since", deviations.spoken(since) if since else "not known"),
    )
    name = f"{medicine.name[:1].upper()}{medicine.name[1:]}."
    return (deviations.deviation(definition, MEDICINES, name, evidence=evidence),)


@transaction.atomic
def evaluate_count(count: CapsuleCount) -> Finding | None:
    """More capsules gone than were ordered is a safety alert, not a virtue (§7.3)."""
    enrolment = lock_live(count.enrolment.patient_id)
    if enrolment is None:
        return None
    definition = definition_of(enrolment.version)
    taken = adherence_of(definition.dose, count)
    over = taken.category is AdherenceClass.OVER_USE
    sentence = f"{taken.actual} capsules are gone and {taken.expected} were ordered: ask him why."
    reason = Reason("OVER_USE", Action.REVIEW, sentence, contact_within_hours=48)
    verdict = combine((reason,) if over else (), definition.safety)
    return settle(
        enrolment=enrolment,
        kind=Finding.Kind.SAFETY,
        evidence=Evidence(audit.label(count), count.counted_at, count.counted_at),
        proposal=proposal_of(
            enrolment, verdict, headline=sentence, known_at=count.counted_at, crisis=False
        ),
    )


@transaction.atomic
def settle_reviewed(draw: Draw) -> None:
    """Who reviews results has read the advice that goes with them; the rest is still decided."""
    waiting = Finding.objects.open().filter(
        evidence=audit.label(draw), action=Finding.Action.CONTINUE_ADVISE
    )
    for finding in waiting:
        if draw.reviewed_by is not None and draw.reviewed_at is not None:
            decide(finding=finding, decision="accept", by=draw.reviewed_by, now=draw.reviewed_at)
