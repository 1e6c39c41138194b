"""The stock as pages: what is on the shelf, what moved, who got it; and what is refused where."""

import pytest
from django.test import Client
from django.urls import reverse

from clinic.access import Role
from protocols.actions import dosing, recalls, stock
from protocols.models import CapsuleCount, Dispense, Product, StockLot, StockMovement
from protocols.queries.stock import offered
from tests.conftest import make_member
from tests.factories.protocols import PrescriptionFactory
from tests.factories.stock import ProductFactory
from tests.pages import soup
from tests.protocols.dosing.shelf import RMA, bottle, shelved
from tests.protocols.men import DAY, NOW, TODAY, on_treatment

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW)]
SECRET = "correct horse battery"


@pytest.fixture
def desk(client: Client, pharmacist, sign_in) -> Client:
    return sign_in(client, pharmacist)


@pytest.fixture
def lot(site, pharmacist):
    return shelved(site, pharmacist)


def act(lot, verb):
    return reverse(f"protocols:{verb}_stock", args=[lot.pk])


def page_of(lot):
    return reverse("protocols:stock_lot", args=[lot.pk])


def errors(page):
    return [why.get_text(" ", strip=True) for why in soup(page).select(".field .why")]


def test_the_shelf_shows_each_lot_with_what_there_is_to_say_of_it(desk, site, pharmacist):
    recalled = shelved(site, pharmacist, "REC")
    recalls.recall(lot=recalled, reason="The maker.", by=pharmacist, now=NOW)
    for number, days in (("FINE", 91), ("SOON", 90), ("SHORT", 29), ("OVER", -1)):
        shelved(site, pharmacist, number, until=TODAY + days * DAY)

    page = soup(desk.get(reverse("protocols:stock")))

    rows = {
        row.select_one("th").text.strip(): row.select("td")[-1].text.strip()
        for row in page.select("section[aria-labelledby=shelf-title] tbody tr")
    }
    assert rows == {
        "REC": "recalled", "FINE": "", "SOON": "expires soon", "SHORT": "too short for a month",
        "OVER": "expired",
    }  # fmt: skip
    head = page.select_one(".page-head").text
    assert "Standard, 20 mg: 1200 capsules to hand over" in head


def test_an_empty_shelf_says_how_it_is_filled(desk):
    assert "The shelf is empty" in desk.get(reverse("protocols:stock")).text


def test_a_prescription_that_waits_leads_to_its_bottle(desk, treated, clinician):
    rx = dosing.prescribe(enrolment=treated, by=clinician, now=NOW)

    page = soup(desk.get(reverse("protocols:stock")))

    link = page.select_one("section[aria-labelledby=waiting-title] a.btn")
    assert link["href"] == reverse("protocols:dispense", args=[rx.pk])


@pytest.mark.parametrize("rows", [1, 3])
def test_the_shelf_costs_the_same_however_long_it_is(
    desk, site, pharmacist, rows, django_assert_num_queries
):
    for number in range(rows):
        shelved(site, pharmacist, f"L{number}")
        PrescriptionFactory(enrolment=on_treatment(site, pharmacist, f"M{number}"), number=9)
    url = reverse("protocols:stock")
    desk.get(url)

    with django_assert_num_queries(7):
        page = desk.get(url)

    assert len(soup(page).select("section[aria-labelledby=shelf-title] tbody tr")) == rows


