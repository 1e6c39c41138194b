"""Pairs of counts and replicate percentages (domain reference §4.4)."""

import math

import pytest

from tests.protocols.ask.asked import ask, refused

PRINTED = (
    "1-1 2-2 3-4 5-6 7-9 10-12 13-16 17-21 22-26 27-31 32-37 38-43 44-51 52-58 59-66 67-75 76-84 "
    "85-93 94-104 105-114 115-125 126-137 138-149 150-162 163-175 176-189 190-205 206-218 219-234 "
    "235-250 251-266 267-283 284-300 301-318 319-337 338-356 357-375 376-395 396-416 417-437 "
    "438-459 460-481 482-503 504-527 528-550 551-575 576-599 600-624 625-650 651-677 678-703 "
    "704-731 732-759 760-787 788-816 817-845 846-875 876-906 907-937 938-968 969-1000"
)
BINS = [tuple(int(edge) for edge in printed.split("-")) for printed in PRINTED.split()]


def counted(*pairs, dilution=20, squares=25, **given):
    return ask("count", pairs=[list(pair) for pair in pairs], dilution=dilution, squares=squares,
               **given)  # fmt: skip


@pytest.mark.parametrize(("limit", "edges"), list(enumerate(BINS, start=1)))
def test_the_limit_of_each_printed_bin_holds_at_both_its_ends(limit, edges):
    for total in edges:
        high = (total + min(limit, total)) // 2
        answer = counted((high, total - high))
        assert (answer["limit"], answer["sum"], answer["accepted"]) == (limit, total, True)


@pytest.mark.parametrize(("total", "limit"), [(26, 9), (104, 19), (1000, 61), (400, 39)])
def test_a_difference_is_accepted_up_to_the_limit_and_not_beyond(total, limit):
    close = limit if (total - limit) % 2 == 0 else limit - 1
    low = (total - close) // 2
    assert counted((low, low + close))["accepted"] is True
    assert counted((low - 1, low + close + 1))["accepted"] is False


@pytest.mark.parametrize(
    ("dilution", "squares", "factor"),
    [(20, 25, 10), (2, 225, 900), (50, 5, 0.8), (5, 10, 16), (10, 25, 20), (2, 25, 100)],
)
def test_the_concentration_is_the_sum_over_f(dilution, squares, factor):
    answer = counted((210, 200), dilution=dilution, squares=squares)
    assert answer["concentration_m"] == pytest.approx(410 / factor)


def test_the_first_pair_that_agrees_is_used():
    answer = counted((100, 200), (150, 155), (150, 150))
    assert (answer["pair"], answer["sum"], answer["difference"]) == (1, 305, 5)


@pytest.mark.parametrize("pairs", [[(100, 200)], [(100, 200), (100, 210)]])
def test_before_the_third_pair_a_new_count_is_asked_for(pairs):
    answer = counted(*pairs)
    assert answer["accepted"] is False
    assert answer["concentration_m"] is None
    assert answer["messages"] == ["RECOUNT"]


def test_three_pairs_that_disagree_give_their_mean_with_a_warning():
    answer = counted((300, 200), (310, 210), (320, 210))
    assert answer["accepted"] is False
    assert answer["concentration_m"] == pytest.approx((500 + 520 + 530) / 3 / 10)
    assert answer["messages"] == ["INCREASED_UNCERTAINTY"]


def test_more_than_a_thousand_is_computed_and_not_assessed():
    assert counted((500, 500))["accepted"] is True
    answer = counted((500, 501))
    assert answer["accepted"] is None
    assert answer["limit"] is None
    assert answer["concentration_m"] == pytest.approx(100.1)
    assert answer["messages"] == ["AGREEMENT_NOT_ASSESSED"]


def test_fewer_than_two_hundred_asks_for_a_larger_area():
    assert counted((200, 200))["messages"] == []
    assert counted((199, 200))["messages"] == ["EXTEND_AREA"]


