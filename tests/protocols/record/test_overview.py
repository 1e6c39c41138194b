"""The record's first page, on real rows."""

import pytest
from django.urls import reverse

from tests.protocols.men import NOW
from tests.protocols.record.rourke import rourke

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW, tick=False)]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def man(site, clinician, catalogue, programme):
    return rourke(site, clinician).patient


def url(man):
    return reverse("protocols:record", args=[man.pk])


def test_a_record_costs_ten_queries_at_most(
    client, man, clinician, sign_in, django_assert_max_num_queries
):
    sign_in(client, clinician)
    client.get(url(man))

    with django_assert_max_num_queries(10) as asked:
        page = client.get(url(man))

    assert page.status_code == 200
    print(len(asked.captured_queries))
