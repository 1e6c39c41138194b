"""PHQ-9 at every band edge, missing answers, and question 9 (domain reference §2.5)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.rules.contradiction import Contradiction
from protocols.rules.mood import score
from protocols.rules.vocabulary import Action
from tests.protocols.rules.given import PROGRAMME

TABLE = PROGRAMME.mood


def answers(total, nine=0):
    """Nine answers with this total and this answer to question 9."""
    rest = total - nine
    full, part = divmod(rest, 3)
    first = [*([3] * full), *([part] if part else []), *([0] * 8)]
    return [*first[:8], nine]


def scored(total, nine=0, **more):
    return score(TABLE, answers(total, nine), **more)


@pytest.mark.parametrize(
    ("total", "band", "action", "contact"),
    [
        (0, "minimal", "CONTINUE", None),
        (4, "minimal", "CONTINUE", None),
        (5, "mild", "CONTINUE_ADVISE", None),
        (9, "mild", "CONTINUE_ADVISE", None),
        (10, "moderate", "REVIEW", 168),
        (14, "moderate", "REVIEW", 168),
        (15, "moderately severe", "HOLD", 48),
        (19, "moderately severe", "HOLD", 48),
        (20, "severe", "STOP", 8),
        (24, "severe", "STOP", 8),
    ],
)
def test_bands(total, band, action, contact):
    found = scored(total)
    assert (found.total, found.band, found.action, found.contact_within_hours) == (
        total,
        band,
        action,
        contact,
    )
    assert not found.crisis


@pytest.mark.parametrize(
    ("nine", "action", "contact", "crisis"),
    [
        (0, "CONTINUE", None, False),
        (1, "HOLD", 8, True),
        (2, "STOP", 1, True),
        (3, "STOP", 1, True),
    ],
)
def test_question_nine_asks_for_a_person_today_whatever_the_total(nine, action, contact, crisis):
    found = scored(nine, nine)
    assert (found.action, found.contact_within_hours, found.crisis) == (action, contact, crisis)


def test_question_nine_never_softens_a_severe_total():
    assert scored(25, 1).action is Action.STOP


def test_a_plan_or_intent_is_a_stop_even_when_question_nine_says_no():
    found = scored(3, plan_or_intent=True)
    assert (found.action, found.crisis, found.contact_within_hours) == (Action.STOP, True, 1)


@pytest.mark.parametrize(
    ("baseline", "total", "rules"),
    [
        (0, 4, []),
        (0, 5, ["PHQ9_MILD", "PHQ9_RISE"]),
        (5, 9, ["PHQ9_MILD"]),
        (4, 9, ["PHQ9_MILD", "PHQ9_RISE"]),
        (9, 4, []),
    ],
)
def test_a_rise_of_five_over_baseline_is_reviewed_even_within_a_band(baseline, total, rules):
    found = scored(total, baseline_total=baseline)
    assert [reason.rule for reason in found.reasons] == rules
    assert (found.action is Action.REVIEW) is ("PHQ9_RISE" in rules)


@pytest.mark.parametrize(
    ("items", "total", "prorated"),
    [
        pytest.param([1, 1, 1, 1, 1, 1, 1, 1, 0], 8, False, id="complete"),
        pytest.param([None, 1, 1, 1, 1, 1, 1, 1, 0], 8, True, id="7 x 9 / 8 is 7.9"),
        pytest.param([None, 1, 1, 1, 1, 0, 0, 0, 0], 5, True, id="4 x 9 / 8 is 4.5, half up"),
        pytest.param([None, None, 1, 1, 1, 1, 1, 1, 0], 8, True, id="6 x 9 / 7 is 7.7"),
        pytest.param([None, None, None, 1, 1, 1, 1, 1, 0], None, False, id="three missing"),
        pytest.param([1, 1, 1, 1, 1, 1, 1, 1, None], None, False, id="question 9 missing"),
    ],
)
def test_up_to_two_missing_answers_are_prorated_and_question_nine_never_is(items, total, prorated):
    found = score(TABLE, items)
    assert (found.total, found.prorated, found.valid) == (total, prorated, total is not None)


def test_an_invalid_questionnaire_is_asked_again():
    found = score(TABLE, [None] * 9)
    assert (found.action, found.band, found.tasks) == (Action.REPEAT, None, ("REPEAT_PHQ9",))


def test_question_nine_is_heard_even_when_the_total_is_not_valid():
    found = score(TABLE, [None] * 8 + [2])
    assert (found.valid, found.crisis, found.action) == (False, True, Action.STOP)


@pytest.mark.parametrize("items", [[0] * 8, [0] * 10, [4] + [0] * 8, [-1] + [0] * 8])
def test_answers_that_cannot_be_are_refused(items):
    with pytest.raises(Contradiction):
        score(TABLE, items)


@given(st.lists(st.integers(0, 3), min_size=9, max_size=9))
def test_a_complete_questionnaire_is_the_plain_sum(items):
    found = score(TABLE, items)
    assert (found.total, found.prorated, found.crisis) == (sum(items), False, items[8] > 0)


@given(st.lists(st.none() | st.integers(0, 3), min_size=9, max_size=9))
def test_a_total_is_never_out_of_range(items):
    total = score(TABLE, items).total
    assert total is None or 0 <= total <= 27
