"""The demonstration shows a programme that is half signed off and being changed."""

import pytest

from protocols.management.demonstration import programme
from protocols.management.demonstration.clinics import Clinic
from protocols.models import SignOff, Version
from protocols.queries.definitions import draft_of
from tests.protocols.men import NOW

pytestmark = pytest.mark.django_db


def test_a_medical_lead_has_signed_some_and_drafts_a_change(published, site, clinician):
    programme.tell(Clinic(site, {"first_doctor": clinician}), NOW)

    assert {row.place.split("[")[0] for row in SignOff.objects.all()} == programme.SIGNED
    draft = Version.objects.get(state="draft")
    assert draft_of(draft).definition.eligibility.max_age == 65
