"""What a patient reads, as pure functions: states, sentences, the ring, the trail."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from labs.rules.plain_words import Contact
from labs.rules.quantities import Comparator, Quantity
from labs.rules.ranges import Flag
from labs.rules.release import Waiting
from protocols.graphs.ring import ring
from protocols.rules.diary import diary_days, first_open_day, slots_of
from protocols.rules.portal_results import (
    Found,
    Seen,
    before_words,
    big_fact,
    collection_words,
    response_words,
    told,
    usual_words,
    waiting_sentence,
)
from protocols.rules.portal_trail import purpose, role_word
from protocols.rules.portal_words import (
    STANDINGS,
    StandingFacts,
    agenda,
    greeting,
    listed,
    standing,
    visit_words,
)
from protocols.rules.vocabulary import Status

TODAY = date(2026, 8, 4)
OKAFOR = Contact("Dr Okafor", "555 0142")
FACTS = StandingFacts(TODAY, "Dr Okafor", "555 0142", None, TODAY)
PRIVATE = ("sperm", "semen", "fertil", "isotretinoin")


@pytest.mark.parametrize(
    ("hour", "part"),
    [(0, "morning"), (11, "morning"), (12, "afternoon"), (17, "afternoon"), (18, "evening")],
)
def test_the_greeting_follows_the_clock(hour, part):
    assert greeting(datetime(2026, 8, 4, hour, tzinfo=UTC), "Dan") == f"Good {part}, Dan"


def test_a_day_with_nothing_to_do_says_so():
    assert agenda(TODAY, ["", ""]) == "Tuesday 4 August. Nothing to do today."


@pytest.mark.parametrize(
    ("on", "words"),
    [
        (date(2026, 8, 4), "a visit today at 08:30"),
        (date(2026, 8, 5), "a visit tomorrow at 08:30"),
        (date(2026, 8, 10), "a visit on Monday"),
        (date(2026, 8, 11), "your next visit on 11 August"),
    ],
)
def test_a_visit_is_told_as_near_as_it_is(on, words):
    assert visit_words(on, "08:30", TODAY) == words


@pytest.mark.parametrize("status", [None, *Status])
def test_every_state_has_words_and_no_private_ones(status):
    said = standing(status, FACTS)

    if status is Status.ACTIVE:
        assert said is None
    else:
        assert said.title
        assert "{" not in said.text
        assert not [w for w in PRIVATE if w in f"{said.title} {said.text}".lower()]
    assert set(STANDINGS) == {None, *Status} - {Status.ACTIVE}


@pytest.mark.parametrize(
    "status", [Status.ON_HOLD, Status.DISCONTINUED, Status.LOST_TO_FOLLOW_UP, Status.SCREEN_FAILED]
)
def test_a_hard_state_names_a_number_to_call(status):
    assert "555 0142" in standing(status, FACTS).text


def test_lists_are_read_aloud():
    assert (listed([]), listed(["a"]), listed(["a", "b", "c"])) == ("", "a", "a, b and c")


@pytest.mark.parametrize(
    ("daily", "slots"), [(0, ()), (1, ("morning",)), (2, ("morning", "evening"))]
)
def test_a_day_asks_for_what_was_ordered(daily, slots):
    assert slots_of(daily) == slots


def test_the_diary_is_fourteen_days_across_a_leap_day():
    days = diary_days(date(2028, 3, 4))

    assert (days[0], days[-1], len(days)) == (date(2028, 3, 4), date(2028, 2, 20), 14)
    assert first_open_day(date(2028, 3, 4)) == days[-1]


@pytest.mark.parametrize(
    ("day", "words", "done"),
    [
        pytest.param(None, "Not begun yet.", 0, id="before Day 1"),
        pytest.param(1, "Month 1 of 6. Day 1 of 180.", 1, id="Day 1"),
        pytest.param(30, "Month 1 of 6. Day 30 of 180.", 1, id="last day of month 1"),
        pytest.param(31, "Month 2 of 6. Day 31 of 180.", 2, id="first day of month 2"),
        pytest.param(200, "Month 6 of 6. Day 180 of 180.", 6, id="after the last"),
    ],
)
def test_the_ring_fills_month_by_month(day, words, done):
    drawn = ring(cycles=6, cycle_days=30, day=day)

    assert drawn.words == words
    assert sum(bool(arc.done) for arc in drawn.arcs) == done


def test_a_finished_ring_is_whole():
    assert all(arc.done for arc in ring(cycles=6, cycle_days=30, day=190, over=True).arcs)


def test_all_usual_is_good_to_read():
    said = collection_words(
        [Found("ALT", Flag.NORMAL), Found("AST", Flag.NORMAL)], reviewed=False, contact=OKAFOR
    )

    assert str(said) == "Good to read, nothing to change. All two values are as usual."


def test_the_gravest_are_named_first_and_three_at_most():
    names = ("Total cholesterol", "HDL cholesterol", "Liver value ALT", "Muscle value CK")
    off = [Found(name, Flag.HIGH, grade) for grade, name in enumerate(names)]

    said = collection_words(off, reviewed=True, contact=OKAFOR)

    assert said.answer == "Four of four values are not as usual."
    assert said.more.startswith(
        "Muscle value CK higher, liver value ALT higher, HDL cholesterol higher and one more."
    )
    assert said.more.endswith("If nobody has spoken with you about it yet, call 555 0142 today.")


@pytest.mark.parametrize(("grade", "urgent"), [(2, False), (3, True)])
def test_a_grave_value_asks_for_a_call_today(grade, urgent):
    said = collection_words([Found("ALT", Flag.HIGH, grade)], reviewed=True, contact=OKAFOR)

    assert said.answer == "Higher than usual."
    assert ("call 555 0142 today" in said.more) is urgent
    assert "555 0142" in said.more


def test_what_cannot_be_judged_is_not_called_good():
    found = [Found("ALT", Flag.NORMAL), Found("FSH", None)]

    said = collection_words(found, reviewed=False, contact=OKAFOR)

    assert said.answer == "Nothing here is known to be outside the usual range."
    assert "Dr Okafor looks at it" in said.more


def test_a_sentence_parts_after_its_answer():
    assert told("Higher than usual. Dr Okafor looks.").answer == "Higher than usual."
    assert told("Good to read, nothing to change.").more == ""


@pytest.mark.parametrize(
    ("printed", "words"),
    [("< 150", "usual: < 150 mg/dL"), ("≥ 40", "usual: ≥ 40 mg/dL"),
     ("1.5–12.4", "usual: 1.5–12.4 mg/dL"), ("", "no usual range given")],
)  # fmt: skip
def test_a_range_with_one_side_prints_as_one(printed, words):
    assert usual_words(printed, "mg/dL") == words


@pytest.mark.parametrize("waiting", list(Waiting))
def test_what_waits_says_until_when(waiting):
    said = waiting_sentence(
        waiting, opens_on=date(2026, 8, 18), ask_on=date(2026, 8, 18), contact=OKAFOR
    )

    assert "Tue 18 Aug 2026" in said


def seen(**more):
    plain = {
        "on": TODAY, "found": None, "moving": None, "concentration": None, "moving_pct": None,
        "seen": True, "motile": False, "per_ml": None, "limit_per_ml": None, "valid": True,
    }  # fmt: skip
    return Seen(**plain | more)


@pytest.mark.parametrize(
    ("sample", "fact"),
    [
        (seen(seen=None), ("·", "not known yet")),
        (seen(seen=False), ("None", "seen this time")),
        (seen(found=10, moving=0), ("10", "sperm seen, none moving")),
        (seen(found=10), ("10", "sperm seen")),
        (seen(), ("Few", "sperm seen")),
        (
            seen(concentration=Quantity(Decimal("12.4"), "10*6/mL"), moving_pct=Decimal("30.0")),
            ("12", "million sperm per millilitre, 30 % moving"),
        ),
        (
            seen(concentration=Quantity(Decimal("0.055"), "10*6/mL")),
            ("55\N{NO-BREAK SPACE}000", "sperm per millilitre"),
        ),
        (
            seen(concentration=Quantity(Decimal("0.056"), "10*6/mL", Comparator.LT)),
            ("< 56\N{NO-BREAK SPACE}000", "sperm per millilitre"),
        ),
    ],
)
def test_the_large_number_is_what_was_counted(sample, fact):
    assert big_fact(sample) == fact


def test_two_samples_before_are_told_and_no_more():
    earlier = [seen(on=date(2026, 5, n), found=n) for n in (1, 2, 3)]

    assert before_words(earlier).startswith("On 3 May there were 3, before that on 2 May there")
    assert before_words([]) == ""


@pytest.mark.parametrize(
    ("action", "page", "words"),
    [
        ("record.viewed", "laboratory", "looked at your results"),
        ("record.viewed", "protocols:dosing", "looked at your capsules"),
        ("record.viewed", "overview", "looked at your record"),
        ("draw.reviewed", "", "read your results"),
        ("draw.filed", "", "filed or corrected a blood result"),
        ("something.new", "", "worked on your record"),
    ],
)
def test_the_trail_is_told_in_words(action, page, words):
    assert purpose(action, {"page": page}) == words


def test_a_role_is_told_as_people_say_it():
    assert (role_word("clinician"), role_word("system"), role_word("night_nurse")) == (
        "Clinician", "The program", "Night nurse",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("on", "said"),
    [
        pytest.param(date(2026, 9, 28), True, id="the day before"),
        pytest.param(date(2026, 9, 29), False, id="from that day on nothing is in the way"),
    ],
)
def test_when_another_course_could_begin_is_said_until_then(on, said):
    facts = replace(FACTS, donation_until=date(2026, 9, 4), again_from=date(2026, 9, 29), today=on)

    words = standing(Status.COMPLETED_TREATMENT, facts).text

    assert ("another course: not before Tue 29 Sep 2026." in words) is said


@pytest.mark.parametrize(
    ("status", "by_samples", "begins"),
    [
        ("NONE", False, ""),
        ("PROVISIONAL", True, "Moving sperm were found in your last sample that counts."),
        ("CONFIRMED", True, "Moving sperm were found more than once"),
        ("CONFIRMED", False, "Moving sperm of yours were kept"),
    ],
)
def test_where_he_stands_is_said_only_where_there_is_something_to_say(status, by_samples, begins):
    assert response_words(status, by_samples=by_samples).startswith(begins)
    assert bool(response_words(status, by_samples=by_samples)) is bool(begins)
