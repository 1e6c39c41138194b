"""Results, symptoms, mood and who may take part (domain reference §2.2, §2.4, §2.5, §7.2)."""

import pytest

from tests.protocols.ask.asked import ask, refused

WEEK, TWO_DAYS, ONE_DAY, SAME_DAY, AT_ONCE = 168, 48, 24, 8, 1


def result(analyte, value, unit="U/L", **given):
    return {"analyte": analyte, "value": value, "unit": unit, **given}


def tg(value, **given):
    return result("triglycerides", value, "mg/dL", **given)


def said(*results, **given):
    return ask("safety", results=list(results), **given)


def outcome(answer):
    return answer["action"], answer["repeat_within_days"], answer["contact_within_hours"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (149.9, ("CONTINUE", None, None)), (150, ("CONTINUE_ADVISE", None, None)),
        (300, ("CONTINUE_ADVISE", None, None)), (300.1, ("REVIEW", 14, WEEK)),
        (500, ("REVIEW", 14, WEEK)), (500.1, ("REDUCE", 14, TWO_DAYS)),
        (800, ("REDUCE", 14, TWO_DAYS)), (800.1, ("HOLD", 7, SAME_DAY)),
        (1000, ("HOLD", 7, SAME_DAY)), (1000.1, ("STOP", 3, SAME_DAY)),
    ],
)  # fmt: skip
def test_fasting_triglycerides(value, expected):
    answer = said(tg(value, fasting=True))
    assert outcome(answer) == expected
    assert answer["deviations"] == []
    assert ("LIPASE" in answer["tasks"]) == (value > 1000)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (149.9, ("CONTINUE", None, None)), (150, ("REPEAT", 7, None)), (800, ("REPEAT", 7, None)),
        (800.1, ("HOLD", 7, SAME_DAY)), (5000, ("HOLD", 7, SAME_DAY)),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "eaten",
    [
        {}, {"fasting": False}, {"fasting": None}, {"fasting_hours": 8.9},
        {"fasting": True, "alcohol_hours": 35.9}, {"fasting_hours": 12, "alcohol_hours": 10},
    ],
)  # fmt: skip
def test_triglycerides_not_known_to_be_fasting(value, expected, eaten):
    answer = said(tg(value, **eaten))
    assert outcome(answer) == expected
    assert answer["deviations"] == ["LAB_NOT_FASTING"]


@pytest.mark.parametrize("eaten", [{"fasting_hours": 9}, {"fasting": True, "alcohol_hours": 36}])
def test_nine_hours_without_food_and_thirty_six_without_alcohol_are_fasting(eaten):
    assert said(tg(400, **eaten))["action"] == "REVIEW"


def test_millimoles_are_judged_by_the_same_table():
    assert said(result("triglycerides", 5.7, "mmol/L", fasting=True))["action"] == "REDUCE"
    assert said(result("triglycerides", 5.6, "mmol/L", fasting=True))["action"] == "REVIEW"


@pytest.mark.parametrize("value", [50, 900])
def test_any_triglycerides_with_pain_of_the_pancreas_are_a_stop(value):
    answer = said(tg(value), symptoms=["abdominal_pain_severe"])
    assert answer["action"] == "STOP"
    assert "LIPASE" in answer["tasks"]


@pytest.mark.parametrize("enzyme", ["alt", "ast"])
@pytest.mark.parametrize(
    ("times", "action", "repeat"),
    [
        (1, "CONTINUE", None), (1.01, "CONTINUE_ADVISE", None), (2, "CONTINUE_ADVISE", None),
        (2.01, "REPEAT", 14), (3, "REPEAT", 14), (3.01, "HOLD", 7), (5, "HOLD", 7),
        (5.01, "STOP", 3),
    ],
)  # fmt: skip
def test_liver_enzymes_go_by_the_limit_of_the_report(enzyme, times, action, repeat):
    answer = said(result(enzyme, round(times * 40, 3), uln=40, baseline=80))
    assert (answer["action"], answer["repeat_within_days"]) == (action, repeat)


def test_the_worse_of_the_two_enzymes_counts():
    assert said(result("alt", 30, uln=40), result("ast", 130, uln=40))["action"] == "HOLD"


@pytest.mark.parametrize(
    ("alt", "bilirubin", "action"),
    [(121, 2.01, "STOP"), (120, 2.01, "REPEAT"), (121, 2.0, "HOLD")],
)
def test_enzyme_and_bilirubin_raised_together_are_a_stop(alt, bilirubin, action):
    answer = said(result("alt", alt, uln=40), result("bilirubin", bilirubin, "mg/dL", uln=1))
    assert answer["action"] == action
    assert ("SAE_REPORT" in answer["tasks"]) == (action == "STOP")


