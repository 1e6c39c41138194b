"""What stands beside a decision: the values with those before, the answers, the sample."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from labs.models import Result
from labs.rules.units import printed_unit
from patients.models import Consent, Patient
from protocols.models import AdverseEvent, AdverseEventEntry, Enrolment, MoodQuestionnaire
from protocols.rules.definition import Definition
from protocols.rules.plots import Level, Plot, Point, plot
from protocols.rules.tables import AnalyteTable
from protocols.rules.vocabulary import Action, Measure

COLUMNS = 3
ITEM_NINE = 9
QUESTIONS = (
    "Little interest or pleasure",
    "Feeling down or hopeless",
    "Sleep",
    "Tired, little energy",
    "Appetite",
    "Feeling bad about yourself",
    "Concentration",
    "Slow or restless",
    "Thoughts of being better off dead or of self-harm",
)
WORDS = {
    Action.CONTINUE_ADVISE: "advise",
    Action.REPEAT: "repeat",
    Action.REVIEW: "review",
    Action.REDUCE: "reduce",
    Action.HOLD: "hold",
    Action.STOP: "stop",
}
KINDS = {Action.REDUCE: "d-warnl", Action.HOLD: "d-critl", Action.STOP: "d-critl"}


@dataclass(frozen=True, slots=True)
class MoodRow:
    number: int
    question: str
    answers: Sequence[int | None]

    @property
    def hot(self) -> bool:
        return self.number == ITEM_NINE and bool(self.answers[-1])


@dataclass(frozen=True, slots=True)
class MoodEvidence:
    """The last questionnaires side by side, and all their totals as a graph."""

    questionnaire: MoodQuestionnaire
    shown: Sequence[MoodQuestionnaire]
    rows: Sequence[MoodRow]
    totals: str
    rise: int | None
    graph: Plot | None


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One analyte of a collection, with the value it had before."""

    result: Result
    before: Result | None

    @property
    def unit(self) -> str:
        return printed_unit(self.result.unit)

    @property
    def limits(self) -> str:
        """The range as it is printed for people: ≥ 40, < 150."""
        text = self.result.range_text.replace(">=", "≥ ").replace("<=", "≤ ")
        return re.sub(r"^([<>])(?=\d)", r"\1 ", text) or "·"


@dataclass(frozen=True, slots=True)
class LabEvidence:
    rows: Sequence[ResultRow]
    graph: Plot | None
    graphed: str


def mood_evidence(
    enrolment: Enrolment, definition: Definition, pk: int | None = None
) -> MoodEvidence | None:
    """His questionnaires up to the one in question."""
    asked = list(
        MoodQuestionnaire.objects.filter(enrolment=enrolment)
        .select_related("visit")
        .order_by("answered_at", "pk")
    )
    at = next((n for n, row in enumerate(asked) if row.pk == pk), len(asked) - 1)
    told = asked[: at + 1]
    if not told:
        return None
    shown = told[-COLUMNS:] if len(told) <= COLUMNS else [told[0], *told[-(COLUMNS - 1) :]]
    scored = [row for row in told if row.total is not None]
    zone = enrolment.patient.site.zone
    rise = None
    if len(scored) > 1 and scored[-1].total is not None and scored[0].total is not None:
        rise = scored[-1].total - scored[0].total
    return MoodEvidence(
        questionnaire=told[-1],
        shown=shown,
        rows=[
            MoodRow(number, question, [row.answers[number - 1] for row in shown])
            for number, question in enumerate(QUESTIONS, start=1)
        ],
        totals=" → ".join("–" if row.total is None else str(row.total) for row in shown),
        rise=rise,
        graph=mood_graph(scored, definition, enrolment) if zone and scored else None,
    )


def mood_graph(
    scored: Sequence[MoodQuestionnaire], definition: Definition, enrolment: Enrolment
) -> Plot:
    site = enrolment.patient.site
    points = [
        Point(
            on=site.localdate(row.answered_at),
            value=float(row.total or 0),
            shown=str(row.total),
            tick=row.visit.code if row.visit else short(row.answered_at, site.zone),
            bad=row is scored[-1] and bool(row.item9 or (row.total or 0) >= 10),
        )
        for row in scored
    ]
    levels = [
        Level(float(band.at_least), str(band.at_least), band.name) for band in definition.mood.bands
    ]
    totals = ", ".join(f"{point.shown} at {point.tick}" for point in points)
    start = f"Day 1, {definition.dose.daily_mg} mg/day"
    title = f"PHQ-9 total: {totals}; moderate starts at 10"
    return plot(title, points, levels, start_on=enrolment.first_dose_on, start=start, between=True)


def short(at: datetime, zone: object) -> str:
    local = at.astimezone(zone)  # type: ignore[arg-type]
    return f"{local.day} {local:%b}"


