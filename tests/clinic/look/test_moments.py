"""Days, instants, spans and numbers, as the house writes them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from clinic.templatetags import moments

PACIFIC = ZoneInfo("America/Los_Angeles")
NOW = datetime(2026, 8, 4, 10, 45, tzinfo=PACIFIC)
LEAPLING = date(2004, 2, 29)


def test_a_day_has_its_weekday_and_no_leading_zero():
    assert moments.day(date(2026, 8, 4)) == "Tue 4 Aug 2026"


@pytest.mark.parametrize(
    ("form", "written"),
    [
        pytest.param("", "Tue 4 Aug 2026", id="in full"),
        pytest.param("short", "4 Aug", id="short"),
        pytest.param("weekday", "Tue 4 Aug", id="with its weekday"),
        pytest.param("plain", "4 Aug 2026", id="plain"),
    ],
)
def test_a_day_has_four_forms(form, written):
    assert moments.DAY_FORMS[form](date(2026, 8, 4)) == written


def test_an_instant_is_told_in_the_zone_asked_for_and_names_it():
    at = datetime(2026, 8, 4, 16, 30, tzinfo=UTC)

    assert moments.stamp(at, PACIFIC, named=True) == "Tue 4 Aug 2026, 09:30 Pacific"


def test_an_instant_in_its_own_zone_is_told_as_it_stands():
    assert moments.stamp(NOW) == "Tue 4 Aug 2026, 10:45"


@pytest.mark.parametrize(
    ("zone", "word"), [("America/New_York", "Eastern"), ("Europe/Berlin", "Berlin"), ("UTC", "UTC")]
)
def test_a_zone_is_called_what_people_call_it(zone, word):
    assert moments.zone_word(ZoneInfo(zone)) == word


@pytest.mark.parametrize(
    ("born_on", "on", "years"),
    [
        pytest.param(date(1990, 3, 12), date(2026, 3, 11), 35, id="day before the birthday"),
        pytest.param(date(1990, 3, 12), date(2026, 3, 12), 36, id="birthday"),
        pytest.param(LEAPLING, date(2026, 2, 28), 21, id="leapling on 28 February"),
        pytest.param(LEAPLING, date(2026, 3, 1), 22, id="leapling on 1 March"),
        pytest.param(LEAPLING, date(2028, 2, 29), 24, id="leapling in a leap year"),
    ],
)
def test_age_is_in_completed_years(born_on, on, years):
    assert moments.age(born_on, on) == years


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (-2, "2 days ago"),
        (-1, "yesterday"),
        (0, "today"),
        (1, "tomorrow"),
        (2, "in 2 days"),
    ],
)
def test_days_away_are_words_near_today(days, words):
    today = date(2026, 8, 4)

    assert moments.days_away(today + timedelta(days=days), today) == words


@pytest.mark.parametrize(
    ("span", "words"),
    [
        pytest.param(timedelta(seconds=59), "now", id="under a minute"),
        pytest.param(timedelta(minutes=1), "in 1\u00a0min", id="one minute"),
        pytest.param(-timedelta(minutes=59), "59\u00a0min ago", id="under an hour"),
        pytest.param(-timedelta(minutes=60), "1\u00a0h ago", id="an hour"),
        pytest.param(timedelta(hours=23, minutes=59), "in 23\u00a0h", id="under a day"),
        pytest.param(timedelta(hours=24), "tomorrow", id="a day"),
    ],
)
def test_spans_are_minutes_then_hours_then_days(span, words):
    assert moments.span_away(NOW + span, NOW) == words


def test_a_day_away_across_the_change_of_clocks_is_still_tomorrow():
    eve = datetime(2026, 10, 31, 12, tzinfo=PACIFIC)

    assert moments.span_away(datetime(2026, 11, 1, 20, 30, tzinfo=UTC), eve) == "tomorrow"


@pytest.mark.parametrize(
    ("number", "written"),
    [
        pytest.param(Decimal("12.50"), "12.50", id="keeps its places"),
        pytest.param(Decimal("1E+2"), "100", id="no exponent"),
        pytest.param(Decimal(-3), "\u22123", id="true minus"),
        pytest.param(9999, "9999", id="four digits"),
        pytest.param(10000, "10\u202f000", id="five digits"),
        pytest.param(Decimal("16000000.5"), "16\u202f000\u202f000.5", id="millions"),
    ],
)
def test_figures(number, written):
    assert moments.figure(number) == written


@pytest.mark.parametrize(
    ("args", "written"),
    [
        ((Decimal(7), "mg/dL", "<"), "<\u00a07\u00a0mg/dL"),
        ((Decimal("0.3"), "10⁶ per mL"), "0.3\u00a010⁶\u00a0per\u00a0mL"),
        ((Decimal(4),), "4"),
        ((None, "mg/dL"), "·"),
    ],
)
def test_a_quantity_stays_on_one_line(args, written):
    assert moments.quantity(*args) == written


@pytest.mark.parametrize(
    ("name", "initials", "monogram"),
    [("Daniel Rourke", "D.R.", "DR"), ("Dr Amina Okafor", "D.A.O.", "AO"), ("Mara", "M.", "M")],
)
def test_a_name_shortens_to_initials_and_to_a_monogram(name, initials, monogram):
    assert (moments.initials(name), moments.monogram(name)) == (initials, monogram)
