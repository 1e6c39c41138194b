"""One rule picked out of a version and tried: its number, its edges, and the load it makes."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labs.rules.ctcae import published_grade_table
from protocols.graphs.weeks import SHOWN, bars_of
from protocols.rules import back_test as rules
from protocols.rules.back_test import Kind, NoSuchRule, not_tried, triable, triables, with_threshold
from protocols.rules.back_test_load import load_of
from protocols.rules.definition import content_hash, shipped
from protocols.rules.dosing import PillCount, adherence
from protocols.rules.safety import History
from protocols.rules.schedule import lay_out
from tests.protocols.rules.given import PROGRAMME, fasting_tg, lab

GRADES = published_grade_table()


def fires(code: str, *facts, symptoms=(), started=True, definition=PROGRAMME) -> bool:
    rule = triable(definition, code)
    found = rules.of_results(definition, rule, facts, symptoms, started=started, grades=GRADES)
    return found is not None


def test_every_rule_that_can_propose_something_can_be_tried():
    found = triables(PROGRAMME)

    assert len({rule.code for rule in found}) == len(found)
    assert {rule.kind for rule in found} == set(Kind)
    assert {
        "TG_HOLD",
        "HYS_LAW",
        "SYMPTOM_VISION",
        "PHQ9_MODERATE",
        "PHQ9_RISE",
        "VISIT_LATE",
        "SECOND_HOLD",
        "HOLD_TOO_LONG",
        "LIVER_HOLD_AGAIN",
        "MEDICINE_TETRACYCLINE",
        "PROHIBITED_MED",
    } <= {rule.code for rule in found}


@pytest.mark.parametrize(
    ("value", "held"),
    [
        pytest.param("800", False, id="at the limit of the version"),
        pytest.param("800.1", True, id="above it"),
        pytest.param("1000", True, id="at the next band"),
        pytest.param("1000.1", False, id="in the next band"),
    ],
)
def test_a_band_is_tried_as_it_is_written(value, held):
    assert fires("TG_HOLD", fasting_tg(value)) is held


@pytest.mark.parametrize(
    ("value", "held"),
    [
        pytest.param("599.9", False, id="below"),
        pytest.param("600", False, id="at"),
        pytest.param("600.1", True, id="above"),
    ],
)
def test_a_band_is_tried_with_another_number(value, held):
    lower = with_threshold(PROGRAMME, "TG_HOLD", Decimal(600))

    assert fires("TG_HOLD", fasting_tg(value), definition=lower) is held


@pytest.mark.parametrize(
    ("times", "held"),
    [pytest.param("100", False, id="at 2.5 times"), pytest.param("100.1", True, id="above")],
)
def test_a_limit_in_times_the_upper_one_is_tried_in_those(times, held):
    lower = with_threshold(PROGRAMME, "LIVER_HOLD", Decimal("2.5"))

    assert fires("LIVER_HOLD", lab("alt", times, "U/L", uln=40), definition=lower) is held


def test_symptoms_are_read_beside_the_result():
    ck = lab("ck", "1001", "U/L", uln=200)

    assert not fires("CK_WITH_MUSCLE_SYMPTOMS", ck)
    assert fires("CK_WITH_MUSCLE_SYMPTOMS", ck, symptoms=["muscle_pain"])


@pytest.mark.parametrize(("code", "value"), [("TG_REVIEW", "400"), ("TG_HOLD", "900")])
def test_before_day_one_only_what_concerns_the_dose_would_fire(code, value):
    assert fires(code, fasting_tg(value), started=False) is (code == "TG_HOLD")


@pytest.mark.parametrize(
    ("points", "answers", "fired"),
    [
        pytest.param(None, [1] * 9, False, id="9 points, as written from 10"),
        pytest.param(8, [1] * 8 + [0], True, id="8 points, tried from 8"),
        pytest.param(8, [1] * 7 + [0, 0], False, id="7 points, tried from 8"),
    ],
)
def test_a_band_of_the_questionnaire_begins_elsewhere(points, answers, fired):
    """Nine ones are nine points, and question 9 answered 1 has a rule of its own."""
    tried = PROGRAMME
    if points is not None:
        tried = with_threshold(PROGRAMME, "PHQ9_MODERATE", Decimal(points))
    rule = triable(tried, "PHQ9_MODERATE")

    assert (rules.of_answers(tried, rule, answers, None) is not None) is fired


@pytest.mark.parametrize(("now", "fired"), [(7, False), (8, True)])
def test_a_rise_is_tried_with_another_number(now, fired):
    tried = with_threshold(PROGRAMME, "PHQ9_RISE", Decimal(6))
    answers = [1] * now + [0] * (9 - now)

    found = rules.of_answers(tried, triable(tried, "PHQ9_RISE"), answers, 2)
    assert (found is not None) is fired


@pytest.mark.parametrize(
    ("on", "early", "late"),
    [
        pytest.param(date(2026, 5, 25), True, False, id="before the window"),
        pytest.param(date(2026, 6, 1), False, False, id="its first day"),
        pytest.param(date(2026, 6, 15), False, True, id="after it"),
    ],
)
def test_a_visit_is_early_or_late_where_this_version_lays_it(on, early, late):
    laid = {row.code: row for row in lay_out(PROGRAMME, first_dose_on=date(2026, 5, 8))}["M1"]

    found = [
        rules.of_visit(PROGRAMME, triable(PROGRAMME, code), laid, on, date(2026, 8, 4)) is not None
        for code in ("VISIT_EARLY", "VISIT_LATE")
    ]
    assert found == [early, late]


@pytest.mark.parametrize(
    ("today", "missed"),
    [
        pytest.param(date(2026, 6, 21), False, id="its last day"),
        pytest.param(date(2026, 6, 22), True, id="the day after"),
    ],
)
def test_a_visit_is_missed_when_its_last_day_is_over(today, missed):
    laid = {row.code: row for row in lay_out(PROGRAMME, first_dose_on=date(2026, 5, 8))}["M1"]
    rule = triable(PROGRAMME, "VISIT_MISSED")

    assert (rules.of_visit(PROGRAMME, rule, laid, None, today) is not None) is missed


@pytest.mark.parametrize(("hours", "fired"), [("7.9", True), ("8", False)])
def test_fasting_is_tried_with_other_hours(hours, fired):
    tried = with_threshold(PROGRAMME, "LAB_NOT_FASTING", Decimal(8))
    fact = lab("triglycerides", "140", "mg/dL", fasting_hours=hours)

    found = rules.of_lipids(tried, triable(tried, "LAB_NOT_FASTING"), [fact])
    assert (found is not None) is fired


@pytest.mark.parametrize(("taken", "fired"), [(53, True), (54, False)])
def test_adherence_is_tried_with_another_percentage(taken, fired):
    """Nine in ten of sixty capsules are fifty-four."""
    tried = with_threshold(PROGRAMME, "DOSE_MISSED", Decimal(90))
    known = adherence(tried.dose, expected=60, count=PillCount(taken, 0))

    found = rules.of_count(tried, triable(tried, "DOSE_MISSED"), known)
    assert (found is not None) is fired


@pytest.mark.parametrize(
    ("code", "number", "says"),
    [
        ("NOTHING", "5", "There is no rule called NOTHING in this version."),
        ("SYMPTOM_VISION", "5", "This rule has no number that could be changed."),
        ("HOLD_TOO_LONG", "8.5", "Days are whole numbers."),
        ("PHQ9_MODERATE", "8.5", "Points of the questionnaire are whole numbers."),
    ],
)
def test_what_cannot_be_tried_says_why(code, number, says):
    with pytest.raises(NoSuchRule, match=says):
        with_threshold(PROGRAMME, code, Decimal(number))


def test_a_number_that_contradicts_the_rest_is_refused_in_words():
    with pytest.raises(NoSuchRule) as refused:
        with_threshold(PROGRAMME, "PHQ9_MODERATE", Decimal(17))

    assert str(refused.value)


@given(st.decimals(min_value=801, max_value=999, places=1))
def test_trying_another_number_changes_nothing_but_that_rule(number):
    before = content_hash(shipped())

    tried = with_threshold(shipped(), "TG_HOLD", number)

    assert content_hash(shipped()) == before
    assert triable(tried, "TG_HOLD").threshold == number
    assert [rule for rule in triables(tried) if rule.code != "TG_HOLD"] == [
        rule for rule in triables(shipped()) if rule.code != "TG_HOLD"
    ]


@pytest.mark.parametrize(
    ("code", "medicine", "started", "fired"),
    [
        pytest.param("MEDICINE_TETRACYCLINE", "Doxycycline 100 mg", True, True, id="on the drug"),
        pytest.param("MEDICINE_TETRACYCLINE", "Doxycycline", False, True, id="before the start"),
        pytest.param("MEDICINE_TETRACYCLINE", "Cetirizine", True, False, id="another"),
        pytest.param("MEDICINE_ISOTRETINOIN", "Roaccutane", True, False, id="info on the drug"),
        pytest.param("MEDICINE_ISOTRETINOIN", "Roaccutane", False, True, id="block at the start"),
        pytest.param("MEDICINE_WARFARIN", "warfarin", True, True, id="advice on the drug"),
        pytest.param("MEDICINE_WARFARIN", "warfarin", False, False, id="caution at the start"),
        pytest.param("PROHIBITED_MED", "Doxycycline", True, True, id="a departure"),
        pytest.param("PROHIBITED_MED", "Doxycycline", False, False, id="none before the start"),
        pytest.param("PROHIBITED_MED", "warfarin", True, False, id="allowed"),
    ],
)
def test_a_medicine_is_tried_as_it_was_put_on_the_list(code, medicine, started, fired):
    rule = triable(PROGRAMME, code)

    found = rules.of_medicine(PROGRAMME, rule, medicine, started=started)
    assert (found is not None) is fired


@pytest.mark.parametrize(
    ("most", "days", "fired"),
    [(None, 28, False), (None, 29, True), (14, 14, False), (14, 15, True)],
)
def test_a_hold_is_tried_with_another_length(most, days, fired):
    tried = with_threshold(PROGRAMME, "HOLD_TOO_LONG", Decimal(most)) if most else PROGRAMME

    assert (rules.of_hold(tried, triable(tried, "HOLD_TOO_LONG"), days) is not None) is fired


@pytest.mark.parametrize(
    ("holds", "value", "fired"),
    [({}, "121", False), ({"alt": 1}, "120", False), ({"alt": 1}, "121", True),
     ({"triglycerides": 1}, "121", False)],
)  # fmt: skip
def test_a_hold_for_the_same_value_is_the_second_only_after_a_first(holds, value, fired):
    rule = triable(PROGRAMME, "SECOND_HOLD")
    facts = [lab("alt", value, "U/L", uln=40)]

    found = rules.of_results(
        PROGRAMME, rule, facts, (), started=True, grades=GRADES, history=History(holds=holds)
    )
    assert (found is not None) is fired


@pytest.mark.parametrize(
    ("most", "value", "repeating", "fired"),
    [
        pytest.param(None, "41", ["alt"], True, id="above the limit of the version"),
        pytest.param(None, "40", ["alt"], False, id="at it"),
        pytest.param(None, "41", [], False, id="nothing was to be repeated"),
        pytest.param("1.5", "60", ["alt"], False, id="at another limit"),
        pytest.param("1.5", "61", ["alt"], True, id="above another limit"),
    ],
)
def test_a_repeat_until_it_is_low_enough_is_tried_with_another_number(
    most, value, repeating, fired
):
    tried = with_threshold(PROGRAMME, "LIVER_HOLD_AGAIN", Decimal(most)) if most else PROGRAMME
    facts = [lab("alt", value, "U/L", uln=40)]
    history = History(repeating=repeating)

    found = rules.of_results(
        tried, triable(tried, "LIVER_HOLD_AGAIN"), facts, (), started=True, grades=GRADES,
        history=history,
    )  # fmt: skip
    assert (found is not None) is fired


def test_what_cannot_be_tried_names_every_departure_that_has_no_rule_here():
    codes = {rule.code for rule in triables(PROGRAMME)}
    left = [rule.sentence for rule in PROGRAMME.deviations if rule.code not in codes]

    assert [row.removeprefix("Deviation: ") for row in not_tried(PROGRAMME)[-len(left) :]] == left


MONDAY = date(2026, 3, 2)


def test_the_load_counts_weeks_without_any_and_shares_the_work():
    days = [MONDAY, date(2026, 3, 8), date(2026, 3, 16)]

    load = load_of(days, days[:1], first_on=MONDAY, last_on=date(2026, 3, 29), clinicians=2)

    assert [(week.would, week.did) for week in load.weeks] == [(2, 1), (0, 0), (1, 0), (0, 0)]
    assert (load.would, load.did) == (Decimal("0.38"), Decimal("0.13"))


def test_a_week_stays_a_week_when_the_clocks_change_and_over_a_leap_day():
    load = load_of(
        [date(2028, 2, 29)], [], first_on=date(2028, 2, 28), last_on=date(2028, 3, 31), clinicians=1
    )

    assert [week.monday for week in load.weeks] == [
        date(2028, 2, 28), date(2028, 3, 6), date(2028, 3, 13), date(2028, 3, 20),
        date(2028, 3, 27),
    ]  # fmt: skip
    assert load.weeks[0].would == 1


def test_without_a_clinician_the_load_is_that_of_one():
    load = load_of([MONDAY], [], first_on=MONDAY, last_on=MONDAY, clinicians=0)

    assert load.would == Decimal("1.00")


@pytest.mark.parametrize(("weeks", "last"), [(SHOWN, 0), (SHOWN + 1, SHOWN)])
def test_a_drawing_of_only_the_last_weeks_says_so(weeks, last):
    newest = MONDAY + timedelta(weeks=weeks - 1)
    load = load_of([newest], [], first_on=MONDAY, last_on=newest, clinicians=1)

    assert bars_of(load.weeks).last == last
