"""Lipids, CTCAE grades, units and codes (domain reference §3.2, §5.1, §5.2, §6.1)."""

from decimal import Decimal

import pytest

from labs.rules.catalogue import published_catalogue
from tests.protocols.ask.asked import RULESET, ask, refused


def lipids(tc, hdl, tg, unit="mg/dL"):
    return ask("lipids", total_cholesterol=tc, hdl=hdl, triglycerides=tg, unit=unit)


def test_the_lipids_of_the_reference_message():
    answer = lipids(240, 38, 310)
    assert answer["non_hdl"] == 202
    assert answer["friedewald"] == 140
    assert answer["martin_hopkins_factor"] == 6.5
    assert answer["martin_hopkins"] == pytest.approx(202 - 310 / 6.5)
    sampson = 240 / 0.948 - 38 / 0.971 - (310 / 8.56 + 310 * 202 / 2140 - 310**2 / 16100) - 9.44
    assert answer["sampson"] == pytest.approx(sampson)
    assert answer["errors"] == []


@pytest.mark.parametrize(
    ("tg", "unit", "valid"),
    [
        (399.9, "mg/dL", {"friedewald", "martin_hopkins", "sampson"}),
        (400, "mg/dL", {"sampson"}), (800, "mg/dL", {"sampson"}), (800.1, "mg/dL", set()),
        (7, "mg/dL", {"friedewald", "martin_hopkins", "sampson"}),
        (6.9, "mg/dL", {"friedewald", "sampson"}),
        (4.5, "mmol/L", {"friedewald", "martin_hopkins", "sampson"}),
        (4.51, "mmol/L", {"martin_hopkins", "sampson"}),
    ],
)  # fmt: skip
def test_a_formula_holds_within_its_limits_alone(tg, unit, valid):
    answer = lipids(300 if unit == "mg/dL" else 7.8, 40 if unit == "mg/dL" else 1, tg, unit)
    names = {"friedewald", "martin_hopkins", "sampson"}
    assert {name for name in names if answer[name] is not None} == valid
    assert (answer["martin_hopkins_factor"] is not None) == ("martin_hopkins" in valid)


@pytest.mark.parametrize(
    ("tg", "non_hdl", "factor"),
    [
        (49, 99, 3.5), (49, 100, 3.4), (50, 99, 4.0), (56, 129, 3.9), (57, 130, 4.0),
        (100, 159, 4.8), (101, 160, 4.7), (201, 189, 5.8), (202, 190, 5.6), (399, 219, 6.5),
        (399, 220, 5.9), (292, 220, 5.6), (293, 220, 5.9),
    ],
)  # fmt: skip
def test_the_factor_is_that_of_row_and_column(tg, non_hdl, factor):
    assert lipids(non_hdl + 40, 40, tg)["martin_hopkins_factor"] == factor


def test_millimoles_are_calculated_by_their_own_divisor():
    answer = lipids(5, 1, 1.1, "mmol/L")
    assert answer["friedewald"] == pytest.approx(4 - 1.1 / 2.2)
    tc, hdl, tg = 5 * 38.67, 38.67, 1.1 * 88.57
    middle = tg / 8.56 + tg * (tc - hdl) / 2140 - tg**2 / 16100
    assert answer["sampson"] == pytest.approx((tc / 0.948 - hdl / 0.971 - middle - 9.44) / 38.67)


def test_more_hdl_than_cholesterol_gives_an_error_and_no_number():
    answer = lipids(40, 41, 100)
    assert answer["errors"] == ["HDL_ABOVE_TOTAL"]
    assert {answer[name] for name in ("non_hdl", "friedewald", "martin_hopkins", "sampson")} == {
        None
    }
    assert lipids(40, 40, 100)["errors"] == []


def test_a_comparator_is_no_number_to_calculate_with():
    assert lipids("<240", 38, 100)["errors"] == ["NOT_A_NUMBER"]


