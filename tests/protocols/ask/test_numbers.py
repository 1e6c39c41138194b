"""Proportions and times to an event, against the checked values (domain reference §8)."""

import pytest

from tests.protocols.ask.asked import ask, refused

PROPORTIONS = [
    (11, 30, 0.366667, 0.199299, 0.561440, 0.218739, 0.544864),
    (9, 11, 0.818182, 0.482244, 0.977169, 0.523019, 0.948632),
    (9, 30, 0.300000, 0.147345, 0.493959, 0.166647, 0.478758),
    (7, 26, 0.269231, 0.115732, 0.477875, 0.137044, 0.460830),
    (4, 4, 1.000000, 0.397635, 1, 0.510109, 1),
    (6, 11, 0.545455, 0.233794, 0.832512, 0.280092, 0.787287),
    (14, 30, 0.466667, 0.283418, 0.656745, 0.302324, 0.638577),
    (5, 30, 0.166667, 0.056422, 0.347212, 0.073365, 0.335644),
    (4, 30, 0.133333, 0.037553, 0.307218, 0.053097, 0.296813),
    (30, 30, 1.000000, 0.884297, 1, 0.886487, 1),
    (0, 30, 0, 0, 0.115703, 0, 0.113513),
]


@pytest.mark.parametrize("row", PROPORTIONS)
def test_a_proportion_and_its_intervals(row):
    x, n, p, cp_lo, cp_hi, w_lo, w_hi = row
    answer = ask("proportion", x=x, n=n)
    assert answer["p"] == pytest.approx(p, abs=5e-7)
    assert answer["clopper_pearson"] == pytest.approx([cp_lo, cp_hi], abs=5e-7)
    assert answer["wilson"] == pytest.approx([w_lo, w_hi], abs=5e-7)


def test_the_one_sided_bound_when_nothing_happened():
    assert ask("proportion", x=0, n=30)["upper_one_sided"] == pytest.approx(0.095034, abs=5e-7)
    assert ask("proportion", x=0, n=3)["upper_one_sided"] == pytest.approx(1 - 0.05 ** (1 / 3))


@pytest.mark.parametrize(
    ("x", "n", "display"),
    [
        (11, 30, "11 of 30, 37 % (95 % CI 20–56 %, exact)"), (4, 4, "4 of 4"),
        (4, 5, "4 of 5, 80 % (95 % CI 28–99 %, exact)"), (0, 0, "no data"),
    ],
)  # fmt: skip
def test_a_proportion_is_shown_with_its_number(x, n, display):
    assert ask("proportion", x=x, n=n)["display"] == display


def test_a_large_cohort_is_answered_as_well():
    low, high = ask("proportion", x=440_000, n=1_000_000)["clopper_pearson"]
    assert (low, high) == pytest.approx((0.439027, 0.440974), abs=1e-6)


def test_nobody_has_no_interval():
    answer = ask("proportion", x=0, n=0)
    assert (answer["p"], answer["clopper_pearson"], answer["wilson"]) == (None, None, None)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"x": 5, "n": 4}, "x"), ({"x": -1, "n": 4}, "x"), ({"x": 1.5, "n": 4}, "x"),
        ({"x": 1}, "n"), ({"x": 1, "n": 1e9}, "n"), ({"x": "1", "n": 4}, "x"),
        ({"x": True, "n": 4}, "x"),
    ],
)  # fmt: skip
def test_shares_that_cannot_be_are_refused(given, field):
    assert list(refused("proportion", **given)) == [field]


EVENTS = [1, 2, 2, 2, 3, 3, 3, 3, 3, 4, 6]
D1 = [
    (1, 30, 1, 0.033333, None, 0.004764, 0.213916), (2, 29, 3, 0.133333, None, 0.052249, 0.317231),
    (3, 26, 5, 0.300000, 0.083666, 0.168846, 0.497360),
    (4, 21, 1, 0.333333, None, 0.195260, 0.530829),
    (6, 20, 1, 0.366667, 0.087981, 0.222486, 0.563528),
]  # fmt: skip
D2 = [
    (1, 30, 1, 0.033333, None, 0.004764, 0.213916), (2, 29, 3, 0.133333, None, 0.052249, 0.317231),
    (3, 25, 5, 0.306667, 0.085278, 0.172736, 0.507049),
    (4, 18, 1, 0.345185, None, 0.202270, 0.547642),
    (6, 16, 1, 0.386111, 0.092212, 0.234242, 0.590198),
]  # fmt: skip


@pytest.mark.parametrize(("censored", "table"), [([6] * 19, D1), ([2, 3, 3, 4, *[6] * 15], D2)])
def test_incidence_from_times(censored, table):
    answer = ask("incidence", events=EVENTS, censored=censored)
    assert answer["method"] == "KAPLAN_MEIER"
    assert answer["median"] is None
    assert [(row["t"], row["at_risk"], row["events"]) for row in answer["table"]] == [
        row[:3] for row in table
    ]
    for row, (_, _, _, f, se, lo, hi) in zip(answer["table"], table, strict=True):
        assert [row["f"], row["lo"], row["hi"]] == pytest.approx([f, lo, hi], abs=5e-7)
        assert se is None or row["se"] == pytest.approx(se, abs=5e-7)


def test_incidence_from_intervals():
    intervals = [
        [0, 1], *[[1, 2]] * 3, *[[2, 3]] * 4, [1, 3], [3, 4], [5, 6], *[[6, None]] * 19,
    ]  # fmt: skip
    answer = ask("incidence", intervals=intervals)
    assert answer["method"] == "TURNBULL"
    found = {row["t"]: row["f"] for row in answer["table"]}
    expected = {1: 0.033333, 2: 0.147619, 3: 0.3, 4: 0.333333, 5: 0.333333, 6: 0.366667}
    assert found == pytest.approx(expected, abs=5e-7)
    assert answer["table"][0]["se"] is None


@pytest.mark.parametrize(
    ("events", "censored", "median"), [([1, 2], [3, 4], 2), ([1], [2, 3], None), ([1, 1], [], 1)]
)
def test_the_median_is_reached_by_half(events, censored, median):
    assert ask("incidence", events=events, censored=censored)["median"] == median


def test_when_everybody_has_had_it_no_error_can_be_told():
    last = ask("incidence", events=[1, 2], censored=[])["table"][-1]
    assert (last["f"], last["se"], last["lo"], last["hi"]) == (1, None, None, None)


def test_nothing_to_count_is_an_empty_table():
    assert ask("incidence", events=[], censored=[])["table"] == []
    assert ask("incidence", intervals=[])["table"] == []
    assert ask("incidence", events=[], censored=[])["sentence"] == "no data"
    assert ask("incidence", events=[], censored=[3, 4])["sentence"] == "No event yet."


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "events"), ({"events": [1], "intervals": [[0, 1]]}, "intervals"),
        ({"events": [-1]}, "events[0]"), ({"events": ["1"]}, "events[0]"),
        ({"events": 1}, "events"), ({"intervals": [[2, 2]]}, "intervals[0]"),
        ({"intervals": [[3, 2]]}, "intervals[0]"), ({"intervals": [[3]]}, "intervals[0][1]"),
        ({"intervals": [[None, 2]]}, "intervals[0][0]"),
    ],
)  # fmt: skip
def test_times_that_cannot_be_are_refused(given, field):
    assert list(refused("incidence", **given)) == [field]
