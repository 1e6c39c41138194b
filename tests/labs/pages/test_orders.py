"""Ordering several at once, undoing, taking and rejecting samples, and printing request forms."""

import io
from datetime import date, timedelta

import pikepdf
import pytest
from django.urls import reverse

from clinic.models import AuditEvent
from labs.actions.ordering import order
from labs.models import Order, Specimen
from labs.queries.orders import asked
from labs.reports.requests import page as request_page
from tests.factories.labs import SpecimenFactory
from tests.labs.conftest import DRAWN, NOW
from tests.pages import soup

pytestmark = pytest.mark.django_db
TOMORROW = date(2026, 8, 5)


@pytest.fixture
def fasting(man, catalogue):
    return order(
        patient=man, panel_key="lipids", due_on=TOMORROW, by=None, now=NOW,
        reason="after the last hold",
    )  # fmt: skip


def person(man):
    return reverse("labs:person", args=[man.pk])


def test_two_panels_are_ordered_with_one_form(at_the_desk, man, catalogue):
    sent = at_the_desk.post(
        reverse("labs:place_order", args=[man.pk]),
        {"what": ["lipids", "semen"], "due_on": "2026-08-05", "reason": ""},
    )

    assert sent.url == person(man)
    assert [o.semen for o in Order.objects.order_by("pk")] == [False, True]


def test_nothing_chosen_is_refused_at_its_field(at_the_desk, man, catalogue):
    page = at_the_desk.post(
        reverse("labs:place_order", args=[man.pk]), {"due_on": "2026-08-05", "reason": "why"}
    )

    assert page.status_code == 422
    assert soup(page).find(id="field-what").select_one(".why")
    assert soup(page).find(id="id_reason")["value"] == "why"


def test_cancelling_can_be_undone(at_the_desk, man, fasting):
    at_the_desk.post(reverse("labs:cancel_order", args=[fasting.pk]), {"reason": "slip"})
    undo = soup(at_the_desk.get(person(man))).select_one("form .undo").parent

    at_the_desk.post(undo["action"])

    fasting.refresh_from_db()
    assert fasting.status == "open"


def test_a_sample_is_taken_received_and_rejected_in_the_browser(at_the_desk, man, fasting):
    at_the_desk.post(
        reverse("labs:collect", args=[man.pk]),
        {"orders": [str(fasting.pk)], "collected_at": "2026-08-04T07:45"},
    )
    made = Specimen.objects.get()
    assert f"collected, {made.number}" in at_the_desk.get(person(man)).text

    at_the_desk.post(reverse("labs:receive_specimen", args=[made.pk]))
    assert f"at the laboratory, {made.number}" in at_the_desk.get(person(man)).text

    at_the_desk.post(
        reverse("labs:reject_specimen", args=[made.pk]), {"rejection": "haemolysed", "note": ""}
    )
    assert "sample rejected: haemolysed; take it again" in at_the_desk.get(person(man)).text
    assert "sample rejected: haemolysed" in at_the_desk.get(reverse("labs:bench")).text


def test_a_rejection_without_a_reason_is_refused_at_its_field(at_the_desk, man, fasting):
    made = SpecimenFactory(patient=man, collected_at=DRAWN, orders=[fasting])

    page = at_the_desk.post(reverse("labs:reject_specimen", args=[made.pk]), {"note": "hm"})

    assert page.status_code == 422
    assert soup(page).find(id="field-rejection").select_one(".why")
    made.refresh_from_db()
    assert made.rejected_at is None


@pytest.mark.parametrize("rows", [1, 3])
def test_his_page_costs_the_same_however_much_is_ordered(
    at_the_desk, man, catalogue, rows, django_assert_num_queries
):
    for _ in range(rows):
        placed = order(patient=man, panel_key="liver", due_on=TOMORROW, by=None, now=NOW)
        SpecimenFactory(patient=man, collected_at=DRAWN, orders=[placed])
    at_the_desk.get(person(man))

    with django_assert_num_queries(8):
        at_the_desk.get(person(man))


def printed(rows, site, by):
    return soup_of(request_page(asked(rows), site=site, by=by, now=NOW))


def soup_of(html):
    from bs4 import BeautifulSoup

    return BeautifulSoup(html, "html.parser")


def test_the_form_says_who_and_what_and_how_and_not_why(man, site, coordinator, fasting):
    page = printed(Order.objects.all(), site, coordinator)
    text = " ".join(page.get_text(" ").split())

    for said in ("Rourke, Daniel", "12 Mar 1990", "HF-0147",
                 "Fasting lipids Total cholesterol, LDL cholesterol",
                 "Wed 5 Aug 2026", fasting.number, "Hours without food", "Hours without alcohol",
                 "Nothing but water for at least 9 hours, no alcohol for 36 hours."):  # fmt: skip
        assert said in text
    for unsaid in ("isotretinoin", "azoospermia", "infertil", "after the last hold"):
        assert unsaid not in text.casefold()
    assert page.select_one("svg.bars")["aria-label"] == fasting.number


def test_a_form_for_a_sample_asks_for_the_abstinence(man, site, coordinator, catalogue):
    order(patient=man, semen=True, due_on=TOMORROW, by=None, now=NOW)
    text = printed(Order.objects.all(), site, coordinator).get_text()

    assert "Two to seven days without ejaculation." in text
    assert "Days of abstinence" in text
    assert "Hours without food" not in text


def test_a_container_stands_on_the_form_with_its_own_bars(man, site, coordinator, fasting):
    made = SpecimenFactory(patient=man, collected_at=DRAWN, orders=[fasting])
    page = printed(Order.objects.all(), site, coordinator)

    assert [bars["aria-label"] for bars in page.select("svg.bars")] == [fasting.number, made.number]


def pages_of(response):
    with pikepdf.open(io.BytesIO(response.content)) as file:
        return len(file.pages)


def test_the_form_of_one_order_is_a_pdf_and_stands_in_the_trail(at_the_desk, man, fasting):
    response = at_the_desk.get(reverse("labs:order_request", args=[fasting.pk]))

    assert (response["Content-Type"], pages_of(response)) == ("application/pdf", 1)
    assert AuditEvent.objects.filter(action="requests.printed", person=man.label).count() == 1


def test_tomorrows_forms_are_printed_at_once_a_page_each(at_the_desk, man, fasting, site):
    from tests.factories.patients import PatientFactory

    other = PatientFactory(site=site)
    order(patient=other, panel_key="liver", due_on=TOMORROW, by=None, now=NOW)
    order(patient=PatientFactory(), panel_key="liver", due_on=TOMORROW, by=None, now=NOW)
    later = TOMORROW + timedelta(days=1)
    order(patient=PatientFactory(site=site), panel_key="liver", due_on=later, by=None, now=NOW)

    assert pages_of(at_the_desk.get(reverse("labs:day_requests"))) == 2


def test_nothing_to_print_says_so(at_the_desk, man, catalogue):
    assert at_the_desk.get(reverse("labs:day_requests")).url == reverse("labs:bench")
    sent = at_the_desk.get(reverse("labs:person_requests", args=[man.pk]))
    assert sent.url == person(man)


def test_a_day_that_is_none_is_not_found(at_the_desk, catalogue):
    assert at_the_desk.get(reverse("labs:day_requests"), {"day": "soon"}).status_code == 404