def test_a_negative_ldl_is_not_shown():
    answer = lipids(50, 40, 390)
    assert answer["friedewald"] is None
    assert "NEGATIVE_LDL" in answer["warnings"]
    assert answer["errors"] == []


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"total_cholesterol": 200, "hdl": 40, "triglycerides": 100}, "unit"),
        ({"total_cholesterol": 200, "hdl": 40, "triglycerides": 100, "unit": "g/L"}, "unit"),
        ({"total_cholesterol": -1, "hdl": 40, "triglycerides": 100, "unit": "mg/dL"},
         "total_cholesterol"),
        ({"total_cholesterol": 200, "hdl": "high", "triglycerides": 100, "unit": "mg/dL"}, "hdl"),
        ({"total_cholesterol": 200, "hdl": True, "triglycerides": 100, "unit": "mg/dL"}, "hdl"),
        ({"hdl": 40, "triglycerides": 100, "unit": "mg/dL"}, "total_cholesterol"),
    ],
)  # fmt: skip
def test_lipids_that_cannot_be_are_refused(given, field):
    assert list(refused("lipids", **given)) == [field]


LIMITS = {"uln": 40, "lln": 10}
HIGH = {
    ("triglycerides", "mg/dL"): (150, 300, 500, 1000),
    ("triglycerides", "mmol/L"): (1.71, 3.42, 5.7, 11.4),
    ("total_cholesterol", "mg/dL"): (200, 300, 400, 500),
    ("total_cholesterol", "mmol/L"): (5.2, 7.75, 10.34, 12.92),
    ("alt", "U/L"): (40, 120, 200, 800),
    ("ast", "U/L"): (40, 120, 200, 800),
    ("ck", "U/L"): (40, 100, 200, 400),
    ("bilirubin", "mg/dL"): (40, 60, 120, 400),
    ("alp", "U/L"): (40, 100, 200, 800),
    ("ggt", "U/L"): (40, 100, 200, 800),
}
LOW = {
    ("hemoglobin", "g/dL"): (13, 10, 8),
    ("wbc", "10*9/L"): (4, 3, 2, 1),
    ("anc", "10*9/L"): (1.8, 1.5, 1, 0.5),
    ("platelets", "10*9/L"): (150, 75, 50, 25),
    ("glucose", "mg/dL"): (70, 55, 40, 30),
}


def graded(analyte, value, unit, **given):
    return ask("grade", analyte=analyte, value=value, unit=unit, **given)


@pytest.mark.parametrize(("analyte", "unit"), list(HIGH))
def test_a_rising_grade_begins_above_its_limit(analyte, unit):
    ulns = {("total_cholesterol", "mg/dL"): 200, ("total_cholesterol", "mmol/L"): 5.2}
    uln = ulns.get((analyte, unit), 40)
    inclusive = analyte == "triglycerides"
    for grade, limit in enumerate(HIGH[analyte, unit], start=1):
        at = grade if inclusive and grade == 1 else grade - 1
        assert graded(analyte, limit, unit, uln=uln)["grade"] == at, (limit, "at")
        assert graded(analyte, limit * 1.001, unit, uln=uln)["grade"] == grade, (limit, "above")
    below = graded(analyte, HIGH[analyte, unit][0] * 0.999, unit, uln=uln)
    assert (below["grade"], below["status"], below["grading_unit"]) == (0, "GRADED", unit)


@pytest.mark.parametrize(("analyte", "unit"), list(LOW))
def test_a_falling_grade_begins_below_its_limit(analyte, unit):
    lln = LOW[analyte, unit][0]
    for grade, limit in enumerate(LOW[analyte, unit], start=1):
        assert graded(analyte, limit, unit, lln=lln)["grade"] == grade - 1, (limit, "at")
        assert graded(analyte, limit * 0.999, unit, lln=lln)["grade"] == grade, (limit, "below")


@pytest.mark.parametrize(
    ("value", "grade"),
    [(89, 0), (90, 1), (180, 1), (180.1, 2), (300, 2), (300.1, 3), (1200, 3), (1200.1, 4)],
)
def test_an_abnormal_baseline_moves_the_limits(value, grade):
    assert graded("alt", value, "U/L", uln=40, baseline=60)["grade"] == grade


