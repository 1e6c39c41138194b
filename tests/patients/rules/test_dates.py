from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.rules.age import completed_years
from patients.rules.dates import birth_dates, exchanged, one_slip_apart

DAY = date(1990, 3, 12)
TURNED = date(1990, 12, 3)


@pytest.mark.parametrize(
    ("text", "days", "rest"),
    [
        ("1990-03-12", (DAY,), ""),
        ("12.3.1990", (DAY,), ""),
        ("12. 03. 1990", (DAY,), ""),
        ("12/3/1990", (DAY, TURNED), ""),
        ("12 mar 1990", (DAY,), ""),
        ("12 march 1990", (DAY,), ""),
        ("mar 12, 1990", (DAY,), ""),
        ("march 12 1990", (DAY,), ""),
        ("12.3.90", (DAY, date(2090, 3, 12)), ""),
        ("13/3/1990", (date(1990, 3, 13),), ""),
        ("rourke 12.3.1990 daniel", (DAY,), "rourke daniel"),
        ("31.2.1990", (), "31.2.1990"),
        ("30 foo 1990", (), "30 foo 1990"),
        ("555 010 1990", (), "555 010 1990"),
        ("1990", (), "1990"),
        ("", (), ""),
    ],
)
def test_birth_dates(text, days, rest):
    assert birth_dates(text) == (days, rest)


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2030, 12, 31)))
def test_every_day_is_found_in_every_spelling(day):
    spellings = [
        f"{day:%Y-%m-%d}",
        f"{day.day}.{day.month}.{day.year}",
        f"{day.day}/{day.month}/{day.year}",
        f"{day.day} {day:%b %Y}".lower(),
        f"{day:%B} {day.day}, {day.year}".lower(),
    ]
    assert all(day in birth_dates(text)[0] for text in spellings)


def test_exchanged_day_and_month():
    assert exchanged(DAY) == TURNED
    assert exchanged(date(1990, 3, 13)) is None
    assert exchanged(date(1990, 3, 3)) is None


@pytest.mark.parametrize(
    ("other", "slip"),
    [
        (date(1991, 3, 12), True),
        (date(1990, 4, 12), True),
        (date(1990, 3, 13), True),
        (date(1990, 4, 13), False),
        (DAY, False),
    ],
)
def test_one_slip_apart(other, slip):
    assert one_slip_apart(DAY, other) is slip


@pytest.mark.parametrize(
    ("born", "on", "years"),
    [
        pytest.param(DAY, date(2026, 3, 11), 35, id="day before"),
        pytest.param(DAY, date(2026, 3, 12), 36, id="birthday"),
        pytest.param(date(2004, 2, 29), date(2025, 2, 28), 20, id="leap day, still twenty"),
        pytest.param(date(2004, 2, 29), date(2025, 3, 1), 21, id="leap day, twenty-one"),
    ],
)
def test_completed_years(born, on, years):
    assert completed_years(born, on) == years
