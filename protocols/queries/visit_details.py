"""What single sections of a visit say besides their forms: from the workspace, asking nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from labs.models import Result
from labs.rules.semen_class import CLASS_NAMES, SemenClass
from protocols.models import DoseSegment
from protocols.queries.dosing import left_after
from protocols.queries.flowsheet import Measured, printed_unit, spaced
from protocols.queries.flowsheet_cells import ARROWS
from protocols.queries.visit_sections import short
from protocols.queries.workspace import Workspace
from protocols.rules.vocabulary import ItemKind


@dataclass(frozen=True, slots=True)
class Period:
    """What he had since the last count."""

    since_on: date
    carried_in: int
    dispensed: int
    lots: str


@dataclass(frozen=True, slots=True)
class SampleState:
    title: str
    line: str
    there: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """A value, and the one of the same analyte before it."""

    now: Measured
    before: str
    words: str
    range: str


def period_of(work: Workspace) -> Period:
    """From the count before, or from the first capsule, up to the day before this visit."""
    record, on = work.story.doses, work.on
    first = work.enrolment.first_dose_on or on
    counts = record.counts if record else []
    earlier = [row for row in counts if row.visit_id != work.visit.pk and row.counted_on <= on]
    last = earlier[-1] if earlier else None
    since = last.counted_on if last else date.min
    given = [row for row in work.bottles if row.on and since <= row.on < on]
    return Period(
        since_on=last.counted_on if last else first,
        carried_in=left_after(last) if last else 0,
        dispensed=sum(row.capsules or 0 for row in given),
        lots=", ".join(row.lot for row in given),
    )


def sample_states(work: Workspace) -> list[SampleState]:
    """Each panel that is asked for, and the semen sample: there or still to come."""
    return list(_sample_states(work))


def _sample_states(work: Workspace) -> Iterator[SampleState]:
    for panel in work.panels:
        mine = [
            row
            for row in work.results
            if row.key in panel.analytes and work.is_mine(row.collected_at, work.blood_from)
        ]
        if work.in_hand(panel):
            line = f"taken {short(work.story.local(mine[-1].collected_at))}"
            if panel.fasting:
                fasting = mine[-1].fasting
                known = {True: "fasting", False: "not fasting", None: "fasting not known"}
                line += f", {known[fasting]}"
            yield SampleState(panel.title, line, True)
        else:
            lacking = len(set(panel.analytes) - {row.key for row in mine})
            line = "to come" if not mine else f"{lacking} values still to come"
            yield SampleState(panel.title, line, False)
    if ItemKind.SEMEN in work.asked:
        sample = work.sample
        if sample is not None:
            line = f"given {short(work.story.local(sample.collected_at))}"
            yield SampleState("Semen analysis", line, True)
        elif not work.waiting:
            yield SampleState("Semen analysis", "to come", False)


def compared(work: Workspace) -> list[Compared]:
    """The news, analyte by analyte, each with what it was before."""
    return [_compare(work, row) for row in sorted(work.news, key=_order)]


def _order(row: Measured) -> tuple[int, float]:
    return row.position, row.collected_at.timestamp()


def _compare(work: Workspace, row: Measured) -> Compared:
    earlier = [
        old for old in work.results if old.key == row.key and old.collected_at < row.collected_at
    ]
    unit = printed_unit(row.unit)
    return Compared(
        now=row,
        before=earlier[-1].shown if earlier else "",
        words=flag_words(row),
        range=f"{spaced(row.range_text)} {unit}".strip(),
    )


def flag_words(row: Measured) -> str:
    flag = Result.Flag(row.flag)
    arrow = ARROWS.get(flag, "")
    return f"{arrow} {flag.label}".strip() if flag != Result.Flag.UNKNOWN else ""


def dose_words(work: Workspace) -> str:
    """What the dose is when nothing is proposed."""
    doses = work.story.doses
    segment = doses.segment_on(work.on) if doses else None
    if segment is None:
        return "No dose is ordered, and nothing is proposed."
    if segment.kind == DoseSegment.Kind.HOLD:
        return f"On hold since {short(segment.during.lower)}; nothing is proposed."
    return f"Nothing is proposed: he goes on with {segment.mg_per_day} mg a day."


def class_words(code: str) -> str:
    return CLASS_NAMES[SemenClass(code)]
