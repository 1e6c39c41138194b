"""A laboratory that hands in values by codes and units of its own."""

from datetime import date

import pytest
from django.core.cache import cache

from clinic.models import Account, Site
from labs.actions.handed_in import keep_handed_in
from labs.actions.reading import file_next
from labs.actions.tokens import make_token
from labs.models import InboundMessage, Laboratory, LaboratoryToken
from patients.models import Patient
from tests.labs.conftest import NOW
from tests.labs.fhir.resources import ALAN, bundle, number, observation, raw, specimen


@pytest.fixture(autouse=True)
def _nobody_has_knocked() -> None:
    cache.clear()


@pytest.fixture
def alan(site: Site, coordinator: Account) -> Patient:
    return Patient.objects.create(
        site=site,
        record_number="P000123",
        given_name="Alan",
        family_name="Testman",
        born_on=date(1988, 4, 17),
        registered_by=coordinator,
    )


@pytest.fixture
def token(laboratory: Laboratory, administrator: Account) -> LaboratoryToken:
    return make_token(laboratory=laboratory, name="Server", by=administrator, now=NOW)[0]


@pytest.fixture
def sent(token: LaboratoryToken):
    """File a message with one value by this code and in this unit."""

    def file(code="TG", unit="mg/dL", *, system="urn:lab", text="Triglyzeride", value=310, n=1):
        codes = {"coding": [{"system": system, "code": code}], "text": text}
        seen = observation("a", "", code=codes, **number(value, unit))
        body = raw(bundle(ALAN, specimen(f"L{n}"), seen))
        message = keep_handed_in(raw=body, token=token, now=NOW)
        file_next(now=NOW, pk=message.pk)
        return InboundMessage.objects.get(pk=message.pk)

    return file