@pytest.mark.parametrize(
    ("times", "symptoms", "action", "repeat"),
    [
        (1, [], "CONTINUE", None), (1.01, [], "CONTINUE_ADVISE", None),
        (2.5, [], "CONTINUE_ADVISE", None), (2.51, [], "REPEAT", 14), (5, [], "REPEAT", 14),
        (5.01, [], "REVIEW", 7), (10, [], "REVIEW", 7), (5, ["muscle_pain"], "REPEAT", 14),
        (5.01, ["muscle_pain"], "HOLD", 7), (5.01, ["myalgia"], "HOLD", 7),
        (10.01, [], "STOP", None), (5.01, ["muscle_weakness"], "STOP", 7),
    ],
)  # fmt: skip
def test_muscle_enzyme(times, symptoms, action, repeat):
    answer = said(result("ck", round(times * 200, 3), uln=200), symptoms=symptoms)
    assert (answer["action"], answer["repeat_within_days"]) == (action, repeat)


@pytest.mark.parametrize(
    ("given", "action"),
    [
        (result("total_cholesterol", 200, "mg/dL", fasting=True), "CONTINUE"),
        (result("total_cholesterol", 201, "mg/dL", fasting=True), "CONTINUE_ADVISE"),
        (result("total_cholesterol", 300, "mg/dL", fasting=True), "CONTINUE_ADVISE"),
        (result("total_cholesterol", 301, "mg/dL", fasting=True), "REVIEW"),
        (result("total_cholesterol", 400, "mg/dL", fasting=True), "REVIEW"),
        (result("total_cholesterol", 401, "mg/dL", fasting=True), "REDUCE"),
        (result("total_cholesterol", 501, "mg/dL", fasting=True), "REDUCE"),
        (result("glucose", 125.9, "mg/dL"), "CONTINUE"),
        (result("glucose", 126, "mg/dL"), "REPEAT"),
        (result("glucose", 199, "mg/dL"), "REPEAT"), (result("glucose", 200, "mg/dL"), "REVIEW"),
        (result("anc", 1.5, "10*9/L"), "CONTINUE"), (result("anc", 1.49, "10*9/L"), "REPEAT"),
        (result("anc", 1.0, "10*9/L"), "REPEAT"), (result("anc", 0.99, "10*9/L"), "HOLD"),
        (result("anc", 0.5, "10*9/L"), "HOLD"), (result("anc", 0.49, "10*9/L"), "STOP"),
        (result("platelets", 75, "10*9/L"), "CONTINUE"),
        (result("platelets", 74, "10*9/L"), "REVIEW"),
        (result("platelets", 50, "10*9/L"), "REVIEW"),
        (result("platelets", 49, "10*9/L"), "HOLD"), (result("platelets", 25, "10*9/L"), "HOLD"),
        (result("platelets", 24, "10*9/L"), "STOP"),
        (result("hemoglobin", 12, "g/dL", lln=13), "CONTINUE"),
        (result("hemoglobin", 10, "g/dL", lln=13), "CONTINUE"),
        (result("hemoglobin", 9.9, "g/dL", lln=13), "REVIEW"),
        (result("hemoglobin", 8, "g/dL", lln=13), "REVIEW"),
        (result("hemoglobin", 7.9, "g/dL", lln=13), "HOLD"),
        (result("hemoglobin", 14, "g/dL"), "CONTINUE"),
        (result("alt", 100), "REVIEW"),
    ],
)  # fmt: skip
def test_the_other_rows_of_the_table(given, action):
    assert said(given)["action"] == action


def test_a_high_sugar_is_reviewed_within_two_business_days():
    answer = said(result("glucose", 200, "mg/dL"))
    assert answer["contact_within_hours"] == TWO_DAYS
    assert "HBA1C" in answer["tasks"]