def test_a_baseline_at_its_limit_is_normal():
    assert graded("alt", 41, "U/L", uln=40, baseline=40)["grade"] == 1
    assert graded("alt", 41, "U/L", uln=40, baseline=40.1)["grade"] == 0
    assert graded("alt", 61, "U/L", uln=60, baseline=50, baseline_uln=40)["grade"] == 0
    assert graded("alt", 61, "U/L", uln=60, baseline=50)["grade"] == 1


@pytest.mark.parametrize(
    ("times", "symptomatic", "grade"),
    [
        (1, False, 0), (1.01, False, 1), (1.5, False, 1), (1.51, False, 2), (5, False, 2),
        (5.01, False, 3), (2, True, 2), (2.01, True, 3), (5, True, 3), (5.01, True, 4),
        (1.5, True, 1),
    ],
)  # fmt: skip
def test_lipase_is_graded_with_or_without_symptoms(times, symptomatic, grade):
    assert graded("lipase", times * 60, "U/L", uln=60, symptomatic=symptomatic)["grade"] == grade


def test_lipase_is_open_where_symptoms_decide():
    answer = graded("lipase", 150, "U/L", uln=60)
    assert (answer["status"], answer["at_least"], answer["grade"]) == ("INDETERMINATE", 2, None)
    assert graded("lipase", 80, "U/L", uln=60)["grade"] == 1


@pytest.mark.parametrize(
    ("given", "status", "at_least"),
    [
        ({"analyte": "triglycerides", "value": ">500", "unit": "mg/dL"}, "INDETERMINATE", 3),
        ({"analyte": "triglycerides", "value": ">1000", "unit": "mg/dL"}, "GRADED", None),
        ({"analyte": "triglycerides", "value": "<150", "unit": "mg/dL"}, "GRADED", None),
        ({"analyte": "triglycerides", "value": "<=150", "unit": "mg/dL"}, "INDETERMINATE", 0),
        ({"analyte": "anc", "value": "<0.5", "unit": "10*9/L", "lln": 1.8}, "GRADED", None),
        ({"analyte": "anc", "value": "<0.6", "unit": "10*9/L", "lln": 1.8}, "INDETERMINATE", 3),
        ({"analyte": "alt", "value": 100, "unit": "U/L"}, "CANNOT_GRADE", None),
        ({"analyte": "total_cholesterol", "value": 201, "unit": "mg/dL"}, "GRADED", None),
        ({"analyte": "hemoglobin", "value": 9.9, "unit": "g/dL"}, "GRADED", None),
        ({"analyte": "hemoglobin", "value": 12, "unit": "g/dL"}, "CANNOT_GRADE", None),
        ({"analyte": "hemoglobin", "value": 120, "unit": "g/L", "lln": 130}, "CANNOT_GRADE", None),
        ({"analyte": "triglycerides", "value": 4, "unit": "g/L"}, "CANNOT_GRADE", None),
        ({"analyte": "triglycerides", "value": 400}, "CANNOT_GRADE", None),
        ({"analyte": "glucose", "value": 250, "unit": "mg/dL", "uln": 99, "lln": 70},
         "CANNOT_GRADE", None),
        ({"analyte": "ldl", "value": 250, "unit": "mg/dL", "uln": 99}, "CANNOT_GRADE", None),
        ({"analyte": "hdl", "value": 20, "unit": "mg/dL"}, "CANNOT_GRADE", None),
        ({"analyte": "non_hdl", "value": 250, "unit": "mg/dL"}, "CANNOT_GRADE", None),
    ],
)  # fmt: skip
def test_a_grade_is_said_to_be_open_or_impossible(given, status, at_least):
    answer = ask("grade", **given)
    assert (answer["status"], answer["at_least"]) == (status, at_least)
    assert (answer["grade"] is None) == (status != "GRADED")
    assert answer["sentence"]


def test_the_same_blood_may_grade_otherwise_in_another_unit():
    assert graded("triglycerides", 502, "mg/dL")["grade"] == 3
    assert graded("triglycerides", 5.67, "mmol/L")["grade"] == 2


