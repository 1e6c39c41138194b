from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from clinic.access import Role
from labs.actions import quality
from labs.models import ControlAction, ControlLot, ControlReading, ControlStanding
from labs.rules.quality import STANDING_WORDS
from tests.conftest import make_member
from tests.factories.quality import ControlLotFactory, ControlStandingFactory
from tests.labs.conftest import FEW, NOW
from tests.pages import soup

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def lot(site):
    return ControlLotFactory(site=site, name="B-17")


@pytest.fixture
def count(lot, technologist):
    def counted(*values, by=technologist):
        for n, value in enumerate(values):
            quality.record_reading(
                lot=lot, value=Decimal(str(value)), read_at=NOW - (20 - n) * DAY, by=by, now=NOW
            )

    return counted


def test_a_control_is_added_counted_and_closed_from_the_pages(
    client, sign_in, verifier, technologist
):
    sign_in(client, verifier).post(
        reverse("labs:add_lot"),
        {"name": "B-18", "material": "beads", "measure": "concentration", "target": "35",
         "sd": "3"},
    )  # fmt: skip
    lot = ControlLot.objects.get()
    assert (str(lot), lot.added_by) == ("Counting beads B-18, concentration", verifier)

    answer = sign_in(client, technologist).post(
        reverse("labs:count_control"),
        {"lot": lot.pk, "value": "41.5", "read_at": "2026-08-04T09:00"},
    )
    assert answer["Location"] == reverse("labs:technologist", args=[technologist.pk])
    assert ControlReading.objects.get().value == Decimal("41.5")

    sign_in(client, verifier).post(reverse("labs:close_lot", args=[lot.pk]))
    lot.refresh_from_db()
    assert lot.closed_by == verifier


def test_a_reading_to_come_is_refused_at_its_field(at_the_bench, lot):
    page = at_the_bench.post(
        reverse("labs:count_control"),
        {"lot": lot.pk, "value": "41.5", "read_at": "2026-08-05T09:00"},
    )

    assert page.status_code == 422
    assert "has not come yet" in soup(page).select_one("#field-read_at").text
    assert soup(page).select_one("#id_value")["value"] == "41.5"


def test_drift_reaches_the_bench_and_stands_beside_the_sheet(
    client, sign_in, verifier, technologist, count, enter
):
    sheet = enter(FEW)
    count(38.1, 38.1, 38.1)
    reading = sign_in(client, verifier)
    pages = (reverse("labs:bench"), reverse("labs:verify_semen", args=[sheet.pk]))
    link = f'a[href="{reverse("labs:technologist", args=[technologist.pk])}"]'
    assert [soup(reading.get(url)).select(link) for url in pages] == [[], []]

    count(38.1)

    for url in pages:
        notice = soup(reading.get(url)).select_one(".notice.critical")
        assert "Four readings in a row lie beyond 1 SD" in notice.text
        assert notice.select_one(link) is not None


def test_an_action_clears_the_bench(client, sign_in, verifier, technologist, count):
    count(44.1)
    reading = sign_in(client, verifier)

    reading.post(
        reverse("labs:act_on_technologist", args=[technologist.pk]), {"words": "Trained again."}
    )

    assert ControlAction.objects.get().taken_by == verifier
    assert soup(reading.get(reverse("labs:bench"))).select(".notice.critical") == []


def test_an_action_without_words_is_refused_at_its_field(reading, technologist, count):
    count(44.1)

    page = reading.post(reverse("labs:act_on_technologist", args=[technologist.pk]), {"words": " "})

    assert page.status_code == 422
    assert soup(page).select_one("#field-words .why") is not None


def test_the_graph_has_a_table_with_every_reading(reading, technologist, count):
    count(35, 44.1)

    page = soup(reading.get(reverse("labs:technologist", args=[technologist.pk])))

    rows = [[" ".join(td.text.split()) for td in tr.select("td")][:3]
            for tr in page.select("details tbody tr")]  # fmt: skip
    assert rows == [["44.1 M/mL", "+3.0", "1-2s, 1-3s"], ["35 M/mL", "0.0", ""]]


def test_a_reading_is_struck_out_by_another(reading, technologist, count):
    count(53)
    key = ControlReading.objects.get().pk

    reading.post(reverse("labs:strike_reading", args=[key]), {"reason": "Typed 53 for 35."})

    assert ControlReading.objects.get().struck_reason == "Typed 53 for 35."
    assert ControlStanding.objects.get().standing == "not_known"


@pytest.mark.parametrize(("standing", "word"), STANDING_WORDS.items())
def test_every_standing_has_its_word_on_both_pages(reading, site, technologist, standing, word):
    ControlStandingFactory(site=site, technologist=technologist, standing=standing)

    pages = (reverse("labs:quality"), reverse("labs:technologist", args=[technologist.pk]))

    assert [word in reading.get(url).text for url in pages] == [True, True]


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_costs_the_same_however_many_count(
    reading, site, count, rows, django_assert_num_queries
):
    for n in range(rows):
        count(35, by=make_member(site, Role.TECHNOLOGIST, f"Technologist {n}"))
    reading.get(reverse("labs:quality"))

    with django_assert_num_queries(9):
        page = reading.get(reverse("labs:quality"))

    assert len(page.context["people"]) == rows


def test_a_technologist_s_page_costs_few_queries(
    reading, technologist, count, django_assert_num_queries
):
    count(35, 36, 37)
    url = reverse("labs:technologist", args=[technologist.pk])
    reading.get(url)

    with django_assert_num_queries(9):
        reading.get(url)


def test_a_technologist_of_another_site_is_not_found(
    client, sign_in, stranger, technologist, count
):
    count(35)

    page = sign_in(client, stranger).get(reverse("labs:technologist", args=[technologist.pk]))

    assert page.status_code == 404
