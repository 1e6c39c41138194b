"""Whatever another version says: what is done and what is pinned is where it was."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from protocols.rules.definition import Definition, shipped
from protocols.rules.vocabulary import Anchor, Phase
from protocols.rules.what_if import (
    Anchors,
    Standing,
    StandingVisit,
    What,
    changes_of,
    days_of,
    plan_of,
)

CODES = [visit.code for visit in shipped().visits]
days = st.dates(date(2023, 12, 1), date(2029, 3, 31))
subsets = st.sets(st.sampled_from(CODES))
some_visits = st.fixed_dictionaries(
    {},
    optional={
        code: st.tuples(st.integers(-20, 400), st.integers(0, 20), st.integers(0, 20))
        for code in CODES
    },
)


def other(changed: dict[str, tuple[int, int, int]], dropped: set[str]) -> Definition:
    """Any version, even one that no clinic would publish."""
    visits = tuple(
        visit.model_copy(
            update=dict(
                zip(("offset_days", "before_days", "after_days"), changed[visit.code], strict=True)
            )
            if visit.code in changed
            else {}
        )
        for visit in shipped().visits
        if visit.code not in dropped
    )
    return shipped().model_copy(update={"visits": visits})


@st.composite
def standings(draw) -> Standing:
    day_one = draw(days)
    ended = draw(st.none() | st.integers(30, 200))
    anchors = Anchors(
        first_dose_on=day_one,
        last_dose_on=None if ended is None else day_one + timedelta(days=ended),
        enrolled_on=day_one - timedelta(days=30),
    )
    done, pinned = draw(subsets), draw(subsets)
    return Standing(
        anchors=anchors,
        visits=tuple(
            StandingVisit(
                code=code,
                title=laid.title,
                days=days_of(laid.window),
                done=code in done,
                pinned=code in pinned,
                booked_on=(laid.window.due_on,),
            )
            for code, laid in plan_of(shipped(), anchors).items()
        ),
        today=day_one + timedelta(days=draw(st.integers(-10, 400))),
        phases=draw(st.sampled_from([frozenset(Phase), frozenset({Phase.FOLLOW_UP})])),
    )


@given(standing=standings(), changed=some_visits, dropped=subsets)
def test_done_and_pinned_visits_never_move(standing, changed, dropped):
    found = changes_of(shipped(), other(changed, dropped), standing)

    still = {visit.code for visit in standing.visits if visit.done or visit.pinned}
    assert still.isdisjoint(move.code for move in found.moves)
    assert still.isdisjoint(row.code for row in found.outside)


@given(standing=standings(), changed=some_visits, dropped=subsets)
def test_what_moves_comes_to_lie_where_the_other_version_lays_it(standing, changed, dropped):
    then = other(changed, dropped)
    laid = plan_of(then, standing.anchors)

    for move in changes_of(shipped(), then, standing).moves:
        if move.what is What.GONE:
            assert move.code not in laid
        else:
            assert move.becomes == days_of(laid[move.code].window)
        over = move.code in laid and laid[move.code].window.latest_on < standing.today
        assert (move.what is What.STAYS) == (over and move.what is not What.GONE)


@given(standing=standings(), changed=some_visits)
def test_moving_there_and_back_leaves_every_visit_where_it_was(standing, changed):
    """As far as none had to stay because its days were over."""
    then = other(changed, set())
    there = changes_of(shipped(), then, standing)
    becoming = {move.code: move.becomes for move in there.moves}
    moved = Standing(
        standing.anchors,
        tuple(
            StandingVisit(v.code, v.title, becoming.get(v.code) or v.days, v.done, v.pinned)
            for v in standing.visits
        ),
        standing.today,
    )

    back = {move.code: move.becomes for move in changes_of(then, shipped(), moved).moves}
    assert {code: days for code, days in back.items() if code in becoming} == {
        move.code: move.was for move in there.moves
    }


@given(standing=standings())
def test_the_same_version_changes_nothing(standing):
    assert not changes_of(shipped(), shipped(), standing).moves


def test_the_anchors_are_those_of_the_shipped_programme():
    """What the strategies above lay covers every anchor that a visit of ours hangs on."""
    assert {visit.anchor for visit in shipped().visits} == {
        Anchor.ENROLMENT,
        Anchor.FIRST_DOSE,
        Anchor.LAST_DOSE,
    }
