"""New words of a consent stop what they are about, and nothing that keeps him safe."""

import pytest
from django.urls import reverse

from clinic.refusal import Refusal
from patients.actions.consent import give, withdraw
from patients.models import ConsentText
from protocols.actions import dosing, treatment
from protocols.actions.enrolment import record_first_dose
from protocols.actions.screening import link_consent, start_screening
from protocols.actions.visits import open_visit
from protocols.models import Visit
from protocols.queries.dispensing import dispense_gate
from tests.factories.protocols import PrescriptionFactory
from tests.protocols.enrolment.cast import (
    DAY,
    DAY_ONE,
    agrees,
    at,
    bloods,
    eligible,
    ready,
    referred,
    started,
)

pytestmark = pytest.mark.django_db
SENTENCE = "The treatment consent has new words since"


def new_words(kind, on, version=2):
    return ConsentText.objects.create(
        kind=kind,
        version=version,
        title=f"{kind.title()} anew",
        body="…",
        sha256="1" * 64,
        effective_on=on,
    )


def agrees_anew(enrolment, text, on, by):
    site = enrolment.patient.site
    return give(
        patient=enrolment.patient, text=text, on=on, method="paper", by=by, now=at(site, on, 16)
    )


@pytest.mark.parametrize(
    ("since", "starts"), [(DAY_ONE - DAY, False), (DAY_ONE, False), (DAY_ONE + DAY, True)]
)
def test_new_words_of_the_treatment_stop_the_first_capsule(clinic_open, clinician, since, starts):
    enrolment = ready(clinic_open, clinician)
    new_words("treatment", since)

    def start():
        return record_first_dose(enrolment=enrolment, on=DAY_ONE, by=clinician, today=DAY_ONE)

    if starts:
        assert start().status == "ACTIVE"
        return
    with pytest.raises(Refusal, match=SENTENCE):
        start()


def test_when_he_agrees_to_the_new_words_he_may_start(clinic_open, clinician):
    enrolment = ready(clinic_open, clinician)
    agrees_anew(enrolment, new_words("treatment", DAY_ONE - DAY), DAY_ONE, clinician)

    begun = record_first_dose(enrolment=enrolment, on=DAY_ONE, by=clinician, today=DAY_ONE)
    assert begun.status == "ACTIVE"


def test_old_words_do_not_make_him_consented(clinic_open, clinician):
    enrolment = eligible(clinic_open, clinician)
    agrees(enrolment.patient, "treatment", DAY_ONE, clinician)
    new_words("treatment", DAY_ONE)

    with pytest.raises(Refusal, match=SENTENCE):
        link_consent(enrolment=enrolment, on=DAY_ONE, by=clinician)


def test_new_words_of_screening_stop_only_its_beginning(clinic_open, clinician):
    enrolment, on = referred(clinic_open, clinician), DAY_ONE - 20 * DAY
    agrees(enrolment.patient, "screening", on, clinician)
    text = new_words("screening", on)

    with pytest.raises(Refusal, match="The screening consent has new words"):
        start_screening(enrolment=enrolment, on=on, by=clinician)

    agrees_anew(enrolment, text, on, clinician)
    assert start_screening(enrolment=enrolment, on=on, by=clinician).status == "SCREENING"


def codes(enrolment, on, **more):
    rx = PrescriptionFactory(enrolment=enrolment, written_on=on, **more)
    return [reason.code for reason in dispense_gate(rx, on).reasons]


@pytest.mark.parametrize("number", [1, 2])
def test_no_bottle_leaves_on_old_words(clinic_open, clinician, number):
    enrolment, on = started(clinic_open, clinician), DAY_ONE + 30 * DAY
    assert "CONSENT_OUTDATED" not in codes(enrolment, on, number=number)
    new_words("treatment", on)

    rx = enrolment.prescriptions.get(number=number)
    assert "CONSENT_OUTDATED" in [reason.code for reason in dispense_gate(rx, on).reasons]


def test_two_members_together_cannot_agree_for_him():
    assert "CONSENT_OUTDATED" in dosing.ABSOLUTE


def test_visits_results_holds_and_stops_go_on(clinic_open, clinician):
    enrolment, on = started(clinic_open, clinician), DAY_ONE + 30 * DAY
    new_words("treatment", on)
    now = at(clinic_open, on, 16)

    visit = Visit.objects.get(enrolment=enrolment, code="M1")
    assert open_visit(visit=visit, on=on, by=clinician, now=now).status == "in_progress"
    assert bloods(enrolment.patient, on).pk
    treatment.hold(enrolment=enrolment, reason="ALT.", by=clinician, now=now)
    enrolment.refresh_from_db()
    assert enrolment.status == "ON_HOLD"
    assert treatment.stop(enrolment=enrolment, reason="ALT.", by=clinician, now=now).status == (
        "DISCONTINUED"
    )


def test_words_of_another_kind_stop_nothing(clinic_open, clinician):
    enrolment, on = ready(clinic_open, clinician), DAY_ONE
    agrees(enrolment.patient, "storage", on, clinician)
    new_words("storage", on)

    assert record_first_dose(enrolment=enrolment, on=on, by=clinician, today=on).status == "ACTIVE"


def test_taking_back_the_old_words_leaves_the_new_ones_standing(clinic_open, clinician):
    enrolment, on = started(clinic_open, clinician), DAY_ONE + 5 * DAY
    old = enrolment.patient.consents.get(text__kind="treatment")
    new = agrees_anew(enrolment, new_words("treatment", on), on, clinician)

    withdraw(consent=old, on=on, by=clinician, now=at(clinic_open, on, 17))
    enrolment.refresh_from_db()
    assert enrolment.status == "ACTIVE"

    withdraw(consent=new, on=on, by=clinician, now=at(clinic_open, on, 18))
    enrolment.refresh_from_db()
    assert enrolment.status == "WITHDRAWN_CONSENT"


@pytest.mark.time_machine("2026-04-06 17:00 +00:00")
def test_his_page_says_what_waits_and_what_goes_on(client, clinic_open, clinician, sign_in):
    enrolment = started(clinic_open, clinician)
    new_words("treatment", DAY_ONE + 10 * DAY)

    page = sign_in(client, clinician).get(reverse("protocols:enrolment", args=[enrolment.pk]))

    assert f"{SENTENCE} 12 Mar 2026 (version 2)" in page.text
    assert "visits, results, safety tests and holds go on" in page.text
