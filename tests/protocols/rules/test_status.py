"""The status machine: every status with every event, and every guard (domain reference §7.4)."""

from dataclasses import fields, replace
from datetime import date

import pytest

from protocols.rules.status import (
    SENTENCES,
    TERMINAL,
    Event,
    Guard,
    StatusFacts,
    events_from,
    transition,
    transition_to,
)
from protocols.rules.vocabulary import Status

WILLING = StatusFacts(
    screening_consent=True,
    reason_code="AGE",
    gate_eligible=True,
    eligibility_over=True,
    treatment_consent=True,
    gate_start=True,
    first_dose=date(2026, 1, 15),
    restart_limits=True,
    gate_complete=True,
    follow_up_over=True,
    lost=True,
    previous=Status.ON_HOLD,
)
NON_TERMINAL = [status for status in Status if status not in TERMINAL]
ALLOWED = {
    (None, Event.REFER): "REFERRED",
    ("REFERRED", Event.START_SCREENING): "SCREENING",
    ("SCREENING", Event.FAIL): "SCREEN_FAILED",
    ("SCREENING", Event.PASS_GATE_ELIGIBLE): "ELIGIBLE",
    ("ELIGIBLE", Event.ELIGIBILITY_EXPIRES): "SCREENING",
    ("ELIGIBLE", Event.SIGN_CONSENT): "CONSENTED",
    ("CONSENTED", Event.FIRST_DOSE_RECORDED): "ACTIVE",
    ("ACTIVE", Event.HOLD_ORDER): "ON_HOLD",
    ("ON_HOLD", Event.RESTART_ORDER): "ACTIVE",
    ("ACTIVE", Event.STOP): "DISCONTINUED",
    ("ON_HOLD", Event.STOP): "DISCONTINUED",
    ("ACTIVE", Event.PATIENT_WITHDRAWS_TREATMENT): "WITHDRAWN_TREATMENT",
    ("ON_HOLD", Event.PATIENT_WITHDRAWS_TREATMENT): "WITHDRAWN_TREATMENT",
    ("ACTIVE", Event.GATE_COMPLETE): "COMPLETED_TREATMENT",
    ("ON_HOLD", Event.GATE_COMPLETE): "COMPLETED_TREATMENT",
    ("COMPLETED_TREATMENT", Event.FU2_DONE): "CLOSED",
    ("DISCONTINUED", Event.FU2_DONE): "CLOSED",
    ("WITHDRAWN_TREATMENT", Event.FU2_DONE): "CLOSED",
    ("COMPLETED_TREATMENT", Event.WINDOW_CLOSED): "CLOSED",
    ("DISCONTINUED", Event.WINDOW_CLOSED): "CLOSED",
    ("WITHDRAWN_TREATMENT", Event.WINDOW_CLOSED): "CLOSED",
    ("LOST_TO_FOLLOW_UP", Event.WINDOW_CLOSED): "CLOSED",
    ("ACTIVE", Event.LTFU_RULE): "LOST_TO_FOLLOW_UP",
    ("ON_HOLD", Event.LTFU_RULE): "LOST_TO_FOLLOW_UP",
    ("LOST_TO_FOLLOW_UP", Event.PATIENT_RETURNS): "ON_HOLD",
    **{(status.value, Event.WITHDRAWS_CONSENT): "WITHDRAWN_CONSENT" for status in NON_TERMINAL},
    **{(status.value, Event.DEATH): "DECEASED" for status in NON_TERMINAL},
}
ORDINARY = [event for event in Event if event is not Event.CORRECT_ERROR]


@pytest.mark.parametrize("status", [None, *Status])
def test_every_event_leads_where_the_table_says_and_nowhere_else(status):
    answers = {event: transition(status, event, WILLING) for event in ORDINARY}
    led = {event: found.to for event, found in answers.items() if found.allowed}
    name = status and status.value
    assert led == {event: to for (origin, event), to in ALLOWED.items() if origin == name}
    assert all(bool(found.reasons) is not found.allowed for found in answers.values())


GUARDED = [
    (Event.START_SCREENING, Status.REFERRED, Guard.SCREENING_CONSENT),
    (Event.FAIL, Status.SCREENING, Guard.REASON_CODE),
    (Event.PASS_GATE_ELIGIBLE, Status.SCREENING, Guard.GATE_ELIGIBLE),
    (Event.ELIGIBILITY_EXPIRES, Status.ELIGIBLE, Guard.ELIGIBILITY_OVER),
    (Event.SIGN_CONSENT, Status.ELIGIBLE, Guard.TREATMENT_CONSENT),
    (Event.FIRST_DOSE_RECORDED, Status.CONSENTED, Guard.GATE_START),
    (Event.FIRST_DOSE_RECORDED, Status.CONSENTED, Guard.FIRST_DOSE),
    (Event.RESTART_ORDER, Status.ON_HOLD, Guard.RESTART_LIMITS),
    (Event.GATE_COMPLETE, Status.ACTIVE, Guard.GATE_COMPLETE),
    (Event.FU2_DONE, Status.DISCONTINUED, Guard.FOLLOW_UP_OVER),
    (Event.WINDOW_CLOSED, Status.DISCONTINUED, Guard.FOLLOW_UP_OVER),
    (Event.LTFU_RULE, Status.ACTIVE, Guard.LOST),
]


@pytest.mark.parametrize(("event", "status", "guard"), GUARDED)
def test_each_guard_alone_stops_its_event(event, status, guard):
    found = transition(status, event, replace(WILLING, **{guard.value: None}))
    assert (found.allowed, found.reasons) == (False, (SENTENCES[guard],))


def test_every_guard_is_a_fact_and_has_a_sentence():
    names = {field.name for field in fields(StatusFacts)}
    assert set(SENTENCES) == set(Guard) == {guard for _, _, guard in GUARDED}
    assert {guard.value for guard in Guard} <= names


def test_all_missing_guards_are_listed():
    found = transition(Status.CONSENTED, Event.FIRST_DOSE_RECORDED)
    assert found.reasons == (
        "The start gate is not passed.",
        "The day of the first dose is not recorded.",
    )


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("signatures", [0, 1, 2])
def test_only_an_end_is_corrected_and_only_with_two_signatures(status, signatures):
    facts = StatusFacts(signatures=signatures, previous=Status.ACTIVE)
    found = transition(status, Event.CORRECT_ERROR, facts)
    expected = status in TERMINAL and signatures == 2
    assert (found.allowed, found.to) == (expected, Status.ACTIVE if expected else None)


def test_a_returning_patient_goes_back_to_where_he_was():
    assert transition(Status.LOST_TO_FOLLOW_UP, Event.PATIENT_RETURNS).reasons == (
        "The status before he was lost is not known.",
    )
    assert transition_to(Status.LOST_TO_FOLLOW_UP, Status.ON_HOLD, WILLING).allowed
    assert not transition_to(Status.LOST_TO_FOLLOW_UP, Status.ACTIVE, WILLING).allowed


def test_a_transition_can_be_asked_for_by_its_end():
    assert transition_to(Status.ACTIVE, Status.ON_HOLD).allowed
    assert transition_to(Status.ACTIVE, Status.COMPLETED_TREATMENT).reasons == (
        "The completion gate is not passed.",
    )
    assert transition_to(Status.CLOSED, Status.ACTIVE, WILLING).reasons == (
        "Nothing leads from Closed to Active.",
    )


def test_an_end_is_an_end():
    assert [events_from(status) for status in TERMINAL] == [()] * len(TERMINAL)
