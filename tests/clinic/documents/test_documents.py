"""Opening a document, and checking a printed page; the pages of what went wrong."""

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from clinic.access import Role
from clinic.models import AuditEvent, Document
from clinic.rules.check_codes import meant
from tests.conftest import make_member
from tests.factories.clinic import DocumentFactory

pytestmark = pytest.mark.django_db
CODE = "7QF2-M9KD-45TX"


def test_a_document_is_opened_as_it_was_stored_and_it_is_in_the_trail(
    client, coordinator, site, sign_in
):
    document = DocumentFactory(site=site)
    sign_in(client, coordinator)

    answer = client.get(reverse("clinic:document", args=[document.pk]))

    assert (answer.content, answer["Content-Type"]) == (document.content, "application/pdf")
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["Content-Disposition"] == f'inline; filename="report-{document.pk}.pdf"'
    event = AuditEvent.objects.get(action="document.opened")
    assert (event.actor, event.person) == (coordinator, document.person)


def test_a_document_of_another_site_is_not_found_and_leaves_no_line(
    client, coordinator, other_site, sign_in
):
    document = DocumentFactory(site=other_site)
    sign_in(client, coordinator)

    assert client.get(reverse("clinic:document", args=[document.pk])).status_code == 404
    assert not AuditEvent.objects.filter(action="document.opened").exists()


@pytest.mark.parametrize("role", ["administrator", "auditor", "pharmacist"])
def test_who_reads_no_documents_opens_none(client, site, sign_in, role):
    sign_in(client, make_member(site, Role(role)))

    answer = client.get(reverse("clinic:document", args=[DocumentFactory(site=site).pk]))

    assert answer.status_code == 403


def test_a_document_that_was_changed_underneath_is_not_shown(client, coordinator, site, sign_in):
    document = DocumentFactory(site=site)
    Document.objects.filter(pk=document.pk).update(content=b"%PDF-forged")
    sign_in(client, coordinator)

    answer = client.get(reverse("clinic:document", args=[document.pk]))

    assert answer.status_code == 409
    assert "not as it was stored" in answer.text


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("7QF2-M9KD-45TX", CODE),
        ("7qf2m9kd45tx", CODE),
        (" 7qf2 m9kd 45tx ", CODE),
        ("7QF2-M9KD-45T", ""),
        ("7QF2-M9KD-45TXX", ""),
        ("", ""),
        ("ß" * 12, ""),
    ],
)
def test_a_code_is_understood_as_people_copy_it(typed, code):
    assert meant(typed) == code


def ask(code):
    return Client().get(reverse("clinic:check"), {"code": code})


def test_anybody_who_holds_a_page_is_told_that_it_is_genuine(site):
    document = DocumentFactory(site=site, check_code=CODE, title="Visit report of Daniel Rourke")

    page = ask("7qf2m9kd45tx")

    assert "Genuine." in page.text
    assert document.sha256 in page.text


def test_the_page_says_nothing_about_anybody(site):
    DocumentFactory(
        site=site, check_code=CODE, title="Visit report of Daniel Rourke",
        person="patients.patient:4711",
    )  # fmt: skip

    page = ask(CODE)

    for private in ("Rourke", "4711", "Visit report", site.name):
        assert private not in page.text.replace(site.neutral_name, "")


def test_a_replaced_page_is_called_genuine_but_replaced(site):
    DocumentFactory(
        site=site, check_code=CODE, superseded_at="2026-03-20T12:00Z",
        superseded_because="triglycerides corrected",
    )  # fmt: skip

    page = ask(CODE)

    assert "Genuine, but replaced." in page.text
    assert "triglycerides" not in page.text


def test_a_page_whose_copy_was_changed_is_not_called_genuine(site):
    document = DocumentFactory(site=site, check_code=CODE)
    Document.objects.filter(pk=document.pk).update(content=b"forged")

    page = ask(CODE)

    assert "our own copy of it is damaged" in page.text
    assert "Genuine" not in page.text


def test_an_unknown_code_and_no_code_are_told_apart():
    assert f"No page of ours carries the code {CODE}" in ask(CODE).text
    assert "has twelve letters and digits" in ask("7QF2").text
    assert "notice" not in Client().get(reverse("clinic:check")).text.partition("<form")[0]


@pytest.mark.parametrize("code", ["400", "403", "404", "409", "422", "500", "csrf"])
def test_a_page_of_what_went_wrong_needs_nothing_and_shows_a_way_on(code):
    page = render_to_string(f"errors/{code}.html")

    assert 'href="/"' in page
    assert "<h1>" in page
    assert "rror" not in page.partition("<main")[2]


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("/no/such/page/", 404, "There is nothing here for you"),
        ("/members/", 403, "Your role does not open this"),
    ],
)
def test_a_member_reads_our_words(client, coordinator, sign_in, address, status, said):
    sign_in(client, coordinator)

    page = client.get(address)

    assert page.status_code == status
    assert said in page.text


def test_a_request_that_makes_no_sense_is_told_so_in_our_words(client, settings):
    settings.ALLOWED_HOSTS = ["clinic.example"]

    page = client.get("/accounts/login/", headers={"Host": "elsewhere.example"})

    assert page.status_code == 400
    assert "made no sense to us" in page.text
