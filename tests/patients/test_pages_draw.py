"""Every page about a patient draws for a coordinator, and none at another site."""

import pytest
from django.urls import reverse

from patients.actions.consent import load_consent_texts
from tests.factories.patients import (
    AllergyFactory,
    ConditionFactory,
    ContactAttemptFactory,
    GeneticTestFactory,
    LetterFactory,
    MedicineFactory,
    PatientFactory,
    PortalAccountFactory,
    RetrievalProcedureFactory,
)

pytestmark = pytest.mark.django_db
PAGES = ["history", "consents", "portal", "letters", "contact", "correct"]


@pytest.mark.parametrize("name", PAGES)
def test_page_draws(client, coordinator, site, sign_in, name):
    load_consent_texts()
    patient = PatientFactory(site=site)
    for factory in (
        AllergyFactory,
        ConditionFactory,
        ContactAttemptFactory,
        GeneticTestFactory,
        LetterFactory,
        MedicineFactory,
        PortalAccountFactory,
        RetrievalProcedureFactory,
    ):
        factory(patient=patient)
    sign_in(client, coordinator)

    page = client.get(reverse(f"patients:{name}", args=[patient.pk]))

    assert page.status_code == 200