def test_a_new_product_is_added_and_received(desk, site):
    desk.post(
        reverse("protocols:add_product"),
        {"name": "Isotretinoin", "ndc": "555-1", "formulation": "lidose", "strength_mg": 20},
    )
    made = Product.objects.get(site=site)

    answer = desk.post(
        reverse("protocols:receive_stock"),
        {"product": made.pk, "number": "LD1", "expires_on": "2028-01-31", "capsules": 60,
         "on": "2026-08-04"},
    )  # fmt: skip

    assert answer["Location"] == reverse("protocols:stock")
    found = StockLot.objects.get()
    assert (found.product.formulation, found.number, found.on_shelf) == ("lidose", "LD1", 60)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        pytest.param({"number": ""}, "Write down the lot on the box.", id="no lot"),
        pytest.param({"capsules": "30.5"}, "Whole capsules only", id="half a capsule"),
        pytest.param({"capsules": "0"}, "At least one capsule.", id="none"),
        pytest.param({"capsules": "999999"}, "more than 100000 capsules", id="too many"),
        pytest.param({"expires_on": "2026-08-04"}, "It has expired", id="expired"),
        pytest.param({"on": "2026-08-05"}, "not before", id="tomorrow"),
        pytest.param({"on": "0004-99-99"}, "Enter a valid date", id="no day"),
        pytest.param({"product": "0"}, "Choose the product.", id="no product"),
    ],
)
def test_a_delivery_that_cannot_be_keeps_what_was_typed(desk, site, pharmacist, wrong, says):
    made = ProductFactory(site=site, added_by=pharmacist)
    told = {"product": made.pk, "number": "KEPT-1", "expires_on": "2028-01-31", "capsules": 60,
            "on": "2026-08-04", **wrong}  # fmt: skip

    page = desk.post(reverse("protocols:receive_stock"), told)

    assert page.status_code == 422
    assert [says in row for row in errors(page)] == [True]
    if "number" not in wrong:
        assert 'value="KEPT-1"' in page.text
    assert not StockLot.objects.exists()


def test_the_page_of_a_lot_tells_its_movements_by_day(desk, lot, pharmacist):
    stock.lose(lot=lot, capsules=4, reason="Wet.", by=pharmacist, now=NOW)

    page = soup(desk.get(page_of(lot)))

    rows = [
        [cell.get_text(" ", strip=True) for cell in row.select("th, td")][:5]
        for row in page.select("section[aria-labelledby=moves] tbody tr")
    ]
    assert rows == [
        ["4 Aug 2026", "Lost Wet.", "−4", "596", "0"],
        ["8 May 2026", "Received", "600", "600", "0"],
    ]


def test_the_movements_of_a_lot_go_on_on_the_next_page(desk, lot, pharmacist):
    """Fifty stand on one page, each with what was there, also where the next page begins."""
    for _ in range(50):
        stock.lose(lot=lot, capsules=2, reason="Wet.", by=pharmacist, now=NOW)

    first = soup(desk.get(page_of(lot)))
    further = first.select_one("a[rel=next]")
    rest = soup(desk.get(page_of(lot) + further["href"]))

    assert shelf_after(first) == [str(600 - 2 * lost) for lost in range(50, 0, -1)]
    assert shelf_after(rest) == ["600"]
    assert rest.select("a[rel=next]") == []


def shelf_after(page):
    return [
        row.select("td")[2].text for row in page.select("section[aria-labelledby=moves] tbody tr")
    ]


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_of_a_lot_costs_the_same_however_much_moved(
    desk, lot, pharmacist, rows, django_assert_num_queries
):
    for _ in range(rows):
        stock.lose(lot=lot, capsules=1, reason="Wet.", by=pharmacist, now=NOW)
    desk.get(page_of(lot))

    with django_assert_num_queries(8):
        desk.get(page_of(lot))


def test_a_recall_names_every_man_who_got_some(desk, lot, treated, pharmacist, clinician):
    rx = dosing.prescribe(enrolment=treated, by=clinician, now=NOW)
    dosing.dispense(
        prescription=rx, bottle=bottle(lot=lot), by=pharmacist, now=NOW, override_reason="Snow.",
        second=clinician,
    )  # fmt: skip

    desk.post(act(lot, "recall"), {"reason": "The maker recalls it."})

    page = soup(desk.get(page_of(lot)))
    assert "Recalled: nothing of it is handed over" in page.text
    men = page.select("section[aria-labelledby=men] tbody th")
    assert [row.a.text for row in men] == [str(treated.patient)]