@pytest.mark.parametrize(
    ("symptom", "action", "hours"),
    [
        ("icp_headache", "STOP", SAME_DAY), ("hearing", "STOP", ONE_DAY),
        ("vision", "STOP", ONE_DAY), ("abdominal_pain_severe", "STOP", SAME_DAY),
        ("rectal_bleeding", "STOP", SAME_DAY), ("severe_diarrhoea", "STOP", SAME_DAY),
        ("jaundice", "STOP", SAME_DAY), ("severe_rash", "STOP", AT_ONCE),
        ("muscle_weakness", "STOP", SAME_DAY), ("suicidal_thoughts", "STOP", AT_ONCE),
        ("psychosis", "STOP", AT_ONCE), ("aggression", "STOP", AT_ONCE),
        ("cheilitis", "CONTINUE_ADVISE", None), ("dry_skin", "CONTINUE_ADVISE", None),
        ("dry_eyes", "CONTINUE_ADVISE", None), ("epistaxis", "CONTINUE_ADVISE", None),
        ("myalgia", "CONTINUE_ADVISE", None), ("photosensitivity", "CONTINUE_ADVISE", None),
        ("muscle_pain", "CONTINUE_ADVISE", None),
    ],
)  # fmt: skip
def test_a_symptom_has_its_own_rule(symptom, action, hours):
    answer = said(symptoms=[symptom])
    assert (answer["action"], answer["contact_within_hours"]) == (action, hours)
    assert len(answer["reasons"]) == 1


def test_of_several_rules_the_most_severe_wins_with_the_shortest_time_and_every_reason():
    answer = said(tg(400, fasting=True), result("alt", 130, uln=40), symptoms=["hearing"])
    assert answer["action"] == "STOP"
    assert answer["repeat_within_days"] == 7
    assert answer["contact_within_hours"] == SAME_DAY
    assert [row["action"] for row in answer["reasons"]] == ["STOP", "HOLD", "REVIEW"]
    assert [row["grade"] for row in answer["reasons"]] == [None, 2, 2]


@pytest.mark.parametrize(
    ("holds", "action"), [({}, "HOLD"), ({"alt": 0}, "HOLD"), ({"ck": 1}, "HOLD"),
    ({"alt": 1}, "STOP")]
)  # fmt: skip
def test_a_second_hold_for_the_same_analyte_is_a_stop(holds, action):
    assert said(result("alt", 130, uln=40), history={"holds": holds})["action"] == action


@pytest.mark.parametrize(("days", "action"), [(28, "CONTINUE"), (29, "STOP")])
def test_a_hold_over_twenty_eight_days_ends_treatment(days, action):
    answer = said(history={"hold_days": days})
    assert answer["action"] == action
    assert ("DISCONTINUE" in answer["tasks"]) == (days > 28)


@pytest.mark.parametrize(
    ("medicine", "action", "deviations"),
    [
        ("doxycycline", "HOLD", ["PROHIBITED_MED"]),
        ("Minocin 50 mg", "HOLD", ["PROHIBITED_MED"]),
        ("acitretin", "HOLD", ["PROHIBITED_MED"]),
        ("warfarin", "CONTINUE_ADVISE", []),
        ("paracetamol", "CONTINUE", []),
    ],
)
def test_medicines_are_looked_at(medicine, action, deviations):
    answer = said(medications=[medicine])
    assert (answer["action"], answer["deviations"]) == (action, deviations)


def test_a_comparator_that_leaves_a_worse_band_open_asks_to_repeat():
    answer = said(tg(">700", fasting=True))
    assert answer["action"] == "REDUCE"
    assert "TRIGLYCERIDES_INDETERMINATE" in {row["rule"] for row in answer["reasons"]}


