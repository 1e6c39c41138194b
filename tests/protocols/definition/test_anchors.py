"""Visits counted in months, from other visits, and with their own rules for early and late."""

from datetime import date, timedelta

import pytest

from protocols.rules.definition import document, restore, shipped
from protocols.rules.schedule import hanging_on, lay_out, prescribing_visit
from protocols.rules.windows import Timing, Window

DAY = timedelta(days=1)


def programme(code, **said):
    """The programme with one visit placed otherwise."""
    content = document(shipped())
    for row in content["visits"]:
        if row["code"] == code:
            row.update(said)
    if said.get("offset_months"):  # alone after the last dose: windows may not share days
        content["visits"] = [
            row for row in content["visits"] if row["code"] == code or row["anchor"] != "last_dose"
        ]
    return restore(content)


def window(definition, code, **anchors):
    return next(v.window for v in lay_out(definition, **anchors) if v.code == code)


@pytest.mark.parametrize(
    ("last_dose", "months", "due"),
    [
        pytest.param(date(2026, 1, 31), 1, date(2026, 2, 28), id="end of a short month"),
        pytest.param(date(2028, 1, 31), 1, date(2028, 2, 29), id="leap year"),
        pytest.param(date(2028, 2, 29), 12, date(2029, 2, 28), id="a leap day a year on"),
        pytest.param(date(2026, 1, 30), 1, date(2026, 2, 28), id="the day before the end"),
        pytest.param(date(2026, 1, 28), 1, date(2026, 2, 28), id="a day both months have"),
        pytest.param(date(2026, 12, 31), 6, date(2027, 6, 30), id="over the year"),
        pytest.param(date(2026, 2, 8), 1, date(2026, 3, 8), id="the clocks go forward"),
        pytest.param(date(2026, 10, 1), 1, date(2026, 11, 1), id="the clocks go back"),
        pytest.param(date(2026, 3, 31), -1, date(2026, 2, 28), id="a month before"),
    ],
)
def test_months_are_calendar_months_that_end_with_the_month(last_dose, months, due):
    definition = programme("FU3", offset_days=None, offset_months=months)
    assert window(definition, "FU3", last_dose_on=last_dose).due_on == due


@pytest.mark.parametrize(
    ("first_dose", "due"),
    [
        pytest.param(date(2026, 2, 20), date(2026, 3, 22), id="the clocks go forward"),
        pytest.param(date(2026, 10, 15), date(2026, 11, 14), id="the clocks go back"),
        pytest.param(date(2028, 2, 1), date(2028, 3, 2), id="over a leap day"),
    ],
)
def test_days_are_calendar_days_whatever_the_clocks_do(first_dose, due):
    assert window(shipped(), "M1", first_dose_on=first_dose).due_on == due


AFTER_FU1 = {"anchor": "visit", "anchor_visit": "FU1", "offset_days": 60}


def test_a_visit_counted_from_another_lies_nowhere_until_that_one_has_happened():
    definition = programme("FU2", **AFTER_FU1)

    laid = {visit.code for visit in lay_out(definition, last_dose_on=date(2026, 9, 1))}
    assert "FU1" in laid
    assert "FU2" not in laid


def test_it_is_counted_from_the_actual_day_and_not_from_the_target():
    definition = programme("FU2", **AFTER_FU1)
    came_on = date(2026, 10, 9)

    found = window(definition, "FU2", last_dose_on=date(2026, 9, 1), attended={"FU1": came_on})
    assert found == Window.around(came_on + 60 * DAY, before=14, after=14)


def test_what_hangs_on_a_visit_is_found_by_its_code():
    definition = programme("FU2", **AFTER_FU1)
    assert [visit.code for visit in hanging_on(definition, "FU1")] == ["FU2"]
    assert hanging_on(definition, "FU2") == ()


EARLY_THREE = Window.around(date(2026, 3, 2), before=7, after=7, tolerance=7, early_tolerance=3)


@pytest.mark.parametrize(
    ("days", "timing"),
    [(-11, Timing.UNS), (-10, Timing.EARLY), (-8, Timing.EARLY), (-7, Timing.ON_TIME),
     (7, Timing.ON_TIME), (8, Timing.LATE), (14, Timing.LATE), (15, Timing.UNS)],
)  # fmt: skip
def test_early_and_late_have_limits_of_their_own(days, timing):
    assert EARLY_THREE.timing(date(2026, 3, 2) + days * DAY) is timing


def test_nine_months_lay_three_more_months_on_the_same_rules():
    first_dose = date(2026, 3, 2)
    laid = {v.code: v.window for v in lay_out(shipped("isotretinoin_nine_months"),
                                              first_dose_on=first_dose)}  # fmt: skip

    for code, days in (("M6", 180), ("M7", 210), ("M8", 240), ("M9", 270)):
        due = first_dose + days * DAY
        assert laid[code] == Window.around(due, before=7, after=7, tolerance=7), code


def test_nine_months_say_what_six_say_but_for_dose_visits_and_name():
    six, nine = shipped(), shipped("isotretinoin_nine_months")
    differing = [
        name for name in type(six).model_fields if getattr(six, name) != getattr(nine, name)
    ]

    assert differing == ["key", "title", "summary", "dose", "visits"]
    assert (nine.dose.cycles, nine.dose.days, nine.dose.daily_mg) == (9, 270, 40)
    assert nine.dose == six.dose.model_copy(update={"cycles": 9, "source": nine.dose.source})


def test_only_the_last_month_of_nine_prescribes_nothing():
    kinds = {
        v.code: {i.kind.value for i in v.items} for v in shipped("isotretinoin_nine_months").visits
    }

    months = [f"M{n}" for n in range(1, 10)]
    assert [code for code in months if "prescription" not in kinds[code]] == ["M9"]


@pytest.mark.parametrize(
    ("name", "number", "code"),
    [
        ("isotretinoin_six_months", 1, "V1"),
        ("isotretinoin_six_months", 2, "M1"),
        ("isotretinoin_six_months", 6, "M5"),
        ("isotretinoin_six_months", 7, "M6"),
        ("isotretinoin_six_months", 8, "M6"),
        ("isotretinoin_nine_months", 7, "M6"),
        ("isotretinoin_nine_months", 9, "M8"),
        ("isotretinoin_nine_months", 10, "M9"),
    ],
)
def test_a_bottle_waits_for_the_visit_that_prescribes_it(name, number, code):
    assert prescribing_visit(shipped(name), number) == code
