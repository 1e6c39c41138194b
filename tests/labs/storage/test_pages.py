"""The pages of storage: what is asked, kept, refused beside its field, printed and found."""

import io

import pikepdf
import pytest
from django.template.loader import render_to_string
from django.urls import reverse

from clinic.access import Role
from clinic.models import AuditEvent
from clinic.templatetags.barcode import code128
from labs.actions.storage import move
from labs.models import Container, NitrogenReading, Screening, StorageTerms, Tank, TankCount
from labs.rules.storage import Spot, Verb
from tests.conftest import make_member
from tests.factories.labs import FEW_SEEN, SemenAnalysisFactory
from tests.factories.storage import NitrogenReadingFactory, StorageTermsFactory
from tests.labs.conftest import DRAWN
from tests.labs.storage.conftest import NOW, TODAY


@pytest.fixture(autouse=True)
def at_the_clinic(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def storing(client, sign_in, embryologist):
    return sign_in(client, embryologist)


@pytest.fixture
def signed(technologist):
    technologist.set_password("A-witness-1")
    technologist.save()
    return {"second_email": technologist.email, "second_password": "A-witness-1"}


@pytest.fixture
def covered(terms, screened):
    """He has agreed, and his tests are negative."""


@pytest.fixture
def covered_signed(covered, signed):
    return signed


def answers(tank, **more):
    return {
        "source": "ejaculate", "kind": "vial", "specimen": "", "analysis": "",
        "n_sperm": "4000", "n_motile": "1200", "volume_ml": "0.5",
        "cryoprotectant": "TEST-yolk buffer", "cryoprotectant_lot": "TY-118", "method": "vapour",
        "frozen_at": "2026-08-04T10:30",
        "tank": tank.pk, "canister": "1", "cane": "2", "position": "3",
    } | more  # fmt: skip


def test_a_typed_container_stands_where_it_was_said(storing, man, tank, covered, signed):
    response = storing.post(reverse("labs:store", args=[man.pk]), answers(tank) | signed)
    made = Container.objects.get()
    assert response.status_code == 302
    assert response.url == reverse("labs:container", args=[made.pk])
    row = made.movements.get()
    assert (made.spot, row.witness.email) == (Spot(1, 2, 3), signed["second_email"])


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"second_password": "not his"}, "second_password"),
        ({"n_motile": "5000"}, "n_motile"),
        ({"canister": "9"}, "canister"),
        ({"frozen_at": "2026-08-04T23:30"}, "frozen_at"),
        ({"n_sperm": "many"}, "n_sperm"),
        ({"n_sperm": "12", "n_motile": "3", "n_exact": "on"}, "confirmed"),
    ],
)
def test_a_refusal_stands_beside_its_field_and_nothing_typed_is_lost(
    storing, man, tank, covered_signed, wrong, field
):
    given = answers(tank) | covered_signed | wrong
    response = storing.post(reverse("labs:store", args=[man.pk]), given)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert b"TY-118" in response.content
    assert Container.objects.count() == 0


def test_the_page_is_filled_from_the_sheet_that_asks_to_be_frozen(
    storing, man, tank, terms, screened
):
    sheet = SemenAnalysisFactory(
        patient=man, collected_at=DRAWN, specimen="S-1", sheet=FEW_SEEN | {
            "analysis_started_at": DRAWN.isoformat()
        },
    )  # fmt: skip
    address = reverse("labs:store", args=[man.pk])
    form = storing.get(f"{address}?sheet={sheet.pk}").context["form"]
    first = {name: form[name].initial for name in ("analysis", "n_sperm", "n_motile", "n_exact")}
    assert first == {"analysis": sheet.pk, "n_sperm": 14, "n_motile": 5, "n_exact": True}
    assert (form["specimen"].initial, form["position"].initial) == ("S-1", 1)


def test_motile_sperm_of_today_stand_on_the_list_until_something_is_stored(
    storing, man, store, verifier
):
    sheet = SemenAnalysisFactory(
        patient=man, collected_at=DRAWN, sheet=FEW_SEEN | {"analysis_started_at": DRAWN.isoformat()}
    )
    home = reverse("labs:storage")
    assert list(storing.get(home).context["to_freeze"]) == [sheet]
    store(analysis=sheet)
    assert list(storing.get(home).context["to_freeze"]) == []


