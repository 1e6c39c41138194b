"""The details of a report: laboratory and semen tables, the response, and the two series drawn."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from clinic.templatetags import moments
from labs.models import SemenAnalysis
from labs.rules.response import Analysis, BaselineStratum, response
from labs.rules.semen_limits import LOWER_LIMITS, LowerLimits
from labs.rules.semen_sheet import Edition
from protocols.queries.banner import class_name
from protocols.queries.flowsheet import Measured, printed_unit, spaced
from protocols.queries.flowsheet_cells import sperm_text
from protocols.queries.visit_details import flag_words
from protocols.queries.workspace import Workspace
from protocols.rules.vocabulary import Action, Measure

SAMPLES = 3
ACTION_WORDS = {Action.REDUCE: "reduce", Action.HOLD: "hold", Action.STOP: "stop"}
FASTING = {True: "fasting", False: "not fasting", None: ""}


def laboratory(work: Workspace) -> list[dict[str, Any]]:
    """Every value since he was last here, with the one before, its flag, unit and range (§7.7)."""
    rows = sorted(work.news, key=lambda row: (row.position, row.collected_at))
    return [result_line(work, row) for row in rows]


def result_line(work: Workspace, row: Measured) -> dict[str, Any]:
    earlier = [
        old for old in work.results if old.key == row.key and old.collected_at < row.collected_at
    ]
    last = earlier[-1] if earlier else None
    lipid = row.group == "lipids"
    return {
        "name": row.name,
        "before": f"{last.shown} ({day(work, last)})" if last else "·",
        "now": row.shown,
        "unit": printed_unit(row.unit),
        "range": spaced(row.range_text) or "·",
        "words": flag_words(row),
        "grade": row.grade or 0,
        "taken": day(work, row),
        "state": ", ".join(
            word
            for word in (
                FASTING[row.fasting] if lipid else "",
                "calculated" if row.formula else "",
                f"≈ from {row.received}" if row.received else "",
                "corrected" if row.status == "corrected" else "",
                "" if row.reviewed else "not reviewed",
            )
            if word
        ),
    }


def day(work: Workspace, row: Measured) -> str:
    return moments.short_day(work.story.local(row.collected_at))


def semen_table(work: Workspace) -> dict[str, Any] | None:
    """The last samples beside the lower limits of the edition they were read by (§4.2)."""
    told = [row for row in work.story.samples if work.story.local(row.collected_at) <= work.today]
    shown = told[-SAMPLES:]
    if not shown:
        return None
    last = shown[-1]
    limits = LOWER_LIMITS[Edition(last.edition)]
    same = [row for row in shown if row.edition == last.edition]
    return {
        "edition": limits.edition_name,
        "columns": [moments.short_day(work.story.local(row.collected_at)) for row in same],
        "rows": [
            {"name": name, "limit": limit, "cells": [value(row) for row in same]}
            for name, limit, value in parameters(limits)
        ],
        "sentence": last.sentence,
        "on": moments.short_day(work.story.local(last.collected_at)),
    }


def parameters(limits: LowerLimits) -> Iterator[tuple[str, str, Any]]:
    yield "Volume, mL", f"≥ {limits.volume_ml}", lambda row: number(row.volume_ml)
    yield "Sperm per mL", f"≥ {limits.concentration_m} M", sperm_text
    yield "Total sperm, M", f"≥ {limits.total_sperm_m}", lambda row: number(row.total_sperm_m)
    yield "Found in the pellet", "", lambda row: count(row.pellet_sperm_n)
    yield "of them motile", "", lambda row: count(row.pellet_motile_n)
    yield (
        "Total motility, %",
        f"≥ {limits.total_motility_pct}",
        lambda row: number(row.total_motility_pct),
    )
    yield "Progressive, %", f"≥ {limits.progressive_pct}", lambda row: number(row.progressive_pct)
    yield "Normal forms, %", f"≥ {limits.normal_pct}", lambda row: number(row.normal_pct)
    yield "Valid for the response", "", validity
    yield "Class of the sample", "", lambda row: class_name(row.result_class)


def number(value: Decimal | None) -> str:
    return "·" if value is None else moments.figure(value.normalize() + 0)


def count(value: int | None) -> str:
    return "·" if value is None else str(value)


def validity(row: SemenAnalysis) -> str:
    return {True: "yes", False: "no", None: "not known"}[row.valid]


def response_words(work: Workspace) -> str:
    """Where the response stands by the rule of the programme (§1.3)."""
    first = work.enrolment.first_dose_on
    if first is None or not work.enrolment.baseline:
        return ""
    found = response(
        first_dose_on=first,
        baseline=BaselineStratum(work.enrolment.baseline),
        analyses=[
            Analysis(
                collected_on=work.story.local(row.collected_at),
                sperm_seen=row.sperm_seen,
                motile_seen=row.motile_seen,
                valid=row.valid,
            )
            for row in work.story.samples
        ],
    )
    return found.sentence


def graphs(work: Workspace) -> dict[str, Any]:
    """The points of the two graphs of the report: triglycerides, and sperm on a log scale."""
    return {"triglycerides": triglycerides(work), "sperm": sperm(work)}


def triglycerides(work: Workspace) -> dict[str, Any] | None:
    told = [row for row in work.results if row.key == "triglycerides" and row.value is not None]
    told = [row for row in told if told and row.unit == told[-1].unit]
    if len(told) < 2:
        return None
    last = told[-1]
    unit = printed_unit(last.unit)
    return {
        "title": f"{last.name}, {unit}",
        "points": [
            {
                "on": work.story.local(row.collected_at).isoformat(),
                "value": float(row.value or 0),
                "text": row.shown,
                "kind": "crit" if (row.grade or 0) >= 3 else "dot",
            }
            for row in told
        ],
        "normal": [
            float(last.low) if last.low is not None else None,
            float(last.high) if last.high is not None else None,
        ],
        "lines": list(limits(work, last, max(float(row.value or 0) for row in told))),
    }


def limits(work: Workspace, last: Measured, most: float) -> Iterator[list[Any]]:
    """Where the programme's table changes the dose, as far as it is in sight."""
    table = work.definition.safety.table_of(last.key)
    if table is None or table.measure is not Measure.VALUE or last.unit != table.unit:
        return
    for band in table.bands:
        if band.over is None or band.symptoms or band.action not in ACTION_WORDS:
            continue
        if float(band.over) <= most * 1.6:
            yield [float(band.over), ACTION_WORDS[band.action]]


def sperm(work: Workspace) -> dict[str, Any] | None:
    told = [row for row in work.story.samples if work.story.local(row.collected_at) <= work.today]
    if not told:
        return None
    return {"title": "Sperm per mL, log scale", "points": [sperm_point(work, row) for row in told]}


def sperm_point(work: Workspace, row: SemenAnalysis) -> dict[str, Any]:
    kind, text = "ring", sperm_text(row)
    if not row.valid:
        kind, text = "void", "not valid"
    elif row.sperm_seen is False:
        kind = "down"
    elif row.motile_seen:
        kind = "full"
    return {
        "on": work.story.local(row.collected_at).isoformat(),
        "value": float(row.estimate_per_ml or row.detection_limit_per_ml or 1),
        "text": text,
        "kind": kind,
    }
