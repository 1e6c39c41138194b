"""A kept sheet as it is read on a page: the answers in their sections, and what the rules say."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils import timezone

from labs.actions.semen_columns import sheet_of
from labs.forms.semen import Verdict
from labs.forms.semen_layout import SECTIONS
from labs.models import SemenAnalysis
from labs.rules.semen import assess
from labs.rules.semen_checks import check_sheet
from labs.rules.semen_hints import limit_notes
from labs.rules.semen_sheet import SheetStatus

PERCENTILE_KEY = {"pr": "progressive_pct"}


@dataclass(frozen=True, slots=True)
class Answer:
    label: str
    words: str
    note: str = ""
    percentile: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    title: str
    answers: list[Answer]


def reading_of(analysis: SemenAnalysis) -> Verdict:
    """What the rules say of the sheet as it is kept, in the state it is in."""
    sheet = sheet_of(analysis.sheet, collected_at=analysis.collected_at)
    if analysis.status in set(SheetStatus) - {SheetStatus.PRELIMINARY}:
        sheet = replace(sheet, status=SheetStatus(analysis.status))
    return Verdict(assess(sheet), sheet, check_sheet(sheet))


def listed(analysis: SemenAnalysis) -> list[Listed]:
    """The answers that were given, section by section; an empty section is left out."""
    verdict = reading_of(analysis)
    notes = limit_notes(verdict.sheet.edition)
    found = []
    for title, lines, _ in SECTIONS:
        answers = [
            Answer(
                line.label,
                line.words(shown(line.key, analysis.sheet[line.key])),
                notes.get(line.key, line.note),
                verdict.assessment.percentiles.get(PERCENTILE_KEY.get(line.key, line.key), ""),
            )
            for line in lines
            if line.key in analysis.sheet
        ]
        answers += counted(analysis.sheet) if title == "Count" else []
        if answers:
            found.append(Listed(title, answers))
    return found


def shown(key: str, value: Any) -> Any:
    if key.endswith("_at"):
        return f"{timezone.localtime(datetime.fromisoformat(value)):%H:%M}"
    return value


def counted(sheet: Mapping[str, Any]) -> list[Answer]:
    pairs = sheet.get("count_pairs", [])
    return [
        Answer(f"Counts{'' if number == 1 else f', pair {number}'}", f"{pair[0]} and {pair[1]}")
        for number, pair in enumerate(pairs, start=1)
    ]


def versions_of(analysis: SemenAnalysis) -> list[SemenAnalysis]:
    """What this sheet replaced, newest first, back to the first one; one query."""
    replaced = {
        row.superseded_by_id: row
        for row in SemenAnalysis.objects.filter(
            patient=analysis.patient_id, superseded_by__isnull=False
        ).select_related("entered_by", "verified_by")
    }
    found, at = [], replaced.get(analysis.pk)
    while at is not None:
        found.append(at)
        at = replaced.get(at.pk)
    return found