def test_a_scanned_code_opens_its_container_and_a_name_finds_his(storing, store, man):
    made = store()
    home = reverse("labs:storage")
    found = storing.get(home, {"find": made.spoken.lower()})
    assert found.url == reverse("labs:container", args=[made.pk])
    assert storing.get(home, {"find": "Rourke"}).context["found"] == [made]
    assert storing.get(home, {"find": "C26-00000-0"}).context["found"] == []


@pytest.mark.parametrize(
    ("verb", "more", "status"),
    [
        ("reserve", {"reason": "For 12 Aug"}, "reserved"),
        ("thaw", {}, "thawed"),
        ("discard", {"reason": "He asked for it in writing."}, "discarded"),
        (
            "transfer",
            {"clinic": "Valley", "courier": "Cryo", "papers": "7", "temperature_logged": "yes"},
            "transferred",
        ),
    ],
)
def test_two_people_do_it_on_one_page(storing, store, signed, verb, more, status):
    made = store()
    address = reverse(f"labs:{verb}_container", args=[made.pk])
    assert storing.post(address, more | signed).status_code == 302
    made.refresh_from_db()
    assert made.status == status


def test_without_the_witness_nothing_is_done(storing, store):
    made = store()
    response = storing.post(reverse("labs:thaw_container", args=[made.pk]), {})
    assert response.status_code == 422
    made.refresh_from_db()
    assert made.status == "stored"


def test_a_container_is_moved_and_then_tested(storing, store, signed, tank, pair):
    made = store()
    place = {"tank": tank.pk, "canister": 2, "cane": 1, "position": 1}
    assert storing.get(reverse("labs:move_container", args=[made.pk])).status_code == 200
    storing.post(reverse("labs:move_container", args=[made.pk]), place | signed)
    made.refresh_from_db()
    assert made.spot == Spot(2, 1, 1)
    move(container=made, verb=Verb.THAW, pair=pair, now=NOW)
    storing.post(reverse("labs:thaw_test", args=[made.pk]), {"found_n": "2000", "motile_pct": "15"})
    page = storing.get(reverse("labs:container", args=[made.pk]))
    assert "2000 found (50.0 % recovered), 15.0 % motile (cryosurvival 50.0 %)" in (
        page.content.decode()
    )


def test_his_page_says_what_covers_it(storing, store, man):
    made = store()
    StorageTermsFactory(patient=man, expires_on=TODAY)
    page = storing.get(reverse("labs:storage_person", args=[man.pk]))
    assert page.context["containers"] == [made]
    assert "His agreement ends today" in page.content.decode()


def test_his_agreement_and_his_tests_are_typed_in(
    client, sign_in, coordinator, man, terms, storing
):
    sign_in(client, coordinator)
    agreed = {
        "signed_on": "2026-08-04", "expires_on": "2030-01-01", "on_death": "partner",
        "on_separation": "keep",
    }  # fmt: skip
    client.post(reverse("labs:storage_terms", args=[man.pk]), agreed)
    assert StorageTerms.objects.first().on_death == "partner"


def test_four_tests_are_typed_in(storing, man):
    given = {
        "tested_on": "2026-08-01",
        "hiv": "negative",
        "hbv": "negative",
        "hcv": "",
        "syphilis": "",
    }
    storing.post(reverse("labs:screening", args=[man.pk]), given)
    assert Screening.objects.get().answers["hbv"] == "negative"


def test_a_tank_is_added_changed_filled_and_counted(storing, store, signed, tank, site):
    made = store()
    built = {
        "name": "Tank Z", "canisters": 6, "canes": 10, "positions": 5, "nitrogen_every_days": 7,
        "nitrogen_least_cm": 15,
    }  # fmt: skip
    storing.post(reverse("labs:add_tank"), built)
    assert len(Tank.objects.get(name="Tank Z").size) == 300
    shrunk = storing.post(
        reverse("labs:change_tank", args=[tank.pk]), built | {"name": "Tank A", "canisters": 2}
    )
    assert shrunk.status_code == 302
    level = {"read_at": "2026-08-04T09:00", "level_cm": "20", "filled_to_cm": "32"}
    storing.post(reverse("labs:nitrogen", args=[tank.pk]), level)
    assert NitrogenReading.objects.get().stands_at == 32
    found = storing.post(reverse("labs:count_tank", args=[tank.pk]), {"codes": ""} | signed)
    assert (found.status_code, made.cryo_id.encode() in found.content) == (422, True)
    storing.post(reverse("labs:count_tank", args=[tank.pk]), {"codes": made.spoken} | signed)
    assert TankCount.objects.get().missing == []


