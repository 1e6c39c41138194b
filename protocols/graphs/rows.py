"""The graph under a row of the flowsheet, and the evidence beside a proposal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from labs.models import SemenAnalysis
from labs.rules.catalogue import published_catalogue
from labs.rules.quantities import Comparator, Quantity, rounded
from labs.rules.semen_sheet import Edition
from labs.rules.trends import TrendPoint, change_from, slope_per_30_days, slope_words
from labs.rules.units import printed_unit
from protocols.graphs.plot import (
    DOSED,
    LARGE,
    SMALL,
    Band,
    Dose,
    Line,
    Plot,
    Point,
    Subject,
    plot,
)
from protocols.models import DoseSegment, Finding
from protocols.queries.flowsheet import Flowsheet, Measured, Row, spaced
from protocols.queries.flowsheet_cells import sperm_text
from protocols.queries.story import Story
from protocols.rules.definition import Definition
from protocols.rules.vocabulary import Action, Measure

MILLION = 1_000_000
WHO_BAND = Band(
    16.0 * MILLION, 208.0 * MILLION, "Reference 16–208 M/mL, WHO 6th ed., 5th–95th centile"
)
#: Drawn where a sample was read with the limits of 2010; the band stays that of 2021.
FIFTH_EDITION = Line(15.0 * MILLION, "15 M/mL, lower limit of WHO 5th ed. (2010)")
PRACTICE_LIMIT = Line(100_000.0, "100 000/mL, usual practice limit for cryptozoospermia")
WORDS = {
    Action.REVIEW: "review",
    Action.REDUCE: "reduce",
    Action.HOLD: "hold",
    Action.STOP: "stop",
}
LINE_CSS = {Action.REDUCE: "d-warnl", Action.HOLD: "d-critl", Action.STOP: "d-critl"}
#: A limit further above everything he ever had would only flatten the picture.
HEADROOM = 1.6


@dataclass(frozen=True, slots=True)
class RowGraph:
    """A row, opened: its drawing and its words; `table` is the tab that lists its rows."""

    key: str
    caption: str
    plot: Plot
    heading: str
    sentences: tuple[str, ...]
    table: str


def row_graph(
    sheet: Flowsheet, key: str, story: Story, results: Sequence[Measured], today: date
) -> RowGraph | None:
    """The graph of one row of the table; None for a row that is not there or has no number."""
    row = sheet.row(key)
    if row is None:
        return None
    if key == "sperm":
        return sperm_graph(story, today)
    series = [result for result in results if result.key == key and result.value is not None]
    if series:
        return analyte_graph(row, series, story, today)
    return plain_graph(row, sheet, today)


def doses_of(story: Story, today: date) -> list[Dose]:
    """What he was ordered to take, up to his last capsule or today."""
    over = story.enrolment.last_dose_on if story.enrolment else None
    ends = min(over + timedelta(days=1), today) if over else today
    segments = story.doses.segments if story.doses else []
    return [
        Dose(
            segment.during.lower,
            min(segment.during.upper or date.max, ends),
            "held" if segment.kind == DoseSegment.Kind.HOLD else f"{segment.mg_per_day} mg",
            held=segment.kind == DoseSegment.Kind.HOLD,
        )
        for segment in segments
    ]


def sperm_graph(story: Story, today: date, why: Mapping[int, str] | None = None) -> RowGraph | None:
    """All samples on a log scale, the dose beneath; `why` says what a void one lacks."""
    samples = story.samples
    doses = doses_of(story, today)
    old = any(sample.edition == Edition.WHO_5 for sample in samples)
    lines = (PRACTICE_LIMIT, FIFTH_EDITION) if old else (PRACTICE_LIMIT,)
    drawn = plot(
        Subject("sperm", "Sperm per mL, log scale", WHO_BAND, lines, decades=True),
        [sperm_point(sample, story, why or {}) for sample in samples],
        frame=DOSED if doses else LARGE,
        today=today,
        doses=doses,
    )
    if drawn is None:
        return None
    last = samples[-1]
    on = story.local(last.collected_at)
    said = [last.sentence]
    for sample in samples:
        if sample.correction_reason:
            day = story.local(sample.collected_at)
            said.append(f"{day.day} {day:%b}: corrected. {sample.correction_reason}")
    said.append("The reference limit does not divide fertile from infertile men.")
    return RowGraph(
        key="sperm",
        caption="Sperm per mL, where need be estimated from the pellet; log scale",
        plot=drawn,
        heading=f"{on.day} {on:%b}: {sperm_heading(last)}",
        sentences=tuple(said),
        table="semen",
    )


def sperm_heading(sample: SemenAnalysis) -> str:
    if sample.pellet_sperm_n is not None:
        return f"{sample.pellet_sperm_n} sperm, {sample.pellet_motile_n or 0} motile"
    if sample.motile_seen:
        return "motile sperm"
    return "sperm, none motile" if sample.sperm_seen else "none seen"


def sperm_point(sample: SemenAnalysis, story: Story, why: Mapping[int, str]) -> Point:
    on = story.local(sample.collected_at)
    found = float(sample.estimate_per_ml or sample.detection_limit_per_ml or 1)
    if not sample.valid:
        return Point(on, found, why.get(sample.pk, "not valid"), "void")
    if sample.sperm_seen is False:
        return Point(on, found, sperm_text(sample), "down")
    return Point(on, found, sperm_text(sample), "full" if sample.motile_seen else "ring")


def analyte_graph(
    row: Row, series: Sequence[Measured], story: Story, today: date
) -> RowGraph | None:
    drawn = plot(
        analyte_subject(series, story.definition, row.name),
        [result_point(result, story) for result in series],
        today=today,
    )
    if drawn is None:
        return None
    last = series[-1]
    on = story.local(last.collected_at)
    unit = printed_unit(last.unit)
    return RowGraph(
        key=row.key,
        caption=f"{row.name}, {unit}",
        plot=drawn,
        heading=f"{on.day} {on:%b}: {last.shown} {unit}",
        sentences=tuple(trend_words(series, story)),
        table="laboratory",
    )


def analyte_subject(
    series: Sequence[Measured], definition: Definition | None, title: str
) -> Subject:
    last = series[-1]
    low = float(last.low) if last.low is not None else None
    high = float(last.high) if last.high is not None else None
    band = Band(low, high, "normal") if low is not None or high is not None else None
    most = max(float(row.value or 0) for row in series)
    lines = tuple(action_lines(last, definition, most)) if definition else ()
    return Subject(last.key, f"{title}, {printed_unit(last.unit)}", band, lines)


def action_lines(last: Measured, definition: Definition, most: float) -> Iterator[Line]:
    """Where the programme's table changes what is to be done, as far as it is in sight."""
    table = next((row for row in definition.safety.analytes if last.key in row.analytes), None)
    if table is None or table.measure is Measure.GRADE:
        return
    analyte = published_catalogue().analyte(last.key)
    own_scale = table.measure is Measure.VALUE
    if own_scale and not (analyte.accepts(last.unit) and analyte.accepts(table.unit)):
        return
    times = table.measure is Measure.TIMES_ULN
    if times and last.high is None:
        return
    for band in table.bands:
        if band.over is None or band.symptoms or band.action not in WORDS:
            continue
        over = in_unit_of(last, band.over, table.unit) if own_scale else band.over
        at = float(over * last.high) if times and last.high else float(over)
        if at <= most * HEADROOM:
            yield Line(at, WORDS[band.action], LINE_CSS.get(band.action, "d-dash"))


