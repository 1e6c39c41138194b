"""Each gate open, and shut by each thing that shuts it (domain reference §7.2)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from protocols.rules.gates import (
    CompleteFacts,
    DispenseFacts,
    StartFacts,
    complete,
    dispense,
    pick_up_until,
    start,
)
from protocols.rules.interactions import check
from protocols.rules.vocabulary import Ruleset, Status
from tests.protocols.rules.given import PROGRAMME

ON = date(2026, 3, 31)
READY = StartFacts(
    on=ON,
    eligible_on=ON - timedelta(days=20),
    consents=frozenset({"treatment"}),
    ipledge_id="12345",
    oldest_baseline_lab_on=ON - timedelta(days=30),
    counselling_done=frozenset(item.code for item in PROGRAMME.counselling),
    first_semen_on=ON - timedelta(days=37),
    second_semen_on=ON - timedelta(days=30),
    contact_preferences=True,
)
DOXYCYCLINE = check(PROGRAMME.medicines, ["doxycycline"], on_treatment=True)
WARFARIN = check(PROGRAMME.medicines, ["warfarin"], on_treatment=True)


def codes(gate):
    return [reason.code for reason in gate.reasons]


def test_a_man_with_everything_in_place_may_start():
    gate = start(PROGRAMME, READY)
    assert (gate.allowed, gate.sentences) == (True, ())


def days_ago(days):
    return ON - timedelta(days=days)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"eligible_on": None}, ["NOT_ELIGIBLE"]),
        ({"eligible_on": days_ago(56)}, []),
        ({"eligible_on": days_ago(57)}, ["ELIGIBILITY_EXPIRED"]),
        ({"consents": frozenset({"screening"})}, ["CONSENT_MISSING"]),
        ({"ipledge_id": " "}, ["IPLEDGE_ID_MISSING"]),
        ({"contact_preferences": False}, ["CONTACT_PREFERENCES_MISSING"]),
        ({"oldest_baseline_lab_on": None}, ["BASELINE_LABS_MISSING"]),
        ({"missing_baseline_labs": ("ck",)}, ["BASELINE_LABS_MISSING"]),
        ({"oldest_baseline_lab_on": days_ago(31)}, ["BASELINE_LABS_STALE"]),
        ({"oldest_baseline_lab_on": days_ago(-1)}, ["BASELINE_LABS_LATE"]),
        ({"second_semen_on": None}, ["SECOND_SEMEN_MISSING"]),
        ({"first_semen_on": days_ago(36)}, ["SECOND_SEMEN_TOO_SOON"]),
        ({"first_semen_on": days_ago(40), "second_semen_on": days_ago(31)}, ["SECOND_SEMEN_STALE"]),
        ({"second_semen_on": days_ago(-1)}, ["SECOND_SEMEN_STALE"]),
        ({"interactions": DOXYCYCLINE}, ["INTERACTION"]),
        ({"interactions": WARFARIN}, []),
    ],
)
def test_start_gate(changes, expected):
    gate = start(PROGRAMME, replace(READY, **changes))
    assert (codes(gate), gate.allowed) == (expected, not expected)


def test_each_counselling_item_left_out_is_named():
    done = READY.counselling_done - {"NEVER_SHARE", "OFF_LABEL"}
    gate = start(PROGRAMME, replace(READY, counselling_done=done))
    assert gate.sentences == (
        "Counselling is not ticked: The capsules are never shared with anybody.",
        "Counselling is not ticked: The use is off-label; the approved use is severe acne.",
    )


@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        (set(), ""),
        (
            {"NEVER_SHARE"},
            "Counselling is not ticked: The capsules are never shared with anybody.",
        ),
        ({"NEVER_SHARE", "OFF_LABEL"}, "2 of the counselling items are not ticked."),
    ],
)
def test_in_brief_many_counselling_items_are_counted(left_out, said):
    done = READY.counselling_done - left_out
    gate = start(PROGRAMME, replace(READY, counselling_done=done, ipledge_id=""))
    assert gate.brief == f"The iPLEDGE number is not recorded. {said}".strip()


def test_a_shut_gate_lists_every_reason():
    assert len(start(PROGRAMME, StartFacts(on=ON)).reasons) == 6 + len(PROGRAMME.counselling)


NEXT_BOTTLE = DispenseFacts(
    status=Status.ACTIVE,
    visit_code="M1",
    visit_done=True,
    visit_in_window=True,
    labs_resulted=True,
    labs_reviewed=True,
    open_hold=False,
    phq9_done=True,
    interactions=(),
    ruleset=Ruleset.PRE_2026,
    rx_on=date(2026, 3, 1),
    pick_up_on=date(2026, 3, 30),
    attested=True,
    days_on_hand=7,
)


def test_a_bottle_may_go_when_all_is_in_place():
    assert dispense(PROGRAMME, NEXT_BOTTLE).allowed


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"status": Status.ON_HOLD}, ["NOT_ACTIVE"]),
        ({"visit_done": False, "visit_in_window": True}, []),
        ({"visit_done": False, "visit_in_window": False}, ["VISIT_NOT_DONE"]),
        ({"visit_done": None, "visit_in_window": None}, ["VISIT_NOT_DONE"]),
        ({"labs_resulted": False}, ["LABS_NOT_RESULTED"]),
        ({"labs_resulted": None}, ["LABS_NOT_RESULTED"]),
        ({"labs_reviewed": False}, ["LABS_NOT_REVIEWED"]),
        ({"open_hold": True}, ["OPEN_HOLD"]),
        ({"open_hold": None}, ["OPEN_HOLD"]),
        ({"phq9_done": None}, ["PHQ9_MISSING"]),
        ({"interactions": None}, ["INTERACTIONS_NOT_CHECKED"]),
        ({"interactions": DOXYCYCLINE}, ["INTERACTION"]),
        ({"interactions": WARFARIN}, []),
        ({"pick_up_on": date(2026, 3, 31)}, ["PICK_UP_WINDOW"]),
        ({"pick_up_on": date(2026, 2, 28)}, ["PICK_UP_WINDOW"]),
        ({"pick_up_on": None}, ["PRESCRIPTION_MISSING"]),
        ({"attested": False}, ["IPLEDGE_NOT_ATTESTED"]),
        ({"days_on_hand": 8}, ["STOCK_TOO_HIGH"]),
        ({"days_on_hand": None}, ["STOCK_UNKNOWN"]),
    ],
)
def test_dispense_gate(changes, expected):
    gate = dispense(PROGRAMME, replace(NEXT_BOTTLE, **changes))
    assert (codes(gate), gate.allowed) == (expected, not expected)


def test_the_new_ipledge_rules_have_no_window_and_no_monthly_attestation():
    late = replace(
        NEXT_BOTTLE, ruleset=Ruleset.MOD_2026, pick_up_on=date(2026, 5, 1), attested=False
    )
    assert dispense(PROGRAMME, late).allowed


def test_the_ipledge_rules_of_the_programme_hold_when_none_are_named():
    late = replace(NEXT_BOTTLE, ruleset=None, pick_up_on=date(2026, 5, 1))
    assert codes(dispense(PROGRAMME, late)) == ["PICK_UP_WINDOW"]


@pytest.mark.parametrize(
    ("rx", "last"),
    [
        (date(2026, 3, 1), date(2026, 3, 30)),
        (date(2028, 2, 1), date(2028, 3, 1)),
        (date(2027, 2, 1), date(2027, 3, 2)),
    ],
)
def test_the_pick_up_window_counts_the_prescription_as_its_first_day(rx, last):
    assert pick_up_until(PROGRAMME, rx) == last


DONE = CompleteFacts(
    on=ON,
    eot_visit_done=True,
    last_dose_on=days_ago(10),
    accountability_closed=True,
    last_semen_valid=True,
)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"eot_visit_done": False}, ["END_VISIT_MISSING"]),
        ({"eot_visit_done": False, "last_dose_on": days_ago(37)}, ["END_VISIT_MISSING"]),
        ({"eot_visit_done": False, "last_dose_on": days_ago(38)}, []),
        ({"eot_visit_done": False, "last_dose_on": None}, ["END_VISIT_MISSING"]),
        ({"accountability_closed": False}, ["ACCOUNTABILITY_OPEN"]),
        ({"last_semen_valid": False}, ["LAST_SEMEN_INVALID"]),
        ({"last_semen_valid": None}, ["LAST_SEMEN_INVALID"]),
    ],
)
def test_complete_gate(changes, expected):
    assert codes(complete(PROGRAMME, replace(DONE, **changes))) == expected
