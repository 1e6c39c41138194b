"""The side effects asked about at a visit: those that run or were studied first, then the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from protocols.models import AdverseEvent
from protocols.queries.workspace import Workspace
from protocols.rules.adverse_events import ChecklistItem, shipped_clinical_grades
from protocols.rules.vocabulary import ItemKind

#: Grades of an item that has no CTCAE term of its own.
PLAIN = ((1, "mild"), (2, "moderate"), (3, "severe"), (4, "danger to life"))
SEXUAL = ("erectile_dysfunction", "libido_decreased")


@dataclass(frozen=True, slots=True)
class Asked:
    """One item with the words of its grades and what is known of it."""

    code: str
    title: str
    term: str
    line: str
    choices: tuple[tuple[int, str], ...]
    grade: int | None
    note: str
    first: bool
    group: str


def checklist(work: Workspace) -> list[Asked]:
    """Every item that a person can be asked about, those that matter to him first."""
    return sorted(_asked(work), key=lambda row: not row.first)


def missing_grades(work: Workspace) -> list[Asked]:
    """What must be asked and has no grade yet."""
    return [row for row in checklist(work) if row.first and row.grade is None]


def present(work: Workspace) -> list[Asked]:
    """What is there today, gravest first."""
    return sorted((row for row in checklist(work) if row.grade), key=lambda row: -(row.grade or 0))


def _asked(work: Workspace) -> Iterator[Asked]:
    events = {event.term: event for event in running(work)}
    sexual = ItemKind.SEXUAL_FUNCTION in work.asked
    for group in shipped_clinical_grades().checklist:
        for item in group.items:
            if item.analytes:
                continue
            event = events.get(item.code)
            yield Asked(
                code=item.code,
                title=item.title,
                term=item.term or "",
                line=line_of(work, event),
                choices=choices_of(item),
                grade=work.grades.get(item.code),
                note=work.notes.get(item.code, ""),
                first=event is not None
                or item.in_index_study
                or bool(work.grades.get(item.code))
                or (sexual and item.code in SEXUAL),
                group=group.title,
            )


def running(work: Workspace) -> list[AdverseEvent]:
    """Side effects that run, or that this visit closed."""
    return [
        event
        for event in work.story.events
        if event.onset_on <= work.on and (event.ended_on is None or event.ended_on >= work.on)
    ]


def line_of(work: Workspace, event: AdverseEvent | None) -> str:
    """Since 20 May, was grade 1."""
    if event is None:
        return ""
    since = f"{event.onset_on.day} {event.onset_on:%b}"
    if event.onset_on == work.on or event.visit_id == work.visit.pk:
        return f"new, since {since}"
    before = work.previous
    was = work.story.grades.get(before.pk, {}).get(event.term) if before else None
    return f"since {since}, was grade {was or event.grade}"


def choices_of(item: ChecklistItem) -> tuple[tuple[int, str], ...]:
    term = shipped_clinical_grades().term(item.term) if item.term else None
    return term.choices() if term else PLAIN
