"""The action table in the other units, with an abnormal baseline, and what one row says of the
next: repeats until normal, medicines, symptoms told in grades (domain reference §2.2 to §2.5)."""

from decimal import Decimal

import pytest

from labs.rules.quantities import Quantity
from protocols.rules.lab_facts import LabFact
from protocols.rules.safety import History, before_start, evaluate, restart
from protocols.rules.symptoms import symptoms_of
from protocols.rules.vocabulary import Action
from tests.protocols.rules.given import PROGRAMME, fasting_tg, lab


def action(*results, **more):
    return evaluate(PROGRAMME, results=results, **more).action.value


def rules(*results, **more):
    return [row.rule for row in evaluate(PROGRAMME, results=results, **more).reasons]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1.69", "CONTINUE"),  # 149.7 mg/dL
        ("1.70", "CONTINUE_ADVISE"),
        ("3.38", "CONTINUE_ADVISE"),
        ("3.39", "REVIEW"),
        ("5.64", "REVIEW"),
        ("5.65", "REDUCE"),
        ("9.03", "REDUCE"),
        ("9.04", "HOLD"),
        ("11.29", "HOLD"),
        ("11.30", "STOP"),
    ],
)
def test_fasting_triglycerides_in_mmol(value, expected):
    assert action(fasting_tg(value, "mmol/L")) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1.69", "CONTINUE"), ("1.70", "REPEAT"), ("9.03", "REPEAT"), ("9.04", "HOLD")],
)
@pytest.mark.parametrize("fasting", [False, None])
def test_triglycerides_not_fasting_in_mmol(value, expected, fasting):
    assert action(lab("triglycerides", value, "mmol/L", fasting=fasting)) == expected


@pytest.mark.parametrize(
    ("hours", "alcohol", "expected"),
    [
        ("8.99", None, "REPEAT"),
        ("9", None, "REDUCE"),
        ("12", "35.99", "REPEAT"),
        ("12", "36", "REDUCE"),
        ("12", "0", "REPEAT"),
    ],
)
def test_nine_hours_and_thirty_six(hours, alcohol, expected):
    fact = lab("triglycerides", "620", "mg/dL", fasting_hours=hours, alcohol_hours=alcohol)
    assert action(fact) == expected


@pytest.mark.parametrize(
    ("analyte", "value", "unit", "uln", "expected"),
    [
        ("alt", "0.667", "ukat/L", "0.667", "CONTINUE"),
        ("alt", "0.668", "ukat/L", "0.667", "CONTINUE_ADVISE"),
        ("alt", "2.001", "ukat/L", "0.667", "REPEAT"),
        ("ast", "2.002", "ukat/L", "0.667", "HOLD"),
        ("ast", "3.335", "ukat/L", "0.667", "HOLD"),
        ("ast", "3.336", "ukat/L", "0.667", "STOP"),
        ("ck", "7.5", "ukat/L", "3", "CONTINUE_ADVISE"),
        ("ck", "7.51", "ukat/L", "3", "REPEAT"),
        ("ck", "30", "ukat/L", "3", "REVIEW"),
        ("ck", "30.01", "ukat/L", "3", "STOP"),
    ],
)
def test_enzymes_in_microkatal(analyte, value, unit, uln, expected):
    assert action(lab(analyte, value, unit, uln=uln)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("5.17", "CONTINUE"),
        ("5.18", "CONTINUE_ADVISE"),
        ("7.75", "CONTINUE_ADVISE"),
        ("7.76", "REVIEW"),
        ("10.34", "REVIEW"),
        ("10.35", "REDUCE"),
        ("12.92", "REDUCE"),
        ("12.93", "REDUCE"),
    ],
)
def test_total_cholesterol_in_mmol_without_a_printed_limit(value, expected):
    assert action(lab("total_cholesterol", value, "mmol/L", fasting=True)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("6.99", "CONTINUE"), ("7.00", "REPEAT"), ("11.10", "REPEAT"), ("11.11", "REVIEW")],
)
def test_fasting_glucose_in_mmol(value, expected):
    """126 mg/dL is 6.994 mmol/L and 200 is 11.101."""
    assert action(lab("glucose", value, "mmol/L", fasting=True)) == expected


