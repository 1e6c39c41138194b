"""Each step towards the first capsule: what allows it, what stands in its way."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from clinic.models import AuditEvent
from clinic.refusal import Refusal
from protocols.actions.enrolment import change_status, record_first_dose, refer
from protocols.actions.screening import (
    decide_eligibility,
    expire_eligibilities,
    expire_eligibility,
    link_consent,
    record_baseline,
    record_counselling,
    start_screening,
)
from protocols.models import DoseSegment, EligibilityCheck, Enrolment, StatusChange, Visit
from protocols.rules.definition import shipped
from tests.factories.protocols import EnrolmentFactory
from tests.protocols.enrolment.cast import (
    DAY,
    DAY_ONE,
    a_man,
    agrees,
    at,
    consented,
    eligible,
    examined,
    ready,
    referred,
    screening,
    started,
)

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_a_referral_opens_the_enrolment_in_the_version_of_the_site(clinic_open, coordinator):
    enrolment = referred(clinic_open, coordinator)

    assert enrolment.status == "REFERRED"
    assert str(enrolment.version) == "Isotretinoin 20 mg twice daily, six months, version 1"
    step = StatusChange.objects.get(enrolment=enrolment)
    assert (step.was, step.became, step.event, step.by) == ("", "REFERRED", "REFER", coordinator)
    event = AuditEvent.objects.get(action="enrolment.changed")
    assert (event.person, event.detail["became"]) == (enrolment.patient.label, "REFERRED")


def test_a_site_without_a_programme_enrols_nobody(site, coordinator):
    with pytest.raises(Refusal, match="No programme has been chosen"):
        referred(site, coordinator)


def test_a_man_is_enrolled_once_at_a_time(clinic_open, coordinator):
    enrolment = referred(clinic_open, coordinator)

    with pytest.raises(Refusal, match="already enrolled"):
        refer(
            patient=enrolment.patient,
            on=DAY_ONE,
            by=coordinator,
            now=at(clinic_open, DAY_ONE),
        )

    assert Enrolment.objects.count() == 1


def test_the_database_refuses_a_second_live_enrolment(site, coordinator):
    man = a_man(site, coordinator)
    EnrolmentFactory(patient=man)

    with pytest.raises(IntegrityError, match="one_at_a_time"), transaction.atomic():
        EnrolmentFactory(patient=man, status="REFERRED", first_dose_on=None)


def test_after_an_enrolment_has_ended_the_next_may_begin(site, coordinator):
    man = a_man(site, coordinator)
    EnrolmentFactory(patient=man, status="SCREEN_FAILED", first_dose_on=None)

    again = EnrolmentFactory(patient=man, status="REFERRED", first_dose_on=None)

    assert list(Enrolment.objects.live()) == [again]


def test_nobody_is_referred_after_his_death(clinic_open, coordinator):
    with pytest.raises(Refusal, match="has died"):
        referred(clinic_open, coordinator, deceased_on=DAY_ONE - 30 * DAY)


def test_screening_needs_the_screening_consent(clinic_open, coordinator):
    enrolment = referred(clinic_open, coordinator)

    with pytest.raises(Refusal, match="screening consent is not signed"):
        start_screening(enrolment=enrolment, on=DAY_ONE, by=coordinator)


def test_screening_lays_its_visit_and_days_on_which_the_start_can_be_booked(
    clinic_open, coordinator
):
    enrolment = screening(clinic_open, coordinator)
    began = DAY_ONE - 20 * DAY

    windows = {
        visit.code: (visit.opens_on, visit.closes_on)
        for visit in Visit.objects.filter(enrolment=enrolment)
    }
    assert windows == {
        "V0": (began, began + 56 * DAY),
        "V1": (began + 7 * DAY, began + 56 * DAY),
    }


def test_a_step_is_never_dated_before_the_one_before_it(clinic_open, coordinator):
    enrolment = screening(clinic_open, coordinator)

    with pytest.raises(Refusal, match="last step was on 10 Feb 2026") as refused:
        change_status(
            enrolment=enrolment, event="DEATH", on=date(2026, 2, 9), by=coordinator, reason="…"
        )

    assert refused.value.field == "on"


def test_eligible_is_signed_with_every_criterion_as_it_stood(clinic_open, clinician):
    enrolment = eligible(clinic_open, clinician)

    assert (enrolment.status, enrolment.baseline) == ("ELIGIBLE", "azoospermia")
    assert enrolment.eligible_on == DAY_ONE - 6 * DAY
    check = EligibilityCheck.objects.get()
    assert (check.eligible, check.decided_by) == (True, clinician)
    kept = {row["code"]: row for row in check.criteria}
    assert len(kept) == 5 + 4 + 15
    assert kept["LAB_TRIGLYCERIDES"]["value"] == "118 mg/dL"
    assert kept["LAB_TRIGLYCERIDES"]["source"] == "Laboratory, fasting"
    assert kept["LAB_TRIGLYCERIDES"]["on"] == "2026-02-20"
    assert {row["met"] for row in check.criteria} == {True}


def test_what_is_not_known_is_not_signed_as_eligible(clinic_open, clinician):
    enrolment = screening(clinic_open, clinician)

    with pytest.raises(Refusal, match="Not known yet: Diagnosis, PHQ-9 total, PHQ-9 question 9"):
        decide_eligibility(enrolment=enrolment, eligible=True, on=DAY_ONE, by=clinician)

    assert not EligibilityCheck.objects.exists()


def test_an_unmet_criterion_is_not_signed_as_eligible(clinic_open, clinician):
    enrolment = examined(clinic_open, clinician, born_on=date(2006, 3, 3))

    with pytest.raises(Refusal, match="Not met: Age"):
        decide_eligibility(enrolment=enrolment, eligible=True, on=DAY_ONE, by=clinician)


def test_a_failed_screening_keeps_criterion_value_and_reason(clinic_open, clinician):
    enrolment = examined(clinic_open, clinician, born_on=date(1950, 1, 1))

    check = decide_eligibility(
        enrolment=enrolment, eligible=False, on=DAY_ONE, by=clinician, reason="Too old."
    )

    enrolment.refresh_from_db()
    assert (enrolment.status, enrolment.eligible_on) == ("SCREEN_FAILED", None)
    failed = [(row["code"], row["value"]) for row in check.criteria if row["met"] is False]
    assert (failed, check.reason) == ([("AGE", "76")], "Too old.")
    assert StatusChange.objects.latest("pk").reason == "Too old."
    assert set(enrolment.visits.values_list("status", flat=True)) == {"skipped"}


def test_a_failed_screening_needs_a_reason(clinic_open, clinician):
    enrolment = examined(clinic_open, clinician)

    with pytest.raises(Refusal, match="Say why") as refused:
        decide_eligibility(enrolment=enrolment, eligible=False, on=DAY_ONE, by=clinician)

    assert refused.value.field == "reason"


def test_eligibility_can_be_signed_again_before_the_first_dose(clinic_open, clinician):
    enrolment = consented(clinic_open, clinician)

    decide_eligibility(enrolment=enrolment, eligible=True, on=DAY_ONE, by=clinician)

    enrolment.refresh_from_db()
    assert (enrolment.status, enrolment.eligible_on) == ("CONSENTED", DAY_ONE)


def test_eligibility_is_not_signed_on_treatment(clinic_open, clinician):
    with pytest.raises(Refusal, match="before the first dose"):
        decide_eligibility(
            enrolment=started(clinic_open, clinician), eligible=True, on=DAY_ONE, by=clinician
        )


@pytest.mark.parametrize(
    ("days", "status"),
    [
        pytest.param(56, "ELIGIBLE", id="on the last day it still counts"),
        pytest.param(57, "SCREENING", id="the day after he is screened again"),
    ],
)
def test_signed_eligibility_lasts_56_days(clinic_open, clinician, days, status):
    enrolment = eligible(clinic_open, clinician)
    today = enrolment.eligible_on + timedelta(days=days)

    if status == "SCREENING":
        expire_eligibility(enrolment=enrolment, today=today)
    else:
        with pytest.raises(Refusal, match="still counts"):
            expire_eligibility(enrolment=enrolment, today=today)

    enrolment.refresh_from_db()
    assert enrolment.status == status


def test_only_those_whose_eligibility_is_over_are_sent_back(clinic_open, clinician):
    """The day is the clinic's: 05:00 UTC is still the evening before in Los Angeles."""
    enrolment = eligible(clinic_open, clinician)
    last_day = at(clinic_open, enrolment.eligible_on + 56 * DAY, hour=21)

    assert expire_eligibilities(now=last_day) == 0
    assert expire_eligibilities(now=last_day + 3 * HOUR) == 1
    assert expire_eligibilities(now=last_day + 3 * HOUR) == 0


