"""Capsules, adherence at its edges, and the dates that follow from doses (§2.1, §2.6, §7.3)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.rules.contradiction import Contradiction
from protocols.rules.dosing import (
    AdherenceClass,
    PillCount,
    Segment,
    adherence,
    blood_donation_blocked_until,
    cumulative,
    days_supply,
    expected_capsules,
    expected_from_days,
    hold_has_ended_treatment,
    longest_gap,
    prescription,
    re_treatment_earliest,
    supply,
)
from tests.protocols.rules.given import PROGRAMME

DOSE = PROGRAMME.dose
FULL = Segment(date(2026, 3, 1), date(2026, 3, 11), 2)
HOLD = Segment(date(2026, 3, 11), date(2026, 3, 15), 0)
REDUCED = Segment(date(2026, 3, 15), None, 1)


def taken(actual, expected=60):
    return adherence(DOSE, expected=expected, count=PillCount(dispensed=actual, returned=0))


@pytest.mark.parametrize(
    ("first", "last", "capsules"),
    [
        (date(2026, 3, 1), date(2026, 3, 30), 20 + 16),
        (date(2026, 3, 10), date(2026, 3, 11), 2),
        (date(2026, 3, 11), date(2026, 3, 14), 0),
        (date(2026, 3, 15), date(2026, 3, 15), 1),
        (date(2026, 2, 1), date(2026, 2, 28), 0),
    ],
)
def test_expected_capsules_follow_the_orders_day_by_day(first, last, capsules):
    assert expected_capsules((FULL, HOLD, REDUCED), first_on=first, last_on=last) == capsules


def test_a_leap_day_is_a_day_with_two_capsules():
    whole_february = Segment(date(2028, 2, 1), None, 2)
    days = {"first_on": date(2028, 2, 1), "last_on": date(2028, 2, 29)}
    assert expected_capsules([whole_february], **days) == 58


def test_a_change_of_clocks_is_still_one_day():
    segment = Segment(date(2026, 3, 1), None, 2)
    days = {"first_on": date(2026, 3, 7), "last_on": date(2026, 3, 9)}
    assert expected_capsules([segment], **days) == 6


def test_expected_capsules_from_counts():
    assert expected_from_days(days=30, hold_days=4, daily_capsules=2) == 52
    with pytest.raises(Contradiction, match="more days of hold"):
        expected_from_days(days=3, hold_days=4, daily_capsules=2)


@pytest.mark.parametrize(
    ("actual", "expected", "category"),
    [
        (59, 100, "MAJOR"),
        (5999, 10000, "MAJOR"),
        (60, 100, "MINOR"),
        (7999, 10000, "MINOR"),
        (80, 100, "ADEQUATE"),
        (110, 100, "ADEQUATE"),
        (11001, 10000, "OVER_USE"),
        (111, 100, "OVER_USE"),
    ],
)
def test_adherence_is_classed_by_the_unrounded_figure(actual, expected, category):
    assert taken(actual, expected).category == category


def test_adherence_counts_what_was_carried_in_returned_and_lost():
    count = PillCount(dispensed=60, returned=6, carried_in=4, lost=1)
    found = adherence(DOSE, expected=60, count=count)
    assert (found.actual, found.percent) == (57, Decimal(95))


def test_adherence_is_unknown_when_the_bottle_did_not_come_back():
    found = adherence(DOSE, expected=60, count=PillCount(dispensed=60, returned=None))
    assert (found.actual, found.percent, found.category) == (None, None, AdherenceClass.UNKNOWN)


@pytest.mark.parametrize(("actual", "category"), [(0, "UNKNOWN"), (1, "OVER_USE")])
def test_capsules_taken_during_a_hold_are_over_use(actual, category):
    found = taken(actual, expected=0)
    assert (found.percent, found.category) == (None, category)


@pytest.mark.parametrize(
    "count",
    [
        PillCount(dispensed=60, returned=61),
        PillCount(dispensed=60, returned=-1),
        PillCount(dispensed=60, returned=30.5),
        PillCount(dispensed=59.5, returned=0),
        PillCount(dispensed=60, returned=0, lost=61),
    ],
)
def test_counts_that_cannot_be_are_refused(count):
    with pytest.raises(Contradiction):
        adherence(DOSE, expected=60, count=count)


@pytest.mark.parametrize(
    ("weight", "per_kg"), [("60", "120.0"), ("70", "102.9"), ("80", "90.0"), ("100", "72.0")]
)
def test_six_months_in_milligrams_per_kilogram(weight, per_kg):
    found = cumulative([(60, 20)] * 6, weight_kg=Decimal(weight))
    assert (found.mg, round(found.mg_per_kg, 1)) == (7200, Decimal(per_kg))


def test_without_a_weight_there_are_only_milligrams():
    assert cumulative([(10, 20)], weight_kg=None).mg_per_kg is None
    with pytest.raises(Contradiction, match="more than 0 kg"):
        cumulative([(10, 20)], weight_kg=Decimal(0))


@pytest.mark.parametrize(
    ("on", "capsules", "run_out", "reminders"),
    [
        (
            date(2026, 3, 1),
            60,
            date(2026, 3, 31),
            (date(2026, 3, 24), date(2026, 3, 28), date(2026, 3, 30)),
        ),
        (
            date(2028, 2, 1),
            59,
            date(2028, 3, 1),
            (date(2028, 2, 23), date(2028, 2, 27), date(2028, 2, 29)),
        ),
        (date(2026, 3, 1), 13, date(2026, 3, 7), (date(2026, 3, 4), date(2026, 3, 6))),
        (date(2026, 3, 1), 1, date(2026, 3, 1), ()),
    ],
)
def test_supply_runs_out_after_whole_days_and_is_reminded_of(on, capsules, run_out, reminders):
    found = supply(DOSE, on_hand=capsules, on=on, daily_capsules=2)
    assert (found.run_out_on, found.remind_on) == (run_out, reminders)


def test_a_hold_never_runs_out():
    assert supply(DOSE, on_hand=10, on=date(2026, 3, 1), daily_capsules=0).run_out_on is None


def test_a_prescription_is_thirty_days_and_never_more():
    assert prescription(DOSE, daily_capsules=2).capsules == 60
    assert prescription(DOSE, daily_capsules=1).capsules == 30
    assert prescription(DOSE, daily_capsules=2, days=10).capsules == 20
    with pytest.raises(Contradiction, match="At most 30 days"):
        prescription(DOSE, daily_capsules=2, days=31)
    with pytest.raises(Contradiction, match="2 capsules a day"):
        prescription(DOSE, daily_capsules=3)
    with pytest.raises(Contradiction, match="during a hold"):
        prescription(DOSE, daily_capsules=0)


def test_a_bottle_lasts_whole_days():
    assert (
        days_supply(capsules=60, daily_capsules=2),
        days_supply(capsules=7, daily_capsules=2),
    ) == (
        30,
        3,
    )


@pytest.mark.parametrize(
    ("last_dose", "blocked_until", "again_from"),
    [
        pytest.param(date(2026, 7, 13), date(2026, 8, 13), date(2026, 9, 7), id="plain"),
        pytest.param(date(2027, 1, 31), date(2027, 2, 28), date(2027, 3, 28), id="short month"),
        pytest.param(date(2028, 1, 31), date(2028, 2, 29), date(2028, 3, 27), id="leap year"),
        pytest.param(date(2028, 2, 29), date(2028, 3, 29), date(2028, 4, 25), id="leap day"),
        pytest.param(date(2026, 2, 20), date(2026, 3, 20), date(2026, 4, 17), id="clocks change"),
    ],
)
def test_blood_donation_and_re_treatment(last_dose, blocked_until, again_from):
    assert blood_donation_blocked_until(DOSE, last_dose) == blocked_until
    assert re_treatment_earliest(DOSE, last_dose) == again_from


@pytest.mark.parametrize(("days", "ended"), [(28, False), (29, True)])
def test_a_hold_ends_treatment_on_its_29th_day(days, ended):
    from_on = date(2026, 3, 1)
    on = from_on + timedelta(days=days - 1)
    assert hold_has_ended_treatment(28, held_from=from_on, on=on) is ended


@pytest.mark.parametrize(
    ("dry", "gap"),
    [
        (range(1, 8), 7),
        ([1, 2, 3, 5, 6, 7], 3),
        (range(8, 20), 5),
        ([], 0),
    ],
)
def test_a_gap_is_a_run_of_ordered_days_without_the_drug(dry, gap):
    days = [date(2026, 3, day) for day in dry]
    found = longest_gap(
        (FULL, HOLD, REDUCED), days, first_on=date(2026, 3, 1), last_on=date(2026, 3, 30)
    )
    assert found == gap


@given(st.integers(0, 200), st.integers(1, 200))
def test_adherence_is_exact_arithmetic(actual, expected):
    assert taken(actual, expected).percent == Decimal(100) * actual / expected