def test_three_times_forty_is_a_hundred_and_twenty():
    assert graded("alt", 0.3, "U/L", uln=0.1)["grade"] == 1


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"analyte": "sperm", "value": 1, "unit": "mg/dL"}, "analyte"),
        ({"analyte": "alt", "value": -1, "unit": "U/L", "uln": 40}, "value"),
        ({"analyte": "alt", "value": "about 5", "unit": "U/L"}, "value"),
        ({"analyte": "alt", "value": None, "unit": "U/L"}, "value"),
        ({"analyte": "alt", "value": True, "unit": "U/L"}, "value"),
        ({"analyte": "alt", "value": 1e300, "unit": "U/L"}, "value"),
        ({"analyte": "alt", "value": 3, "unit": 7}, "unit"),
        ({"analyte": "alt", "value": 3, "unit": "U/L", "uln": 0}, "uln"),
        ({"analyte": "alt", "value": 3, "unit": "U/L", "uln": "<40"}, "uln"),
        ({"analyte": "alt", "value": 3, "unit": "U/L", "uln": 40, "lln": 50}, "lln"),
    ],
)
def test_a_result_that_cannot_be_is_refused(given, field):
    assert list(refused("grade", **given)) == [field]


def converted(analyte, value, one, other):
    return ask("convert", **{"analyte": analyte, "value": value, "from": one, "to": other})


@pytest.mark.parametrize(
    ("analyte", "value", "one", "other", "expected", "display"),
    [
        ("total_cholesterol", 240, "mg/dL", "mmol/L", 240 / 38.67, "6.21"),
        ("hdl", 38.67, "mg/dL", "mmol/L", 1, "1.00"),
        ("ldl", 100, "mg/dL", "mmol/L", 2.58598, "2.59"),
        ("triglycerides", 150, "mg/dL", "mmol/L", 150 / 88.57, "1.69"),
        ("triglycerides", 1.7, "mmol/L", "mg/dL", 1.7 * 88.57, "151"),
        ("glucose", 126, "mg/dL", "mmol/L", 126 / 18.016, "6.99"),
        ("glucose", 7, "mmol/L", "mg/dL", 7 * 18.016, "126"),
        ("alt", 60, "U/L", "ukat/L", 1, "1.00"), ("bilirubin", 1, "mg/dL", "umol/L", 17.1, "17.1"),
        ("bilirubin", 17.1, "umol/L", "mg/dL", 1, "1.00"),
        ("creatinine", 1, "mg/dL", "umol/L", 88.4, "88"),
        ("creatinine", 88.4, "umol/L", "mg/dL", 1, "1.00"),
        ("testosterone", 300, "ng/dL", "nmol/L", 10.401, "10.4"),
        ("estradiol", 20, "pg/mL", "pmol/L", 73.42, "73"),
        ("prolactin", 10, "ng/mL", "m[IU]/L", 212, "212"),
        ("fsh", 5, "m[IU]/mL", "[IU]/L", 5, "5.0"), ("inhibin_b", 80, "pg/mL", "ng/L", 80, "80"),
        ("total_cholesterol", 5.2, "mmol/L", "mmol/L", 5.2, "5.20"),
    ],
)  # fmt: skip
def test_a_value_is_converted_at_full_precision_and_shown_rounded(
    analyte, value, one, other, expected, display
):
    answer = converted(analyte, value, one, other)
    assert answer["value"] == pytest.approx(expected, rel=1e-5)
    assert answer["display"] == display


@pytest.mark.parametrize("analyte", ["total_cholesterol", "triglycerides", "glucose"])
def test_there_and_back_is_the_same_whole_number(analyte):
    for value in range(20, 2000, 37):
        there = converted(analyte, value, "mg/dL", "mmol/L")["value"]
        back = converted(analyte, there, "mmol/L", "mg/dL")
        assert back["display"] == str(value)


