from datetime import UTC, datetime, timedelta

import pytest

from labs.rules.release import Preference, Release, Waiting, released

FINAL = datetime(2026, 7, 24, 18, 0, tzinfo=UTC)
DAY, MOMENT = timedelta(days=1), timedelta(seconds=1)


def asked(preference, now, **more):
    given = {"final_at": FINAL, "reviewed_at": None} | more
    return released(preference=preference, now=now, **given)


def test_a_final_result_is_open_at_once():
    assert asked(Preference.IMMEDIATE, FINAL) == Release(open=True, opens_at=FINAL)


@pytest.mark.parametrize("preference", Preference)
def test_what_is_not_final_is_open_to_nobody(preference):
    waiting = Release(open=False, opens_at=None, waiting_for=Waiting.LABORATORY)
    assert asked(preference, FINAL + 30 * DAY, final_at=None) == waiting


@pytest.mark.parametrize(
    ("now", "reviewed_at", "is_open"),
    [
        pytest.param(FINAL + 3 * DAY, None, False, id="nobody has read it"),
        pytest.param(FINAL + 3 * DAY, FINAL + 3 * DAY, True, id="read this moment"),
        pytest.param(FINAL + 14 * DAY - MOMENT, None, False, id="the last second of day 14"),
        pytest.param(FINAL + 14 * DAY, None, True, id="day 14 is over"),
    ],
)
def test_after_review_at_the_latest_on_day_fourteen(now, reviewed_at, is_open):
    assert asked(Preference.REVIEWED, now, reviewed_at=reviewed_at).open is is_open


@pytest.mark.parametrize(
    ("days", "after", "is_open"),
    [(3, 3 * DAY - MOMENT, False), (3, 3 * DAY, True), (30, 14 * DAY, True)],
)
def test_after_the_days_he_asked_for_and_never_more_than_fourteen(days, after, is_open):
    assert asked(Preference.DELAYED, FINAL + after, delay_days=days).open is is_open


def test_what_waits_says_for_whom_and_until_when():
    assert asked(Preference.REVIEWED, FINAL) == Release(
        open=False, opens_at=FINAL + 14 * DAY, waiting_for=Waiting.CLINICIAN
    )
