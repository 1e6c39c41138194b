"""Counting: the factor of each chamber area, the agreement bins, and what the counts allow."""

import math
from decimal import Decimal

import pytest

from labs.rules.counting import (
    SUM_BINS,
    CountError,
    CountMessage,
    agreement_limit,
    chamber_factor,
    counted,
    percent_replicates,
)
from labs.rules.quantities import Comparator, Quantity
from labs.rules.sperm_numbers import (
    chance_of_at_most,
    concentration_words,
    detection_limit_per_ml,
    total_words,
    upper_bound,
)

BINS = (
    "1:1 2:2 4:3 6:4 9:5 12:6 16:7 21:8 26:9 31:10 37:11 43:12 51:13 58:14 66:15 75:16 84:17 93:18 "
    "104:19 114:20 125:21 137:22 149:23 162:24 175:25 189:26 205:27 218:28 234:29 250:30 266:31 "
    "283:32 300:33 318:34 337:35 356:36 375:37 395:38 416:39 437:40 459:41 481:42 503:43 527:44 "
    "550:45 575:46 599:47 624:48 650:49 677:50 703:51 731:52 759:53 787:54 816:55 845:56 875:57 "
    "906:58 937:59 968:60 1000:61"
)
PRINTED = [tuple(map(int, pair.split(":"))) for pair in BINS.split()]


@pytest.mark.parametrize(("last", "limit"), PRINTED, ids=str)
def test_agreement_limit_at_the_end_of_each_bin_and_after_it(last, limit):
    assert agreement_limit(last) == limit
    assert agreement_limit(last + 1) == (limit + 1 if last < 1000 else None)


def test_no_limit_is_printed_for_nothing():
    assert agreement_limit(0) is None


def test_the_table_is_the_formula_at_the_lower_bound_of_each_bin():
    starts = [1, *(last + 1 for last in SUM_BINS[:-1])]
    limits = [math.floor(1.96 * math.sqrt(start)) for start in starts]

    assert limits == [limit for _, limit in PRINTED]


@pytest.mark.parametrize(
    ("dilution", "squares", "factor"),
    [(20, 25, "10"), (2, 225, "900"), (50, 5, "0.8"), (5, 10, "16"), (10, 125, "100")],
)
def test_factor_of_the_counted_area(dilution, squares, factor):
    assert chamber_factor(dilution=dilution, squares=squares) == Decimal(factor)


@pytest.mark.parametrize(("dilution", "squares"), [(3, 25), (2, 30), (2, 250), (0, 25), (2, 0)])
def test_a_chamber_that_does_not_exist_is_refused(dilution, squares):
    with pytest.raises(CountError):
        counted([(10, 10)], dilution=dilution, squares=squares)


@pytest.mark.parametrize("pairs", [[], [(1, 1)] * 4, [(-1, 2)]])
def test_counts_that_cannot_be_are_refused(pairs):
    with pytest.raises(CountError):
        counted(pairs, dilution=2, squares=225)


def test_an_agreeing_pair_is_used():
    result = counted([(210, 230)], dilution=20, squares=25)

    assert (result.accepted, result.pair, result.difference, result.limit) == (True, 0, 20, 41)
    assert result.concentration == Quantity(Decimal(44), "10*6/mL")
    assert (result.display, result.messages) == ("44 ×10⁶/mL", ())


@pytest.mark.parametrize(
    ("pair", "accepted"),
    [pytest.param((181, 220), True, id="39 apart"), pytest.param((180, 220), False, id="40 apart")],
)
def test_a_pair_of_about_400_agrees_up_to_39_apart(pair, accepted):
    assert counted([pair], dilution=20, squares=25).accepted is accepted


def test_a_disagreeing_pair_gives_no_concentration_and_asks_for_another():
    result = counted([(200, 300)], dilution=20, squares=25)

    assert (result.accepted, result.pair, result.concentration) == (False, None, None)
    assert result.messages == (CountMessage.RECOUNT,)


def test_the_first_agreeing_pair_is_used_though_an_earlier_one_disagreed():
    result = counted([(200, 300), (240, 250), (1, 1)], dilution=20, squares=25)

    assert (result.accepted, result.pair, result.total) == (True, 1, 490)
    assert result.concentration.value == 49


def test_three_disagreeing_pairs_give_their_mean_with_a_warning():
    result = counted([(200, 300), (210, 310), (190, 290)], dilution=20, squares=25)

    assert (result.accepted, result.pair, result.total) == (False, None, 500)
    assert result.concentration.value == 50
    assert result.messages == (CountMessage.INCREASED_UNCERTAINTY, CountMessage.EXTEND_AREA)