def test_consent_to_treatment_makes_an_eligible_man_consented(clinic_open, clinician):
    assert consented(clinic_open, clinician).status == "CONSENTED"


def test_without_the_treatment_consent_he_stays_eligible(clinic_open, clinician):
    enrolment = eligible(clinic_open, clinician)

    with pytest.raises(Refusal, match="treatment consent is not signed"):
        link_consent(enrolment=enrolment, on=DAY_ONE, by=clinician)


def test_a_consent_before_eligibility_does_not_jump_the_queue(clinic_open, clinician):
    enrolment = examined(clinic_open, clinician)
    agrees(enrolment.patient, "treatment", DAY_ONE - 18 * DAY, clinician)

    with pytest.raises(Refusal, match="Screening does not allow this"):
        link_consent(enrolment=enrolment, on=DAY_ONE, by=clinician)


def test_counselling_is_done_when_every_item_is_ticked(clinic_open, clinician, coordinator):
    enrolment = consented(clinic_open, clinician)
    codes = [item.code for item in shipped().counselling]

    half = record_counselling(enrolment=enrolment, codes=codes[:3], on=DAY_ONE, by=coordinator)
    assert (half.counselling, half.counselled_on) == (codes[:3], None)

    whole = record_counselling(enrolment=enrolment, codes=codes, on=DAY_ONE, by=coordinator)
    assert (whole.counselled_on, whole.counselled_by) == (DAY_ONE, coordinator)


