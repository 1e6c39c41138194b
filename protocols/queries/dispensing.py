"""What the dispense gate looks at, gathered for one bottle (domain reference §7.2)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta

from labs.models import Result
from protocols.models import Finding, MoodQuestionnaire, Prescription, Visit
from protocols.queries.dosing import dose_record, on_hand
from protocols.queries.enrolment import definition_of
from protocols.queries.known_history import KnownHistory, known_history
from protocols.rules.definition import Definition
from protocols.rules.gates import DispenseFacts, Gate, Obstacle, dispense, gate
from protocols.rules.interactions import check
from protocols.rules.schedule import Conditions, asked_items
from protocols.rules.vocabulary import ItemKind, Status

DONE = (Visit.Status.IN_PROGRESS, Visit.Status.SIGNED, Visit.Status.AMENDED)
LOOK_BACK_DAYS = 45
STOPPING = (Finding.Action.HOLD, Finding.Action.STOP)


def dispense_gate(prescription: Prescription, on: date) -> Gate:
    """May this bottle leave the dispensary on that day? The first one asks only for consent."""
    enrolment = prescription.enrolment
    if prescription.number == 1:
        started = enrolment.status in {Status.CONSENTED, Status.ACTIVE}
        return gate(() if started else (not_ready(enrolment.get_status_display()),))
    return dispense(definition_of(enrolment.version), dispense_facts(prescription, on))


def not_ready(status: str) -> Obstacle:
    return Obstacle("NOT_ACTIVE", f"He has not consented to treatment: he is “{status.lower()}”.")


def dispense_facts(prescription: Prescription, on: date) -> DispenseFacts:
    """Everything the gate of bottle k asks about month k − 1."""
    enrolment = prescription.enrolment
    definition = definition_of(enrolment.version)
    code = f"M{prescription.number - 1}"
    visit = visit_of(prescription, code)
    known = known_history(enrolment)
    wanted = required_analytes(definition, prescription, visit, known)
    in_hand, reviewed = results_since(prescription, visit, wanted)
    return DispenseFacts(
        status=Status(enrolment.status),
        visit_code=visit.code if visit else code,
        visit_done=bool(visit and visit.status in DONE),
        visit_in_window=bool(
            visit and visit.opens_on and visit.closes_on and visit.opens_on <= on <= visit.closes_on
        ),
        labs_resulted=in_hand,
        labs_reviewed=reviewed,
        open_hold=Finding.objects.open().filter(enrolment=enrolment, action__in=STOPPING).exists(),
        phq9_done=mood_is_known(prescription, visit),
        interactions=check(definition.medicines, known.medicines_on(on), on_treatment=True),
        ruleset=definition.rulesets.ipledge,
        rx_on=prescription.written_on,
        pick_up_on=on,
        days_on_hand=days_on_hand(prescription, on),
    )


def visit_of(prescription: Prescription, code: str) -> Visit | None:
    if prescription.visit_id:
        return prescription.visit
    return Visit.objects.filter(enrolment=prescription.enrolment_id, code=code).first()


def required_analytes(
    definition: Definition, prescription: Prescription, visit: Visit | None, known: KnownHistory
) -> frozenset[str]:
    """What the visit's laboratory items ask for, computed values left out."""
    planned = next((row for row in definition.visits if visit and row.code == visit.code), None)
    if planned is None or visit is None:
        return frozenset()
    flags = definition.high_risk.flags
    conditions = Conditions(
        grade_two_at_previous_visit=grade_two_before(prescription, visit),
        high_risk=any(key in flags and row.present for key, row in known.conditions.items()),
    )
    panels = [
        asked.item.panel
        for asked in asked_items(planned, conditions)
        if asked.required and asked.item.kind is ItemKind.LABS and asked.item.panel
    ]
    return frozenset(key for panel in panels for key in definition.panel(panel).analytes)


def opening(prescription: Prescription, visit: Visit) -> datetime:
    """The first instant whose blood still belongs to this visit."""
    first_on = visit.opens_on or visit.attended_on or prescription.written_on
    zone = prescription.enrolment.patient.site.zone
    return datetime.combine(first_on - timedelta(days=7), time(), tzinfo=zone)


def grade_two_before(prescription: Prescription, visit: Visit) -> bool:
    opens = opening(prescription, visit)
    return (
        Result.objects.current()
        .filter(
            patient=prescription.enrolment.patient_id,
            grade__gte=2,
            collected_at__lt=opens,
            collected_at__gte=opens - timedelta(days=LOOK_BACK_DAYS),
        )
        .exists()
    )


def results_since(
    prescription: Prescription, visit: Visit | None, wanted: Collection[str]
) -> tuple[bool, bool]:
    """Whether all that was asked for is there, and whether a clinician has seen all of it."""
    if visit is None:
        return False, False
    rows = list(
        Result.objects.current()
        .filter(
            patient=prescription.enrolment.patient_id,
            analyte__key__in=wanted,
            collected_at__gte=opening(prescription, visit),
        )
        .values_list("analyte__key", "draw__reviewed_at")
    )
    there = set(wanted) <= {key for key, _ in rows}
    return there, there and all(reviewed_at is not None for _, reviewed_at in rows)


def mood_is_known(prescription: Prescription, visit: Visit | None) -> bool:
    if visit is None:
        return False
    asked = MoodQuestionnaire.objects.filter(enrolment=prescription.enrolment_id)
    return (
        asked.filter(visit=visit).exists()
        or asked.filter(answered_at__gte=opening(prescription, visit)).exists()
    )


def days_on_hand(prescription: Prescription, on: date) -> int | None:
    """Whole days that what he still has would last; None when nobody could count it."""
    record = dose_record(prescription.enrolment)
    hand = on_hand(record, on)
    if not hand.known:
        return None
    return hand.capsules // max(1, prescription.capsules_per_day)
