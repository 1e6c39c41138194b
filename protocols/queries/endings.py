"""What the ends of an enrolment look at: the last visits, the capsules, the contacts."""

from datetime import date

from labs.models import SemenAnalysis
from protocols.models import Enrolment, Visit
from protocols.queries.dosing import dose_record, sheet_of
from protocols.queries.enrolment import definition_of
from protocols.queries.laboratory_facts import end_of
from protocols.queries.ladder import Seen, reach_from, tried_of, wrote_on
from protocols.rules.definition import Definition
from protocols.rules.gates import CompleteFacts
from protocols.rules.lost import Lost
from protocols.rules.schedule import window_from
from protocols.rules.vocabulary import Phase, Status

DONE = [Visit.Status.SIGNED, Visit.Status.AMENDED]


def last_of(definition: Definition, phase: Phase) -> str:
    """The code of the last visit of a phase: M6 ends the treatment, FU2 the follow-up."""
    return [visit.code for visit in definition.visits if visit.phase is phase][-1]


def completion_facts(enrolment: Enrolment, on: date) -> CompleteFacts:
    end_visit = last_of(definition_of(enrolment.version), Phase.TREATMENT)
    done = Visit.objects.filter(enrolment=enrolment, code=end_visit, status__in=DONE)
    last = (
        SemenAnalysis.objects.final()
        .filter(patient=enrolment.patient_id, collected_at__lt=end_of(enrolment.patient, on))
        .order_by("-collected_at", "-pk")
        .first()
    )
    sheet = sheet_of(dose_record(enrolment))
    return CompleteFacts(
        on=on,
        eot_visit_done=done.exists(),
        last_dose_on=enrolment.last_dose_on,
        accountability_closed=sheet.closed,
        capsules_missing=sheet.missing,
        last_semen_valid=last.valid if last else None,
    )


def follow_up_is_over(enrolment: Enrolment, on: date) -> tuple[bool, bool]:
    """Whether the second follow-up is done, and whether its window has closed."""
    last = last_of(definition_of(enrolment.version), Phase.FOLLOW_UP)
    visit = Visit.objects.filter(enrolment=enrolment, code=last).first()
    if visit is None:
        closes_on = would_have_closed_on(enrolment, last)
        return False, closes_on is not None and closes_on < on
    return visit.status in DONE, visit.closes_on is not None and visit.closes_on < on


def would_have_closed_on(enrolment: Enrolment, code: str) -> date | None:
    """For a man who was lost, no follow-up was laid: it is counted from the day he was."""
    if enrolment.status != Status.LOST_TO_FOLLOW_UP:
        return None
    planned = definition_of(enrolment.version).visit(code)
    return window_from(planned, enrolment.status_since).closes_on


def loss(enrolment: Enrolment, on: date) -> Lost:
    """What the rule of domain reference §7.5 says of his silence."""
    seen = [
        Seen(row.code, row.status, row.attended_on, row.closes_on)
        for row in Visit.objects.filter(enrolment=enrolment)
    ]
    tried, wrote = tried_of(enrolment.patient), wrote_on(enrolment.patient)
    definition = definition_of(enrolment.version)
    found = reach_from(enrolment, definition, seen, tried, wrote, on).ladder
    return Lost(lost=found.lost, reasons=found.reasons)