def test_a_recall_is_taken_back_on_the_page_and_both_stand_on_it(desk, lot, clinician, treated):
    desk.post(act(lot, "recall"), {"reason": "The maker."})
    recalled = soup(desk.get(page_of(lot)))
    assert [row.text for row in recalled.select(".acts--row a")][-1] == "Take the recall back"
    assert recalled.select(".notice.critical")

    answer = desk.post(act(lot, "take_back"), {"reason": "It was L78."})

    assert answer["Location"] == page_of(lot)
    page = soup(desk.get(page_of(lot)))
    assert not page.select(".notice.critical")
    rows = page.select("section[aria-labelledby=moves] tbody tr")
    assert [row.select("td")[0].get_text(" ", strip=True) for row in rows] == [
        "Recall taken back It was L78.", "Recalled The maker.", "Received",
    ]  # fmt: skip
    rx = dosing.prescribe(enrolment=treated, by=clinician, now=NOW)
    assert [found.pk for found in offered(rx, TODAY, clinician)] == [lot.pk]


def test_capsules_are_destroyed_with_the_password_of_a_second_member(desk, lot, coordinator):
    told = {"place": "shelf", "capsules": 10, "reason": "Broken.",
            "second_email": coordinator.email}  # fmt: skip

    refused = desk.post(act(lot, "destroy"), {**told, "second_password": "guess"})
    assert (refused.status_code, StockLot.objects.get().on_shelf) == (422, 600)
    assert "do not belong together" in refused.text

    desk.post(act(lot, "destroy"), {**told, "second_password": SECRET})
    gone = StockMovement.objects.get(kind="destroyed")
    assert (gone.capsules, gone.second_signature) == (-10, coordinator)


def test_the_one_who_destroys_is_not_the_second(desk, lot, pharmacist):
    page = desk.post(
        act(lot, "destroy"),
        {"place": "shelf", "capsules": 10, "reason": "Broken.", "second_email": pharmacist.email,
         "second_password": SECRET},
    )  # fmt: skip

    assert errors(page) == ["The second signature is another person’s."]


@pytest.mark.parametrize(
    ("verb", "told", "says"),
    [
        pytest.param("lose", {"capsules": 601, "reason": "x"}, "There are 600", id="too many"),
        pytest.param("lose", {"capsules": "1,5", "reason": "x"}, "Whole capsules", id="half"),
        pytest.param("send_back", {"capsules": 5, "reason": ""}, "required", id="no reason"),
        pytest.param("count", {"found": 598, "reason": ""}, "600 should be there", id="difference"),
        pytest.param("count", {"found": -1, "reason": ""}, "from 0 up", id="less than none"),
        pytest.param("recall", {"reason": ""}, "required", id="no reason to recall"),
        pytest.param("take_back", {"reason": ""}, "required", id="no reason to take it back"),
    ],
)
def test_what_cannot_be_done_with_a_lot_is_said_beside_its_field(desk, lot, verb, told, says):
    page = desk.post(act(lot, verb), {"place": "shelf", **told})

    assert page.status_code == 422
    assert [says in row for row in errors(page)] == [True]
    assert StockMovement.objects.count() == 1


@pytest.mark.parametrize(
    ("verb", "told", "left"),
    [
        ("count", {"found": 598, "reason": "Two split."}, 598),
        ("lose", {"capsules": 2, "reason": "Split."}, 598),
        ("send_back", {"capsules": 600, "reason": "Ends soon."}, 0),
    ],
)
def test_what_is_done_with_a_lot_leads_back_to_it(desk, lot, verb, told, left):
    answer = desk.post(act(lot, verb), {"place": "shelf", **told})

    assert answer["Location"] == page_of(lot)
    assert StockLot.objects.get().on_shelf == left


def test_a_slip_is_corrected_from_its_line(desk, lot, pharmacist):
    lost = stock.lose(lot=lot, capsules=4, reason="Wet.", by=pharmacist, now=NOW)
    url = reverse("protocols:correct_stock", args=[lost.pk])
    assert soup(desk.get(page_of(lot))).select(f'a[href="{url}"]')

    desk.post(url, {"reason": "They were dry."})

    assert StockLot.objects.get().on_shelf == 600
    assert "corrected" in desk.get(page_of(lot)).text