def test_fewer_than_twenty_five_in_both_says_so_beside_the_value():
    assert "TOO_FEW_FOR_ACCURACY" not in counted((24, 25), dilution=2, squares=225)["messages"]
    answer = counted((24, 24), dilution=2, squares=225)
    assert "TOO_FEW_FOR_ACCURACY" in answer["messages"]
    assert answer["concentration_m"] == pytest.approx(48 / 900)
    assert "< 0.056" in answer["display"]
    assert "55 555/mL" in answer["display"]


@pytest.mark.parametrize("seen", ["none", None])
def test_nothing_counted_is_never_azoospermia(seen):
    answer = counted((0, 0), dilution=2, squares=225, fresh_sperm_seen=seen)
    assert answer["concentration_m"] is None
    assert answer["accepted"] is None
    assert answer["messages"] == ["PELLET_NEEDED"]


def test_seen_and_not_counted_is_below_the_limit():
    answer = counted((0, 0), dilution=2, squares=225, fresh_sperm_seen="seen")
    assert answer["concentration_m"] == "<0.056"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"pairs": [], "dilution": 2, "squares": 25}, "pairs"),
        ({"pairs": [[1, 2]] * 4, "dilution": 2, "squares": 25}, "pairs"),
        ({"pairs": [[1]], "dilution": 2, "squares": 25}, "pairs[0][1]"),
        ({"pairs": [[1, 2, 3]], "dilution": 2, "squares": 25}, "pairs[0]"),
        ({"pairs": [[-1, 2]], "dilution": 2, "squares": 25}, "pairs[0][0]"),
        ({"pairs": [[5001, 2]], "dilution": 2, "squares": 25}, "pairs[0][0]"),
        ({"pairs": [[1.5, 2]], "dilution": 2, "squares": 25}, "pairs[0][0]"),
        ({"pairs": [[True, 2]], "dilution": 2, "squares": 25}, "pairs[0][0]"),
        ({"pairs": [[1, 2]], "dilution": 3, "squares": 25}, "dilution"),
        ({"pairs": [[1, 2]], "dilution": 2, "squares": 26}, "squares"),
        ({"pairs": [[1, 2]], "dilution": 2, "squares": 250}, "squares"),
        ({"pairs": [[1, 2]], "dilution": 2, "squares": 25, "fresh_sperm_seen": "none"},
         "fresh_sperm_seen"),
        ({"pairs": [[1, 2]], "dilution": 2, "squares": 25, "fresh_sperm_seen": "some"},
         "fresh_sperm_seen"),
    ],
)  # fmt: skip
def test_counts_that_cannot_be_are_refused(given, field):
    assert list(refused("count", **given)) == [field]


@pytest.mark.parametrize(
    ("p1", "p2", "n", "accepted"),
    [
        (30, 39, 200, True), (30, 40, 200, False), (50, 59, 200, True), (50, 60, 200, False),
        (0, 1, 200, True), (0, 2, 200, False), (100, 100, 200, True), (0, 0, 1, True),
        (10, 15, 200, True), (10, 17, 200, False), (30, 40, 400, False), (30, 44, 100, False),
        (30, 42, 100, True),
    ],
)  # fmt: skip
def test_two_percentages_agree_within_what_chance_allows(p1, p2, n, accepted):
    answer = ask("replicates", p1=p1, p2=p2, n=n)
    mean = (p1 + p2) / 2
    assert answer["limit"] == pytest.approx(max(1, 1.96 * math.sqrt(2 * mean * (100 - mean) / n)))
    assert answer["accepted"] is accepted
    assert answer["difference"] == abs(p1 - p2)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"p1": 101, "p2": 3, "n": 200}, "p1"), ({"p1": 1, "p2": -3, "n": 200}, "p2"),
        ({"p1": 1, "p2": 3, "n": 0}, "n"), ({"p1": 1, "p2": 3}, "n"),
        ({"p1": "1", "p2": 3, "n": 9}, "p1"),
    ],
)  # fmt: skip
def test_percentages_that_cannot_be_are_refused(given, field):
    assert list(refused("replicates", **given)) == [field]
