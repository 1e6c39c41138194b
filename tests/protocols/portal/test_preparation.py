"""How he gets ready: hours as they pass, days by the calendar, and only what the visit asks for."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from protocols.rules.definition import shipped
from protocols.rules.preparation import Wanted, earlier, moment, steps
from protocols.rules.vocabulary import ItemKind

PACIFIC = ZoneInfo("America/Los_Angeles")
#: Tue 4 Aug 2026, 08:30 at the clinic.
AT = datetime(2026, 8, 4, 15, 30, tzinfo=UTC)
#: Sun 2 Aug, 18:00.
NOW = datetime(2026, 8, 3, 1, 0, tzinfo=UTC)
DEFINITION = shipped()
LIPIDS, LIVER, GLUCOSE, CK = map(DEFINITION.panel, ("lipids", "liver", "glucose", "muscle"))


def told(wanted, *, now=NOW, at=AT):
    return {step.code: step for step in steps(DEFINITION, wanted, zone=PACIFIC, now=now)}


def blood(*panels, at=AT):
    return Wanted(at, None, panels, fasting=any(panel.fasting for panel in panels))


def test_fasting_and_alcohol_are_counted_back_from_the_blood_test():
    found = told(blood(LIPIDS, LIVER))

    assert found["ALCOHOL"].text == "No alcohol from tonight, 20:30"
    assert found["ALCOHOL"].why == "36 hours before the blood test"
    assert found["FASTING"].text == "Nothing to eat after tomorrow night, 23:30"
    assert "stopping at 20:30 is better still" in found["FASTING"].why


def test_alcohol_is_left_out_where_no_fats_are_measured():
    assert list(told(blood(GLUCOSE))) == ["FASTING"]


def test_blood_without_fasting_asks_for_nothing():
    assert told(blood(LIVER)) == {}


def test_a_fasting_order_without_a_panel_asks_for_both():
    assert list(told(Wanted(AT, None, (), fasting=True))) == ["ALCOHOL", "FASTING"]


def test_nothing_is_counted_back_from_an_hour_that_is_not_booked():
    assert told(Wanted(None, None, (LIPIDS,), fasting=True)) == {}


@pytest.mark.parametrize(
    ("minute", "text", "begun"),
    [
        pytest.param(29, "from tonight, 20:30", False, id="a minute before"),
        pytest.param(30, "from tonight, 20:30", True, id="at that minute"),
    ],
)
def test_what_has_begun_is_marked(minute, text, begun):
    step = told(blood(LIPIDS), now=datetime(2026, 8, 3, 3, minute, tzinfo=UTC))["ALCOHOL"]

    assert (step.text, step.begun) == (f"No alcohol {text}", begun)


def test_an_afternoon_booking_fasts_from_the_morning():
    found = told(blood(LIPIDS, at=datetime(2026, 8, 4, 23, 0, tzinfo=UTC)))

    assert found["FASTING"].text == "Nothing to eat after Tue 4 Aug, 07:00"


def test_midnight_is_the_end_of_the_day_before():
    found = told(blood(LIPIDS, at=datetime(2026, 8, 5, 16, 0, tzinfo=UTC)))

    assert found["FASTING"].text == "Nothing to eat after Tue 4 Aug, midnight"


def test_hours_pass_when_the_clock_goes_back():
    """On 1 Nov 2026 at 02:00 it is 01:00 again: nine hours before 08:30 it is 00:30."""
    at = datetime(2026, 11, 1, 16, 30, tzinfo=UTC)

    assert f"{earlier(at, Decimal(9), PACIFIC):%a %H:%M}" == "Sun 00:30"


def test_hours_pass_when_the_clock_goes_forward():
    """On 8 Mar 2026 the hour from 02:00 is missing: nine hours before 08:30 it is 22:30."""
    at = datetime(2026, 3, 8, 15, 30, tzinfo=UTC)

    assert f"{earlier(at, Decimal(9), PACIFIC):%a %H:%M}" == "Sat 22:30"


def test_abstinence_is_two_to_seven_days_on_the_wall_clock():
    wanted = Wanted(None, AT, kinds=frozenset({ItemKind.SEMEN}))

    step = told(wanted)["ABSTINENCE"]

    assert step.text == "Last ejaculation between Tue 28 Jul and today, 08:30, then none"
    assert (step.why, step.private, step.begun) == ("2 to 7 days before the sample", True, True)


def test_days_keep_their_hour_across_a_change_of_the_clocks():
    at = datetime(2026, 11, 2, 16, 30, tzinfo=UTC)
    wanted = Wanted(None, at, kinds=frozenset({ItemKind.SEMEN}))

    assert "Sat 31 Oct, 08:30, then none" in told(wanted)["ABSTINENCE"].text


def test_a_sample_without_an_hour_is_told_in_days():
    step = told(Wanted(None, None, kinds=frozenset({ItemKind.SEMEN})))["ABSTINENCE"]

    assert step.text == "No ejaculation for 2 to 7 days before the sample"


def test_a_sample_from_home_is_at_the_clinic_within_the_hour():
    step = told(Wanted(None, AT, kinds=frozenset({ItemKind.SEMEN})))["DELIVERY"]

    assert step.text == "A sample made at home: hand it in within 60 minutes"
    assert "between 20 and 37 °C" in step.why
    assert step.private


def test_capsules_and_a_list_of_medicines_are_brought():
    wanted = Wanted(None, None, kinds=frozenset({ItemKind.PILL_COUNT, ItemKind.MEDICINES}))

    assert [step.text for step in told(wanted).values()] == [
        "Bring the bottle back",
        "Bring a list of what else you take",
    ]


def test_a_panel_brings_its_own_preparation():
    assert told(blood(CK))["MUSCLE"].text == "No strenuous exercise for 7 days before."


@pytest.mark.parametrize(
    ("at", "word"),
    [
        pytest.param(datetime(2026, 8, 2, 21, 0, tzinfo=UTC), "today, 14:00", id="today"),
        pytest.param(datetime(2026, 8, 3, 3, 0, tzinfo=UTC), "tonight, 20:00", id="tonight"),
        pytest.param(datetime(2026, 8, 3, 15, 0, tzinfo=UTC), "tomorrow, 08:00", id="tomorrow"),
        pytest.param(datetime(2026, 8, 9, 15, 0, tzinfo=UTC), "Sun 9 Aug, 08:00", id="later"),
    ],
)
def test_a_moment_is_told_as_people_say_it(at, word):
    assert moment(at, NOW, PACIFIC) == word