@pytest.mark.parametrize(
    ("alt", "bilirubin", "fires"),
    [("120", "41", False), ("121", "40", False), ("121", "41", True)],
)
def test_hys_law_in_micromol(alt, bilirubin, fires):
    found = rules(lab("alt", alt, "U/L", uln=40), lab("bilirubin", bilirubin, "umol/L", uln=20))
    assert ("HYS_LAW" in found) is fires


def with_baseline(analyte, value, baseline, uln="40"):
    fact = lab(analyte, value, "U/L", uln=uln)
    reading = fact.reading
    old = Quantity.parse(baseline, "U/L")
    return LabFact(
        type(reading)(
            analyte, reading.quantity, uln=reading.uln, baseline=old, baseline_uln=Decimal(uln)
        )
    )


@pytest.mark.parametrize(
    ("value", "expected", "grade"),
    [
        ("89", "REPEAT", 0),  # under 1.5 times a baseline of 60, yet over twice the limit
        ("90", "REPEAT", 1),
        ("120", "REPEAT", 1),
        ("121", "HOLD", 1),
        ("180", "HOLD", 1),
        ("181", "HOLD", 2),
        ("200", "HOLD", 2),
        ("201", "STOP", 2),
        ("301", "STOP", 3),
    ],
)
def test_the_action_goes_by_the_limit_and_the_grade_by_an_abnormal_baseline(value, expected, grade):
    found = evaluate(PROGRAMME, results=[with_baseline("alt", value, "60")])
    assert (found.action, found.reasons[0].grade) == (expected, grade)


WATCHED = History(repeating={"alt"})


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("40", []),
        ("41", ["LIVER_HOLD_AGAIN", "LIVER_ADVISE"]),
        ("81", ["LIVER_REPEAT", "LIVER_HOLD_AGAIN"]),
    ],
)
def test_after_a_hold_the_liver_is_measured_weekly_until_it_is_normal(value, found):
    verdict = evaluate(PROGRAMME, results=[lab("alt", value, "U/L", uln=40)], history=WATCHED)
    assert [row.rule for row in verdict.reasons] == found
    assert verdict.repeat_within_days == (7 if found else None)


def test_alt_and_ast_are_watched_together():
    ast = lab("ast", "41", "U/L", uln=40)
    assert "LIVER_HOLD_AGAIN" in rules(ast, history=WATCHED)
    assert "LIVER_HOLD_AGAIN" not in rules(ast)
    assert "LIVER_HOLD_AGAIN" not in rules(lab("ck", "41", "U/L", uln=40), history=WATCHED)


@pytest.mark.parametrize(
    ("medicine", "expected", "contact", "departs"),
    [
        ("Doxycycline", "HOLD", 8, True),
        ("Acitretin", "HOLD", 8, True),
        ("Vitamin A 5000 IU", "REVIEW", 8, True),
        ("Phenytoin", "REVIEW", 8, True),
        ("Methotrexate", "REVIEW", 8, True),
        ("Testosterone gel", "REVIEW", 8, True),
        ("Prednisone", "CONTINUE_ADVISE", None, False),
        ("Warfarin", "CONTINUE_ADVISE", None, False),
        ("Orlistat", "CONTINUE_ADVISE", None, False),
        ("Hydrochlorothiazide", "CONTINUE_ADVISE", None, False),
        ("St John's wort", "CONTINUE", None, False),
        ("Paracetamol", "CONTINUE", None, False),
    ],
)
def test_a_medicine_while_he_takes_the_drug(medicine, expected, contact, departs):
    found = evaluate(PROGRAMME, medicines=[medicine])
    assert (found.action, found.contact_within_hours) == (expected, contact)
    assert found.deviations == (("PROHIBITED_MED",) if departs else ())


