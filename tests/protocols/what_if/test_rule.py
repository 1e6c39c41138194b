"""What another version would change for one man: days in, sentences out."""

from datetime import date

import pytest

from protocols.rules.definition import shipped
from protocols.rules.vocabulary import Phase
from protocols.rules.what_if import Changes, Counts, Falls, What, changes_of
from tests.protocols.what_if.versions import (
    DAY,
    DAY_ONE,
    NARROWED,
    added,
    another,
    man,
    visit,
    without,
)


def told(changes: Changes) -> list[str]:
    return [move.sentence for move in changes.moves]


def between(then, standing) -> Changes:
    return changes_of(shipped(), then, standing)


def test_the_same_programme_changes_nothing():
    assert between(another(), man()) == Changes()


def test_a_narrower_window_and_a_later_target_are_told_as_was_and_becomes():
    changes = between(another(*NARROWED), man())

    assert told(changes) == [
        (
            "M1 keeps its day, 7 Jun 2026; its window 31 May – 14 Jun 2026 becomes"
            " 4 Jun – 10 Jun 2026."
        ),
        "M2 moves from 7 Jul 2026 (30 Jun – 14 Jul 2026) to 14 Jul 2026 (7 Jul – 21 Jul 2026).",
    ]
    assert (changes.moving, changes.falls_out) == (2, False)


def test_what_is_done_and_what_is_pinned_does_not_move():
    changes = between(another(*NARROWED), man(done=("V0", "V1", "M1"), pinned=("M2",)))

    assert changes == Changes()


@pytest.mark.parametrize(
    ("on", "outside"),
    [
        pytest.param(date(2026, 6, 3), True, id="the day before the new window"),
        pytest.param(date(2026, 6, 4), False, id="its first day"),
        pytest.param(date(2026, 6, 10), False, id="its last day"),
        pytest.param(date(2026, 6, 11), True, id="the day after"),
        pytest.param(date(2026, 5, 30), False, id="outside by agreement already"),
    ],
)
def test_a_booking_falls_outside_when_the_new_window_does_not_hold_it(on, outside):
    changes = between(another(*NARROWED), man(booked={"M1": on}))

    assert bool(changes.outside) is outside


def test_a_booking_of_yesterday_is_nobodys_business():
    standing = man(today=date(2026, 6, 4), booked={"M1": date(2026, 6, 3)})

    assert between(another(*NARROWED), standing).outside == ()


def test_a_visit_that_is_gone_takes_its_booking_outside_and_is_told():
    changes = between(another(without("M5")), man(booked={"M5": DAY_ONE + 150 * DAY}))

    assert told(changes) == [
        "M5 is not asked for any more; it was 5 Oct 2026 (28 Sep – 12 Oct 2026)."
    ]
    assert [row.sentence for row in changes.outside] == [
        "The booking of 5 Oct 2026 is for M5, which would be gone."
    ]
    assert [fall.why for fall in changes.falls] == [Falls.VISIT_GONE]


@pytest.mark.parametrize(
    ("today", "what"),
    [
        pytest.param(DAY_ONE + 59 * DAY, What.MOVES, id="its last assignable day"),
        pytest.param(DAY_ONE + 60 * DAY, What.STAYS, id="the day after it"),
    ],
)
def test_a_visit_whose_new_days_are_over_stays_where_it_was(today, what):
    """Month 2 on day 45: open until day 52, counted as late until day 59."""
    changes = between(another(visit("M2", offset_days=45)), man(today))

    move = next(move for move in changes.moves if move.code == "M2")
    assert move.what is what
    assert [fall.why for fall in changes.falls] == [Falls.WINDOW_OVER]


def test_a_visit_whose_new_window_still_is_open_is_no_fall():
    changes = between(another(visit("M2", offset_days=45)), man(DAY_ONE + 52 * DAY))

    assert (changes.moving, changes.falls) == (1, ())


