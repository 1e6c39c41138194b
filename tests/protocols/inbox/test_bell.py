"""The bell on every page of a member: what at his site cannot wait."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories.protocols import FindingFactory
from tests.pages import soup

pytestmark = pytest.mark.django_db


def rung(client: Client) -> str:
    return soup(client.get(reverse("patients:registry"))).select_one(".bell").text.strip()


@pytest.mark.parametrize(("urgency", "says"), [(2, "1 critical"), (3, "0 critical")])
def test_the_bell_counts_what_is_urgent(client: Client, clinician, sign_in, urgency, says):
    FindingFactory(enrolment__patient__site=clinician.member.site, urgency=urgency)
    sign_in(client, clinician)

    assert rung(client) == says


def test_the_bell_counts_nothing_of_another_site(client: Client, clinician, sign_in):
    FindingFactory()
    sign_in(client, clinician)

    assert rung(client) == "0 critical"


def test_the_bell_falls_silent_when_it_is_decided(client: Client, clinician, sign_in):
    FindingFactory(
        enrolment__patient__site=clinician.member.site, state="declined", decided_by=clinician,
        decided_at="2026-03-16T17:00Z", decision_reason="A mistake of the laboratory.",
    )  # fmt: skip
    sign_in(client, clinician)

    assert rung(client) == "0 critical"


def test_who_reads_no_findings_has_no_bell(client: Client, technologist, sign_in):
    sign_in(client, technologist)

    page = client.get(reverse("patients:registry"))

    assert soup(page).select(".bell") == []
