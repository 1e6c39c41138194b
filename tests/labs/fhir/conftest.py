"""A laboratory with a key, and the man of the two examples."""

from datetime import date

import pytest
from django.core.cache import cache

from clinic.models import Account, Site
from labs.actions.tokens import make_token
from labs.models import Laboratory
from patients.models import Patient
from tests.labs.conftest import NOW
from tests.labs.fhir.resources import raw


@pytest.fixture(autouse=True)
def _nobody_has_knocked() -> None:
    """The door counts knocks in Redis, which the tests share."""
    cache.clear()


@pytest.fixture
def key(laboratory: Laboratory, administrator: Account) -> str:
    return make_token(laboratory=laboratory, name="Server", by=administrator, now=NOW)[1]


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
def hand_in(client, key):
    """Hand a resource in, as the laboratory's system does."""

    def send(resource, path="", **more):
        body = resource if isinstance(resource, bytes) else raw(resource)
        headers = {"Authorization": f"Bearer {key}"} | more.pop("headers", {})
        kind = more.pop("content_type", "application/fhir+json")
        return client.post(f"/fhir/{path}", body, content_type=kind, headers=headers, **more)

    return send