@pytest.mark.parametrize(
    ("day", "words"),
    [
        pytest.param(15, [], id="over before today"),
        pytest.param(45, ["W is new: 22 Jun 2026 (20 Jun – 24 Jun 2026)."], id="to come"),
    ],
)
def test_a_visit_that_is_new_is_added_unless_it_would_be_over(day, words):
    assert told(between(another(added("W", day)), man(DAY_ONE + 40 * DAY))) == words


def test_after_treatment_no_visit_of_the_treatment_is_added():
    standing = man()
    after = type(standing)(
        standing.anchors,
        standing.visits,
        standing.today,
        frozenset({Phase.FOLLOW_UP, Phase.OUTCOME}),
    )

    assert between(another(added("W", 45)), after) == Changes()


def test_an_item_that_is_new_at_a_visit_behind_him_is_one_he_misses():
    def asks_for_ck(content):
        month = next(row for row in content["visits"] if row["code"] == "M2")
        month["items"].append({"kind": "labs", "panel": "muscle", "need": "always"})

    changes = between(another(asks_for_ck), man(done=("V0", "V1", "M1", "M2")))

    assert [fall.sentence for fall in changes.falls] == [
        "M2 is behind him and would also have asked for: Creatine kinase."
    ]
    assert not between(another(asks_for_ck), man()).falls


def test_a_visit_counted_from_another_waits_for_it_where_it_stands():
    """Until month 1 has happened nobody knows where month 2 lies: it keeps its days."""
    hangs = visit("M2", anchor="visit", anchor_visit="M1", offset_days=30)

    assert between(another(hangs), man()) == Changes()


def test_the_counts_of_some_men_add_up():
    then = another(*NARROWED, without("M5"))
    found = [
        between(then, man(booked={"M1": date(2026, 6, 3)})),
        between(then, man(done=("V0", "V1", "M1", "M2", "M5"))),
    ]

    assert Counts().plus(found) == Counts(men=2, changing=1, visits=2, bookings=1, falling=1)
    assert Counts().plus(found[:1]).plus(found[1:]) == Counts().plus(found)


@pytest.mark.parametrize(
    ("day_one", "was", "becomes"),
    [
        pytest.param(
            date(2026, 2, 6), "8 Mar 2026 (1 Mar – 15 Mar 2026)",
            "9 Mar 2026 (2 Mar – 16 Mar 2026)", id="the clocks go forward on 8 March",
        ),
        pytest.param(
            date(2026, 10, 2), "1 Nov 2026 (25 Oct – 8 Nov 2026)",
            "2 Nov 2026 (26 Oct – 9 Nov 2026)", id="the clocks go back on 1 November",
        ),
        pytest.param(
            date(2028, 1, 29), "28 Feb 2028 (21 Feb – 6 Mar 2028)",
            "29 Feb 2028 (22 Feb – 7 Mar 2028)", id="onto a leap day",
        ),
        pytest.param(
            date(2027, 1, 29), "28 Feb 2027 (21 Feb – 7 Mar 2027)",
            "1 Mar 2027 (22 Feb – 8 Mar 2027)", id="where there is none",
        ),
        pytest.param(
            date(2026, 11, 25), "25 Dec 2026 (18 Dec 2026 – 1 Jan 2027)",
            "26 Dec 2026 (19 Dec 2026 – 2 Jan 2027)", id="over the new year",
        ),
    ],
)  # fmt: skip
def test_a_day_later_is_a_day_later_whatever_the_clock_and_the_calendar_do(day_one, was, becomes):
    changes = between(another(visit("M1", offset_days=31)), man(day_one, day_one=day_one))

    assert told(changes) == [f"M1 moves from {was} to {becomes}."]


def test_calendar_months_are_told_like_days():
    """A month after 31 January is the last day of February."""
    monthly = visit("M1", offset_days=None, offset_months=1)
    day_one = date(2026, 1, 31)

    changes = between(another(monthly), man(day_one, day_one=day_one))

    assert told(changes) == [
        "M1 moves from 2 Mar 2026 (23 Feb – 9 Mar 2026) to 28 Feb 2026 (21 Feb – 7 Mar 2026)."
    ]