@pytest.mark.parametrize(
    ("pair", "accepted", "messages"),
    [
        pytest.param((500, 500), True, (), id="a thousand is still assessed"),
        pytest.param(
            (500, 501), None, (CountMessage.AGREEMENT_NOT_ASSESSED,), id="more than a thousand"
        ),
        pytest.param((200, 200), True, (), id="two hundred each are enough"),
        pytest.param((199, 200), True, (CountMessage.EXTEND_AREA,), id="one below two hundred"),
        pytest.param((25, 24), True, (CountMessage.EXTEND_AREA,), id="one count of 25"),
        pytest.param(
            (24, 24),
            True,
            (CountMessage.EXTEND_AREA, CountMessage.TOO_FEW_FOR_ACCURACY),
            id="both below 25",
        ),
    ],
)
def test_what_the_size_of_a_count_says(pair, accepted, messages):
    result = counted([pair], dilution=20, squares=25)

    assert (result.accepted, result.messages) == (accepted, messages)


def test_too_few_are_reported_with_the_bound_beside_them():
    result = counted([(14, 16)], dilution=2, squares=225)

    assert result.concentration.value == Decimal(30) / 900
    assert result.display == (
        "33\u00a0000 sperm/mL; too few for accurate determination, < 0.056 ×10⁶/mL (55\u00a0555/mL)"
    )


def test_an_empty_chamber_is_never_azoospermia():
    result = counted([(0, 0)], dilution=2, squares=225, fresh_sperm_seen=False)

    assert (result.accepted, result.concentration) == (None, None)
    assert result.messages == (CountMessage.PELLET_NEEDED,)


@pytest.mark.parametrize("pairs", [[(0, 0)], [(9, 0), (0, 0)]])
def test_sperm_seen_but_not_counted_are_fewer_than_fifty(pairs):
    result = counted(pairs, dilution=2, squares=225, fresh_sperm_seen=True)

    assert result.concentration == Quantity(Decimal("0.056"), "10*6/mL", Comparator.LT)
    assert result.display == "< 0.056 ×10⁶/mL (55\u00a0555/mL)"
    assert result.messages == (CountMessage.SEEN_BUT_NOT_COUNTED,)


@pytest.mark.parametrize(
    ("first", "second", "assessed", "accepted"),
    [
        pytest.param(45, 54, 200, True, id="nine apart near a half"),
        pytest.param(45, 55, 200, False, id="ten apart near a half"),
        pytest.param(0, 1, 200, True, id="one apart is always allowed"),
        pytest.param(0, 2, 200, False, id="two apart near nothing"),
        pytest.param(40, 52, 100, True, id="fewer cells allow more"),
        pytest.param(0, 0, 200, True, id="the same"),
    ],
)
def test_two_percentages_agree(first, second, assessed, accepted):
    assert percent_replicates(Decimal(first), Decimal(second), assessed).accepted is accepted


def test_the_limit_of_two_percentages_is_the_formula():
    assert float(percent_replicates(Decimal(45), Decimal(55), 200).limit) == pytest.approx(9.8)


@pytest.mark.parametrize(("first", "assessed"), [(101, 200), (-1, 200), (50, 0)])
def test_percentages_that_cannot_be_are_refused(first, assessed):
    with pytest.raises(CountError):
        percent_replicates(Decimal(first), Decimal(50), assessed)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("66.2", "66 ×10⁶/mL"),
        ("155", "160 ×10⁶/mL"),
        ("0.1", "0.10 ×10⁶/mL"),
        ("0.0999", "100\u00a0000 sperm/mL"),
        ("0.00005", "50 sperm/mL"),
        ("<0.056", "< 0.056 ×10⁶/mL"),
    ],
)
def test_concentration_in_words(value, words):
    assert concentration_words(Quantity.parse(value, "10*6/mL")) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("10", "10 ×10⁶"),
        ("9.96", "10.0 ×10⁶"),
        ("9.94", "9.9 ×10⁶"),
        ("185.4", "185 ×10⁶"),
        ("0.05", "50\u00a0000 sperm"),
        ("<0.1568", "< 0.16 ×10⁶"),
    ],
)
def test_total_number_in_words(value, words):
    assert total_words(Quantity.parse(value, "10*6")) == words


@pytest.mark.parametrize(
    ("found", "bound"),
    [(0, 3.0), (1, 4.743865), (2, 6.295794), (5, 10.513035), (14, 21.886), (1000, 1054.0)],
)
def test_upper_bound_is_half_the_chi_square(found, bound):
    assert float(upper_bound(found)) == pytest.approx(bound, rel=1e-3)


@pytest.mark.parametrize("found", [1, 7, 60, 4000])
def test_a_count_at_the_bound_would_happen_once_in_twenty(found):
    assert chance_of_at_most(found, float(upper_bound(found))) == pytest.approx(0.05, abs=1e-6)


def test_detection_limit_needs_the_part_and_the_volume():
    assert detection_limit_per_ml(
        0, fraction_examined=Decimal("0.1"), volume_ml=Decimal(3)
    ) == Decimal(10)
    assert detection_limit_per_ml(0, fraction_examined=None, volume_ml=Decimal(3)) is None
    assert detection_limit_per_ml(0, fraction_examined=Decimal(1), volume_ml=None) is None
