"""The record's first page, on real rows."""

import pytest
from django.urls import reverse

from protocols.models import Finding
from protocols.templatetags.record import acceptance, ruleset_words
from tests.pages import soup
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

    with django_assert_max_num_queries(10):
        page = client.get(url(man))

    assert page.status_code == 200


def test_a_proposal_is_accepted_beside_its_evidence(client, man, clinician, sign_in):
    sign_in(client, clinician)
    page = client.get(url(man))
    card = next(row for row in soup(page).select("aside .finding") if "Reduce" in row.h3.text)
    form = card.select_one("form")

    done = client.post(form["action"], {"choice": form.button["value"], "back": "record"})

    assert (form.button.text, done.url) == ("Accept: reduce to 20 mg a day", url(man))
    assert Finding.objects.get(action="REDUCE").state == Finding.State.ACCEPTED


def test_who_does_not_decide_is_shown_the_evidence_only(client, man, coordinator, sign_in):
    sign_in(client, coordinator)

    page = client.get(url(man))

    assert soup(page).select("aside .finding h3")
    assert soup(page).select("aside .finding form") == []


@pytest.mark.parametrize(
    ("finding", "words"),
    [
        (Finding(kind="safety", action="HOLD"), "Accept: hold"),
        (Finding(kind="freeze", action="FREEZE"), "Order freezing"),
        (Finding(kind="safety", action="STOP"), ""),
        (Finding(kind="mood", action="HOLD"), ""),
    ],
)
def test_one_tap_ends_no_treatment_and_answers_no_mood(finding, words):
    assert acceptance(finding) == words


@pytest.mark.parametrize(
    ("ruleset", "words"),
    [
        ("isotretinoin_six_months.v1 bc4bab9cdc4e", "Isotretinoin six months, version 1"),
        ("clinic", "clinic"),
    ],
)
def test_a_ruleset_is_named_as_people_say_it(ruleset, words):
    assert ruleset_words(ruleset) == words


def test_the_trail_speaks_of_pages_and_visits(client, man, clinician, sign_in):
    sign_in(client, clinician)
    client.get(reverse("protocols:record_looked", args=[man.pk]))

    page = client.get(reverse("protocols:record_looked", args=[man.pk]))

    first = [cell.text.strip() for cell in soup(page).select_one("tbody tr").select("td")]
    assert first[1:] == ["opened his record (who looked)", ""]
