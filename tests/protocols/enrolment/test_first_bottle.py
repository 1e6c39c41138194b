"""The first bottle asks what the first capsule asks, whichever prescription it is on."""

from datetime import date

import pytest
from django.urls import reverse

from clinic.refusal import Refusal
from protocols.actions import dosing
from protocols.models import Deviation, Enrolment, Prescription
from protocols.queries.dispensing import dispense_facts, dispense_gate
from protocols.queries.story import story_of
from tests.factories.protocols import DispenseFactory
from tests.protocols.dosing.shelf import shelved
from tests.protocols.enrolment.cast import DAY, DAY_ONE, at, consented, ready, started

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine("2026-03-02 17:00 +00:00")]


def prescribed(enrolment: Enrolment, by, on: date = DAY_ONE) -> Prescription:
    return dosing.prescribe(enrolment=enrolment, by=by, now=at(enrolment.patient.site, on))


def taken_back(rx: Prescription, by) -> None:
    now = at(rx.enrolment.patient.site, DAY_ONE)
    dosing.cancel_prescription(prescription=rx, reason="A slip.", by=by, now=now)


def codes(rx: Prescription, on: date = DAY_ONE) -> list[str]:
    return sorted({reason.code for reason in dispense_gate(rx, on).reasons})


def test_nothing_stands_against_it_where_the_start_gate_is_passed(clinic_open, clinician):
    rx = prescribed(ready(clinic_open, clinician), clinician)

    assert codes(rx) == []


def test_every_condition_of_the_start_stands_against_it(clinic_open, clinician):
    rx = prescribed(consented(clinic_open, clinician), clinician)

    assert codes(rx) == ["COUNSELLING_INCOMPLETE", "IPLEDGE_ID_MISSING"]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        pytest.param(20, [], id="the laboratory is 30 days old"),
        pytest.param(21, ["BASELINE_LABS_STALE", "SECOND_SEMEN_STALE"], id="one day older"),
    ],
)
def test_a_baseline_that_has_grown_old_stands_against_it(clinic_open, clinician, days, expected):
    rx = prescribed(ready(clinic_open, clinician), clinician)

    assert codes(rx, DAY_ONE + days * DAY) == expected


def test_two_people_may_answer_for_it_and_it_is_a_deviation(clinic_open, clinician, pharmacist):
    rx = prescribed(consented(clinic_open, clinician), clinician)
    shelved(clinic_open, pharmacist)
    told = {
        "prescription": rx,
        "bottle": dosing.Bottle(on=DAY_ONE, rma="R1"),
        "by": pharmacist,
        "now": at(clinic_open, DAY_ONE),
    }

    with pytest.raises(Refusal, match="The iPLEDGE number is not recorded"):
        dosing.dispense(**told)
    dosing.dispense(**told, override_reason="He lives far away.", second=clinician)

    [drafted] = Deviation.objects.all()
    assert (drafted.code, drafted.enrolment) == ("DISPENSE_WITHOUT_LABS", rx.enrolment)


def test_the_page_lists_what_is_missing(client, clinic_open, clinician, pharmacist, sign_in):
    rx = prescribed(consented(clinic_open, clinician), clinician)

    page = sign_in(client, pharmacist).get(reverse("protocols:dispense", args=[rx.pk]))

    assert "The iPLEDGE number is not recorded." in page.text
    assert "Nothing stands against it" not in page.text


def test_a_prescription_written_anew_is_still_the_first_bottle(clinic_open, clinician):
    enrolment = ready(clinic_open, clinician)
    taken_back(prescribed(enrolment, clinician), clinician)

    again = prescribed(enrolment, clinician)

    assert (again.number, codes(again)) == (2, [])


def test_a_cancelled_prescription_does_not_move_the_month_of_the_next(clinic_open, clinician):
    enrolment = started(clinic_open, clinician)
    DispenseFactory(prescription=prescribed(enrolment, clinician), handed_by=clinician)
    taken_back(prescribed(enrolment, clinician), clinician)

    third = prescribed(enrolment, clinician)

    facts = dispense_facts(third, DAY_ONE, story_of(enrolment.patient))
    assert (third.number, facts.visit_code) == (3, "M1")