def test_counselling_knows_only_the_items_of_the_version(clinic_open, clinician):
    enrolment = consented(clinic_open, clinician)

    with pytest.raises(Refusal, match="Not on the counselling list: TEA"):
        record_counselling(enrolment=enrolment, codes=["TEA"], on=DAY_ONE, by=clinician)


def test_a_clinician_of_another_site_cannot_be_named(clinic_open, clinician, stranger):
    enrolment = consented(clinic_open, clinician)

    with pytest.raises(Refusal, match="another site"):
        record_baseline(
            enrolment=enrolment, ipledge_id="1", clinician=stranger.member, by=clinician
        )


def test_the_first_capsule_makes_day_one(clinic_open, clinician):
    enrolment = started(clinic_open, clinician)

    assert (enrolment.status, enrolment.first_dose_on) == ("ACTIVE", DAY_ONE)
    segment = DoseSegment.objects.get(enrolment=enrolment)
    assert (segment.during.lower, segment.during.upper) == (DAY_ONE, None)
    assert (segment.kind, segment.mg_per_day) == ("full", 40)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        pytest.param({"ipledge_id": ""}, "The iPLEDGE number is not recorded.", id="iPLEDGE"),
        pytest.param(
            {"counselling": []}, "11 of the counselling items are not ticked.", id="counselling"
        ),
        pytest.param({"eligible_on": None}, "Eligibility has not been signed.", id="eligibility"),
        pytest.param(
            {"eligible_on": DAY_ONE - 57 * DAY}, "lasts 56 days", id="eligibility too old"
        ),
    ],
)
def test_the_start_gate_says_what_stands_against_the_first_capsule(
    clinic_open, clinician, change, sentence
):
    enrolment = ready(clinic_open, clinician)
    Enrolment.objects.filter(pk=enrolment.pk).update(**change)

    with pytest.raises(Refusal, match=sentence):
        record_first_dose(enrolment=enrolment, on=DAY_ONE, by=clinician, today=DAY_ONE)

    enrolment.refresh_from_db()
    assert (enrolment.status, enrolment.first_dose_on) == ("CONSENTED", None)
    assert not DoseSegment.objects.exists()


@pytest.mark.parametrize(
    ("days", "starts"),
    [
        pytest.param(20, True, id="30 days after the blood was taken"),
        pytest.param(21, False, id="31 days after it"),
    ],
)
def test_baseline_laboratory_is_at_most_30_days_old(clinic_open, clinician, days, starts):
    enrolment = ready(clinic_open, clinician)
    on = DAY_ONE + timedelta(days=days)

    if starts:
        record_first_dose(enrolment=enrolment, on=on, by=clinician, today=on)
    else:
        with pytest.raises(Refusal, match="older than 30 days"):
            record_first_dose(enrolment=enrolment, on=on, by=clinician, today=on)

    assert DoseSegment.objects.exists() is starts


def test_the_first_capsule_is_recorded_when_it_has_been_taken(clinic_open, clinician):
    with pytest.raises(Refusal, match="when it has been taken"):
        record_first_dose(
            enrolment=ready(clinic_open, clinician),
            on=DAY_ONE,
            by=clinician,
            today=DAY_ONE - DAY,
        )


def test_the_first_capsule_is_recorded_once(clinic_open, clinician):
    enrolment = started(clinic_open, clinician)

    with pytest.raises(Refusal, match="first dose was on 2 Mar 2026"):
        record_first_dose(enrolment=enrolment, on=DAY_ONE + DAY, by=clinician, today=DAY_ONE + DAY)


def test_the_whole_way_is_in_his_history(clinic_open, clinician):
    enrolment = started(clinic_open, clinician)

    steps = StatusChange.objects.filter(enrolment=enrolment).order_by("pk")
    assert [step.became for step in steps] == [
        "REFERRED",
        "SCREENING",
        "ELIGIBLE",
        "CONSENTED",
        "ACTIVE",
    ]
