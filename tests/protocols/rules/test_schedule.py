"""Where visits lie, which visit a day belongs to, and the edges of every window."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.rules.schedule import (
    Conditions,
    asked_items,
    assign,
    confirmation_window,
    day_number,
    lay_out,
    missed,
    month_of_programme,
    provisional_start,
)
from protocols.rules.vocabulary import DeviationClass, ItemKind
from protocols.rules.windows import Standing, Timing, Window, add_months
from tests.protocols.rules.given import PROGRAMME

DAY_ONE = date(2026, 1, 15)
DAY = timedelta(days=1)
DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))


def laid(first=DAY_ONE, last=None, enrolled=None):
    visits = lay_out(PROGRAMME, first_dose_on=first, last_dose_on=last, enrolled_on=enrolled)
    return {visit.code: visit for visit in visits}


def assigned(offset_of_m1, done=()):
    visits = lay_out(PROGRAMME, first_dose_on=DAY_ONE)
    return assign(visits, DAY_ONE + timedelta(days=30 + offset_of_m1), done=done)


def test_months_are_thirty_days_apart_with_a_week_either_side():
    assert laid()["M1"].window == Window(
        date(2026, 2, 7), date(2026, 2, 14), date(2026, 2, 21), tolerance_days=7
    )
    assert laid()["M6"].window.due_on == DAY_ONE + timedelta(days=180)


def test_follow_up_hangs_on_the_last_dose():
    assert "FU1" not in laid()
    window = laid(last=date(2026, 7, 13))["FU1"].window
    assert window == Window(date(2026, 7, 29), date(2026, 8, 12), date(2026, 8, 26))
    assert laid(last=date(2026, 7, 13))["FU2"].window.due_on == date(2026, 10, 11)
    last = laid(last=date(2026, 7, 13))["FU6"].window
    assert (last.due_on - date(2026, 7, 13)).days == 730
    assert (last.closes_on - last.due_on).days == 30


def test_screening_lies_in_the_56_days_before_day_one():
    assert laid()["V0"].window == Window(DAY_ONE - 56 * DAY, DAY_ONE, DAY_ONE)
    enrolled = laid(first=None, enrolled=date(2026, 1, 2))
    assert list(enrolled) == ["V0"]
    assert enrolled["V0"].window == Window(date(2026, 1, 2), date(2026, 1, 2), date(2026, 2, 27))


def test_the_baseline_visit_can_be_booked_from_a_week_after_screening():
    window = provisional_start(PROGRAMME, date(2026, 1, 2))
    assert (window.opens_on, window.closes_on) == (date(2026, 1, 9), date(2026, 2, 27))


@pytest.mark.parametrize(
    ("offset", "code", "timing", "deviation"),
    [
        (-15, "UNS", Timing.UNS, None),
        (-14, "M1", Timing.EARLY, "VISIT_EARLY"),
        (-8, "M1", Timing.EARLY, "VISIT_EARLY"),
        (-7, "M1", Timing.ON_TIME, None),
        (0, "M1", Timing.ON_TIME, None),
        (7, "M1", Timing.ON_TIME, None),
        (8, "M1", Timing.LATE, "VISIT_LATE"),
        (14, "M1", Timing.LATE, "VISIT_LATE"),
        (15, "UNS", Timing.UNS, None),
        (16, "M2", Timing.EARLY, "VISIT_EARLY"),
    ],
)
def test_a_day_belongs_to_the_visit_whose_window_it_reaches(offset, code, timing, deviation):
    found = assigned(offset, done=["V0", "V1"])
    assert (found.code, found.timing, found.deviation) == (code, timing, deviation)


def test_a_visit_that_is_done_takes_no_second_day():
    assert assigned(0, done=["M1"]).timing is Timing.UNS


def test_day_one_is_the_baseline_visit_not_screening():
    assert assign(lay_out(PROGRAMME, first_dose_on=DAY_ONE), DAY_ONE).code == "V1"


@pytest.mark.parametrize(
    ("last_dose_day", "offset", "timing"),
    [(0, -15, "UNS"), (0, -14, "ON_TIME"), (0, 14, "ON_TIME"), (0, 15, "UNS")],
)
def test_follow_up_is_on_time_within_two_weeks(last_dose_day, offset, timing):
    visits = lay_out(PROGRAMME, last_dose_on=DAY_ONE)
    found = assign(visits, DAY_ONE + timedelta(days=30 + offset))
    assert found.timing == timing


@pytest.mark.parametrize(
    ("days_after_target", "is_missed"), [(7, False), (14, False), (15, True), (60, True)]
)
def test_a_visit_is_missed_after_the_fourteenth_day(days_after_target, is_missed):
    visit = laid()["M1"]
    as_of = visit.window.due_on + timedelta(days=days_after_target)
    assert missed(visit, as_of=as_of, attended=False).missed is is_missed
    assert missed(visit, as_of=as_of, attended=True).missed is False


@pytest.mark.parametrize(
    ("code", "weight"),
    [
        ("M1", "MAJOR"),
        ("M2", "MINOR"),
        ("M3", "MAJOR"),
        ("M4", "MINOR"),
        ("M5", "MINOR"),
        ("M6", "MAJOR"),
        ("FU1", "MINOR"),
        ("FU2", "MINOR"),
    ],
)
def test_only_the_key_visits_are_major_when_missed(code, weight):
    visit = laid(last=DAY_ONE)[code]
    found = missed(visit, as_of=visit.window.latest_on + DAY, attended=False)
    assert found.weight is DeviationClass(weight)


@pytest.mark.parametrize(
    ("day", "standing"),
    [
        (date(2026, 2, 6), Standing.TO_COME),
        (date(2026, 2, 7), Standing.OPEN),
        (date(2026, 2, 21), Standing.OPEN),
        (date(2026, 2, 22), Standing.OVERDUE),
        (date(2026, 2, 28), Standing.OVERDUE),
        (date(2026, 3, 1), Standing.MISSED),
    ],
)
def test_a_visit_that_has_not_happened_stands_somewhere(day, standing):
    assert laid()["M1"].window.standing(day) is standing


@pytest.mark.parametrize(
    ("day", "number", "month"),
    [
        (DAY_ONE - DAY, -1, None),
        (DAY_ONE, 1, 1),
        (DAY_ONE + 29 * DAY, 30, 1),
        (DAY_ONE + 30 * DAY, 31, 2),
        (DAY_ONE + 149 * DAY, 150, 5),
        (DAY_ONE + 150 * DAY, 151, 6),
        (DAY_ONE + 400 * DAY, 401, 6),
    ],
)
def test_days_count_from_one_and_months_end_at_six(day, number, month):
    assert day_number(DAY_ONE, day) == number
    assert month_of_programme(PROGRAMME, DAY_ONE, day) == month


@pytest.mark.parametrize(
    ("first", "m1", "m2"),
    [
        pytest.param(date(2028, 1, 30), date(2028, 2, 29), date(2028, 3, 30), id="leap day"),
        pytest.param(date(2027, 1, 30), date(2027, 3, 1), date(2027, 3, 31), id="no leap day"),
        pytest.param(date(2026, 2, 6), date(2026, 3, 8), date(2026, 4, 7), id="US clocks change"),
        pytest.param(
            date(2026, 2, 27), date(2026, 3, 29), date(2026, 4, 28), id="EU clocks change"
        ),
        pytest.param(date(2026, 8, 7), date(2026, 9, 6), date(2026, 10, 6), id="Santiago midnight"),
    ],
)
def test_dates_of_visits_know_no_clocks_and_count_the_leap_day(first, m1, m2):
    assert (laid(first)["M1"].window.due_on, laid(first)["M2"].window.due_on) == (m1, m2)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 3, 31), 0, date(2026, 3, 31)),
    ],
)
def test_calendar_months_end_with_the_month(day, months, expected):
    assert add_months(day, months) == expected


def test_the_confirming_analysis_is_due_7_to_28_days_later():
    window = confirmation_window(PROGRAMME, date(2026, 3, 1))
    assert (window.opens_on, window.closes_on) == (date(2026, 3, 8), date(2026, 3, 29))


@settings(max_examples=150, deadline=None)
@given(first=DAYS, length=st.integers(0, 400))
def test_windows_are_ordered_wherever_the_programme_starts(first, length):
    visits = lay_out(PROGRAMME, first_dose_on=first, last_dose_on=first + timedelta(days=length))
    for visit in visits:
        window = visit.window
        assert window.earliest_on <= window.opens_on <= window.due_on
        assert window.due_on <= window.closes_on <= window.latest_on


@settings(max_examples=150, deadline=None)
@given(first=DAYS, offset=st.integers(-100, 300))
def test_on_treatment_every_day_has_one_answer_and_it_names_the_nearest_month(first, offset):
    months = [row for row in lay_out(PROGRAMME, first_dose_on=first) if row.code[0] == "M"]
    day = first + timedelta(days=offset)
    found = assign(months, day)
    near = [row for row in months if abs((day - row.window.due_on).days) <= 14]
    assert [found.code] == ([row.code for row in near] or ["UNS"])
    assert (found.timing is Timing.ON_TIME) == any(day in row.window for row in months)


@settings(max_examples=150, deadline=None)
@given(first=DAYS, step=st.integers(0, 250))
def test_the_month_never_goes_back(first, step):
    day = first + timedelta(days=step)
    today = month_of_programme(PROGRAMME, first, day)
    tomorrow = month_of_programme(PROGRAMME, first, day + DAY)
    assert tomorrow - today in {0, 1}


def required(code, **conditions):
    items = asked_items(PROGRAMME.visit(code), Conditions(**conditions))
    return {row.item.panel for row in items if row.required and row.item.kind is ItemKind.LABS}


@pytest.mark.parametrize("code", ["M4", "M5"])
def test_late_months_need_labs_only_after_a_grade_two_or_at_high_risk(code):
    assert required(code) == set()
    assert required(code, grade_two_at_previous_visit=True) == {"lipids", "liver"}
    assert required(code, high_risk=True) == {"lipids", "liver"}
    assert required(code, last_abnormal=True) == set()


def test_the_first_follow_up_needs_labs_only_if_the_last_were_abnormal():
    assert required("FU1") == set()
    assert required("FU1", last_abnormal=True) == {"lipids", "liver", "muscle", "glucose"}


def test_the_baseline_visit_repeats_labs_only_when_they_are_stale():
    assert required("V1") == set()
    assert required("V1", labs_stale=True) == {panel.key for panel in PROGRAMME.panels}