def test_the_map_shows_one_canister_and_lists_what_is_asked_for(storing, store, tank, man):
    made = store(Spot(2, 1, 1))
    StorageTermsFactory(patient=man, expires_on=TODAY)
    address = reverse("labs:tank", args=[tank.pk])
    page = storing.get(address, {"canister": "2", "show": "expiring"})
    assert page.context["listed"] == [made]
    assert made.spoken in page.content.decode()
    assert storing.get(address, {"canister": "9x"}).context["map"].opened == 1


def only_page(response):
    """Its width and height in millimetres."""
    assert response["Content-Type"] == "application/pdf"
    with pikepdf.open(io.BytesIO(b"".join(response))) as file:
        (page,) = file.pages
        return tuple(round(float(edge) * 25.4 / 72) for edge in page.mediabox[2:])


def test_a_label_is_one_page_of_its_own_size_and_its_printing_is_written_down(storing, store, tank):
    made = store()
    label = storing.get(reverse("labs:container_label", args=[made.pk]))
    cane = storing.get(reverse("labs:cane_label", args=[tank.pk, 1, 1]))
    assert (only_page(label), only_page(cane)) == ((46, 22), (76, 16))
    assert AuditEvent.objects.filter(action="container.labelled").count() == 2
    assert storing.get(reverse("labs:cane_label", args=[tank.pk, 3, 1])).status_code == 404


def test_the_label_has_two_identifiers_the_code_and_no_diagnosis(store, man):
    made = store()
    given = {"container": made, "patient": man, "title": made.spoken}
    text = render_to_string("labs/storage/label.html", given)
    for said in ("ROURKE, Daniel", "b. 12 Mar 1990", "HF-0147", made.spoken):
        assert said in text
    for kept in ("sperm", "semen", "azoospermia", "hiv", "isotretinoin"):
        assert kept not in text.lower()


@pytest.mark.parametrize(
    ("whose", "number", "said"),
    [(True, 2, "ROURKE, D."), (False, 2, "Several people"), (False, 0, "Empty")],
)
def test_the_label_of_a_cane_names_him_only_while_it_is_his_alone(man, tank, whose, number, said):
    given = {
        "tank": tank, "canister": 1, "cane": 2, "number": number, "code": "T1-1-2",
        "patient": man if whose else None, "title": "Tank A 1-2", "on": TODAY,
    }  # fmt: skip
    text = render_to_string("labs/storage/cane.html", given)
    assert said in text
    assert ("ROURKE" in text) == whose


def test_the_bars_of_a_code_are_those_of_code_128(store):
    bars = code128(store().cryo_id)
    assert bars.startswith("<svg")
    assert bars.count("<rect") == 28


@pytest.mark.parametrize("number", [1, 3])
def test_the_lists_cost_the_same_with_one_and_with_three(
    storing, store, tank, man, django_assert_max_num_queries, number
):
    for place in range(1, number + 1):
        store(Spot(1, 1, place))
    NitrogenReadingFactory(tank=tank)
    home = reverse("labs:storage")
    storing.get(home)  # the first of a minute also says that somebody is there
    for name, about in (("storage", []), ("storage_person", [man.pk]), ("tank", [tank.pk])):
        with django_assert_max_num_queries(10):
            storing.get(reverse(f"labs:{name}", args=about), {"find": "Rourke"})


def test_a_nurse_reads_and_stores_nothing(client, sign_in, site, man, store):
    made = store()
    sign_in(client, make_member(site, Role.NURSE))
    page = client.get(reverse("labs:container", args=[made.pk]))
    assert (page.status_code, page.context["verbs"]) == (200, [])
    assert client.get(reverse("labs:store", args=[man.pk])).status_code == 403
