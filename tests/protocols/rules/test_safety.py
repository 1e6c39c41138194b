"""Every row of the action table, below, at and above its limit (domain reference §2.4)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.rules.contradiction import Contradiction
from protocols.rules.mood import score
from protocols.rules.safety import History, evaluate, restart
from protocols.rules.vocabulary import Action
from tests.protocols.rules.given import PROGRAMME, fasting_tg, lab


def verdict(*results, **more):
    return evaluate(PROGRAMME, results=results, **more)


def times(analyte, multiple, **more):
    """A result that is exactly so many times an upper limit of 40."""
    return lab(analyte, f"{multiple * 40:g}", "U/L", uln=40, **more)


TRIGLYCERIDES = [
    ("149.9", "CONTINUE", None, None),
    ("150", "CONTINUE_ADVISE", None, None),
    ("300", "CONTINUE_ADVISE", None, None),
    ("300.1", "REVIEW", 14, 168),
    ("500", "REVIEW", 14, 168),
    ("500.1", "REDUCE", 14, 48),
    ("620", "REDUCE", 14, 48),
    ("800", "REDUCE", 14, 48),
    ("800.1", "HOLD", 7, 8),
    ("1000", "HOLD", 7, 8),
    ("1000.1", "STOP", 3, 8),
]


@pytest.mark.parametrize(("value", "action", "repeat", "contact"), TRIGLYCERIDES)
def test_fasting_triglycerides(value, action, repeat, contact):
    found = verdict(fasting_tg(value))
    assert (found.action, found.repeat_within_days, found.contact_within_hours) == (
        action,
        repeat,
        contact,
    )
    assert found.deviations == ()


def test_triglycerides_of_620_propose_the_reduced_dose_and_say_why():
    (reason,) = verdict(fasting_tg("620")).reasons
    assert (reason.rule, reason.action, reason.grade) == ("TG_REDUCE", Action.REDUCE, 3)
    assert reason.sentence == (
        "Triglycerides 620 mg/dL (fasting) is over 500 mg/dL: reduce to 20 mg a day."
    )


def test_triglycerides_over_1000_ask_for_lipase_and_a_call():
    assert {"LIPASE", "PHONE_PATIENT"} <= set(verdict(fasting_tg("1001")).tasks)


@pytest.mark.parametrize(
    ("value", "action"),
    [
        ("3.38", "CONTINUE_ADVISE"),
        ("3.39", "REVIEW"),
        ("5.64", "REVIEW"),
        ("5.65", "REDUCE"),
        ("9.03", "REDUCE"),
        ("9.04", "HOLD"),
        ("11.29", "HOLD"),
        ("11.3", "STOP"),
    ],
)
def test_triglycerides_in_mmol_are_held_against_the_same_limits(value, action):
    assert verdict(fasting_tg(value, "mmol/L")).action == action


NOT_FASTING = [
    pytest.param({}, id="unknown"),
    pytest.param({"fasting": False}, id="not fasting"),
    pytest.param({"fasting_hours": 8.9}, id="under 9 hours"),
    pytest.param({"fasting": True, "alcohol_hours": 35.9}, id="alcohol within 36 hours"),
    pytest.param({"fasting": True, "fasting_hours": 3}, id="hours speak against the tick"),
]


@pytest.mark.parametrize("before", NOT_FASTING)
@pytest.mark.parametrize(
    ("value", "action", "repeat", "contact"),
    [
        ("149.9", "CONTINUE", None, None),
        ("150", "REPEAT", 7, None),
        ("800", "REPEAT", 7, None),
        ("800.1", "HOLD", 7, 8),
        ("1200", "HOLD", 7, 8),
    ],
)
def test_triglycerides_not_known_to_be_fasting_never_change_the_dose(
    before, value, action, repeat, contact
):
    found = verdict(lab("triglycerides", value, "mg/dL", **before))
    assert (found.action, found.repeat_within_days, found.contact_within_hours) == (
        action,
        repeat,
        contact,
    )
    assert found.deviations == ("LAB_NOT_FASTING",)


@pytest.mark.parametrize(
    "before",
    [
        {"fasting": True},
        {"fasting_hours": 9},
        {"fasting_hours": 12, "alcohol_hours": 36},
        {"fasting": True, "alcohol_hours": 36},
    ],
)
def test_nine_hours_without_food_and_36_without_alcohol_are_fasting(before):
    found = verdict(lab("triglycerides", "620", "mg/dL", **before))
    assert (found.action, found.deviations) == (Action.REDUCE, ())


@pytest.mark.parametrize("value", ["90", "620"])
@pytest.mark.parametrize("fasting", [True, False, None])
def test_any_triglycerides_with_pancreatitis_symptoms_stop(value, fasting):
    found = verdict(
        lab("triglycerides", value, "mg/dL", fasting=fasting), symptoms=["abdominal_pain_severe"]
    )
    assert found.action is Action.STOP
    assert "TG_WITH_PANCREATITIS_SYMPTOMS" in {reason.rule for reason in found.reasons}
    assert "LIPASE" in found.tasks


@pytest.mark.parametrize("analyte", ["alt", "ast"])
@pytest.mark.parametrize(
    ("multiple", "action", "repeat"),
    [
        (1, "CONTINUE", None),
        (1.01, "CONTINUE_ADVISE", None),
        (2, "CONTINUE_ADVISE", None),
        (2.01, "REPEAT", 14),
        (3, "REPEAT", 14),
        (3.01, "HOLD", 7),
        (5, "HOLD", 7),
        (5.01, "STOP", 3),
    ],
)
def test_aminotransferases(analyte, multiple, action, repeat):
    found = verdict(times(analyte, multiple))
    assert (found.action, found.repeat_within_days) == (action, repeat)


def test_the_worse_of_alt_and_ast_decides_and_both_are_listed():
    found = verdict(times("alt", 1.5), times("ast", 3.5))
    assert found.action is Action.HOLD
    assert [(row.analyte, row.rule) for row in found.reasons] == [
        ("ast", "LIVER_HOLD"),
        ("alt", "LIVER_ADVISE"),
    ]


@pytest.mark.parametrize(
    ("alt", "bilirubin", "fires"),
    [
        (3, "2.41", False),
        (3.01, "2.4", False),
        (3.01, "2.41", True),
        (6, "2.41", True),
    ],
)
def test_hys_law_needs_both_above_their_limits(alt, bilirubin, fires):
    found = verdict(times("alt", alt), lab("bilirubin", bilirubin, "mg/dL", uln=1.2))
    assert ("HYS_LAW" in {row.rule for row in found.reasons}) is fires
    if fires:
        assert (found.action, found.contact_within_hours) == (Action.STOP, 8)
        assert "SAE_REPORT" in found.tasks


def test_a_bilirubin_without_its_limit_is_not_taken_for_normal_beside_a_high_alt():
    found = verdict(times("alt", 4), lab("bilirubin", "3", "mg/dL"))
    assert "BILIRUBIN_CANNOT_BE_JUDGED" in {row.rule for row in found.reasons}


@pytest.mark.parametrize(
    ("multiple", "quiet", "hurting"),
    [
        (1, "CONTINUE", "CONTINUE_ADVISE"),
        (1.01, "CONTINUE_ADVISE", "CONTINUE_ADVISE"),
        (2.5, "CONTINUE_ADVISE", "CONTINUE_ADVISE"),
        (2.51, "REPEAT", "REPEAT"),
        (5, "REPEAT", "REPEAT"),
        (5.01, "REVIEW", "HOLD"),
        (10, "REVIEW", "HOLD"),
        (10.01, "STOP", "STOP"),
    ],
)
def test_ck_without_and_with_muscle_pain(multiple, quiet, hurting):
    assert verdict(times("ck", multiple)).action == quiet
    assert verdict(times("ck", multiple), symptoms=["muscle_pain"]).action == hurting


@pytest.mark.parametrize(("multiple", "repeat"), [(2.51, 14), (5.01, 7)])
def test_ck_is_repeated_sooner_the_higher_it_is(multiple, repeat):
    assert verdict(times("ck", multiple)).repeat_within_days == repeat


def test_ck_over_ten_asks_for_creatinine_and_urinalysis_the_same_day():
    found = verdict(times("ck", 10.01))
    assert (set(found.tasks), found.contact_within_hours) == ({"CREATININE", "URINALYSIS"}, 8)


@pytest.mark.parametrize(
    ("value", "action"),
    [
        ("200", "CONTINUE"),
        ("201", "CONTINUE_ADVISE"),
        ("300", "CONTINUE_ADVISE"),
        ("301", "REVIEW"),
        ("400", "REVIEW"),
        ("401", "REDUCE"),
        ("500", "REDUCE"),
        ("501", "REDUCE"),
    ],
)
def test_total_cholesterol_by_ctcae_grade(value, action):
    found = verdict(lab("total_cholesterol", value, "mg/dL", uln=200, fasting=True))
    assert found.action == action


@pytest.mark.parametrize(
    ("value", "action", "contact"),
    [
        ("125.9", "CONTINUE", None),
        ("126", "REPEAT", None),
        ("199.9", "REPEAT", None),
        ("200", "REVIEW", 48),
    ],
)
def test_fasting_glucose(value, action, contact):
    found = verdict(lab("glucose", value, "mg/dL", fasting=True))
    assert (found.action, found.contact_within_hours) == (action, contact)
    assert ("HBA1C" in found.tasks) is (action != "CONTINUE")


@pytest.mark.parametrize(
    ("value", "action"),
    [
        ("1.5", "CONTINUE"),
        ("1.49", "REPEAT"),
        ("1.0", "REPEAT"),
        ("0.99", "HOLD"),
        ("0.5", "HOLD"),
        ("0.49", "STOP"),
    ],
)
@pytest.mark.parametrize("unit", ["10*9/L", "10*3/uL", "10^3/uL", "K/uL"])
def test_neutrophils(value, action, unit):
    assert verdict(lab("anc", value, unit)).action == action


@pytest.mark.parametrize(
    ("value", "action"),
    [
        ("75", "CONTINUE"),
        ("74.9", "REVIEW"),
        ("50", "REVIEW"),
        ("49.9", "HOLD"),
        ("25", "HOLD"),
        ("24.9", "STOP"),
    ],
)
def test_platelets(value, action):
    assert verdict(lab("platelets", value, "10*9/L")).action == action


@pytest.mark.parametrize(
    ("value", "action"),
    [("13.4", "CONTINUE"), ("10", "CONTINUE"), ("9.9", "REVIEW"), ("8", "REVIEW"), ("7.9", "HOLD")],
)
def test_haemoglobin_by_ctcae_grade(value, action):
    assert verdict(lab("hemoglobin", value, "g/dL", lln=13.5)).action == action


SYMPTOMS = [
    ("icp_headache", "STOP", 8),
    ("hearing", "STOP", 24),
    ("vision", "STOP", 24),
    ("abdominal_pain_severe", "STOP", 8),
    ("rectal_bleeding", "STOP", 8),
    ("severe_diarrhoea", "STOP", 8),
    ("jaundice", "STOP", 8),
    ("severe_rash", "STOP", 1),
    ("muscle_weakness", "STOP", 8),
    ("suicidal_thoughts", "STOP", 1),
    ("psychosis", "STOP", 1),
    ("aggression", "STOP", 1),
    ("cheilitis", "CONTINUE_ADVISE", None),
    ("dry_skin", "CONTINUE_ADVISE", None),
    ("dry_eyes", "CONTINUE_ADVISE", None),
    ("epistaxis", "CONTINUE_ADVISE", None),
    ("myalgia", "CONTINUE_ADVISE", None),
    ("muscle_pain", "CONTINUE_ADVISE", None),
    ("photosensitivity", "CONTINUE_ADVISE", None),
]


@pytest.mark.parametrize(("code", "action", "contact"), SYMPTOMS)
def test_symptoms(code, action, contact):
    found = verdict(symptoms=[code])
    assert (found.action, found.contact_within_hours) == (action, contact)


def test_the_symptoms_are_these_and_no_others():
    assert [row.code for row in PROGRAMME.safety.symptoms] == [*(code for code, _, _ in SYMPTOMS)]


def test_an_unknown_symptom_is_refused_rather_than_overlooked():
    with pytest.raises(Contradiction, match="no symptom called boredom"):
        verdict(symptoms=["boredom"])


def test_nothing_is_wrong_when_nothing_fires():
    found = verdict(fasting_tg("90"), times("alt", 0.5))
    assert (found.action, found.reasons, found.contact) == (
        Action.CONTINUE,
        (),
        "at the next visit",
    )


def test_the_most_severe_action_and_the_shortest_times_hold_and_all_reasons_stay():
    found = verdict(fasting_tg("620"), times("alt", 2.5), times("ck", 6), symptoms=["cheilitis"])
    assert (found.action, found.repeat_within_days, found.contact_within_hours) == (
        Action.REDUCE,
        7,
        48,
    )
    assert [reason.rule for reason in found.reasons] == [
        "TG_REDUCE",
        "CK_REVIEW",
        "LIVER_REPEAT",
        "SYMPTOM_CHEILITIS",
    ]


@pytest.mark.parametrize(
    ("text", "action", "rules"),
    [
        (">1000", "STOP", ["TG_STOP"]),
        (">=1000", "HOLD", ["TG_HOLD", "TRIGLYCERIDES_INDETERMINATE"]),
        (">800", "HOLD", ["TG_HOLD", "TRIGLYCERIDES_INDETERMINATE"]),
        (">100", "REPEAT", ["TRIGLYCERIDES_INDETERMINATE"]),
        ("<150", "CONTINUE", []),
        ("<=150", "CONTINUE_ADVISE", ["TRIGLYCERIDES_INDETERMINATE"]),
    ],
)
def test_a_comparator_counts_only_as_far_as_it_decides(text, action, rules):
    found = verdict(fasting_tg(text))
    assert (found.action, [reason.rule for reason in found.reasons]) == (action, rules)


@pytest.mark.parametrize(
    "result",
    [
        pytest.param(lab("alt", "30", "U/L"), id="no upper limit"),
        pytest.param(lab("triglycerides", "90", "furlongs", fasting=True), id="unknown unit"),
        pytest.param(lab("hemoglobin", "9", "g/L", lln=135), id="no grade in that unit"),
    ],
)
def test_what_cannot_be_judged_is_looked_at_never_taken_for_normal(result):
    found = verdict(result)
    assert found.action is Action.REVIEW
    assert found.reasons[0].rule.endswith("_CANNOT_BE_JUDGED")


def test_three_times_forty_is_exactly_three_times_the_limit():
    assert verdict(lab("alt", "120", "U/L", uln=40)).action is Action.REPEAT
    assert verdict(lab("alt", "99.9", "U/L", uln=33.3)).action is Action.REPEAT


@pytest.mark.parametrize(
    ("holds", "action"),
    [({}, "HOLD"), ({"alt": 0}, "HOLD"), ({"ck": 1}, "HOLD"), ({"alt": 1}, "STOP")],
)
def test_a_second_hold_for_the_same_analyte_is_a_stop(holds, action):
    found = verdict(times("alt", 4), history=History(holds=holds))
    assert found.action == action


@pytest.mark.parametrize(("days", "action"), [(28, "CONTINUE"), (29, "STOP")])
def test_a_hold_of_more_than_28_days_ends_treatment(days, action):
    assert verdict(history=History(hold_days=days)).action == action


def test_a_tetracycline_on_treatment_is_a_hold_and_a_deviation():
    found = verdict(medicines=["Doxycycline 100 mg"])
    assert (found.action, found.deviations) == (Action.HOLD, ("PROHIBITED_MED",))


def test_harmless_medicines_and_his_own_isotretinoin_change_nothing():
    found = verdict(medicines=["Isotretinoin 20 mg", "paracetamol", "St John’s Wort"])
    assert (found.action, found.deviations) == (Action.CONTINUE, ())


def test_mood_enters_the_same_verdict():
    mood = score(PROGRAMME.mood, [2, 2, 2, 2, 2, 2, 2, 1, 0])
    found = verdict(fasting_tg("200"), mood=mood)
    assert (found.action, found.contact_within_hours) == (Action.HOLD, 48)
    assert [row.rule for row in found.reasons] == ["PHQ9_MODERATELY_SEVERE", "TG_ADVISE"]


def restarts(*results, held_for=("triglycerides",)):
    return restart(PROGRAMME, held_for=held_for, results=results)


@pytest.mark.parametrize(
    ("result", "held_for", "allowed"),
    [
        (fasting_tg("300"), "triglycerides", True),
        (fasting_tg("300.1"), "triglycerides", False),
        (lab("triglycerides", "200", "mg/dL"), "triglycerides", False),
        (fasting_tg("<300"), "triglycerides", True),
        (fasting_tg(">200"), "triglycerides", False),
        (times("ck", 2.5), "ck", True),
        (times("ck", 2.51), "ck", False),
    ],
)
def test_restart_limits(result, held_for, allowed):
    assert restarts(result, held_for=[held_for]).allowed is allowed


@pytest.mark.parametrize(
    ("alt", "ast", "allowed"), [(1.5, 1.5, True), (1.51, 1, False), (1, 1.51, False)]
)
def test_both_liver_enzymes_must_be_low_again(alt, ast, allowed):
    found = restarts(times("alt", alt), times("ast", ast), held_for=["alt"])
    assert found.allowed is allowed


def test_a_restart_waits_for_a_result():
    assert restarts().reasons == ("Fasting triglycerides: there is no result since the hold.",)


def test_a_restart_begins_with_the_reduced_dose_and_a_repeat_after_two_weeks():
    found = restarts(fasting_tg("250"))
    assert (found.daily_capsules, found.repeat_within_days) == (1, 14)


def test_a_hold_for_mood_has_no_laboratory_limit():
    assert restarts(held_for=["mood"]).allowed


@settings(max_examples=150, deadline=None)
@given(low=st.integers(1, 3000), high=st.integers(1, 3000), fasting=st.booleans())
def test_a_higher_value_is_never_judged_milder(low, high, fasting):
    low, high = sorted((low, high))
    milder, graver = (
        verdict(lab("triglycerides", value, "mg/dL", fasting=fasting)).action
        for value in (low, high)
    )
    assert milder.severity <= graver.severity
