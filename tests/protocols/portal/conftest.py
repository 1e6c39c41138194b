"""Daniel Rourke with his own sign-in, on day 89; and another man, who stays a stranger to him."""

import pytest
from django.test import Client

from clinic.models import Account, Site
from patients.models import PortalAccount
from protocols.models import Enrolment
from tests.factories.patients import PortalAccountFactory
from tests.protocols.men import on_treatment


@pytest.fixture
def portal(treated: Enrolment) -> PortalAccount:
    treated.patient.email = "dan@example.org"
    treated.patient.preferred_name = "Dan"
    treated.patient.save()
    return PortalAccountFactory(patient=treated.patient, discreet=False)


@pytest.fixture
def his(portal: PortalAccount) -> Account:
    return portal.account


@pytest.fixture
def him(client: Client, his: Account, sign_in) -> Client:
    """His browser, signed in."""
    return sign_in(client, his)


@pytest.fixture
def another(site: Site, clinician: Account, programme: object) -> Enrolment:
    """Another man of the same clinic, with a portal of his own."""
    enrolment = on_treatment(site, clinician, name="Vance")
    enrolment.patient.email = "peter@example.org"
    enrolment.patient.save()
    PortalAccountFactory(patient=enrolment.patient)
    return enrolment
