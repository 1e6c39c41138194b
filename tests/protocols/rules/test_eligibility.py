"""Each criterion known and met, known and not met, and unknown (domain reference §7.2)."""

from dataclasses import replace
from datetime import date

import pytest

from protocols.rules.eligibility import EligibilityFacts, assess, expires_on
from tests.protocols.rules.given import PROGRAMME, fasting_tg, lab

NO_EXCLUSION = {rule.code: False for rule in PROGRAMME.eligibility.exclusions}
LABS = (
    fasting_tg("120"),
    lab("alt", "20", "U/L", uln=40),
    lab("ast", "20", "U/L", uln=40),
    lab("ck", "100", "U/L", uln=200),
)
FIT = EligibilityFacts(
    sex="male",
    age=34,
    azoospermia_confirmed=True,
    cryptozoospermia=False,
    phq9_total=3,
    phq9_item_nine=0,
    exclusions=NO_EXCLUSION,
    labs=LABS,
)


def met(code, **changes):
    found = assess(PROGRAMME, replace(FIT, **changes))
    return next(row for row in found.criteria if row.code == code).met


def with_lab(fact):
    return (fact, *(row for row in LABS if row.analyte != fact.analyte))


def test_a_man_who_meets_everything_is_eligible():
    found = assess(PROGRAMME, FIT)
    assert (found.eligible, found.needs_sign_off, found.unmet, found.unknown) == (
        True,
        False,
        (),
        (),
    )


def test_of_a_man_of_whom_nothing_is_known_nothing_is_assumed():
    found = assess(PROGRAMME, EligibilityFacts())
    assert not found.eligible
    assert {row.met for row in found.criteria} == {None}


def test_every_criterion_shows_the_value_it_used():
    values = {row.code: row.value for row in assess(PROGRAMME, FIT).criteria}
    assert values["AGE"] == "34"
    assert values["DIAGNOSIS"] == "confirmed azoospermia"
    assert values["LAB_TRIGLYCERIDES"] == "120 mg/dL"
    assert values["NO_PHENYTOIN"] == "no"


@pytest.mark.parametrize(("sex", "answer"), [("male", True), ("female", False), (None, None)])
def test_sex(sex, answer):
    assert met("SEX", sex=sex) is answer


@pytest.mark.parametrize(
    ("age", "answer"), [(20, False), (21, True), (60, True), (61, False), (None, None)]
)
def test_age(age, answer):
    assert met("AGE", age=age) is answer


@pytest.mark.parametrize(
    ("azoospermia", "crypto", "answer"),
    [
        (True, None, True),
        (False, True, True),
        (None, True, True),
        (False, False, False),
        (False, None, None),
        (None, None, None),
    ],
)
def test_diagnosis(azoospermia, crypto, answer):
    assert met("DIAGNOSIS", azoospermia_confirmed=azoospermia, cryptozoospermia=crypto) is answer


@pytest.mark.parametrize(
    ("total", "answer", "sign_off"),
    [(14, True, False), (15, True, True), (16, False, False), (None, None, False)],
)
def test_phq9_of_fifteen_is_eligible_but_must_be_signed_for(total, answer, sign_off):
    assert met("PHQ9_TOTAL", phq9_total=total) is answer
    assert assess(PROGRAMME, replace(FIT, phq9_total=total)).needs_sign_off is sign_off


@pytest.mark.parametrize(("answer", "is_met"), [(0, True), (1, False), (None, None)])
def test_question_nine(answer, is_met):
    assert met("PHQ9_ITEM9", phq9_item_nine=answer) is is_met


@pytest.mark.parametrize(
    ("code", "fact", "answer"),
    [
        ("LAB_TRIGLYCERIDES", fasting_tg("300"), True),
        ("LAB_TRIGLYCERIDES", fasting_tg("300.1"), False),
        ("LAB_TRIGLYCERIDES", fasting_tg("3.38", "mmol/L"), True),
        ("LAB_TRIGLYCERIDES", fasting_tg("3.39", "mmol/L"), False),
        ("LAB_TRIGLYCERIDES", fasting_tg("<150"), True),
        ("LAB_TRIGLYCERIDES", fasting_tg(">200"), None),
        ("LAB_TRIGLYCERIDES", lab("triglycerides", "120", "mg/dL"), None),
        ("LAB_ALT", lab("alt", "80", "U/L", uln=40), True),
        ("LAB_ALT", lab("alt", "80.1", "U/L", uln=40), False),
        ("LAB_ALT", lab("alt", "80", "U/L"), None),
        ("LAB_AST", lab("ast", "80", "U/L", uln=40), True),
        ("LAB_AST", lab("ast", "80.1", "U/L", uln=40), False),
        ("LAB_CK", lab("ck", "1000", "U/L", uln=200), True),
        ("LAB_CK", lab("ck", "1000.1", "U/L", uln=200), False),
    ],
)
def test_screening_labs(code, fact, answer):
    assert met(code, labs=with_lab(fact)) is answer


def test_a_missing_lab_is_unknown():
    assert met("LAB_CK", labs=LABS[:-1]) is None


@pytest.mark.parametrize("code", NO_EXCLUSION)
def test_every_exclusion_excludes_and_silence_about_it_is_unknown(code):
    present = assess(PROGRAMME, replace(FIT, exclusions=NO_EXCLUSION | {code: True}))
    assert [row.code for row in present.unmet] == [f"NO_{code.upper()}"]
    silent = assess(PROGRAMME, replace(FIT, exclusions=NO_EXCLUSION | {code: None}))
    assert (silent.eligible, [row.met for row in silent.unknown]) == (False, [None])


@pytest.mark.parametrize(
    ("code", "criteria"),
    [
        ("high_triglycerides", ["LAB_TRIGLYCERIDES"]),
        ("abnormal_labs", ["LAB_ALT", "LAB_AST", "LAB_CK"]),
    ],
)
def test_a_stated_laboratory_exclusion_holds_against_a_good_number(code, criteria):
    found = assess(PROGRAMME, replace(FIT, exclusions=NO_EXCLUSION | {code: True}))
    assert [row.code for row in found.unmet] == criteria


def test_the_exclusions_are_those_of_the_programme():
    labs = {limit.exclusion for limit in PROGRAMME.eligibility.labs}
    assert labs | set(NO_EXCLUSION) == {
        "hypersensitivity",
        "tetracycline",
        "vitamin_a",
        "recent_isotretinoin",
        "phenytoin",
        "methotrexate",
        "alcohol",
        "anabolic_steroids",
        "hypogonadotropic_hypogonadism",
        "psychiatric",
        "high_triglycerides",
        "abnormal_labs",
        "ibd",
        "bone_disease",
        "pancreatitis",
        "liver_disease",
        "intracranial_hypertension",
    }


@pytest.mark.parametrize(
    ("signed", "last"),
    [
        pytest.param(date(2026, 1, 1), date(2026, 2, 26), id="plain"),
        pytest.param(date(2028, 1, 15), date(2028, 3, 11), id="over a leap day"),
        pytest.param(date(2026, 2, 20), date(2026, 4, 17), id="over a change of clocks"),
    ],
)
def test_signed_eligibility_lasts_56_days(signed, last):
    assert expires_on(PROGRAMME, signed) == last
