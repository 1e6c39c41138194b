"""Exact intervals, against the table of the domain reference §8.1."""

import pytest

from protocols.rules.proportions import proportion


@pytest.mark.parametrize(
    ("events", "of", "low", "high"),
    [
        pytest.param(11, 30, 0.199299, 0.561440, id="responders"),
        pytest.param(9, 11, 0.482244, 0.977169, id="responders by month 3"),
        pytest.param(9, 30, 0.147345, 0.493959, id="all men by month 3"),
        pytest.param(7, 26, 0.115732, 0.477875, id="azoospermic"),
        pytest.param(4, 4, 0.397635, 1.0, id="cryptozoospermic"),
        pytest.param(6, 11, 0.233794, 0.832512, id="maturation arrest"),
        pytest.param(14, 30, 0.283418, 0.656745, id="irritability"),
        pytest.param(5, 30, 0.056422, 0.347212, id="cholesterol"),
        pytest.param(4, 30, 0.037553, 0.307218, id="rash"),
        pytest.param(30, 30, 0.884297, 1.0, id="dryness"),
        pytest.param(0, 30, 0.0, 0.115703, id="discontinued"),
    ],
)
def test_limits_are_those_of_the_table(events, of, low, high):
    found = proportion(events, of)

    assert (found.low, found.high) == (
        pytest.approx(low, abs=5e-7),
        pytest.approx(high, abs=5e-7),
    )


def test_a_share_is_told_with_its_people_and_its_interval():
    assert proportion(11, 30).words == "11 of 30, 37\u00a0% (95\u00a0% CI 20–56\u00a0%, exact)"


@pytest.mark.parametrize(
    ("events", "of", "words"),
    [
        pytest.param(4, 4, "4 of 4", id="four are too few for a percentage"),
        pytest.param(4, 5, "4 of 5, 80\u00a0% (95\u00a0% CI 28–99\u00a0%, exact)", id="five"),
        pytest.param(0, 0, "no data", id="nobody"),
    ],
)
def test_few_people_get_no_percentage(events, of, words):
    assert proportion(events, of).words == words


@pytest.mark.parametrize(("events", "of"), [(-1, 3), (4, 3)])
def test_a_share_is_of_what_is_there(events, of):
    with pytest.raises(ValueError, match="no share"):
        proportion(events, of)
