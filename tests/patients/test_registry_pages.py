"""The registry, registering and correcting, as a member meets them."""

from datetime import date

import pytest
from django.urls import reverse

from clinic.models import AuditEvent
from patients.models import Patient
from tests.factories.patients import PatientFactory
from tests.pages import soup, swapped

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine("2026-03-16 17:00 +00:00")]
HTMX = {"HX-Request": "true"}
TYPED = {
    "given_name": "Daniel",
    "family_name": "Rourke",
    "born_on": "1990-03-12",
    "sex": "male",
    "phone": "555 010 0142",
    "address": "3 Pine Street",
    "speak_to_him_only": "on",
}


@pytest.fixture
def desk(client, coordinator, sign_in):
    return sign_in(client, coordinator)


def names(page):
    return [row.find("a").text for row in soup(page).select("#found tbody tr")]


@pytest.mark.parametrize("rows", [1, 3])
def test_registry_costs_the_same_however_long_it_is(desk, site, rows, django_assert_num_queries):
    patients = PatientFactory.create_batch(rows, site=site)
    url = reverse("patients:registry")
    desk.get(url)

    with django_assert_num_queries(4):
        page = desk.get(url)

    assert sorted(row.pk for row in page.context["page"].rows) == [p.pk for p in patients]


def test_a_swap_leaves_the_registry_a_reload_would_show(desk, site):
    PatientFactory(site=site, family_name="Rourke")
    PatientFactory(site=site, family_name="Bianchi")
    url = reverse("patients:registry")
    before = desk.get(url)

    part = desk.get(url, {"q": "rourke"}, headers=HTMX)

    after = desk.get(url, {"q": "rourke"})
    found = swapped(soup(before), part).find(id="found")
    assert names(after) == ["Rourke, Daniel"]
    assert found.prettify() == soup(after).find(id="found").prettify()


def test_the_registry_shows_nobody_from_another_site(desk):
    PatientFactory(family_name="Elsewhere")
    page = desk.get(reverse("patients:registry"))
    assert "No patients at" in page.text
    assert "Elsewhere" not in page.text


def test_a_search_without_a_hit_offers_to_register_what_was_typed(desk):
    page = desk.get(reverse("patients:registry"), {"q": "daniel rourke 12.3.1990"})
    link = soup(page).select_one("#found a.btn-primary")["href"]

    form = soup(desk.get(link))

    names = ("given_name", "family_name", "born_on")
    guessed = [form.find(id=f"id_{name}")["value"] for name in names]
    assert guessed == ["Daniel", "Rourke", "1990-03-12"]


def test_a_search_is_only_text(desk):
    page = desk.get(
        reverse("patients:registry"), {"q": "<script>alert(1)</script>", "after": "x|y"}
    )
    assert page.status_code == 200
    assert "<script>alert" not in page.text


def test_a_search_for_signs_nobody_can_see_does_no_harm(desk):
    assert desk.get(reverse("patients:registry"), {"q": "a\x00b"}).status_code == 200


@pytest.mark.parametrize("after", ["x|1", "|", "zz|99999999999999999999", "\x00|2"])
def test_a_tampered_page_key_does_no_harm(desk, site, after):
    PatientFactory(site=site)
    assert desk.get(reverse("patients:registry"), {"after": after}).status_code == 200


def test_registering_leads_to_his_history(desk, site):
    answer = desk.post(reverse("patients:register"), TYPED)

    him = Patient.objects.get()
    assert answer.url == reverse("patients:history", args=[him.pk])
    assert (him.site, him.record_number, him.born_on) == (site, "HF-0001", date(1990, 3, 12))


def test_somebody_alike_is_shown_and_nothing_typed_is_lost(desk, site):
    there = PatientFactory(
        site=site, given_name="Daniel", family_name="Rourke", born_on=date(1990, 3, 12)
    )

    page = desk.post(reverse("patients:register"), TYPED)

    form = soup(page)
    assert page.status_code == 422
    assert form.select_one(".finding a")["href"] == there.record_url
    assert form.find(id="id_address")["value"] == "3 Pine Street"
    assert not form.find(id="id_somebody_else").has_attr("checked")
    assert Patient.objects.count() == 1


def test_the_tick_registers_him_anyway(desk, site):
    PatientFactory(site=site, given_name="Daniel", family_name="Rourke", born_on=date(1990, 3, 12))

    answer = desk.post(reverse("patients:register"), {**TYPED, "somebody_else": "on"})

    assert answer.status_code == 302
    assert Patient.objects.count() == 2


def test_a_refusal_stands_beside_its_field(desk):
    page = desk.post(reverse("patients:register"), {**TYPED, "born_on": "2026-03-17"})

    assert page.status_code == 422
    assert "in the future" in soup(page).find(id="field-born_on").text


@pytest.mark.parametrize("name", ["given_name", "family_name", "born_on"])
def test_who_he_is_must_be_known(desk, name):
    page = desk.post(reverse("patients:register"), {**TYPED, name: ""})
    assert page.status_code == 422
    assert soup(page).find(id=f"field-{name}").select_one(".why")


def test_correcting_writes_and_is_seen_in_the_trail(desk, site, coordinator):
    him = PatientFactory(site=site, given_name="Danyel", family_name="Rourke")
    url = reverse("patients:correct", args=[him.pk])
    form = soup(desk.get(url))
    seen = form.find("input", attrs={"name": "seen"})["value"]

    answer = desk.post(url, {**TYPED, "reason": "misheard", "seen": seen})

    him.refresh_from_db()
    assert (answer.url, him.given_name) == (url, "Daniel")
    actions = list(
        AuditEvent.objects.about(him.label).order_by("pk").values_list("action", flat=True)
    )
    assert actions == ["record.viewed", "patient.corrected"]


def test_a_correction_without_a_reason_is_refused_beside_the_field(desk, site):
    him = PatientFactory(site=site)
    page = desk.post(reverse("patients:correct", args=[him.pk]), {**TYPED, "seen": "x"})
    assert page.status_code == 422
    assert soup(page).find(id="field-reason").select_one(".why")


def test_a_technologist_finds_patients_but_registers_none(client, technologist, sign_in, site):
    PatientFactory(site=site)
    sign_in(client, technologist)

    page = client.get(reverse("patients:registry"))

    assert page.status_code == 200
    assert reverse("patients:register") not in page.text
    assert client.get(reverse("patients:register")).status_code == 403
    assert client.post(reverse("patients:register"), TYPED).status_code == 403
