"""What was found and decided at a visit, what changed, and what is planned: page one in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from clinic.templatetags import moments
from protocols.models import DoseSegment, Finding
from protocols.queries.banner import next_visit
from protocols.queries.flowsheet import Flowsheet, Measured, Row, flowsheet_of, printed_unit
from protocols.queries.visit_details import flag_words
from protocols.queries.visit_sections import short
from protocols.queries.workspace import DAY, Workspace

#: What page one has room for.
MOST_SAID, MOST_COLUMNS = 6, 5
CHANGED = (
    "sperm", "motile", "triglycerides", "total_cholesterol", "hdl", "ldl", "alt", "ast", "ck",
    "glucose", "fsh", "testosterone", "phq9", "weight",
)  # fmt: skip
DONE = {
    Finding.Action.CONTINUE_ADVISE: "advised; the dose stays",
    Finding.Action.REPEAT: "the test is repeated",
    Finding.Action.REVIEW: "reviewed; the dose stays",
    Finding.Action.FREEZE: "frozen on the day",
    Finding.Action.STOP: "treatment stopped",
    Finding.Action.RESTART: "treatment restarted at 20 mg a day",
    Finding.Action.RAISE: "back to 40 mg a day",
}
MOOD = "The mood questionnaire"
Line = dict[str, str]


def said(work: Workspace) -> Iterator[Line]:
    """Decisions first, then what waits for one, then what the tests found."""
    lines = [*decided(work), *undecided(work), *samples(work), *values(work)]
    yield from lines[:MOST_SAID]
    if len(lines) > MOST_SAID:
        yield {"head": f"And {len(lines) - MOST_SAID} more values", "text": "in the table below."}
    if not lines:
        yield {"head": "Nothing new", "text": "was found, and nothing had to be decided."}


def decided(work: Workspace) -> Iterator[Line]:
    for found, by in work.decided:
        at = found.decided_at
        if at is None or not work.is_mine(at, work.news_from or work.on):
            continue
        day = work.story.local(at)
        if found.state == Finding.State.DECLINED:
            text = "no change was made."
            if found.kind != Finding.Kind.MOOD:
                text = f"no change was made: {found.decision_reason}"
        else:
            text = done_words(work, found)
            if found.repeat_by:
                text += f" Again by {short(found.repeat_by)}."
            if found.decision_reason and found.kind != Finding.Kind.MOOD:
                text += f" {found.decision_reason}"
        yield {"head": head_of(found), "text": f"{text} ({by}, {short(day)})"}


def done_words(work: Workspace, found: Finding) -> str:
    action = Finding.Action(found.decided_action or found.action)
    day = work.story.local(found.decided_at) if found.decided_at else work.on
    dose = work.definition.dose
    if action == Finding.Action.REDUCE:
        mg = dose.reduced_daily_capsules * dose.strength_mg
        return f"dose reduced to {mg} mg a day from {short(day + DAY)}."
    if action == Finding.Action.HOLD:
        return f"treatment held from {short(day)}."
    return f"{DONE[action]}."


def head_of(found: Finding) -> str:
    """The headline without what it proposed, which is said by what was done.

    Of the mood no answer is printed: the band stands further down (domain reference §7.7).
    """
    if found.kind == Finding.Kind.MOOD:
        return MOOD
    grades = [row["grade"] for row in found.reasons if row.get("grade")]
    head, _, _ = found.headline.rpartition(": ")
    grade = f" (G{max(grades)})" if grades else ""
    return f"{head or found.headline}{grade}"


def undecided(work: Workspace) -> Iterator[Line]:
    for found in work.story.findings:
        if not work.is_mine(found.evidence_at, date.min):
            continue
        text = f"proposed: {found.get_action_display().lower()}. Not decided yet."
        yield {"head": head_of(found), "text": text}


def samples(work: Workspace) -> Iterator[Line]:
    motile = [row for row in work.story.samples if row.motile_seen and row.valid]
    since = work.news_from or work.semen_from
    for sample in work.story.samples:
        if not work.is_mine(sample.collected_at, since):
            continue
        first = motile and sample.pk == motile[0].pk
        on = work.story.local(sample.collected_at)
        head = "Motile sperm for the first time" if first else f"Semen of {short(on)}"
        yield {"head": head, "text": sample.sentence}


def values(work: Workspace) -> Iterator[Line]:
    """Graded values of this visit that no finding speaks of."""
    spoken_of = {
        (found.evidence, row.get("analyte"))
        for found in [*work.story.findings, *(found for found, _ in work.decided)]
        for row in found.reasons
    }
    for row in sorted(work.news, key=lambda row: (-(row.grade or 0), row.position)):
        if row.grade and (f"labs.draw:{row.draw}", row.key) not in spoken_of:
            yield {"head": f"{row.name} {shown(row)} (G{row.grade})", "text": f"{flag_words(row)}."}


def shown(row: Measured) -> str:
    return f"{row.shown} {printed_unit(row.unit)}".strip()


def changed(work: Workspace) -> dict[str, Any]:
    """The values of this visit beside the baseline and the visits before it."""
    sheet = flowsheet_of(work.story, work.results, work.on)
    places = columns(sheet, work)
    if not places:
        return {"columns": [], "rows": []}
    rows = [line(row, places) for key in CHANGED if (row := sheet.row(key)) and has(row, places)]
    return {"columns": [moments.short_day(sheet.columns[at].on) for at in places], "rows": rows}


def columns(sheet: Flowsheet, work: Workspace) -> list[int]:
    """The baseline and the last ones up to this visit."""
    until = [
        at
        for at, column in enumerate(sheet.columns)
        if column.attended
        and column.on <= work.on
        and any(row.cells[at] is not None for row in sheet.rows)
    ]
    first = work.enrolment.first_dose_on
    before = [at for at in until if first and sheet.columns[at].on <= first]
    start = before[-1:] or until[:1]
    recent = [at for at in until if at not in start][-(MOST_COLUMNS - 1) :]
    return sorted({*start, *recent})


def has(row: Row, places: list[int]) -> bool:
    return any(row.cells[at] is not None for at in places)


def line(row: Row, places: list[int]) -> dict[str, Any]:
    found = [row.cells[at] for at in places]
    last = found[-1]
    words = "not measured" if last is None else last.word or ("in range" if not last.off else "")
    if last is not None and last.grade and row.key != "phq9":
        words = f"{words}, G{last.grade}"
    if row.key in ("weight", "sperm", "motile") and last is not None:
        words = last.word
    return {
        "name": row.name,
        "range": row.line.partition(" · ")[0],
        "cells": ["·" if cell is None else text_of(cell) for cell in found],
        "off": bool(last and last.off),
        "words": words,
    }


def text_of(cell: Any) -> str:
    if cell.word == "not valid":
        return str(cell.word)
    return f"≈ {cell.text}" if cell.received else str(cell.text)


def plan_lines(work: Workspace) -> Iterator[str]:
    """What he goes home with: dose, tests, next visit, and the one rule for everybody."""
    plan = work.story.doses.plan if work.story.doses else None
    if plan is not None and work.enrolment.status in ("ACTIVE", "ON_HOLD", "CONSENTED"):
        yield dose_line(work, plan)
    bottle = work.bottle
    if bottle is not None:
        rx = bottle.prescription
        given = f"handed out, lot {bottle.lot}" if bottle.on else "not handed out yet"
        yield f"Rx {rx.number}: {rx.capsules} capsules for {rx.days} days, {given}."
    for order in work.orders[:3]:
        yield f"{order.name} by {short(order.due_on)}."
    if work.visit.plan:
        yield from (row.strip() for row in work.visit.plan.splitlines() if row.strip())
    coming = next_visit(work.story, work.today)
    if coming is not None:
        yield visit_line(work, coming)
    if work.enrolment.first_dose_on is not None:
        months = work.definition.dose.blood_donation_months
        span = "a month" if months == 1 else f"{months} months"
        yield f"No blood donation until {span} after the last dose."


def dose_line(work: Workspace, plan: DoseSegment) -> str:
    if plan.kind == DoseSegment.Kind.HOLD:
        return f"No capsules: treatment is held since {short(plan.during.lower)}."
    times = {1: "once", 2: "twice"}[plan.capsules_per_day]
    since = plan.during.lower
    begins = f", from {short(since)}" if since >= work.on else ""
    return f"{plan.strength_mg} mg {times} a day with a meal{begins}."


def visit_line(work: Workspace, coming: Any) -> str:
    visit = coming.visit
    window = f"window {short(visit.opens_on)}–{short(visit.closes_on)}"
    if coming.booking is None:
        return f"{visit.code} is not booked yet; {window}."
    local = coming.booking.starts_at.astimezone(work.story.patient.site.zone)
    return f"{visit.code} {moments.day(local.date())}, {local:%H:%M}; {window}."