def test_a_comparator_is_converted_with_its_number():
    answer = converted("triglycerides", "<88.57", "mg/dL", "mmol/L")
    assert (answer["value"], answer["display"]) == ("<1", "< 1.00")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (("alt", 3, "mg/dL", "ukat/L"), "from"), (("alt", 3, "U/L", "mg/dL"), "to"),
        (("xyz", 3, "U/L", "U/L"), "analyte"), (("alt", "x", "U/L", "U/L"), "value"),
        (("alt", -3, "U/L", "U/L"), "value"),
    ],
)  # fmt: skip
def test_a_unit_that_does_not_belong_is_refused(given, field):
    names = ("analyte", "value", "from", "to")
    assert list(refused("convert", **dict(zip(names, given, strict=True)))) == [field]


def code(system, text, use=None):
    return ask("code", system=system, code=text, **({"use": use} if use else {}))


@pytest.mark.parametrize(
    "text",
    ["2093-3", "2085-9", "13457-7", "96259-7", "2571-8", "1742-6", "1920-8", "15067-2", "9780-8",
     "54231-6", "43154-4", "44249-1", "44261-6", "44260-8", "24331-1", "57698-3", "58410-2"],
)  # fmt: skip
def test_a_loinc_with_its_check_digit_is_valid(text):
    assert code("loinc", text) == {
        "ruleset": RULESET, "valid": True, "reasons": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("system", "text", "use"),
    [
        ("loinc", "11068-0", None), ("loinc", "49573-4", None), ("loinc", "10589-0", "pH"),
        ("loinc", "10591-6", "viscosity"), ("loinc", "10610-4", "progressive"),
        ("loinc", "12841-3", "sperm count"), ("loinc", "72514-3", "sperm count"),
        ("loinc", "72514-3", None), ("loinc", "10571-8", None), ("loinc", "10572-6", None),
        ("loinc", "10581-7", None), ("loinc", "10586-6", None), ("loinc", "10595-7", None),
        ("loinc", "9780-7", None), ("loinc", "97808", None), ("loinc", "9780-", None),
        ("loinc", " 9780-8", None), ("loinc", "09780-8", None), ("snomed", "425442002", None),
        ("snomed", "281571000", None), ("snomed", "250726004", None), ("snomed", "250729006", None),
        ("snomed", "48188008", None), ("snomed", "abc", None), ("snomed", "12345", None),
        ("rxnorm", "6064", "isotretinoin 20 mg oral capsule"), ("rxnorm", "6064", "capsule"),
        ("rxnorm", "197843", "20 mg capsule"), ("rxnorm", "197844", "ingredient"),
        ("rxnorm", "0", None), ("rxnorm", "19784x", None),
    ],
)  # fmt: skip
def test_a_code_that_is_not_what_it_claims_is_invalid_with_a_reason(system, text, use):
    answer = code(system, text, use)
    assert answer["valid"] is False
    assert answer["reasons"]


@pytest.mark.parametrize(
    ("system", "text", "use"),
    [
        ("snomed", "48188009", None), ("snomed", "88311004", None), ("snomed", "119347001", None),
        ("rxnorm", "197844", "20 mg oral capsule"), ("rxnorm", "6064", "ingredient"),
        ("rxnorm", "6064", None), ("rxnorm", "403930", "30 mg"), ("loinc", "10589-0", "Spermatids"),
        ("loinc", "10591-6", "primary spermatocytes"),
    ],
)  # fmt: skip
def test_a_code_used_for_what_it_is_is_valid(system, text, use):
    assert code(system, text, use)["valid"] is True


def test_every_code_of_the_catalogue_is_valid():
    for analyte in published_catalogue().analytes:
        for loinc in analyte.loinc:
            assert code("loinc", loinc.code)["valid"], loinc


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"system": "icd", "code": "N46"}, "system"), ({"system": "loinc", "code": ""}, "code"),
        ({"system": "rxnorm", "code": 6064}, "code"), ({"system": "loinc"}, "code"),
    ],
)  # fmt: skip
def test_a_code_of_another_kind_is_refused(given, field):
    assert list(refused("code", **given)) == [field]


def test_the_sum_of_all_factors_is_the_printed_one():
    from labs.rules.lipids import FACTORS

    assert sum(sum(row) for row in FACTORS) == Decimal("949.4")
