"""The flowsheet: everything measured, asked and taken, by visit. Rows in, a table of cells out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Q, QuerySet

from labs.models import Analyte, Result, SemenAnalysis
from labs.queries.display import as_reported, limits_of
from labs.rules.display import Units, displayed
from labs.rules.quantities import Comparator, Quantity
from labs.rules.units import printed_unit
from protocols.queries import flowsheet_cells as cells
from protocols.queries.dosing import adherence_of
from protocols.queries.flowsheet_cells import Cell
from protocols.queries.flowsheet_columns import Collected, Column, assign, columns_of, dressed
from protocols.queries.kept import Kept
from protocols.queries.story import Story
from protocols.rules.adverse_events import shipped_clinical_grades

GROUPS = (
    ("semen", "Semen"),
    (Analyte.Group.LIPIDS, "Lipids"),
    (Analyte.Group.LIVER_MUSCLE, "Liver and muscle"),
    (Analyte.Group.METABOLIC, "Sugar and kidney"),
    (Analyte.Group.HORMONES, "Hormones"),
    (Analyte.Group.BLOOD, "Blood"),
    ("symptoms", "Symptoms, worst grade since the last visit"),
    ("mood", "Mood"),
    ("dose", "Dose and adherence"),
    ("body", "Body"),
)


@dataclass(slots=True)
class Row:
    """One thing that is followed, with a cell (or None) for each column."""

    key: str
    name: str
    line: str
    cells: list[Cell | None]

    @property
    def values(self) -> list[float | None]:
        """The numbers of the row in the order of its columns."""
        return [cell.value if cell else None for cell in self.cells]

    @property
    def bad(self) -> bool:
        """Is the last value one to act on?"""
        known = [cell for cell in self.cells if cell and cell.value is not None]
        return bool(known) and known[-1].kind == "critical"


@dataclass(slots=True)
class Group:
    key: str
    name: str
    rows: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class Flowsheet:
    """The whole table; `note` says by which rules it was graded."""

    columns: list[Column]
    groups: list[Group]
    note: str

    @property
    def wide(self) -> bool:
        """More columns than a page is wide."""
        return sum(1 for column in self.columns if column.state != "next") > 9

    @property
    def span(self) -> int:
        return len(self.columns) + 1

    @property
    def rows(self) -> list[Row]:
        return [row for group in self.groups for row in group.rows]

    def row(self, key: str) -> Row | None:
        return next((row for row in self.rows if row.key == key), None)


@dataclass(frozen=True, slots=True)
class Measured:
    """One result, as little of it as a cell needs."""

    key: str
    name: str
    group: str
    position: int
    collected_at: datetime
    draw: int
    comparator: str
    value: Decimal | None
    reported: str
    unit: str
    low: Decimal | None
    high: Decimal | None
    range_text: str
    flag: str
    grade: int | None
    status: str
    formula: str
    reviewed: bool
    fasting: bool | None
    #: What it was received as, where the reader's units are others.
    received: str = ""

    @property
    def shown(self) -> str:
        """As received, comparator and all."""
        if self.value is None:
            return self.reported
        value = self.value if self.received else self.value.normalize()
        return f"{self.comparator} {value:f}".strip()


COLUMNS = (
    "analyte__key", "analyte__name", "analyte__group", "analyte__position", "collected_at",
    "draw_id", "comparator", "value", "reported", "unit", "range_low", "range_high",
    "range_text", "flag", "grade", "status", "formula", "is_reviewed", "draw__fasting",
)  # fmt: skip


def measured(patient_pk: int, units: Units = Units.CONVENTIONAL) -> list[Measured]:
    """Every standing result of one man, oldest first, in the units of the reader; one query.

    A column never holds two units: what came in another is converted for the eye and says so.
    """
    return [read_in(Measured(*row), units) for row in _results(patient=patient_pk)]


def read_in(row: Measured, units: Units) -> Measured:
    """The row in these units; flag and grade stay those of the value as received."""
    if row.value is None:
        return row
    comparator = Comparator(row.comparator) if row.comparator else None
    quantity = Quantity(row.value.normalize(), row.unit, comparator)
    came = quantity.printed() if row.formula else as_reported(row.reported, quantity)
    found = displayed(row.key, quantity, limits_of(row.low, row.high, row.range_text), units, came)
    if not found.converted:
        return row
    limits = found.limits
    return replace(
        row,
        value=found.quantity.value,
        unit=found.quantity.unit,
        low=limits.low if limits else row.low,
        high=limits.high if limits else row.high,
        range_text=str(limits) if limits else row.range_text,
        received=found.received,
    )


def _standing(patient: int) -> QuerySet[Result, tuple[object, ...]]:
    rows = Result.objects.current().filter(patient=patient).order_by("collected_at", "pk")
    reviewed = rows.annotate(is_reviewed=Q(draw__reviewed_at__isnull=False))
    return reviewed.values_list(*COLUMNS)


_results = Kept(_standing, patient=int)


def flowsheet_of(story: Story, results: Sequence[Measured], today: date) -> Flowsheet:
    """The table of one man, from his story and his results; asks the database nothing."""
    by_day: dict[date, set[str]] = {}
    for result in results:
        by_day.setdefault(story.local(result.collected_at), set()).add(result.key)
    for sample in story.samples:
        by_day.setdefault(story.local(sample.collected_at), set()).add("semen")
    for mood in story.moods:
        if mood.visit_id is None:
            by_day.setdefault(story.local(mood.answered_at), set()).add("mood")
    collected = [Collected(on, frozenset(keys)) for on, keys in by_day.items()]
    columns, places = assign(columns_of(story, today), collected)
    columns = dressed(columns, story, today)
    table = Table(story, columns, places)
    groups = {key: Group(str(key), name) for key, name in GROUPS}
    for key, row in table.every_row(results):
        groups[key].rows.append(row)
    kept = [group for group in groups.values() if group.rows]
    return Flowsheet(columns, kept, note_of(story, any(row.received for row in results)))


def note_of(story: Story, converted: bool) -> str:
    """In whose units the values stand, and by which rules they were graded."""
    values = "≈ converted from the unit reported" if converted else "values as reported"
    if story.definition is None:
        return values
    rules = story.definition.rulesets
    return (
        f"{values}; grades CTCAE {rules.ctcae}, WHO semen manual {rules.semen}, "
        f"rules of version {story.definition.version}"
    )


@dataclass(slots=True)
class Table:
    """Fills rows, cell by cell, into the columns chosen for their days and visits."""

    story: Story
    columns: Sequence[Column]
    places: Mapping[date, int]

    @property
    def at_visit(self) -> dict[int, int]:
        return {c.visit: at for at, c in enumerate(self.columns) if c.visit is not None}

    def row(self, key: str, name: str, line: str, found: Iterable[tuple[int, Cell]]) -> Row:
        """A later value of the same column stands over an earlier one."""
        placed: list[Cell | None] = [None] * len(self.columns)
        for at, cell in found:
            placed[at] = cell
        return Row(key, name, line, placed)

    def every_row(self, results: Sequence[Measured]) -> Iterator[tuple[str, Row]]:
        for row in self.semen_rows():
            yield "semen", row
        yield from self.result_rows(results)
        for row in self.symptom_rows():
            yield "symptoms", row
        for row in self.mood_rows():
            yield "mood", row
        for row in self.dose_rows():
            yield "dose", row
        for row in self.body_rows():
            yield "body", row

    def semen_rows(self) -> Iterator[Row]:
        samples = self.story.samples
        if not samples:
            return
        first_motile = next((row.pk for row in samples if row.motile_seen and row.valid), None)
        makers: tuple[tuple[str, str, str, Callable[[SemenAnalysis], Cell | None]], ...] = (
            ("sperm", "Sperm per mL", "≥ 16 M · WHO 6, 5th centile", cells.sperm),
            ("motile", "Motile sperm", "count in the pellet, or %",
             lambda sample: cells.motile(sample, first=sample.pk == first_motile)),
            ("tmsc", "Total motile count", "million in the sample", cells.total_motile),
            ("volume", "Volume", "≥ 1.4 mL · WHO 6", cells.volume),
        )  # fmt: skip
        for key, name, line, make in makers:
            found = [
                (self.places[self.story.local(sample.collected_at)], cell)
                for sample in samples
                if (cell := make(sample)) is not None
            ]
            if found:
                yield self.row(key, name, line, found)

    def result_rows(self, results: Sequence[Measured]) -> Iterator[tuple[str, Row]]:
        by_analyte: dict[str, list[Measured]] = {}
        for result in sorted(results, key=lambda row: row.position):
            by_analyte.setdefault(result.key, []).append(result)
        known = {str(key) for key, _ in GROUPS}
        actions = proposed(self.story)
        for key, series in by_analyte.items():
            last = series[-1]
            if last.group not in known or last.group == "semen":
                continue
            found = (
                (
                    self.places[self.story.local(row.collected_at)],
                    cells.result(row, actions.get((row.draw, key))),
                )
                for row in series
            )
            yield last.group, self.row(key, last.name, range_line(series), found)

    def symptom_rows(self) -> Iterator[Row]:
        """Everything that was ever there, and the four of the index study once asked about."""
        grades = self.story.grades
        there = {term for row in grades.values() for term, grade in row.items() if grade}
        asked = {term for row in grades.values() for term in row}
        at_visit = self.at_visit
        for item in shipped_clinical_grades().items():
            if item.code in there or (item.in_index_study and item.code in asked):
                found = [
                    (at_visit[visit], cells.symptom(row[item.code]))
                    for visit, row in grades.items()
                    if item.code in row and visit in at_visit
                ]
                yield self.row(item.code, item.title, "CTCAE 5.0", found)

    def mood_rows(self) -> Iterator[Row]:
        moods = self.story.moods
        if not moods:
            return
        at_visit = self.at_visit
        placed = [
            (at_visit[mood.visit_id], mood)
            if mood.visit_id in at_visit
            else (self.places[self.story.local(mood.answered_at)], mood)
            for mood in moods
            if mood.visit_id in at_visit or self.story.local(mood.answered_at) in self.places
        ]
        yield self.row("phq9", "PHQ-9", "0–4 minimal · item 9 apart",
                       [(at, cells.mood(row)) for at, row in placed])  # fmt: skip
        yield self.row("phq9_item9", "PHQ-9 item 9", "0 none",
                       [(at, cells.item_nine(row)) for at, row in placed])  # fmt: skip

    def dose_rows(self) -> Iterator[Row]:
        doses = self.story.doses
        if doses is None or not doses.segments:
            return
        at_visit = self.at_visit
        open_now = any(row.action in ("REDUCE", "HOLD", "STOP") for row in self.story.findings)
        given = [
            (at, cells.dose(segment, undecided=open_now and column.state == "today"))
            for at, column in enumerate(self.columns)
            if column.attended and (segment := doses.segment_on(column.on)) is not None
        ]
        yield self.row("dose", "Dose", "mg a day when he left", given)
        counted = [
            (at_visit[count.visit_id], cells.adherence(adherence_of(doses.dose, count)))
            for count in doses.counts
            if count.visit_id in at_visit
        ]
        if counted:
            least = f"{doses.dose.adequate_from_percent:.0f}"
            yield self.row("adherence", "Adherence", f"≥ {least} % · capsules back", counted)

    def body_rows(self) -> Iterator[Row]:
        at_visit = self.at_visit
        came = [row for row in self.story.visits if row.pk in at_visit]
        weights = [(at_visit[v.pk], cells.number(v.weight_kg)) for v in came if v.weight_kg]
        if weights:
            yield self.row("weight", "Weight", "kg", weights)
        pressures = [(at_visit[v.pk], cells.pressure(v)) for v in came if v.systolic_mmhg]
        if pressures:
            yield self.row("pressure", "Blood pressure", "mmHg", pressures)


def proposed(story: Story) -> dict[tuple[int, str], str]:
    """What an open finding proposes because of one analyte of one draw."""
    found: dict[tuple[int, str], str] = {}
    for finding in story.findings:
        model, _, pk = finding.evidence.partition(":")
        if model == "labs.draw":
            for reason in finding.reasons:
                if reason.get("analyte"):
                    found[int(pk), reason["analyte"]] = reason["action"]
    return found


def range_line(series: Sequence[Measured]) -> str:
    """The range the last report printed, its unit and whose it is."""
    last = next((row for row in reversed(series) if row.range_text), series[-1])
    unit = printed_unit(last.unit)
    source = "derived" if last.formula else ("lab" if last.range_text else "")
    range_words = spaced(last.range_text)
    return " · ".join(part for part in (f"{range_words} {unit}".strip(), source) if part)


def spaced(text: str) -> str:
    """<150 as people set it: < 150; >= and <= as one sign."""
    text = text.replace(">=", "≥").replace("<=", "≤").strip()
    for sign in "<>≤≥":
        if text.startswith(sign):
            return f"{sign} {text[1:].strip()}"
    return text.replace("-", "–")
