"""What eligibility is judged on comes from real rows; what is not on file stays unknown."""

from datetime import date, timedelta

import pytest

from clinic.refusal import Refusal
from labs.models import Draw, SemenAnalysis
from patients.models import Condition, Medicine
from protocols.actions.screening import assess_enrolment, decide_eligibility
from protocols.queries.eligibility_facts import Source, eligibility_facts
from tests.factories.labs import FEW_SEEN, ResultFactory
from tests.factories.protocols import EnrolmentFactory, MoodQuestionnaireFactory
from tests.protocols.enrolment.cast import (
    DAY,
    DAY_ONE,
    answers_no,
    at,
    bloods,
    eligible,
    examined,
    screening,
    semen,
)

pytestmark = pytest.mark.django_db

FRESH = {
    "abstinence_days": "3", "complete": "complete", "volume_ml": "2.6", "fresh_sperm_seen": "seen",
    "concentration": "0.4", "pr": "10", "np": "5", "im": "85", "motility_n_assessed": 200,
}  # fmt: skip


def judged(enrolment, on=DAY_ONE):
    return {row["code"]: row for row in assess_enrolment(enrolment, on).rows()}


def test_of_a_man_with_nothing_on_file_only_sex_and_age_are_known(clinic_open, coordinator):
    rows = judged(screening(clinic_open, coordinator))

    assert {code for code, row in rows.items() if row["met"] is not None} == {"SEX", "AGE"}
    assert (rows["AGE"]["value"], rows["AGE"]["source"]) == ("35", "Born 4 May 1990")


def test_sex_not_known_is_unknown(clinic_open, coordinator):
    assert judged(screening(clinic_open, coordinator, sex="unknown"))["SEX"]["met"] is None


def test_every_value_says_where_it_is_from_and_when(clinic_open, coordinator):
    sources = eligibility_facts(examined(clinic_open, coordinator), DAY_ONE).sources

    assert sources["NO_IBD"] == Source("History", DAY_ONE - 19 * DAY)
    assert sources["PHQ9_TOTAL"] == Source("PHQ-9", DAY_ONE - 10 * DAY)
    assert sources["LAB_ALT"] == Source("Laboratory, fasting", DAY_ONE - 10 * DAY)
    assert sources["DIAGNOSIS"] == Source(
        "No sperm in the pellets of 11 Feb 2026 and 20 Feb 2026, 9 days apart: "
        "azoospermia is confirmed",
        date(2026, 2, 20),
    )


@pytest.mark.parametrize(
    ("apart", "met"),
    [pytest.param(6, None, id="6 days apart"), pytest.param(7, True, id="7 days apart")],
)
def test_two_negative_pellets_a_week_apart_confirm(clinic_open, coordinator, apart, met):
    enrolment = screening(clinic_open, coordinator)
    semen(enrolment.patient, DAY_ONE - 10 * DAY - timedelta(days=apart))
    semen(enrolment.patient, DAY_ONE - 10 * DAY)

    assert judged(enrolment)["DIAGNOSIS"]["met"] is met


def test_a_few_in_the_pellet_are_cryptozoospermia(clinic_open, coordinator):
    enrolment = screening(clinic_open, coordinator)
    semen(enrolment.patient, DAY_ONE - 19 * DAY)
    semen(enrolment.patient, DAY_ONE - 10 * DAY, sheet=FEW_SEEN | started_at(enrolment))

    row = judged(enrolment)["DIAGNOSIS"]
    assert (row["met"], row["value"]) == (True, "cryptozoospermia")
    assert eligibility_facts(enrolment, DAY_ONE).baseline == "cryptozoospermia"


def started_at(enrolment, days=10):
    began = at(enrolment.patient.site, DAY_ONE - timedelta(days=days)) + timedelta(minutes=30)
    return {"analysis_started_at": began.isoformat()}


def test_sperm_in_the_fresh_preparation_is_neither(clinic_open, coordinator):
    enrolment = screening(clinic_open, coordinator)
    semen(enrolment.patient, DAY_ONE - 10 * DAY, sheet=FRESH | started_at(enrolment))

    assert judged(enrolment)["DIAGNOSIS"]["met"] is False


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"status": "entered_in_error"}, id="entered in error"),
        pytest.param({"valid": False}, id="not valid"),
        pytest.param({"result_class": "NO_SPERM_SEEN_PELLET_PENDING"}, id="pellet pending"),
    ],
)
def test_a_sample_that_cannot_be_used_proves_nothing(clinic_open, coordinator, change):
    enrolment = examined(clinic_open, coordinator)
    SemenAnalysis.objects.update(**change)

    assert judged(enrolment)["DIAGNOSIS"]["met"] is None


