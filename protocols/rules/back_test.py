"""One rule tried on the past: what it is, with which number, and what it would have said.

The rules themselves are those that judge the present (protocols.rules.safety, mood, deviations);
here one of them is picked out, and may be given another number. What follows from earlier
results (a second hold, a repeat until it is normal) is not tried.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
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
from protocols.rules.safety import evaluate
from protocols.rules.schedule import LaidVisit, assign
from protocols.rules.tables import AnalyteTable, Band
from protocols.rules.vocabulary import Action, Measure

VISIT_RULES = ("VISIT_EARLY", "VISIT_LATE", "VISIT_MISSED")
NOT_FASTING, DOSE_MISSED = "LAB_NOT_FASTING", "DOSE_MISSED"
DEVIATION = "DEVIATION"
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
            *of_symptoms(definition),
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
    if NOT_FASTING in known:
        rule = definition.safety.fasting
        title = f"Deviation: {known[NOT_FASTING].sentence}"
        yield Triable(NOT_FASTING, Kind.LIPIDS, title, tuple(rule.lipids), rule.min_hours, "hours")
    if DOSE_MISSED in known:
        limit = definition.dose.adequate_from_percent
        title = f"Deviation: {known[DOSE_MISSED].sentence}"
        yield Triable(DOSE_MISSED, Kind.COUNT, title, (), limit, "% taken")


def with_threshold(definition: Definition, code: str, threshold: Decimal) -> Definition:
    """The same version with another number in one rule; a number that contradicts is refused."""
    rule = triable(definition, code)
    if rule.threshold is None:
        raise NoSuchRule("This rule has no number that could be changed.")
    content: dict[str, Any] = document(definition)
    whole = rule.kind is Kind.MOOD
    if whole and threshold != threshold.to_integral_value():
        raise NoSuchRule("Points of the questionnaire are whole numbers.")
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
) -> Fired | None:
    """Would it have fired for this collection?"""
    verdict = evaluate(definition, results=facts, symptoms=symptoms, grades=grades)
    for reason in verdict.reasons:
        if reason.rule == rule.code and (started or reason.action in OF_DOSE):
            return Fired(reason.action.value, reason.sentence)
    return None


def of_told(definition: Definition, rule: Triable, symptoms: Collection[str]) -> Fired | None:
    """Would it have fired for the checklist of this visit?"""
    known = [code for code in symptoms if definition.safety.symptom(code)]
    for reason in evaluate(definition, symptoms=known).reasons:
        if reason.rule == rule.code:
            return Fired(reason.action.value, reason.sentence)
    return None


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


@dataclass(frozen=True, slots=True)
class Week:
    """How often the rule would have fired in one week, and how often it did."""

    monday: date
    would: int
    did: int


@dataclass(frozen=True, slots=True)
class Load:
    """The work the rule makes: findings in a week for each clinician, before and then."""

    weeks: tuple[Week, ...]
    clinicians: int

    @property
    def would(self) -> Decimal:
        return self.per_week(sum(week.would for week in self.weeks))

    @property
    def did(self) -> Decimal:
        return self.per_week(sum(week.did for week in self.weeks))

    def per_week(self, fires: int) -> Decimal:
        """To two places, half up; without a clinician as if there were one."""
        parts = len(self.weeks) * (self.clinicians or 1)
        return (Decimal(fires) / (parts or 1)).quantize(Decimal("0.01"), "ROUND_HALF_UP")


def load_of(
    would: Iterable[date], did: Iterable[date], *, first_on: date, last_on: date, clinicians: int
) -> Load:
    """By the week of the evidence, weeks without any included, Monday first."""
    asked, was = Counter(map(monday_of, would)), Counter(map(monday_of, did))
    return Load(tuple(weeks(first_on, last_on, asked, was)), clinicians)


def weeks(
    first_on: date, last_on: date, would: Mapping[date, int], did: Mapping[date, int]
) -> Iterator[Week]:
    monday = monday_of(first_on)
    while monday <= last_on:
        yield Week(monday, would.get(monday, 0), did.get(monday, 0))
        monday += timedelta(days=7)


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())