def in_unit_of(last: Measured, at: Decimal, unit: str) -> Decimal:
    """A limit of the table as it is drawn: in the unit of the values, rounded as that is shown."""
    if last.unit == unit:
        return at
    analyte = published_catalogue().analyte(last.key)
    converted = analyte.number_in(last.unit, at, unit)
    return Decimal(rounded(converted, analyte.decimals_in(last.unit)))


def result_point(result: Measured, story: Story) -> Point:
    critical = (result.grade or 0) >= 3
    return Point(
        story.local(result.collected_at),
        float(result.value or 0),
        result.shown,
        "crit" if critical else "dot",
    )


def trend_words(series: Sequence[Measured], story: Story) -> Iterator[str]:
    """How it moved since the last value before Day 1, and by the month."""
    last = series[-1]
    first = story.first_dose_on
    before = [row for row in series if first and story.local(row.collected_at) <= first]
    if before and before[-1] is not last:
        change = change_from(quantity(before[-1]), quantity(last))
        if change is not None:
            yield f"{change.printed()} since the baseline of {before[-1].shown}."
    after = [row for row in series if row not in before]
    if len(after) > 2:
        slope = slope_per_30_days(
            [TrendPoint(story.local(r.collected_at), quantity(r)) for r in after]
        )
        if slope is not None:
            yield f"On treatment {slope_words(slope, last.unit)}."
    if last.range_text:
        yield f"Range {spaced(last.range_text)} {printed_unit(last.unit)}, as the report has it."
    if last.fasting is False:
        yield "The last one was not fasting."


def quantity(row: Measured) -> Quantity:
    comparator = Comparator(row.comparator) if row.comparator else None
    return Quantity(row.value if row.value is not None else Decimal(0), row.unit, comparator)


def plain_graph(row: Row, sheet: Flowsheet, today: date) -> RowGraph | None:
    points = [
        Point(column.on, cell.value, cell.text)
        for column, cell in zip(sheet.columns, row.cells, strict=True)
        if cell is not None and cell.value is not None
    ]
    drawn = plot(Subject(row.key, row.name), points, frame=LARGE, today=today)
    if drawn is None:
        return None
    last = points[-1]
    return RowGraph(
        key=row.key,
        caption=f"{row.name}, {row.line}",
        plot=drawn,
        heading=f"{last.on.day} {last.on:%b}: {last.text}",
        sentences=(),
        table="semen" if row.key in ("motile", "volume", "tmsc") else "visits",
    )


def evidence_graph(finding: Finding, results: Sequence[Measured], story: Story) -> Plot | None:
    """The series behind a proposal: the analyte whose reason weighs most, up to the value."""
    severity = list(Action)
    reasons = [row for row in finding.reasons if row.get("analyte")]
    worst = max(reasons, key=lambda row: severity.index(Action(row["action"])), default=None)
    if worst is None:
        return None
    series = [
        row
        for row in results
        if row.key == worst["analyte"]
        and row.value is not None
        and row.collected_at <= finding.evidence_at
    ]
    if len(series) < 2:
        return None
    subject = analyte_subject(series, story.definition, series[-1].name)
    points = [result_point(row, story) for row in series]
    points[-1] = Point(points[-1].on, points[-1].value, points[-1].text, "crit")
    return plot(
        Subject(f"f{finding.pk}", subject.title, subject.band, subject.lines), points, frame=SMALL
    )
