"""A second time: after a failed screening, after a course, and what can only happen once."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from clinic.refusal import Refusal
from patients.models import Medicine
from protocols.actions.enrolment import record_first_dose, refer
from protocols.actions.screening import assess_enrolment, decide_eligibility
from protocols.models import EligibilityCheck, Enrolment, StatusChange
from tests.pages import soup
from tests.protocols.enrolment.cast import (
    DAY,
    DAY_ONE,
    a_man,
    agrees,
    at,
    bloods,
    consented,
    eligible,
    examined,
    ready,
    screening,
    started,
)

pytestmark = pytest.mark.django_db


def refused(enrolment, by, code="", on=DAY_ONE, reason="As seen."):
    return decide_eligibility(
        enrolment=enrolment, eligible=False, on=on, by=by, reason=reason, reason_code=code
    )


# --- why not ---------------------------------------------------------------------------------


def test_a_failure_names_the_criterion_its_value_and_the_reason(clinic_open, clinician):
    enrolment = examined(clinic_open, clinician)
    bloods(enrolment.patient, DAY_ONE - 3 * DAY, triglycerides="310")

    check = refused(enrolment, clinician, reason="Diet first.")

    assert (check.reason_code, check.reason) == ("LAB_TRIGLYCERIDES", "Diet first.")
    row = next(row for row in check.criteria if row["code"] == check.reason_code)
    assert (row["met"], row["value"]) == (False, "310 mg/dL")


@pytest.mark.parametrize(
    ("code", "kept"),
    [
        pytest.param("", "CLINICIAN_JUDGEMENT", id="nothing is unmet"),
        pytest.param("HIS_OWN_DECISION", "HIS_OWN_DECISION", id="his own wish"),
    ],
)
def test_beside_the_criteria_there_is_a_reason_too(clinic_open, clinician, code, kept):
    assert refused(examined(clinic_open, clinician), clinician, code).reason_code == kept


def test_a_criterion_that_is_met_decides_against_nobody(clinic_open, clinician):
    with pytest.raises(Refusal, match="This criterion is met") as why:
        refused(examined(clinic_open, clinician), clinician, "AGE")
    assert why.value.field == "reason_code"


def test_an_eligible_man_who_is_found_not_to_be_fails_by_way_of_screening(clinic_open, clinician):
    enrolment = eligible(clinic_open, clinician)

    refused(enrolment, clinician, reason="He takes doxycycline.")

    enrolment.refresh_from_db()
    assert enrolment.status == "SCREEN_FAILED"
    steps = StatusChange.objects.filter(enrolment=enrolment).order_by("pk")
    assert [step.became for step in steps][-3:] == ["ELIGIBLE", "SCREENING", "SCREEN_FAILED"]


def test_a_consented_man_stays_so_and_cannot_start(clinic_open, clinician):
    enrolment = consented(clinic_open, clinician)

    refused(enrolment, clinician)

    enrolment.refresh_from_db()
    assert (enrolment.status, enrolment.eligible_on) == ("CONSENTED", None)
    with pytest.raises(Refusal, match="Eligibility has not been signed"):
        record_first_dose(enrolment=enrolment, on=DAY_ONE, by=clinician, today=DAY_ONE)


@pytest.mark.time_machine("2026-03-03 17:00 +00:00")
def test_a_second_screening_shows_why_the_first_one_failed(client, clinic_open, clinician, sign_in):
    first = examined(clinic_open, clinician)
    bloods(first.patient, DAY_ONE - 3 * DAY, triglycerides="310")
    refused(first, clinician, reason="Diet first.")
    client = sign_in(client, clinician)
    url = reverse("protocols:enrol", args=[first.patient_id])
    assert "Diet first." not in soup(client.get(url)).select_one(".panel--open").text

    client.post(reverse("protocols:refer", args=[first.patient_id]))

    second = Enrolment.objects.latest("pk")
    assert (second.pk != first.pk, second.status) == (True, "REFERRED")
    words = soup(client.get(url)).find("h2", string="Other enrolments").find_parent("section").text
    for said in ("Fasting triglycerides", "310 mg/dL", "Diet first.", "Clinician of harbour"):
        assert said in words
    assert EligibilityCheck.objects.filter(enrolment=first).count() == 1


@pytest.mark.time_machine("2026-03-02 17:00 +00:00")
def test_on_the_page_what_decides_is_chosen_among_what_stands_against_him(
    client, clinic_open, clinician, sign_in
):
    enrolment = examined(clinic_open, clinician)
    bloods(enrolment.patient, DAY_ONE - 3 * DAY, triglycerides="310")
    client = sign_in(client, clinician)
    page = client.get(reverse("protocols:enrol", args=[enrolment.patient_id]))
    choices = [row.text for row in soup(page).select("select[name=reason_code] option")]
    assert choices == [
        "–",
        "Fasting triglycerides: not met",
        "The clinician’s judgement",
        "He does not want to take part",
    ]

    client.post(
        reverse("protocols:sign_eligibility", args=[enrolment.pk]),
        {
            "decision": "no",
            "reason": "Diet first.",
            "reason_code": "LAB_TRIGLYCERIDES",
            "password": "correct horse battery",
        },
    )

    assert EligibilityCheck.objects.get().reason_code == "LAB_TRIGLYCERIDES"
    told = client.get(reverse("protocols:enrolment", args=[enrolment.pk])).text
    assert "Fasting triglycerides. Diet first." in told


# --- another course --------------------------------------------------------------------------


def earlier_course(enrolment, last_on):
    """A course of his that ended with a capsule on that day."""
    return Enrolment.objects.create(
        patient=enrolment.patient,
        version=enrolment.version,
        status="CLOSED",
        status_since=last_on,
        first_dose_on=last_on - 180 * DAY,
        last_dose_on=last_on,
        opened_at=at(enrolment.patient.site, last_on - 200 * DAY),
        opened_by=enrolment.opened_by,
    )


def criterion(enrolment, on):
    rows = assess_enrolment(enrolment, on).rows()
    return next(row for row in rows if row["code"] == "NO_RECENT_ISOTRETINOIN")


@pytest.mark.parametrize(("days", "met"), [(55, False), (56, True), (57, True)])
@pytest.mark.parametrize(
    "day_one", [DAY_ONE, pytest.param(date(2028, 3, 20), id="over a leap day")]
)
def test_the_next_course_waits_fifty_six_days(clinic_open, clinician, day_one, days, met):
    enrolment = ready(clinic_open, clinician, day_one)
    earlier_course(enrolment, day_one - timedelta(days=days))

    row = criterion(enrolment, day_one)
    assert row["met"] is met
    again_on = day_one - timedelta(days=days) + 56 * DAY
    said = f"the next course can begin on {again_on.day} {again_on:%b %Y} at the earliest."
    assert (said in row["sentence"]) is not met

    def start():
        return record_first_dose(enrolment=enrolment, on=day_one, by=clinician, today=day_one)

    if met:
        assert start().status == "ACTIVE"
        return
    with pytest.raises(Refusal, match=said):
        start()


def test_a_course_elsewhere_counts_from_the_day_it_ended(clinic_open, clinician):
    enrolment = screening(clinic_open, clinician)
    Medicine.objects.create(
        patient=enrolment.patient,
        name="Isotretinoin",
        ended_on=DAY_ONE - 10 * DAY,
        recorded_by=clinician,
        recorded_at=at(clinic_open, DAY_ONE - 9 * DAY),
    )

    assert "can begin on 17 Apr 2026 at the earliest" in criterion(enrolment, DAY_ONE)["sentence"]


# --- what cannot be --------------------------------------------------------------------------


def start(enrolment, by, on, today=DAY_ONE):
    return record_first_dose(enrolment=enrolment, on=on, by=by, today=today)


@pytest.mark.parametrize(
    ("on", "sentence"),
    [
        pytest.param(DAY_ONE + DAY, "when it has been taken", id="tomorrow"),
        pytest.param(DAY_ONE - 6 * DAY, "His last step was on 25 Feb 2026", id="before he agreed"),
        pytest.param(date(1990, 5, 3), "He was born on 4 May 1990", id="before his birth"),
    ],
)
def test_an_impossible_first_dose_says_so_and_nothing_else(clinic_open, clinician, on, sentence):
    with pytest.raises(Refusal, match=sentence) as why:
        start(ready(clinic_open, clinician), clinician, on)
    assert why.value.field == "on"


def test_there_is_no_second_first_dose(clinic_open, clinician):
    enrolment = started(clinic_open, clinician)

    with pytest.raises(Refusal, match="His first dose was on 2 Mar 2026; there is no second one"):
        start(enrolment, clinician, DAY_ONE + DAY, today=DAY_ONE + DAY)

    enrolment.refresh_from_db()
    assert enrolment.first_dose_on == DAY_ONE


@pytest.mark.parametrize(
    ("on", "sentence"),
    [
        pytest.param(DAY_ONE + DAY, "when it has been made", id="tomorrow"),
        pytest.param(date(1990, 5, 3), "He was born on 4 May 1990", id="before his birth"),
    ],
)
def test_an_impossible_referral_is_refused(clinic_open, clinician, on, sentence):
    with pytest.raises(Refusal, match=sentence):
        refer(
            patient=a_man(clinic_open, clinician), on=on, by=clinician, now=at(clinic_open, DAY_ONE)
        )


def test_eligibility_is_not_signed_before_the_screening(clinic_open, clinician):
    enrolment = examined(clinic_open, clinician)

    with pytest.raises(Refusal, match="His last step was on"):
        refused(enrolment, clinician, on=DAY_ONE - 21 * DAY)


def test_consent_that_came_first_is_not_forgotten(clinic_open, clinician):
    """He agreed before he was found eligible: the step is dated when both were there."""
    enrolment = examined(clinic_open, clinician)
    agrees(enrolment.patient, "treatment", DAY_ONE - 18 * DAY, clinician)
    decide_eligibility(enrolment=enrolment, eligible=True, on=DAY_ONE, by=clinician)

    enrolment.refresh_from_db()
    assert enrolment.status == "ELIGIBLE"