def test_the_newest_final_result_counts(clinic_open, coordinator):
    enrolment = examined(clinic_open, coordinator)
    bloods(enrolment.patient, DAY_ONE - 3 * DAY, triglycerides="310")

    row = judged(enrolment)["LAB_TRIGLYCERIDES"]
    assert (row["met"], row["value"], row["on"]) == (False, "310 mg/dL", "2026-02-27")


def test_a_result_after_the_day_in_question_is_not_used(clinic_open, coordinator):
    enrolment = examined(clinic_open, coordinator)
    bloods(enrolment.patient, DAY_ONE, triglycerides="310")

    assert judged(enrolment, DAY_ONE - DAY)["LAB_TRIGLYCERIDES"]["value"] == "118 mg/dL"


@pytest.mark.parametrize(
    ("fasting", "met"),
    [
        pytest.param(True, True, id="fasting"),
        pytest.param(False, None, id="not fasting"),
        pytest.param(None, None, id="nobody said"),
    ],
)
def test_triglycerides_count_only_fasting(clinic_open, coordinator, fasting, met):
    enrolment = examined(clinic_open, coordinator)
    Draw.objects.update(fasting=fasting)

    assert judged(enrolment)["LAB_TRIGLYCERIDES"]["met"] is met


@pytest.mark.parametrize(
    ("value", "met"),
    [
        pytest.param("300", True, id="at the limit"),
        pytest.param("300.5", False, id="above it"),
        pytest.param("<400", None, id="a comparator that leaves it open"),
    ],
)
def test_the_limit_of_the_triglycerides(clinic_open, coordinator, value, met):
    enrolment = screening(clinic_open, coordinator)
    bloods(enrolment.patient, DAY_ONE - 3 * DAY, triglycerides=value)

    assert judged(enrolment)["LAB_TRIGLYCERIDES"]["met"] is met


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"status": "entered_in_error"}, id="entered in error"),
        pytest.param({"status": "preliminary"}, id="preliminary"),
        pytest.param({"formula": "friedewald.1"}, id="computed by us"),
        pytest.param({"range_high": None}, id="no limit printed, for ALT"),
    ],
)
def test_a_result_that_cannot_be_judged_is_unknown(clinic_open, coordinator, change):
    enrolment = screening(clinic_open, coordinator)
    draw = Draw.objects.filter(pk=bloods(enrolment.patient, DAY_ONE - 3 * DAY).pk).get()
    draw.results.update(**change)

    assert judged(enrolment)["LAB_ALT"]["met"] is None


def test_somebody_elses_results_are_not_his(clinic_open, coordinator):
    enrolment = screening(clinic_open, coordinator)
    bloods(screening(clinic_open, coordinator).patient, DAY_ONE - 3 * DAY)

    assert judged(enrolment)["LAB_ALT"]["met"] is None


def test_a_struck_answer_is_no_answer(clinic_open, coordinator):
    enrolment = examined(clinic_open, coordinator)
    Condition.objects.filter(key="ibd").update(
        struck_at=at(clinic_open, DAY_ONE), struck_by=coordinator, struck_reason="Wrong man."
    )

    assert judged(enrolment)["NO_IBD"]["met"] is None


def test_a_medicine_on_his_list_outweighs_his_no(clinic_open, coordinator):
    enrolment = examined(clinic_open, coordinator)
    Medicine.objects.create(
        patient=enrolment.patient,
        name="Doxycycline 100 mg",
        recorded_by=coordinator,
        recorded_at=at(clinic_open, DAY_ONE - 4 * DAY),
    )

    row = judged(enrolment)["NO_TETRACYCLINE"]
    assert (row["met"], row["source"], row["on"]) == (
        False,
        "Medicines: Doxycycline 100 mg",
        "2026-02-26",
    )


