"""Which iPLEDGE rules hold on a day, and what a bottle waits for (domain reference §2.6)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from protocols.rules.gates import dispense, pick_up_until
from protocols.rules.ipledge import Choice, in_force, months_to_confirm
from protocols.rules.vocabulary import Ruleset
from tests.protocols.rules.given import PROGRAMME
from tests.protocols.rules.test_gates import NEXT_BOTTLE, codes

PRE, MOD = Ruleset.PRE_2026, Ruleset.MOD_2026
CHANGED_ON = date(2026, 8, 8)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("on", "ruleset"),
    [(CHANGED_ON - DAY, PRE), (CHANGED_ON, MOD), (CHANGED_ON + DAY, MOD)],
)
def test_a_choice_holds_from_its_day_on(on, ruleset):
    assert in_force([Choice(MOD, CHANGED_ON)], on, PRE) is ruleset


def test_without_a_choice_the_programme_says():
    assert in_force([], CHANGED_ON, PRE) is PRE
    assert in_force([], CHANGED_ON, MOD) is MOD


def test_of_two_choices_for_one_day_the_later_one_counts():
    there = Choice(MOD, CHANGED_ON, number=1)
    back = Choice(PRE, CHANGED_ON, number=2)
    assert in_force([back, there], CHANGED_ON, MOD) is PRE


def test_a_choice_for_a_later_day_does_not_reach_back():
    early, late = Choice(MOD, CHANGED_ON, number=2), Choice(PRE, CHANGED_ON + 30 * DAY, number=1)
    assert in_force([early, late], CHANGED_ON + 29 * DAY, PRE) is MOD
    assert in_force([early, late], CHANGED_ON + 30 * DAY, PRE) is PRE


@pytest.mark.parametrize(
    ("ruleset", "bottle", "confirmed", "waits"),
    [
        pytest.param(PRE, 3, [1, 2], (3,), id="each month its own"),
        pytest.param(PRE, 3, [3], (), id="an earlier month left out is past"),
        pytest.param(PRE, 1, [], (1,), id="the first as well"),
        pytest.param(MOD, 3, [], (1,), id="once, and nobody did"),
        pytest.param(MOD, 3, [1], (), id="once, at enrolment"),
        pytest.param(MOD, 3, [2], (), id="once, whenever"),
    ],
)
def test_what_a_bottle_waits_for(ruleset, bottle, confirmed, waits):
    assert months_to_confirm(ruleset, bottle, confirmed) == waits


@pytest.mark.parametrize(
    ("visit_on", "last_on"),
    [
        pytest.param(date(2026, 3, 1), date(2026, 3, 30), id="over the night of the spring change"),
        pytest.param(date(2026, 10, 15), date(2026, 11, 13), id="over the autumn change"),
        pytest.param(date(2028, 2, 1), date(2028, 3, 1), id="over a leap day"),
        pytest.param(date(2027, 2, 1), date(2027, 3, 2), id="over a February without one"),
    ],
)
@pytest.mark.parametrize(("days", "allowed"), [(-1, True), (0, True), (1, False)])
def test_the_window_closes_with_its_thirtieth_day(visit_on, last_on, days, allowed):
    assert pick_up_until(PROGRAMME, visit_on) == last_on
    bottle = replace(NEXT_BOTTLE, rx_on=visit_on, pick_up_on=last_on + days * DAY)
    assert codes(dispense(PROGRAMME, bottle)) == ([] if allowed else ["PICK_UP_WINDOW"])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"ruleset": PRE, "attested": False, "attested_ever": True}, ["IPLEDGE_NOT_ATTESTED"]),
        ({"ruleset": PRE, "attested": True, "attested_ever": False}, []),
        ({"ruleset": MOD, "attested": False, "attested_ever": True}, []),
        ({"ruleset": MOD, "attested": True, "attested_ever": False}, ["IPLEDGE_NOT_ATTESTED"]),
    ],
)
def test_monthly_before_the_change_and_once_after_it(changes, expected):
    assert codes(dispense(PROGRAMME, replace(NEXT_BOTTLE, **changes))) == expected