def test_nothing_told_asks_for_nothing():
    assert outcome(said()) == ("CONTINUE", None, None)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"results": [{"analyte": "zinc", "value": 1}]}, "results[0].analyte"),
        ({"results": [tg(-1)]}, "results[0].value"),
        ({"results": [tg(100, fasting="yes")]}, "results[0].fasting"),
        ({"results": [tg(100, fasting_hours=-1)]}, "results[0].fasting_hours"),
        ({"results": [tg(100, fastin=True)]}, "results[0].fastin"),
        ({"results": {}}, "results"), ({"symptoms": ["gout"]}, "symptoms[0]"),
        ({"symptoms": "hearing"}, "symptoms"), ({"phq9": {"items": [0] * 8}}, "phq9.items"),
        ({"history": {"hold_days": -1}}, "history.hold_days"),
        ({"history": {"holds": {"alt": -1}}}, "history.holds.alt"),
        ({"history": {"holds": {"zinc": 1}}}, "history.holds.zinc"),
        ({"medications": [""]}, "medications[0]"), ({"medications": [4]}, "medications[0]"),
        ({"pulse": 80}, "pulse"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_at_its_field(given, field):
    assert list(refused("safety", **given)) == [field]


def items(total, nine=0):
    """Nine answers of that sum, the ninth given."""
    rest, found = total - nine, []
    for _ in range(8):
        found.append(min(3, rest))
        rest -= found[-1]
    assert rest == 0
    return [*found, nine]


@pytest.mark.parametrize(
    ("total", "band", "action", "hours"),
    [
        (0, "minimal", "CONTINUE", None), (4, "minimal", "CONTINUE", None),
        (5, "mild", "CONTINUE_ADVISE", None), (9, "mild", "CONTINUE_ADVISE", None),
        (10, "moderate", "REVIEW", WEEK), (14, "moderate", "REVIEW", WEEK),
        (15, "moderately severe", "HOLD", TWO_DAYS), (19, "moderately severe", "HOLD", TWO_DAYS),
        (20, "severe", "STOP", SAME_DAY), (24, "severe", "STOP", SAME_DAY),
    ],
)  # fmt: skip
def test_the_bands_of_the_total(total, band, action, hours):
    answer = ask("phq9", items=items(total))
    assert (answer["total"], answer["band"], answer["action"]) == (total, band, action)
    assert answer["contact_within_hours"] == hours
    assert (answer["crisis"], answer["valid"], answer["prorated"]) == (False, True, False)


@pytest.mark.parametrize(
    ("nine", "total", "action", "hours"),
    [(1, 1, "HOLD", SAME_DAY), (2, 2, "STOP", AT_ONCE), (3, 3, "STOP", AT_ONCE),
     (1, 20, "STOP", SAME_DAY), (3, 27, "STOP", AT_ONCE)],
)  # fmt: skip
def test_question_nine_is_a_crisis_whatever_the_total(nine, total, action, hours):
    answer = ask("phq9", items=items(total, nine))
    assert answer["crisis"] is True
    assert (answer["action"], answer["contact_within_hours"]) == (action, hours)


@pytest.mark.parametrize(
    ("answers", "total"),
    [
        ([1, 1, 1, 1, 1, 1, 1, None, 0], 8), ([3, 1, 1, 1, 1, 1, None, None, 0], 10),
        ([1, 0, 0, 0, 0, 0, None, 0, 0], 1), ([2, 1, 1, 0, 0, 0, 0, None, 0], 5),
        ([None, None, 0, 0, 0, 0, 0, 0, 0], 0), ([1, 1, 1, 1, 0, 0, 0, None, 0], 5),
    ],
)  # fmt: skip
def test_up_to_two_missing_answers_are_filled_in_half_up(answers, total):
    answer = ask("phq9", items=answers)
    assert (answer["total"], answer["prorated"], answer["valid"]) == (total, True, True)


@pytest.mark.parametrize(
    "answers", [[None, None, None, 1, 1, 1, 1, 1, 0], [1, 1, 1, 1, 1, 1, 1, 1, None]]
)
def test_three_missing_or_question_nine_missing_is_not_valid(answers):
    answer = ask("phq9", items=answers)
    assert (answer["total"], answer["band"], answer["valid"]) == (None, None, False)
    assert answer["action"] == "REPEAT"


def test_question_nine_speaks_even_when_the_rest_is_not_valid():
    answer = ask("phq9", items=[None] * 8 + [2])
    assert (answer["valid"], answer["crisis"], answer["action"]) == (False, True, "STOP")


@pytest.mark.parametrize(("baseline", "action"), [(3, "CONTINUE_ADVISE"), (2, "REVIEW")])
def test_a_rise_of_five_points_is_reviewed(baseline, action):
    assert ask("phq9", items=items(7), baseline_total=baseline)["action"] == action


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "items"), ({"items": [0] * 10}, "items"), ({"items": [0] * 8 + [4]}, "items[8]"),
        ({"items": [0] * 8 + [-1]}, "items[8]"), ({"items": [0] * 8 + [True]}, "items[8]"),
        ({"items": [0] * 8 + ["1"]}, "items[8]"), ({"items": [0.5] + [0] * 8}, "items[0]"),
        ({"items": [0] * 9, "baseline_total": 28}, "baseline_total"),
    ],
)  # fmt: skip
def test_answers_that_cannot_be_are_refused(given, field):
    assert list(refused("phq9", **given)) == [field]


LABS = [
    tg(300, fasting=True), result("alt", 80, uln=40), result("ast", 80, uln=40),
    result("ck", 1000, uln=200),
]  # fmt: skip
MAN = {
    "age": 21, "sex": "male", "azoospermia_confirmed": True, "cryptozoospermia": False,
    "phq9_total": 14, "phq9_item9": 0, "exclusions": [], "labs": LABS,
}  # fmt: skip


