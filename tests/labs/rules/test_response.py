"""Azoospermia over samples, and response over samples (domain reference §4.5, §1.3)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labs.rules.azoospermia import AzoospermiaReason, ClassedSample, confirmed_azoospermia
from labs.rules.response import (
    Analysis,
    BaselineStratum,
    ResponseStatus,
    responded_by_month,
    response,
    response_month,
)
from labs.rules.semen_class import SemenClass

DAY_1 = date(2026, 2, 2)
NEGATIVE = SemenClass.AZOOSPERMIA_SAMPLE


def day(number):
    """The day so many days after Day 1."""
    return DAY_1 + timedelta(days=number)


def sample(number, name=NEGATIVE, **more):
    return ClassedSample(day(number), name, **more)


@pytest.mark.parametrize(
    ("samples", "confirmed_on", "reasons"),
    [
        pytest.param([], None, ["NO_NEGATIVE_PELLET"], id="no sample"),
        pytest.param([sample(0)], None, ["ONE_NEGATIVE_PELLET"], id="one"),
        pytest.param([sample(0), sample(6)], None, ["TOO_CLOSE_TOGETHER"], id="six days apart"),
        pytest.param([sample(0), sample(7)], 7, ["TWO_NEGATIVE_PELLETS"], id="seven days apart"),
        pytest.param(
            [sample(9), sample(0), sample(5)], 9, ["TWO_NEGATIVE_PELLETS"], id="in any order"
        ),
        pytest.param(
            [sample(0), sample(30, SemenClass.NO_SPERM_SEEN_PELLET_PENDING)],
            None,
            ["ONE_NEGATIVE_PELLET", "PELLET_PENDING"],
            id="a pending pellet is none",
        ),
        pytest.param(
            [sample(0), sample(30, first_fraction_lost=True)],
            None,
            ["ONE_NEGATIVE_PELLET", "FIRST_FRACTION_LOST"],
            id="the first fraction was lost",
        ),
        pytest.param(
            [sample(0), sample(20, SemenClass.CRYPTOZOOSPERMIA), sample(40)],
            40,
            ["TWO_NEGATIVE_PELLETS", "SPERM_FOUND_IN_ANOTHER_SAMPLE"],
            id="sperm in between",
        ),
    ],
)
def test_two_negative_pellets_a_week_apart_confirm(samples, confirmed_on, reasons):
    verdict = confirmed_azoospermia(samples)

    assert verdict.confirmed is (confirmed_on is not None)
    assert verdict.confirmed_on == (None if confirmed_on is None else day(confirmed_on))
    assert verdict.reasons == tuple(AzoospermiaReason(reason) for reason in reasons)


def test_the_verdict_in_words():
    assert confirmed_azoospermia([sample(0), sample(14)]).sentence == (
        "No sperm in the pellets of 2 Feb 2026 and 16 Feb 2026, 14 days apart: "
        "azoospermia is confirmed."
    )


def motile(number, *, valid=True):
    return Analysis(day(number), sperm_seen=True, motile_seen=True, valid=valid)


def still(number, *, valid=True):
    return Analysis(day(number), sperm_seen=True, motile_seen=False, valid=valid)


def none_found(number, *, valid=True):
    return Analysis(day(number), sperm_seen=False, motile_seen=False, valid=valid)


def classified(*analyses, **more):
    return response(
        first_dose_on=DAY_1, baseline=BaselineStratum.AZOOSPERMIA, analyses=analyses, **more
    )


@pytest.mark.parametrize(
    ("analyses", "status", "response_day"),
    [
        pytest.param([], "NONE", None, id="nothing yet"),
        pytest.param([none_found(30)], "NONE", None, id="none found"),
        pytest.param([still(30)], "NONE", None, id="found but still"),
        pytest.param([motile(30)], "PROVISIONAL", None, id="one motile"),
        pytest.param([motile(30), motile(36)], "PROVISIONAL", None, id="two, six days apart"),
        pytest.param([motile(30), motile(37)], "CONFIRMED", 30, id="two, seven days apart"),
        pytest.param(
            [motile(30), motile(33), motile(37)], "CONFIRMED", 30, id="a run of three over a week"
        ),
        pytest.param([motile(30), still(60)], "NONE", None, id="a still one resets"),
        pytest.param(
            [motile(30), none_found(60), motile(90)], "PROVISIONAL", None, id="a break begins anew"
        ),
        pytest.param(
            [motile(30), none_found(60), motile(90), motile(97)], "CONFIRMED", 90, id="later run"
        ),
        pytest.param(
            [motile(30), none_found(60, valid=False), motile(90)], "CONFIRMED", 30,
            id="an invalid one breaks nothing",
        ),
        pytest.param(
            [motile(30), motile(60, valid=False)], "PROVISIONAL", None, id="invalid adds nothing"
        ),
        pytest.param(
            [motile(30), motile(60, valid=None)], "PROVISIONAL", None, id="validity not known"
        ),
        pytest.param(
            [motile(30), motile(37), none_found(60), none_found(90)], "CONFIRMED", 30,
            id="confirmed stays",
        ),
        pytest.param([motile(0), motile(7)], "PROVISIONAL", None, id="Day 1 itself is baseline"),
        pytest.param([motile(-30), motile(-20)], "NONE", None, id="before treatment"),
        pytest.param([motile(37), motile(30)], "CONFIRMED", 30, id="in any order"),
        pytest.param(
            [motile(30), Analysis(day(34), True, None, True), motile(37)], "CONFIRMED", 30,
            id="unknown motility breaks nothing",
        ),
    ],
)  # fmt: skip
def test_status(analyses, status, response_day):
    result = classified(*analyses)

    assert result.status is ResponseStatus(status)
    assert result.response_date == (None if response_day is None else day(response_day))


def test_firsts_count_samples_that_are_not_valid_too():
    result = classified(none_found(30), still(60, valid=False), motile(90, valid=False))

    assert (result.first_sperm_on, result.first_motile_on) == (day(60), day(90))
    assert (result.status, result.evaluable) == (ResponseStatus.NONE, True)


def test_a_man_without_a_valid_sample_is_not_evaluable():
    assert classified(motile(60, valid=False)).evaluable is False
    assert classified(motile(-5)).evaluable is False


def test_a_clinician_may_declare_frozen_motile_sperm_sufficient():
    result = classified(motile(60), adjudicated_on=day(60))

    assert (result.status, result.response_date, result.days) == ("CONFIRMED", day(60), 60)


def test_the_run_counts_when_it_is_earlier_than_the_declaration():
    assert classified(motile(30), motile(60), adjudicated_on=day(60)).response_date == day(30)


@pytest.mark.parametrize(
    ("days", "month"), [(1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4), (180, 6)]
)
def test_month_of_response(days, month):
    assert response_month(days) == month
    assert classified(motile(days), motile(days + 7)).month == month


@pytest.mark.parametrize(
    ("days", "month", "counted"), [(97, 3, True), (98, 3, False), (37, 1, True), (38, 1, False)]
)
def test_by_month_means_by_the_close_of_its_window(days, month, counted):
    assert responded_by_month(days, month) is counted


@pytest.mark.parametrize(
    ("analyses", "sentence"),
    [
        ([], "No motile sperm in a valid sample since Day 1."),
        (
            [motile(30)],
            (
                "Provisional response: motile sperm since 4 Mar 2026. A further valid sample with "
                "motile sperm on 11 Mar 2026 or later confirms it."
            ),
        ),
        (
            [motile(30), motile(37)],
            "Confirmed response: motile sperm from 4 Mar 2026, day 31, month 1.",
        ),
        (
            [motile(30), still(60)],
            "Motile sperm were seen, but a later valid sample had none; no response now.",
        ),
    ],
)
def test_the_response_in_words(analyses, sentence):
    assert classified(*analyses).sentence == sentence


@given(
    st.lists(
        st.tuples(st.integers(1, 200), st.sampled_from([motile, still, none_found])), max_size=8
    ),
    st.integers(201, 230),
)
def test_a_confirmed_response_is_never_lost(history, later):
    before = classified(*(make(number) for number, make in history))
    after = classified(*(make(number) for number, make in history), none_found(later))

    if before.status is ResponseStatus.CONFIRMED:
        assert (after.status, after.response_date) == (before.status, before.response_date)
    else:
        assert after.status is ResponseStatus.NONE