def test_a_lot_of_another_site_is_not_found(client: Client, lot, other_site, sign_in):
    sign_in(client, make_member(other_site, Role.PHARMACIST))

    assert client.get(page_of(lot)).status_code == 404
    assert client.post(act(lot, "lose"), {}).status_code == 404


# --- at the bottle, and after ---------------------------------------------------------------------


@pytest.fixture
def waiting(treated, clinician):
    return dosing.prescribe(enrolment=treated, by=clinician, now=NOW)


def test_the_first_lot_to_expire_is_chosen_and_another_kind_comes_last(
    desk, waiting, site, pharmacist
):
    shelved(site, pharmacist, "LATE")
    shelved(site, pharmacist, "SOON", until=TODAY + 200 * DAY)
    shelved(site, pharmacist, "LD1", kind="lidose", until=TODAY + 100 * DAY)

    page = soup(desk.get(reverse("protocols:dispense", args=[waiting.pk])))

    options = page.select("select[name=lot] option")
    assert [row.text.partition(",")[0] for row in options] == ["SOON", "LATE", "LD1"]
    assert [row.text.partition(",")[0] for row in options if row.has_attr("selected")] == ["SOON"]
    assert page.select("input[name=substituted_because]")


def test_without_a_lot_the_page_says_so_and_leads_to_the_delivery(desk, waiting):
    page = soup(desk.get(reverse("protocols:dispense", args=[waiting.pk])))

    assert "No lot on the shelf will do" in page.text
    assert page.select(f'main a[href="{reverse("protocols:receive_stock")}"]')
    assert not page.select("select[name=lot]")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        pytest.param({"lot": ""}, "Choose the lot", id="no lot"),
        pytest.param({"lot": "0"}, "cannot go out on this prescription", id="no such lot"),
        pytest.param({"rma": ""}, "Write down the number iPLEDGE gave", id="no authorisation"),
        pytest.param({"on": "2026-08-05"}, "recorded on the day", id="tomorrow"),
    ],
)
def test_a_bottle_that_cannot_be_is_refused_on_its_page(desk, waiting, lot, clinician, wrong, says):
    told = {"on": "2026-08-04", "lot": lot.pk, "rma": RMA, "override_reason": "Snow.",
            "second_email": clinician.email, "second_password": SECRET, **wrong}  # fmt: skip

    page = desk.post(reverse("protocols:dispense", args=[waiting.pk]), told)

    assert page.status_code == 422
    assert [says in row for row in errors(page)] == [True]
    assert "Snow." in page.text
    assert not Dispense.objects.filter(prescription=waiting).exists()


def test_what_he_brings_without_a_visit_stays_here(desk, treated):
    url = reverse("protocols:count_rest", args=[treated.patient_id])

    desk.post(url, {"returned": "6", "handed_in": "", "lost": "1"})

    count = CapsuleCount.objects.get()
    assert (count.returned, count.handed_in, count.lost) == (6, 6, 1)
    page = desk.get(reverse("protocols:doses", args=[treated.patient_id]))
    assert "all accounted for" in page.text


@pytest.mark.parametrize(
    ("told", "says"),
    [
        pytest.param({"returned": ""}, "Count what he brought", id="nothing said"),
        pytest.param({"returned": "2.5"}, "Whole capsules only", id="half a capsule"),
        pytest.param({"returned": "181"}, "He had 180 capsules", id="more than he had"),
        pytest.param({"returned": "3", "handed_in": "4"}, "He brought 3 capsules", id="kept more"),
    ],
)
def test_a_count_that_cannot_be_is_said_beside_its_field(desk, treated, told, says):
    page = desk.post(reverse("protocols:count_rest", args=[treated.patient_id]), told)

    assert page.status_code == 422
    assert [says in row for row in errors(page)] == [True]
    assert not CapsuleCount.objects.exists()


def test_a_change_of_kind_without_a_reason_is_said_beside_its_field(
    client: Client, treated, clinician, sign_in
):
    sign_in(client, clinician)

    page = client.post(
        reverse("protocols:prescribe", args=[treated.patient_id]),
        {"days": 30, "formulation": "lidose"},
    )

    assert page.status_code == 422
    assert ["say why he changes" in row for row in errors(page)] == [True]
