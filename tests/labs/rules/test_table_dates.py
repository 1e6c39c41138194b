"""Days as laboratories write them; day and month are never told apart by guessing."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labs.rules.table_dates import DateUnclear, DayOrder, day_of, instant_of, orders_of

DAY, MONTH = DayOrder.DAY_FIRST, DayOrder.MONTH_FIRST
PACIFIC = ZoneInfo("America/Los_Angeles")
NOON = datetime(2026, 4, 7, 19, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["2026-04-07", "2026/04/07", "2026.04.07", "20260407", "7 Apr 2026", "07-Apr-2026",
     "7 April 2026", "7. April 2026", "April 7, 2026", "Apr 7 2026", "2026-04-07 08:15"],
)  # fmt: skip
def test_a_day_that_says_which_is_its_month_needs_no_question(text):
    assert day_of(text, None) == date(2026, 4, 7)


@pytest.mark.parametrize("text", ["07/04/2026", "7.4.2026", "07-04-2026"])
def test_a_day_that_ends_with_its_year_is_read_as_somebody_said(text):
    assert (day_of(text, DAY), day_of(text, MONTH)) == (date(2026, 4, 7), date(2026, 7, 4))
    with pytest.raises(DateUnclear, match="nobody has said"):
        day_of(text, None)


@pytest.mark.parametrize(
    ("texts", "proven", "asked"),
    [
        pytest.param(["2026-04-07", "", "x"], None, False, id="nothing to ask"),
        pytest.param(["04/07/2026"], None, True, id="could be two"),
        pytest.param(["04/07/2026", "17/04/2026"], DAY, True, id="one has its day first"),
        pytest.param(["04/07/2026", "04/17/2026"], MONTH, True, id="one has its month first"),
        pytest.param(["17/04/2026", "04/17/2026"], None, True, id="they disagree"),
        pytest.param(["04/04/2026"], None, False, id="the same either way"),
    ],
)
def test_an_order_is_asked_for_even_where_the_days_allow_one_only(texts, proven, asked):
    orders = orders_of(texts)

    assert (orders.proven, orders.asked, bool(orders.question)) == (proven, asked, asked)


@pytest.mark.parametrize(
    "cell",
    ["07/04/26", "46119", "yesterday", "2026-02-30", "30/02/2026", "2026-13-01", "1 Foo 2026",
     "7 Ma 2026", "1850-01-01", "2026-04-07 later", "202604071", Decimal(46119)],
)  # fmt: skip
def test_what_is_no_day_is_refused_and_named(cell):
    with pytest.raises(DateUnclear):
        day_of(cell, DAY)


@pytest.mark.parametrize(
    ("cell", "clock", "instant"),
    [
        ("2026-04-07 08:15", None, datetime(2026, 4, 7, 15, 15, tzinfo=UTC)),
        ("2026-04-07T08:15:30", None, datetime(2026, 4, 7, 15, 15, 30, tzinfo=UTC)),
        ("2026-04-07T08:15:00Z", None, datetime(2026, 4, 7, 8, 15, tzinfo=UTC)),
        ("2026-04-07T08:15+02:00", None, datetime(2026, 4, 7, 6, 15, tzinfo=UTC)),
        ("07/04/2026", "8:15 PM", datetime(2026, 4, 8, 3, 15, tzinfo=UTC)),
        ("07/04/2026", "12:00 a.m.", datetime(2026, 4, 7, 7, tzinfo=UTC)),
        (date(2026, 4, 7), time(8, 15), datetime(2026, 4, 7, 15, 15, tzinfo=UTC)),
        (datetime(2026, 4, 7, 8, 15), None, datetime(2026, 4, 7, 15, 15, tzinfo=UTC)),
    ],
)
def test_an_instant_is_on_the_clock_of_the_site_unless_it_says_another(cell, clock, instant):
    assert instant_of(cell, clock, DAY, PACIFIC) == (instant, True)


@pytest.mark.parametrize("cell", ["2026-04-07", "07/04/2026", date(2026, 4, 7)])
def test_noon_stands_for_a_day_without_a_time_and_is_said_not_to_be_one(cell):
    assert instant_of(cell, None, DAY, PACIFIC) == (NOON, False)


@pytest.mark.parametrize("clock", ["25:00", "8:61", "8", "13:00 PM", "noon", "08:15+25:00"])
def test_what_is_no_time_of_day_is_refused(clock):
    with pytest.raises(DateUnclear):
        instant_of("2026-04-07", clock, None, PACIFIC)


def test_an_hour_that_the_clocks_skipped_is_refused_and_one_that_came_twice_is_its_first():
    with pytest.raises(DateUnclear, match="skipped 02:30"):
        instant_of("2026-03-08 02:30", None, None, PACIFIC)

    at, _ = instant_of("2026-11-01 01:30", None, None, PACIFIC)
    assert at == datetime(2026, 11, 1, 1, 30, tzinfo=timezone(-timedelta(hours=7)))


def test_a_leap_day_is_one_in_a_leap_year_only():
    assert day_of("29/02/2028", DAY) == date(2028, 2, 29)
    with pytest.raises(DateUnclear):
        day_of("29/02/2026", DAY)


@given(
    text=st.text("0123456789/-.: TZ+APMaprjun,", max_size=24), order=st.sampled_from([*DayOrder])
)
def test_no_text_stops_the_reader_of_days(text, order):
    try:
        assert isinstance(instant_of(text, None, order, UTC), tuple)
    except DateUnclear as why:
        said = str(why)
        assert said
