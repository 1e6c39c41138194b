"""One rule tried on the past: what it is, with which number, and what it would have said.

The rules themselves are those that judge the present (protocols.rules.safety, mood, deviations);
here one of them is picked out, and may be given another number. What a rule needs of the time
before (holds that ended, a repeat that was asked for) is handed in as its history.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from labs.rules.ctcae import GradeTable
from protocols.rules import deviations
from protocols.rules.definition import Definition, document, restore
from protocols.rules.dosing import Adherence
from protocols.rules.lab_facts import LabFact
from protocols.rules.mood import score
from protocols.rules.problems import DefinitionError
from protocols.rules.safety import PROHIBITED_MED, History, before_start, evaluate
from protocols.rules.schedule import LaidVisit, assign
from protocols.rules.tables import AnalyteTable, Band
from protocols.rules.verdicts import Verdict
from protocols.rules.vocabulary import Action, Effect, Measure

VISIT_RULES = ("VISIT_EARLY", "VISIT_LATE", "VISIT_MISSED")
NOT_FASTING, DOSE_MISSED = "LAB_NOT_FASTING", "DOSE_MISSED"
#: Departures that are tried on the evidence they are drafted from.
DEVIATIONS = (*VISIT_RULES, NOT_FASTING, DOSE_MISSED, PROHIBITED_MED)
DEVIATION = "DEVIATION"
SECOND_HOLD, HOLD_TOO_LONG, AGAIN = "SECOND_HOLD", "HOLD_TOO_LONG", "_AGAIN"
WHAT_FOLLOWS = (
    "What would have come of it: a dose held earlier changes later results. Doses, holds and "
    "results are taken as they really were."
)
#: A proposal about the dose is made at any time; the others once he has started.
OF_DOSE = (Action.REDUCE, Action.HOLD, Action.STOP)


class Kind(StrEnum):
    """On what a rule looks, and so what is read of the past."""

    LAB = "lab"
    SYMPTOM = "symptom"
    MOOD = "mood"
    VISIT = "visit"
    LIPIDS = "lipids"
    COUNT = "count"
    MEDICINE = "medicine"
    HOLD = "hold"
    SECOND_HOLD = "second_hold"
    AGAIN = "again"


@dataclass(frozen=True, slots=True)
class Triable:
    """A rule that can be tried: its number, if it has one, in the unit of its table."""

    code: str
    kind: Kind
    title: str
    analytes: tuple[str, ...] = ()
    threshold: Decimal | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Fired:
    """What the rule would have said about one piece of evidence."""

    action: str
    sentence: str


class NoSuchRule(ValueError):  # noqa: N818 -- it is what happened
    """The version has no rule of that name that could be tried."""


def triables(definition: Definition) -> tuple[Triable, ...]:
    """Every rule of a version that can be tried, in the order of its tables."""
    found = {
        rule.code: rule
        for rule in (
            *(rule for table in definition.safety.analytes for rule in of_table(table)),
            of_hys_law(definition),
            *of_holds(definition),
            *of_symptoms(definition),
            *of_medicines(definition),
            *of_mood(definition),
            *of_deviations(definition),
        )
    }
    return tuple(found.values())


def triable(definition: Definition, code: str) -> Triable:
    for rule in triables(definition):
        if rule.code == code:
            return rule
    raise NoSuchRule(f"There is no rule called {code} in this version.")


def of_table(table: AnalyteTable) -> Iterator[Triable]:
    for band in (*table.bands, *table.not_fasting_bands):
        yield Triable(
            band.rule,
            Kind.LAB,
            f"{table.title} {limit_of(band, table)}: {band.sentence}",
            tuple(table.analytes),
            edge_of(band),
            unit_of(table),
        )

    yield from (again(band, table) for band in table.bands if band.repeat_until_at_most)


def again(band: Band, table: AnalyteTable) -> Triable:
    """Repeated and still not low enough: repeated again."""
    title = f"{table.title}, after {band.rule}: repeated until at most"
    limit = band.repeat_until_at_most
    title = f"{title} {limit:f} {unit_of(table)}"
    return Triable(
        f"{band.rule}{AGAIN}", Kind.AGAIN, title, tuple(table.analytes), limit, unit_of(table)
    )


def edge_of(band: Band) -> Decimal | None:
    return next((edge for edge in (band.over, band.at_least, band.under) if edge is not None), None)


def unit_of(table: AnalyteTable) -> str:
    if table.measure is Measure.VALUE:
        return table.unit
    return "times the upper limit" if table.measure is Measure.TIMES_ULN else "CTCAE grade"


def limit_of(band: Band, table: AnalyteTable) -> str:
    word = "over" if band.over is not None else "from" if band.at_least is not None else "under"
    tail = f" with {', '.join(band.symptoms).replace('_', ' ')}" if band.symptoms else ""
    return f"{word} {edge_of(band):f} {unit_of(table)}{tail}"


def of_hys_law(definition: Definition) -> Triable:
    law = definition.safety.hys_law
    title = f"Hy’s law, aminotransferase over {law.aminotransferase_over:f} times: {law.sentence}"
    analytes = ("alt", "ast", "bilirubin")
    return Triable(law.rule, Kind.LAB, title, analytes, law.aminotransferase_over, "times")


def of_holds(definition: Definition) -> Iterator[Triable]:
    """A second hold for the same value, and a hold without end: each is a stop."""
    watched = tuple(key for table in definition.safety.analytes for key in table.analytes)
    title = "Second hold for the same value: stop"
    yield Triable(SECOND_HOLD, Kind.SECOND_HOLD, title, watched)
    most = definition.safety.holds.max_hold_days
    title = f"Hold longer than {most} days: stop"
    yield Triable(HOLD_TOO_LONG, Kind.HOLD, title, (), Decimal(most), "days")


def of_medicines(definition: Definition) -> Iterator[Triable]:
    """Medicines that ask for something, before the start or on the drug."""
    for rule in definition.medicines:
        if rule.action is not Action.CONTINUE or rule.at_start is Effect.BLOCK:
            code = f"MEDICINE_{rule.code.upper()}"
            yield Triable(code, Kind.MEDICINE, f"Medicine, {rule.title}: {rule.sentence}")


def of_symptoms(definition: Definition) -> Iterator[Triable]:
    """Symptoms that only ask for advice are graded, never proposed."""
    for rule in definition.safety.symptoms:
        if rule.action.severity > Action.CONTINUE_ADVISE.severity:
            yield Triable(rule.rule, Kind.SYMPTOM, f"{rule.title}: {rule.sentence}")


def of_mood(definition: Definition) -> Iterator[Triable]:
    mood = definition.mood
    for band in mood.bands:
        if band.action is not Action.CONTINUE:
            title = f"PHQ-9 from {band.at_least} ({band.name}): {band.sentence}"
            yield Triable(band.rule, Kind.MOOD, title, (), Decimal(band.at_least), "points")
    for step in mood.item_nine:
        title = f"Question 9 from {step.at_least}: {step.sentence}"
        yield Triable(step.rule, Kind.MOOD, title, (), Decimal(step.at_least), "points")
    title = f"PHQ-9 rose by {mood.rise_points} or more: {mood.rise.sentence}"
    yield Triable(mood.rise.rule, Kind.MOOD, title, (), Decimal(mood.rise_points), "points")


def of_deviations(definition: Definition) -> Iterator[Triable]:
    known = {rule.code: rule for rule in definition.deviations}
    for code in VISIT_RULES:
        if code in known:
            yield Triable(code, Kind.VISIT, f"Deviation: {known[code].sentence}")
    if PROHIBITED_MED in known:
        title = f"Deviation: {known[PROHIBITED_MED].sentence}"
        yield Triable(PROHIBITED_MED, Kind.MEDICINE, title)
    if NOT_FASTING in known:
        rule = definition.safety.fasting
        title = f"Deviation: {known[NOT_FASTING].sentence}"
        yield Triable(NOT_FASTING, Kind.LIPIDS, title, tuple(rule.lipids), rule.min_hours, "hours")
    if DOSE_MISSED in known:
        limit = definition.dose.adequate_from_percent
        title = f"Deviation: {known[DOSE_MISSED].sentence}"
        yield Triable(DOSE_MISSED, Kind.COUNT, title, (), limit, "% taken")


def not_tried(definition: Definition) -> tuple[str, ...]:
    """What no look at the past can answer, or not yet, in the words of the version."""
    departures = [rule.sentence for rule in definition.deviations if rule.code not in DEVIATIONS]
    return (
        "What somebody said or saw and nobody wrote down.",
        WHAT_FOLLOWS,
        "Results and answers as they stood before a correction: the corrected ones are looked at.",
        "Symptoms that only ask for advice.",
        "Eligibility and the gates: What if shows whom a change concerns.",
        *(f"Deviation: {sentence}" for sentence in departures),
    )


def with_threshold(definition: Definition, code: str, threshold: Decimal) -> Definition:
    """The same version with another number in one rule; a number that contradicts is refused."""
    rule = triable(definition, code)
    if rule.threshold is None:
        raise NoSuchRule("This rule has no number that could be changed.")
    content: dict[str, Any] = document(definition)
    counted = {Kind.MOOD: "Points of the questionnaire", Kind.HOLD: "Days"}
    whole = rule.kind in counted
    if whole and threshold != threshold.to_integral_value():
        raise NoSuchRule(f"{counted[rule.kind]} are whole numbers.")
    put(content, rule, int(threshold) if whole else f"{threshold.normalize():f}")
    try:
        return restore(content)
    except DefinitionError as error:
        raise NoSuchRule(error.problems[0].message) from error


def put(content: dict[str, Any], rule: Triable, value: object) -> None:
    """Write the number wherever the document has the rule."""
    safety, mood = content["safety"], content["mood"]
    alone = {
        NOT_FASTING: (safety["fasting"], "min_hours"),
        DOSE_MISSED: (content["dose"], "adequate_from_percent"),
        safety["hys_law"]["rule"]: (safety["hys_law"], "aminotransferase_over"),
        mood["rise"]["rule"]: (mood, "rise_points"),
        HOLD_TOO_LONG: (safety["holds"], "max_hold_days"),
    }
    if rule.code in alone:
        place, key = alone[rule.code]
        place[key] = value
    elif rule.kind is Kind.MOOD:
        put_points(mood, rule.code, value)
    else:
        put_edges(safety, rule.code, value)


def put_edges(safety: dict[str, Any], code: str, value: object) -> None:
    for table in safety["analytes"]:
        for band in (*table["bands"], *table["not_fasting_bands"]):
            if band["rule"] == code:
                edge = next(key for key in ("over", "at_least", "under") if band[key] is not None)
                band[edge] = value
            if f"{band['rule']}{AGAIN}" == code:
                band["repeat_until_at_most"] = value


def put_points(mood: dict[str, Any], code: str, value: Any) -> None:
    """A band begins at another total, and the one below it ends just before."""
    for number, band in enumerate(mood["bands"]):
        if band["rule"] == code:
            band["at_least"] = value
            if number:
                mood["bands"][number - 1]["at_most"] = value - 1
    for step in mood["item_nine"]:
        if step["rule"] == code:
            step["at_least"] = value


def of_results(
    definition: Definition,
    rule: Triable,
    facts: Sequence[LabFact],
    symptoms: Collection[str],
    *,
    started: bool,
    grades: GradeTable,
    history: History | None = None,
) -> Fired | None:
    """Would it have fired for this collection?"""
    verdict = evaluate(definition, results=facts, symptoms=symptoms, grades=grades, history=history)
    return said(verdict, rule, started=started)


def said(verdict: Verdict, rule: Triable, *, started: bool = True) -> Fired | None:
    for reason in verdict.reasons:
        if reason.rule == rule.code and (started or reason.action in OF_DOSE):
            return Fired(reason.action.value, reason.sentence)
    return None


def asked_again(verdict: Verdict, rule: Triable, *, started: bool) -> frozenset[str]:
    """The analytes that are to be measured until they are low enough, by this collection."""
    if not (started or verdict.action in OF_DOSE):
        return frozenset()
    names = {rule.code, rule.code.removesuffix(AGAIN)}
    return frozenset(row.analyte for row in verdict.reasons if row.analyte and row.rule in names)


def of_medicine(
    definition: Definition, rule: Triable, medicine: str, *, started: bool
) -> Fired | None:
    """Would it have fired when this medicine was put on the list?"""
    if not started:
        return said(before_start(definition, [medicine]), rule)
    verdict = evaluate(definition, medicines=[medicine])
    if rule.code == PROHIBITED_MED and PROHIBITED_MED in verdict.deviations:
        name = f"{medicine[:1].upper()}{medicine[1:]}."
        return departed(rule, [deviations.deviation(definition, PROHIBITED_MED, name)])
    return said(verdict, rule)


def of_hold(definition: Definition, rule: Triable, days: int) -> Fired | None:
    """Would it have fired for a hold of so many days?"""
    return said(evaluate(definition, history=History(hold_days=days)), rule)


def of_told(definition: Definition, rule: Triable, symptoms: Collection[str]) -> Fired | None:
    """Would it have fired for this checklist, or for what was told?"""
    known = [code for code in symptoms if definition.safety.symptom(code)]
    return said(evaluate(definition, symptoms=known), rule)


def of_answers(
    definition: Definition, rule: Triable, answers: Sequence[int | None], baseline: int | None
) -> Fired | None:
    """Would it have fired for these nine answers?"""
    for reason in score(definition.mood, answers, baseline_total=baseline).reasons:
        if reason.rule == rule.code:
            return Fired(reason.action.value, reason.sentence)
    return None


def of_visit(
    definition: Definition, rule: Triable, laid: LaidVisit, came_on: date | None, today: date
) -> Fired | None:
    """Would this visit have been early, late or missed where the version lays it?"""
    found = (
        deviations.of_missed(definition, laid, as_of=today, attended=False)
        if came_on is None
        else deviations.of_visit(definition, assign([laid], came_on))
    )
    return departed(rule, found)


def of_lipids(definition: Definition, rule: Triable, facts: Sequence[LabFact]) -> Fired | None:
    return departed(rule, deviations.of_fasting(definition, tuple(facts)))


def of_count(definition: Definition, rule: Triable, adherence: Adherence) -> Fired | None:
    return departed(rule, deviations.of_adherence(definition, adherence))


def departed(rule: Triable, found: Iterable[deviations.Deviation]) -> Fired | None:
    for row in found:
        if row.code == rule.code:
            return Fired(DEVIATION, row.sentence)
    return None
