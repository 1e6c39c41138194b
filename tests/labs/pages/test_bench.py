from datetime import date, timedelta

import pytest
from django.urls import reverse

from labs.actions.ordering import order
from labs.models import Order
from patients.models import Patient
from tests.labs.conftest import FEW, NOW
from tests.pages import soup

pytestmark = pytest.mark.django_db


@pytest.fixture
def men(site, coordinator):
    return [
        Patient.objects.create(
            site=site, record_number=f"HF-{n}", given_name="Man", family_name=f"Number {n}",
            born_on=date(1990, 1, 1), registered_by=coordinator,
        )
        for n in range(3)
    ]  # fmt: skip


@pytest.mark.parametrize("rows", [1, 3])
def test_the_bench_costs_the_same_however_much_waits(
    at_the_bench, enter, file, men, rows, django_assert_num_queries
):
    for man in men[:rows]:
        enter(FEW, patient=man)
        file(patient=man)
        order(patient=man, panel_key="liver", due_on=date(2026, 8, 4), by=None, now=NOW)
    at_the_bench.get(reverse("labs:bench"))

    with django_assert_num_queries(9):
        page = at_the_bench.get(reverse("labs:bench"))

    waiting = page.context["waiting"]
    assert (len(waiting.to_verify), len(waiting.draws), len(waiting.orders)) == (rows, rows, rows)


def test_an_empty_bench_says_what_would_stand_there(at_the_bench):
    page = at_the_bench.get(reverse("labs:bench"))

    assert "Nothing waits in the laboratory" in page.text


def test_the_bench_shows_nothing_of_another_site(client, sign_in, stranger, enter, file):
    enter(FEW)
    file()

    page = sign_in(client, stranger).get(reverse("labs:bench"))

    assert page.context["waiting"].nothing


def test_the_verifier_finds_the_sheet_and_its_author_no_button(client, sign_in, enter, verifier):
    url = reverse("labs:verify_semen", args=[enter(FEW).pk])

    page = sign_in(client, verifier).get(reverse("labs:bench"))

    assert soup(page).select_one(f'a[href="{url}"]') is not None


def test_an_order_is_placed_and_cancelled_from_the_pages(at_the_desk, man, catalogue):
    at_the_desk.post(
        reverse("labs:place_order", args=[man.pk]), {"what": "lipids", "due_on": "2026-08-18"}
    )
    placed = Order.objects.get()
    assert (placed.panel.key, placed.fasting) == ("lipids", True)

    at_the_desk.post(reverse("labs:cancel_order", args=[placed.pk]), {"reason": "not needed"})

    placed.refresh_from_db()
    assert placed.status == "cancelled"


def test_an_order_in_the_past_is_refused_at_its_field(at_the_desk, man, catalogue):
    yesterday = (NOW - timedelta(days=1)).date().isoformat()

    page = at_the_desk.post(
        reverse("labs:place_order", args=[man.pk]), {"what": "lipids", "due_on": yesterday}
    )

    assert page.status_code == 422
    assert "in the past" in soup(page).select_one("#field-due_on").text


def test_a_fragment_finds_the_man(at_the_bench, man):
    page = at_the_bench.get(reverse("labs:find"), {"find": "rour"})

    assert reverse("labs:enter_semen", args=[man.pk]) in page.text


def test_the_catalogue_names_units_ranges_and_sources(at_the_bench):
    page = at_the_bench.get(reverse("labs:catalogue"))

    row = next(r for r in soup(page).select("tbody tr") if r.th.text == "Triglycerides")
    assert [" ".join(cell.text.split()) for cell in row.select("td")] == [
        "mg/dL mmol/L", "2571-8", "< 150 NCEP ATP III pages: above 1000 mg/dL", "CTCAE 5.0",
    ]  # fmt: skip
