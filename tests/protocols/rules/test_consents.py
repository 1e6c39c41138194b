"""New words of a consent: from which day, for whom, and what waits for them."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from protocols.rules.consents import COVERS, Outdated, Words, in_force, outdated
from protocols.rules.gates import dispense, re_treatment_sentence, start
from tests.protocols.rules.given import PROGRAMME
from tests.protocols.rules.test_gates import NEXT_BOTTLE, ON, READY, codes

DAY = timedelta(days=1)
SINCE = date(2028, 2, 29)
FIRST = Words("treatment", "Treatment", 1, date(2025, 1, 1))
SECOND = Words("treatment", "Treatment", 2, SINCE)


@pytest.mark.parametrize(
    ("on", "version"), [(SINCE - DAY, 1), (SINCE, 2), (SINCE + DAY, 2)], ids=str
)
def test_new_words_are_in_force_from_their_day_on(on, version):
    assert in_force([SECOND, FIRST], on)["treatment"].version == version


@pytest.mark.parametrize(
    ("agreed", "on", "old"),
    [
        pytest.param([1], SINCE - DAY, [], id="the day before"),
        pytest.param([1], SINCE, [2], id="on the day"),
        pytest.param([1, 2], SINCE, [], id="he agreed to both"),
        pytest.param([2], SINCE, [], id="he agreed to the new ones"),
        pytest.param([], SINCE, [], id="he never agreed: that is not outdated but missing"),
        pytest.param([2], SINCE - DAY, [], id="he agreed early"),
    ],
)
def test_who_agreed_to_earlier_words_is_asked_again(agreed, on, old):
    found = outdated([FIRST, SECOND], {"treatment": agreed}, on)
    assert [text.version for text in found] == old


def test_a_text_is_outdated_by_its_own_kind_only():
    other = Words("storage", "Storage", 4, SINCE)
    assert outdated([FIRST, other], {"treatment": [1]}, SINCE) == ()


OLD = Outdated("treatment", "Treatment", 1, 2, SINCE)
OLD_STORAGE = replace(OLD, kind="storage")


def test_the_sentence_names_both_versions_and_the_day():
    assert OLD.sentence == (
        "The treatment consent has new words since 29 Feb 2028 (version 2); "
        "he has agreed to version 1: go through them with him."
    )


def test_every_kind_of_text_says_what_waits():
    assert set(COVERS) == {"screening", "treatment", "storage", "messages", "research"}


@pytest.mark.parametrize(
    ("texts", "expected"), [((OLD,), ["CONSENT_OUTDATED"]), ((OLD_STORAGE,), []), ((), [])]
)
def test_new_words_of_the_treatment_stop_the_start_and_the_next_bottle(texts, expected):
    assert codes(start(PROGRAMME, replace(READY, outdated=texts))) == expected
    assert codes(dispense(PROGRAMME, replace(NEXT_BOTTLE, outdated=texts))) == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [(55, ["RE_TREATMENT_TOO_SOON"]), (56, []), (57, [])],
)
@pytest.mark.parametrize(
    "last_on",
    [
        pytest.param(date(2026, 2, 20), id="over the spring change"),
        pytest.param(date(2028, 1, 20), id="over a leap day"),
    ],
)
def test_another_course_begins_eight_weeks_after_the_last_capsule(last_on, days, expected):
    on = last_on + days * DAY
    shifted = {
        name: getattr(READY, name) + (on - ON)
        for name in ("eligible_on", "oldest_baseline_lab_on", "first_semen_on", "second_semen_on")
    }
    facts = replace(READY, on=on, earlier_dose_on=last_on, **shifted)
    assert codes(start(PROGRAMME, facts)) == expected


def test_the_sentence_names_the_first_day_of_another_course():
    assert re_treatment_sentence(PROGRAMME, date(2028, 1, 20)) == (
        "His last capsule of an earlier course was on 20 Jan 2028: "
        "the next course can begin on 16 Mar 2028 at the earliest."
    )