@pytest.mark.parametrize(
    ("medicine", "blocks"),
    [
        ("Minocycline", True),
        ("Vitamin A", True),
        ("Isotretinoin", True),
        ("Phenytoin", True),
        ("Methotrexate", True),
        ("Testosterone", True),
        ("Prednisone", False),
        ("Warfarin", False),
        ("St John's wort", False),
    ],
)
def test_a_medicine_before_he_has_begun(medicine, blocks):
    found = before_start(PROGRAMME, [medicine])
    assert (found.action is Action.REVIEW) is blocks
    assert found.deviations == ()


@pytest.mark.parametrize(
    ("grades", "there"),
    [
        ({"headache": 3}, False),
        ({"headache": 2, "nausea": 2}, False),
        ({"headache": 3, "nausea": 1}, True),
        ({"headache": 3, "vomiting": 1}, True),
        ({"headache": 3, "blurred_vision": 1}, True),
        ({"pseudotumor_cerebri": 1}, True),
    ],
)
def test_a_severe_headache_with_nausea_or_visual_change_is_pressure(grades, there):
    assert ("icp_headache" in symptoms_of(grades)) is there


@pytest.mark.parametrize(
    ("code", "tasks"),
    [
        ("icp_headache", {"URGENT_OPHTHALMOLOGY_OR_NEUROLOGY"}),
        ("abdominal_pain_severe", {"LIPASE", "TRIGLYCERIDES", "EMERGENCY_DEPARTMENT"}),
        ("jaundice", {"LIVER_TESTS", "CK"}),
        ("severe_rash", {"EMERGENCY_DEPARTMENT"}),
        ("muscle_weakness", {"CK"}),
    ],
)
def test_what_a_symptom_asks_to_be_done(code, tasks):
    assert set(evaluate(PROGRAMME, symptoms=[code]).tasks) == tasks


def test_several_rules_at_once_give_the_gravest_action_the_shortest_times_and_every_task():
    found = evaluate(
        PROGRAMME,
        results=[
            fasting_tg("1100"),
            lab("ck", "2100", "U/L", uln=200),
            lab("glucose", "130", "mg/dL", fasting=True),
        ],
        symptoms=["severe_rash", "cheilitis"],
        medicines=["Doxycycline"],
    )
    assert (found.action, found.repeat_within_days, found.contact_within_hours) == ("STOP", 3, 1)
    assert [row.rule for row in found.reasons] == [
        "TG_STOP",
        "CK_STOP",
        "SYMPTOM_SEVERE_RASH",
        "MEDICINE_TETRACYCLINE",
        "GLUCOSE_REPEAT",
        "SYMPTOM_CHEILITIS",
    ]
    assert {"LIPASE", "PHONE_PATIENT", "CREATININE", "URINALYSIS", "HBA1C"} <= set(found.tasks)


@pytest.mark.parametrize(
    ("result", "held_for", "allowed"),
    [
        (fasting_tg("3.38", "mmol/L"), "triglycerides", True),
        (fasting_tg("3.39", "mmol/L"), "triglycerides", False),
        (lab("alt", "1.0005", "ukat/L", uln="0.667"), "alt", True),
        (lab("alt", "1.0006", "ukat/L", uln="0.667"), "alt", False),
        (lab("ck", "7.5", "ukat/L", uln="3"), "ck", True),
        (lab("ck", "7.51", "ukat/L", uln="3"), "ck", False),
    ],
)
def test_restart_limits_in_the_other_units(result, held_for, allowed):
    others = [lab("ast", "0.5", "ukat/L", uln="0.667")] if held_for == "alt" else []
    assert restart(PROGRAMME, held_for=[held_for], results=[result, *others]).allowed is allowed