@pytest.mark.parametrize(
    "given",
    [
        {}, {"age": 60}, {"azoospermia_confirmed": False, "cryptozoospermia": True},
        {"cryptozoospermia": None}, {"sex": "Male"}, {"sex": "M"},
    ],
)  # fmt: skip
def test_who_meets_every_criterion_is_eligible(given):
    answer = ask("eligibility", **{**MAN, **given})
    assert (answer["eligible"], answer["needs_sign_off"]) == (True, False)
    assert {row["met"] for row in answer["criteria"]} == {True}


def test_results_may_stand_under_their_analytes():
    labs = {row["analyte"]: {k: v for k, v in row.items() if k != "analyte"} for row in LABS}
    assert ask("eligibility", **{**MAN, "labs": labs})["eligible"] is True
    high = {**labs, "ck": {"value": 1001, "unit": "U/L", "uln": 200}}
    assert ask("eligibility", **{**MAN, "labs": high})["eligible"] is False


def test_fifteen_points_need_a_signature_and_sixteen_exclude():
    at = ask("eligibility", **{**MAN, "phq9_total": 15})
    assert (at["eligible"], at["needs_sign_off"]) == (True, True)
    assert ask("eligibility", **{**MAN, "phq9_total": 16})["eligible"] is False


@pytest.mark.parametrize(
    ("given", "code", "met"),
    [
        ({"age": 20}, "AGE", False), ({"age": 61}, "AGE", False), ({"age": None}, "AGE", None),
        ({"sex": "female"}, "SEX", False), ({"sex": None}, "SEX", None),
        ({"sex": "F"}, "SEX", False),
        ({"azoospermia_confirmed": False}, "DIAGNOSIS", False),
        ({"azoospermia_confirmed": None}, "DIAGNOSIS", None),
        ({"phq9_item9": 1}, "PHQ9_ITEM9", False), ({"phq9_item9": None}, "PHQ9_ITEM9", None),
        ({"labs": [tg(300.1, fasting=True), *LABS[1:]]}, "LAB_TRIGLYCERIDES", False),
        ({"labs": [tg(200), *LABS[1:]]}, "LAB_TRIGLYCERIDES", None),
        ({"labs": [LABS[0], result("alt", 80.1, uln=40), *LABS[2:]]}, "LAB_ALT", False),
        ({"labs": [*LABS[:2], result("ast", 81, uln=40), LABS[3]]}, "LAB_AST", False),
        ({"labs": [*LABS[:3], result("ck", 1001, uln=200)]}, "LAB_CK", False),
        ({"labs": LABS[:3]}, "LAB_CK", None), ({"labs": None}, "LAB_ALT", None),
        ({"exclusions": None}, "NO_IBD", None),
        ({"exclusions": ["high_triglycerides"]}, "LAB_TRIGLYCERIDES", False),
        ({"exclusions": ["abnormal_labs"]}, "LAB_ALT", False),
    ],
)  # fmt: skip
def test_a_criterion_not_met_or_not_known_keeps_him_out(given, code, met):
    answer = ask("eligibility", **{**MAN, **given})
    assert answer["eligible"] is False
    assert next(row for row in answer["criteria"] if row["code"] == code)["met"] is met


@pytest.mark.parametrize(
    "exclusion",
    [
        "hypersensitivity", "tetracycline", "vitamin_a", "recent_isotretinoin", "phenytoin",
        "methotrexate", "alcohol", "anabolic_steroids", "hypogonadotropic_hypogonadism",
        "psychiatric", "ibd", "bone_disease", "pancreatitis", "liver_disease",
        "intracranial_hypertension",
    ],
)  # fmt: skip
def test_each_exclusion_keeps_him_out(exclusion):
    answer = ask("eligibility", **{**MAN, "exclusions": [exclusion]})
    unmet = [row["code"] for row in answer["criteria"] if row["met"] is False]
    assert (answer["eligible"], unmet) == (False, [f"NO_{exclusion.upper()}"])


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"age": -1}, "age"), ({"age": "30"}, "age"), ({"sex": ""}, "sex"),
        ({"exclusions": ["gout"]}, "exclusions[0]"), ({"phq9_total": 28}, "phq9_total"),
        ({"phq9_total": 0, "phq9_item9": 1}, "phq9_item9"), ({"labs": [tg(-1)]}, "labs[0].value"),
        ({"azoospermia_confirmed": 1}, "azoospermia_confirmed"),
    ],
)  # fmt: skip
def test_facts_that_cannot_be_are_refused(given, field):
    assert list(refused("eligibility", **given)) == [field]
