"""Westgard's rules on both sides of each limit."""

from decimal import Decimal

import pytest

from labs.rules.quality import (
    FEWEST_COUNTED,
    QualityRule,
    Standing,
    broken_by_last,
    compared,
    judged,
    standing_after,
    worst,
    z_of_control,
    z_of_counts,
    z_of_percentages,
)

W, OUT3, OUT2, R4, L4, X10 = QualityRule


def zs(*numbers):
    return [Decimal(str(number)) for number in numbers]


@pytest.mark.parametrize(
    ("readings", "broken"),
    [
        pytest.param([], (), id="nothing counted yet"),
        pytest.param([2], (), id="at 2 SD"),
        pytest.param([2.01], (W,), id="beyond 2 SD"),
        pytest.param([-2.01], (W,), id="beyond -2 SD"),
        pytest.param([3], (W,), id="at 3 SD"),
        pytest.param([3.01], (W, OUT3), id="beyond 3 SD"),
        pytest.param([-3.01], (W, OUT3), id="beyond -3 SD"),
        pytest.param([2.01, 2], (), id="the second at 2 SD"),
        pytest.param([2.01, 2.01], (W, OUT2), id="two beyond 2 SD"),
        pytest.param([-2.01, -2.01], (W, OUT2), id="two beyond -2 SD"),
        pytest.param([2.01, 0, 2.01], (W,), id="two beyond 2 SD, not in a row"),
        pytest.param([2.01, -2], (), id="opposite, the second at -2 SD"),
        pytest.param([2, -2.01], (W,), id="opposite, the first at 2 SD"),
        pytest.param([2.01, -2.01], (W, R4), id="opposite, both beyond"),
        pytest.param([-2.01, 2.01], (W, R4), id="opposite the other way"),
        pytest.param([2.01, 0, -2.01], (W,), id="opposite, not in a row"),
        pytest.param([1.01] * 3, (), id="three beyond 1 SD"),
        pytest.param([1.01] * 4, (L4,), id="four beyond 1 SD"),
        pytest.param([-1.01] * 4, (L4,), id="four beyond -1 SD"),
        pytest.param([1.01, 1.01, 1, 1.01], (), id="one of four at 1 SD"),
        pytest.param([1.01, 1.01, -1.01, 1.01], (), id="one of four on the other side"),
        pytest.param([0.01] * 9, (), id="nine on one side"),
        pytest.param([0.01] * 10, (X10,), id="ten on one side"),
        pytest.param([-0.01] * 10, (X10,), id="ten on the other side"),
        pytest.param([0.01] * 5 + [0] + [0.01] * 4, (), id="one of ten on the target"),
    ],
)
def test_what_the_last_reading_breaks(readings, broken):
    assert broken_by_last(zs(*readings)) == broken


def test_each_reading_is_judged_by_those_before_it():
    assert judged(zs(0, 2.5, 2.5, 0)) == [(), (W,), (W, OUT2), ()]


@pytest.mark.parametrize(
    ("readings", "standing"),
    [
        ([], (Standing.NOT_KNOWN, ())),
        ([0.5], (Standing.IN_CONTROL, ())),
        ([2.5], (Standing.WARNING, (W,))),
        ([2.5, 0.5], (Standing.IN_CONTROL, ())),
        ([3.5, 0.5], (Standing.OUT, (OUT3,))),
        ([1.5] * 4, (Standing.DRIFTING, (L4,))),
        ([1.5] * 4 + [-0.5], (Standing.DRIFTING, (L4,))),
        ([1.5] * 4 + [-3.5], (Standing.OUT, (OUT3, L4))),
    ],
)
def test_out_stays_until_something_is_done_and_a_warning_does_not(readings, standing):
    assert standing_after(zs(*readings)) == standing


def test_the_worst_of_several_runs_counts():
    assert worst([Standing.IN_CONTROL, Standing.OUT, Standing.DRIFTING]) is Standing.OUT
    assert worst([]) is Standing.NOT_KNOWN


def test_a_control_is_measured_in_the_spread_of_its_lot():
    assert z_of_control(Decimal(41), target=Decimal(35), sd=Decimal(3)) == 2


@pytest.mark.parametrize(
    ("pair", "z"),
    [((110, 90), "1.414"), ((90, 110), "-1.414"), ((10, 10), "0.000"), ((10, 9), None)],
)
def test_two_counts_are_measured_in_what_chance_allows(pair, z):
    found = z_of_counts(*pair)

    assert (None if found is None else f"{found:.3f}") == z
    assert (found is None) is (sum(pair) < FEWEST_COUNTED)


@pytest.mark.parametrize(
    ("first", "second", "assessed", "z"),
    [
        (55, 45, 200, "2.000"),
        (45, 55, 200, "-2.000"),
        (5, 5, 200, "0.000"),
        (5, 4, 200, None),
        (95, 95, 200, "0.000"),
        (96, 95, 200, None),
        (50, 50, 50, "0.000"),
        (50, 50, 49, None),
    ],
)
def test_two_percentages_are_measured_in_what_chance_allows(first, second, assessed, z):
    found = z_of_percentages(Decimal(first), Decimal(second), assessed)

    assert (None if found is None else f"{found:.3f}") == z


def test_a_technologist_is_compared_with_the_others_on_one_lot():
    found = compared(
        {"Ito": zs(35, 36, 37), "Amsel": zs(40, 41, 42), "Weiss": zs(36)},
        target=Decimal(35),
        sd=Decimal(3),
    )

    assert [(row.name, row.number, row.mean, row.apart) for row in found] == [
        ("Ito", 3, 36, False), ("Amsel", 3, 41, True), ("Weiss", 1, 36, None),
    ]  # fmt: skip
    assert (found[0].sd, found[2].sd) == (1, None)
    assert f"{found[1].bias_pct:.1f}" == "17.1"


@pytest.mark.parametrize(("mean", "apart"), [("4.80", False), ("4.81", True)])
def test_means_lie_apart_beyond_two_standard_errors(mean, apart):
    # SD 3, three against three: 1.96 x 3 x root(2/3) = 4.80.
    found = compared(
        {"Ito": zs(0, 0, 0), "Amsel": [Decimal(mean)] * 3}, target=Decimal(1), sd=Decimal(3)
    )

    assert {row.apart for row in found} == {apart}
