"""What the dispense gate looks at, gathered for one bottle (domain reference §7.2)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from labs.models import Result
from protocols.models import Enrolment, Finding, Prescription, Visit
from protocols.queries.dosing import on_hand
from protocols.queries.enrolment import definition_of
from protocols.queries.ipledge import confirmed_of
from protocols.queries.known_history import KnownHistory, known_history
from protocols.queries.start_facts import start_facts
from protocols.queries.story import Story, story_of
from protocols.rules.definition import Definition
from protocols.rules.gates import (
    DispenseFacts,
    Gate,
    Obstacle,
    consent_obstacles,
    dispense,
    gate,
    start,
)
from protocols.rules.interactions import check
from protocols.rules.schedule import Conditions, asked_items, prescribing_visit
from protocols.rules.vocabulary import ItemKind, Status

DONE = (Visit.Status.IN_PROGRESS, Visit.Status.SIGNED, Visit.Status.AMENDED)
STOPPING = (Finding.Action.HOLD, Finding.Action.STOP)
LOOK_BACK = timedelta(days=45)
#: Blood drawn this long before a visit's window opens still belongs to it.
EARLY = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Measured:
    """One result, as far as the gate asks."""

    analyte: str
    collected_at: datetime
    grade: int | None
    reviewed: bool


def dispense_gate(prescription: Prescription, on: date, story: Story | None = None) -> Gate:
    """May this bottle leave the dispensary on that day? The first one asks what the start asks."""
    enrolment = prescription.enrolment
    told = story or story_of(enrolment.patient)
    if bottle_number(prescription, told) == 1:
        return gate(first_bottle(enrolment, on))
    return dispense(definition_of(enrolment.version), dispense_facts(prescription, on, told))


def bottle_number(prescription: Prescription, story: Story) -> int:
    """Which of his bottles it is: a prescription that was cancelled has become none."""
    handed = story.doses.dispenses if story.doses else []
    return 1 + sum(row.prescription_id != prescription.pk for row in handed)


def first_bottle(enrolment: Enrolment, on: date) -> Iterator[Obstacle]:
    """Before the first capsule all must be true that lets him take it; after it, his consent."""
    definition, history = definition_of(enrolment.version), known_history(enrolment)
    if enrolment.status == Status.CONSENTED:
        yield from start(definition, start_facts(enrolment, on, history)).reasons
        return
    if enrolment.status != Status.ACTIVE:
        yield not_ready(enrolment.get_status_display())
    yield from consent_obstacles(definition, history.outdated(on))


def not_ready(status: str) -> Obstacle:
    return Obstacle("NOT_ACTIVE", f"He has not consented to treatment: he is “{status.lower()}”.")


def dispense_facts(prescription: Prescription, on: date, story: Story) -> DispenseFacts:
    """Everything the gate of bottle k asks about month k − 1."""
    enrolment = prescription.enrolment
    definition = definition_of(enrolment.version)
    code = prescribing_visit(definition, bottle_number(prescription, story))
    visit = visit_of(prescription, story, code)
    known, ipledge = known_history(enrolment), confirmed_of(prescription)
    in_hand, reviewed = laboratory(definition, prescription, visit, known)
    return DispenseFacts(
        status=Status(enrolment.status),
        visit_code=visit.code if visit else code,
        visit_done=bool(visit and visit.status in DONE),
        visit_in_window=in_window(visit, on),
        labs_resulted=in_hand,
        labs_reviewed=reviewed,
        open_hold=any(row.action in STOPPING for row in story.findings),
        phq9_done=mood_is_known(prescription, visit, story),
        interactions=check(definition.medicines, known.medicines_on(on), on_treatment=True),
        ruleset=ipledge.ruleset_on(on, definition),
        rx_on=registered_on(prescription, visit),
        pick_up_on=on,
        attested=not ipledge.waits_for(on, definition),
        attested_ever=bool(ipledge.months),
        outdated=known.outdated(on),
        days_on_hand=days_on_hand(prescription, story, on),
    )


def registered_on(prescription: Prescription, visit: Visit | None) -> date:
    """Day 1 of the pick-up window: the visit it was written for (domain reference §2.6)."""
    came_on = visit.attended_on if visit else None
    return min(came_on, prescription.written_on) if came_on else prescription.written_on


def visit_of(prescription: Prescription, story: Story, code: str) -> Visit | None:
    """The visit it was written at, else the one of the month before."""
    by_key = {visit.pk: visit for visit in story.visits}
    if prescription.visit_id in by_key:
        return by_key[prescription.visit_id]
    return next((visit for visit in story.visits if visit.code == code), None)


def in_window(visit: Visit | None, on: date) -> bool:
    if visit is None or visit.opens_on is None or visit.closes_on is None:
        return False
    return visit.opens_on <= on <= visit.closes_on


def opening(prescription: Prescription, visit: Visit) -> datetime:
    """The first instant whose blood and answers still belong to this visit."""
    first_on = visit.opens_on or visit.attended_on or prescription.written_on
    zone = prescription.enrolment.patient.site.zone
    return datetime.combine(first_on - EARLY, time(), tzinfo=zone)


def laboratory(
    definition: Definition,
    prescription: Prescription,
    visit: Visit | None,
    known: KnownHistory,
) -> tuple[bool, bool]:
    """Whether all that the visit asks for is there, and whether a clinician has seen it."""
    if visit is None:
        return False, False
    opens = opening(prescription, visit)
    measured = measured_since(prescription, opens - LOOK_BACK)
    flags = definition.high_risk.flags
    conditions = Conditions(
        grade_two_at_previous_visit=any(
            row.collected_at < opens and (row.grade or 0) >= 2 for row in measured
        ),
        high_risk=any(key in flags and row.present for key, row in known.conditions.items()),
    )
    wanted = required_analytes(definition, visit.code, conditions)
    fresh = [row for row in measured if row.collected_at >= opens and row.analyte in wanted]
    there = wanted <= {row.analyte for row in fresh}
    return there, there and all(row.reviewed for row in fresh)


def measured_since(prescription: Prescription, since: datetime) -> list[Measured]:
    rows = (
        Result.objects.current()
        .filter(patient=prescription.enrolment.patient_id, collected_at__gte=since)
        .values_list("analyte__key", "collected_at", "grade", "draw__reviewed_at")
    )
    return [Measured(key, at, grade, seen is not None) for key, at, grade, seen in rows]


def required_analytes(definition: Definition, code: str, conditions: Conditions) -> frozenset[str]:
    """What the visit's laboratory items ask for, computed values left out."""
    planned = next((row for row in definition.visits if row.code == code), None)
    if planned is None:
        return frozenset()
    panels: Collection[str] = [
        asked.item.panel
        for asked in asked_items(planned, conditions)
        if asked.required and asked.item.kind is ItemKind.LABS and asked.item.panel
    ]
    return frozenset(key for panel in panels for key in definition.panel(panel).analytes)


def mood_is_known(prescription: Prescription, visit: Visit | None, story: Story) -> bool:
    if visit is None:
        return False
    opens = opening(prescription, visit)
    return any(row.visit_id == visit.pk or row.answered_at >= opens for row in story.moods)


def days_on_hand(prescription: Prescription, story: Story, on: date) -> int | None:
    """Whole days that what he still has would last; None when nobody could count it."""
    if story.doses is None:
        return None
    hand = on_hand(story.doses, on)
    return hand.capsules // max(1, prescription.capsules_per_day) if hand.known else None