def lab_evidence(
    patient: Patient, draw_pk: int, definition: Definition | None, analyte: str = ""
) -> LabEvidence:
    """Every value of a collection with the one before, and the graph of the one that matters.

    Without `analyte` that is the one with the highest grade.
    """
    told: dict[str, list[Result]] = defaultdict(list)
    everything = (
        Result.objects.current()
        .filter(patient=patient)
        .select_related("analyte", "draw")
        .order_by("collected_at", "pk")
    )
    for row in everything:
        told[row.analyte.key].append(row)
    mine = sorted(
        (row for rows in told.values() for row in rows if row.draw_id == draw_pk),
        key=lambda row: (row.analyte.position, row.pk),
    )
    rows = []
    for row in mine:
        earlier = [old for old in told[row.analyte.key] if old.collected_at < row.collected_at]
        rows.append(ResultRow(row, earlier[-1] if earlier else None))
    chosen = next((row for row in mine if row.analyte.key == analyte), None) or max(
        (row for row in mine if row.grade), key=lambda row: row.grade or 0, default=None
    )
    graph = None
    if chosen is not None:
        upto = [old for old in told[chosen.analyte.key] if old.collected_at <= chosen.collected_at]
        graph = lab_graph(patient, upto, chosen, definition)
    return LabEvidence(rows, graph, chosen.analyte.name if chosen else "")


def lab_graph(
    patient: Patient, told: Sequence[Result], chosen: Result, definition: Definition | None
) -> Plot | None:
    """The course of one analyte in one unit against the programme's limits."""
    site = patient.site
    same = [row for row in told if row.unit == chosen.unit and row.value is not None]
    if len(same) < 2:
        return None
    points = [
        Point(
            on=site.localdate(row.collected_at),
            value=float(row.value or 0),
            shown=row.shown,
            tick=short(row.collected_at, site.zone),
            bad=row.pk == chosen.pk,
        )
        for row in same
    ]
    table = definition.safety.table_of(chosen.analyte.key) if definition else None
    highest = max(point.value for point in points)
    levels = levels_of(table, chosen, highest) if table else []
    normal = float(chosen.range_high) if chosen.range_high else None
    values = ", ".join(point.shown for point in points)
    title = f"{chosen.analyte.name}: {values} {chosen.unit}, the last one is this result"
    return plot(title, points, levels, normal_below=normal if levels or normal else None)


def levels_of(table: AnalyteTable, chosen: Result, highest: float) -> list[Level]:
    """The limits up to the next above the highest value, in the unit of the report."""
    factor = unit_factor(table, chosen)
    if factor is None:
        return []
    found: list[Level] = []
    for band in table.bands:
        edge = band.over if band.over is not None else band.at_least
        if edge is None or edge == 0 or band.symptoms:
            continue
        at = float(edge) * factor
        if found and found[-1].at >= highest:
            break
        shown = f"{edge.normalize():f} ×" if table.measure is Measure.TIMES_ULN else number(at)
        found.append(Level(at, shown, WORDS.get(band.action, ""), KINDS.get(band.action, "d-dash")))
    return found


def number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def unit_factor(table: AnalyteTable, chosen: Result) -> float | None:
    """What a number of the table is on the scale of the report."""
    if table.measure is Measure.TIMES_ULN:
        return float(chosen.range_high) if chosen.range_high else None
    if table.measure is Measure.VALUE:
        return next(
            (1 / float(unit.factor) for unit in table.units if unit.unit == chosen.unit), None
        )
    return None


def storage_consent(patient: Patient) -> date | None:
    """Since when he agrees that what is found is stored; None if he has not been asked."""
    return (
        Consent.objects.filter(
            patient=patient, text__kind="storage", withdrawn_on=None, struck_at=None
        )
        .order_by("given_on")
        .values_list("given_on", flat=True)
        .first()
    )


#: What a side effect may come from, with the address and the word for it.
SOURCES = {
    "labs.draw": ("labs:draw", "the result"),
    "protocols.visit": ("protocols:visit", "the visit"),
    "protocols.symptomreport": ("protocols:symptom_report", "what was told"),
}


Link = tuple[str, int, str]


def told_of(event: AdverseEvent) -> list[tuple[AdverseEventEntry, Link | None]]:
    """The whole course of a side effect, what was struck out too, each with where it is from."""
    entries = event.entries.select_related("recorded_by", "struck_by").order_by("on", "pk")
    return [(entry, link_of(entry.evidence)) for entry in entries]


def link_of(label: str) -> Link | None:
    """The name of its address, its key, and what to call it."""
    kind, _, ref = label.partition(":")
    if kind not in SOURCES or not ref.isdecimal():
        return None
    name, words = SOURCES[kind]
    return name, int(ref), words
