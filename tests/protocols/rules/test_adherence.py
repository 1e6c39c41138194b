"""Count, diary and bottles side by side; and where every capsule is (domain reference §7.3)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.rules.accountability import Bottle, Counted, balance
from protocols.rules.adherence import Witnesses, compare, diary_percent, refills
from protocols.rules.dosing import Segment
from tests.protocols.rules.given import PROGRAMME

DOSE = PROGRAMME.dose
DAY = timedelta(days=1)
ON = date(2026, 3, 2)
FULL = (Segment(ON, None, 2),)


def judged(count=None, diary=None, refill=None):
    told = [None if row is None else Decimal(row) for row in (count, diary, refill)]
    return compare(DOSE, Witnesses(*told))


@pytest.mark.parametrize(
    ("told", "disagree"),
    [
        pytest.param(("100", "80.01", None), False, id="below the threshold"),
        pytest.param(("100", "80", None), False, id="at it"),
        pytest.param(("100", "79.99", None), True, id="above it"),
        pytest.param(("90", "95", "69.9"), True, id="the third differs"),
        pytest.param(("90", None, "95"), False, id="no diary"),
        pytest.param((None, "100", "50"), True, id="no count"),
    ],
)
def test_they_disagree_above_twenty_points(told, disagree):
    assert judged(*told).disagree is disagree


@pytest.mark.parametrize("told", [(), ("100",), (None, "40"), (None, None, "90")])
def test_one_alone_cannot_disagree(told):
    found = judged(*told)
    assert (found.spread, found.disagree, found.sentence) == (None, False, "")


def test_a_disagreement_names_the_highest_and_the_lowest():
    found = judged("97", "62.5", "100")
    assert found.sentence == (
        "The bottles and diary differ by 38 points (100 % and 62 %): ask him."
    )


def ticked(days, a_day=2):
    return {ON + n * DAY: a_day for n in range(days)}


@pytest.mark.parametrize(
    ("ticks", "percent"),
    [
        pytest.param({}, None, id="no diary is kept"),
        pytest.param(ticked(30), Decimal(100), id="every capsule"),
        pytest.param(ticked(15), Decimal(50), id="half of the days"),
        pytest.param(ticked(40), Decimal(100), id="days after it do not count"),
    ],
)
def test_the_diary_is_what_was_ticked_of_what_was_ordered(ticks, percent):
    assert diary_percent(FULL, ticks, first_on=ON, last_on=ON + 29 * DAY) == percent


def test_ticks_on_a_hold_are_a_share_of_nothing():
    held = (Segment(ON, None, 0),)
    assert diary_percent(held, ticked(2), first_on=ON, last_on=ON + 5 * DAY) is None


def fetched(bottles, first=0, last=59, segments=FULL):
    days = {"start_on": ON, "first_on": ON + first * DAY, "last_on": ON + last * DAY}
    return refills(segments, [(ON + on * DAY, capsules) for on, capsules in bottles], **days)


@pytest.mark.parametrize(
    ("bottles", "covered", "dry"),
    [
        pytest.param([(0, 60), (30, 60)], 120, 0, id="in time"),
        pytest.param([(-2, 60), (28, 60)], 120, 0, id="before Day 1 and early"),
        pytest.param([(0, 60), (37, 60)], 106, 7, id="a week late"),
        pytest.param([(0, 59), (30, 60)], 119, 0, id="half a day's dose is no day without"),
        pytest.param([(0, 60)], 60, 30, id="never again"),
    ],
)
def test_bottles_reach_as_far_as_they_reach(bottles, covered, dry):
    found = fetched(bottles)
    assert (found.expected, found.covered, found.dry_days) == (120, covered, dry)


def test_a_second_interval_begins_with_what_the_first_left():
    found = fetched([(0, 60), (20, 60)], first=30)
    assert (found.expected, found.covered) == (60, 60)


def test_a_hold_uses_nothing_up():
    segments = (Segment(ON, ON + 10 * DAY, 2), Segment(ON + 10 * DAY, ON + 20 * DAY, 0),
                Segment(ON + 20 * DAY, None, 1))  # fmt: skip
    found = fetched([(0, 60)], last=59, segments=segments)
    assert (found.expected, found.covered, found.dry_days) == (60, 60, 0)


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(date(2028, 2, 20), id="over a leap day"),
        pytest.param(date(2026, 3, 1), id="over the change of clocks"),
    ],
)
def test_thirty_days_are_thirty_days(start):
    days = {"start_on": start, "first_on": start, "last_on": start + 29 * DAY}
    found = refills((Segment(start, None, 2),), [(start, 60)], **days)
    assert (found.expected, found.covered, found.dry_days) == (60, 60, 0)


# --- where they are -------------------------------------------------------------------------------


def sheet(bottles, *counts):
    out = [Bottle(ON + on * DAY, capsules) for on, capsules in bottles]
    return balance(out, [Counted(ON + on * DAY, *told) for on, *told in counts])


def parts(found):
    return (found.taken, found.handed_in, found.lost, found.with_him, found.uncounted)


@pytest.mark.parametrize(
    ("counts", "expected", "closed"),
    [
        pytest.param([], (0, 0, 0, 0, 60), False, id="never counted"),
        pytest.param([(30, 0)], (60, 0, 0, 0, 0), True, id="all taken"),
        pytest.param([(30, 1)], (59, 0, 0, 1, 0), False, id="one went home"),
        pytest.param([(30, 4, 4)], (56, 4, 0, 0, 0), True, id="four given back"),
        pytest.param([(30, 4, 3)], (56, 3, 0, 1, 0), False, id="three of four given back"),
        pytest.param([(30, 0, 0, 2)], (58, 0, 2, 0, 0), True, id="two lost"),
        pytest.param([(30, None)], (0, 0, 0, 0, 60), False, id="not brought"),
        pytest.param([(30, 4), (37, None)], (56, 0, 0, 0, 4), False, id="not brought again"),
        pytest.param([(30, 4), (37, 0, 0, 4)], (56, 0, 4, 0, 0), True, id="lost since"),
        pytest.param([(30, None), (37, 3, 3)], (57, 3, 0, 0, 0), True, id="brought at last"),
    ],
)
def test_every_capsule_is_somewhere(counts, expected, closed):
    found = sheet([(0, 60)], *counts)
    assert (parts(found), found.closed) == (expected, closed)
    assert sum(parts(found)) == found.dispensed == 60


def test_a_bottle_of_the_day_of_the_count_comes_after_it():
    found = sheet([(0, 60), (30, 60)], (30, 4))
    assert (parts(found), found.closed) == ((56, 0, 0, 0, 64), False)


@pytest.mark.parametrize(
    ("bottles", "counts", "says"),
    [
        pytest.param([], [], "No bottle has been handed over.", id="none"),
        pytest.param(
            [(0, 60)], [],
            "No count says where 60 capsules went: count what he brings, or write down what is"
            " lost.", id="no count",
        ),
        pytest.param(
            [(0, 60)], [(30, 1)],
            "1 capsule went home with him: have them brought back, or write down what is lost.",
            id="one at home",
        ),
        pytest.param([(0, 60)], [(30, 2, 2)], "", id="closed"),
    ],
)  # fmt: skip
def test_what_is_missing_is_said(bottles, counts, says):
    assert sheet(bottles, *counts).missing == says


@given(
    st.lists(
        st.tuples(st.integers(1, 60), st.integers(0, 100), st.integers(0, 100), st.integers(0, 9)),
        max_size=6,
    )
)
def test_the_sheet_always_balances(months):
    """A bottle a month; of what he has, shares are brought, lost and kept."""
    bottles, counts, home = [], [], 0
    for month, (capsules, brought, kept, gone) in enumerate(months):
        bottles.append((30 * month, capsules))
        home += capsules
        lost = min(gone, home)
        returned = (home - lost) * brought // 100
        counts.append((30 * month + 29, returned, returned * kept // 100, lost))
        home = returned - returned * kept // 100
    found = sheet(bottles, *counts)
    assert sum(parts(found)) == found.dispensed
    assert (found.with_him, found.uncounted) == (home, 0)