@pytest.mark.parametrize(
    ("name", "code", "ended", "met"),
    [
        pytest.param("doxycycline", "NO_TETRACYCLINE", 1, True, id="an antibiotic that has ended"),
        pytest.param("Accutane", "NO_RECENT_ISOTRETINOIN", 55, False, id="isotretinoin, 55 days"),
        pytest.param("Accutane", "NO_RECENT_ISOTRETINOIN", 56, True, id="isotretinoin, 56 days"),
    ],
)
def test_a_medicine_that_has_ended(clinic_open, coordinator, name, code, ended, met):
    enrolment = examined(clinic_open, coordinator)
    Medicine.objects.create(
        patient=enrolment.patient,
        name=name,
        ended_on=DAY_ONE - timedelta(days=ended),
        recorded_by=coordinator,
    )

    assert judged(enrolment)[code]["met"] is met


@pytest.mark.parametrize(
    ("days", "met"),
    [
        pytest.param(55, False, id="55 days after the last capsule"),
        pytest.param(56, True, id="56 days after it"),
    ],
)
def test_another_course_waits_eight_weeks(clinic_open, coordinator, days, met):
    enrolment = examined(clinic_open, coordinator)
    EnrolmentFactory(
        patient=enrolment.patient,
        version=enrolment.version,
        status="CLOSED",
        first_dose_on=DAY_ONE - 300 * DAY,
        last_dose_on=DAY_ONE - timedelta(days=days),
    )

    assert judged(enrolment)["NO_RECENT_ISOTRETINOIN"]["met"] is met


@pytest.mark.parametrize(
    ("answers", "total_met", "item_met"),
    [
        pytest.param([2, 2, 2, 2, 2, 2, 2, 1, 0], True, True, id="15"),
        pytest.param([2, 2, 2, 2, 2, 2, 2, 2, 0], False, True, id="16"),
        pytest.param([0, 0, 0, 0, 0, 0, 0, 0, 1], True, False, id="a thought of self-harm"),
    ],
)
def test_mood_is_that_of_the_last_questionnaire(
    clinic_open, coordinator, answers, total_met, item_met
):
    enrolment = examined(clinic_open, coordinator)
    MoodQuestionnaireFactory(
        enrolment=enrolment, answers=answers, answered_at=at(clinic_open, DAY_ONE - DAY)
    )

    rows = judged(enrolment)
    assert (rows["PHQ9_TOTAL"]["met"], rows["PHQ9_ITEM9"]["met"]) == (total_met, item_met)


def test_a_questionnaire_that_cannot_be_scored_is_unknown(clinic_open, coordinator):
    enrolment = screening(clinic_open, coordinator)
    MoodQuestionnaireFactory(
        enrolment=enrolment, total=None, answered_at=at(clinic_open, DAY_ONE - DAY)
    )

    assert judged(enrolment)["PHQ9_TOTAL"]["met"] is None


def test_at_the_limit_of_the_mood_a_clinician_writes_why(clinic_open, clinician):
    enrolment = examined(clinic_open, clinician)
    MoodQuestionnaireFactory(
        enrolment=enrolment,
        answers=[2, 2, 2, 2, 2, 2, 2, 1, 0],
        answered_at=at(clinic_open, DAY_ONE - DAY),
    )
    with pytest.raises(Refusal, match="exactly at the limit"):
        decide_eligibility(enrolment=enrolment, eligible=True, on=DAY_ONE, by=clinician)

    check = decide_eligibility(
        enrolment=enrolment, eligible=True, on=DAY_ONE, by=clinician, reason="Seen, well."
    )

    assert (check.eligible, check.reason) == (True, "Seen, well.")


def test_who_signs_looks_after_him(clinic_open, clinician):
    assert eligible(clinic_open, clinician).clinician == clinician.member


def test_all_the_facts_cost_three_questions(clinic_open, coordinator, django_assert_num_queries):
    enrolment = examined(clinic_open, coordinator)
    ResultFactory(draw=bloods(enrolment.patient, DAY_ONE - 40 * DAY), analyte__key="ldl")

    with django_assert_num_queries(3):
        eligibility_facts(enrolment, DAY_ONE)


def test_answers_recorded_late_in_the_evening_are_of_the_clinics_day(clinic_open, coordinator):
    enrolment = screening(clinic_open, coordinator)
    answers_no(enrolment.patient, coordinator, DAY_ONE - 5 * DAY)
    Condition.objects.update(recorded_at=at(clinic_open, DAY_ONE - 5 * DAY, hour=22))

    assert eligibility_facts(enrolment, DAY_ONE).sources["NO_IBD"].on == DAY_ONE - 5 * DAY
