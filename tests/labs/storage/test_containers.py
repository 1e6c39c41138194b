"""Storing and moving containers: two people, one position each, his word, his blood, his papers."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError

from clinic.models import AuditEvent
from clinic.refusal import Refusal
from labs.actions.storage import Carriage, Pair, Place, move, record_thaw
from labs.models import Container, ContainerMovement, SemenAnalysis
from labs.rules.storage import Spot, Verb
from labs.rules.storage_numbers import code_refusal
from patients.actions.consent import withdraw
from patients.models import Patient
from tests.factories.labs import SemenAnalysisFactory
from tests.factories.storage import (
    ContainerFactory,
    ScreeningFactory,
    StorageTermsFactory,
    TankFactory,
)
from tests.labs.storage.conftest import NOW, TODAY

DAY = timedelta(days=1)
CARRIED = Carriage(
    clinic="Valley Clinic", courier="Cryo Couriers", papers="VC-77", temperature_logged=True
)


def refused(act, **given):
    with pytest.raises(Refusal) as caught, transaction.atomic():
        act(**given)
    return str(caught.value), caught.value.field


def test_a_container_has_a_code_of_its_own_and_stands_where_two_people_put_it(store, pair, tank):
    made = store(Spot(2, 3, 4))
    row = made.movements.get()
    assert code_refusal(made.cryo_id) == ""
    assert (made.status, made.tank, made.spot) == ("stored", tank, Spot(2, 3, 4))
    assert (row.kind, row.number, row.by, row.witness) == ("store", 1, pair.by, pair.witness)
    assert made.motility_pct == Decimal("30.0")


def test_what_was_known_when_it_was_frozen_stays_with_it(store, terms, screened):
    made = store()
    assert (made.terms, made.screening) == (terms, screened)


def test_one_position_holds_one_container(store):
    first = store()
    said, field = refused(store)
    assert (said, field) == (f"Position 1-1-1 of Tank A is taken by {first}.", "position")


def test_the_database_itself_lets_two_containers_stand_nowhere_together(store, man, tank):
    store()
    with pytest.raises(IntegrityError, match="position_holds_one_container"), transaction.atomic():
        ContainerFactory(patient=man, tank=tank, canister=1, cane=1, position=1)


def test_a_position_outside_the_tank_is_refused(store):
    assert refused(store, spot=Spot(3, 1, 1)) == (
        "Tank A has 2 canisters of 3 canes with 4 positions.", "canister",
    )  # fmt: skip


def test_the_witness_is_another_person_who_may_store(store, embryologist, coordinator):
    alone = Pair(by=embryologist, witness=embryologist)
    assert refused(store, pair=alone) == ("The second signature is another person’s.", "second")
    desk = Pair(by=embryologist, witness=coordinator)
    assert refused(store, pair=desk)[0].endswith("cannot sign for stored samples at this site.")


def test_the_database_itself_refuses_one_person_twice(store, embryologist):
    made = store()
    with pytest.raises(IntegrityError, match="container_movement_has_two_people"):
        ContainerMovement.objects.create(
            container=made, number=2, kind="thaw", status="thawed",
            by=embryologist, witness=embryologist,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"frozen_at": NOW + timedelta(minutes=1)}, "frozen_at"),
        ({"n_sperm": 0, "n_motile": 0}, "n_sperm"),
        ({"n_sperm": 99, "n_motile": 9, "kind": "cryopiece"}, "n_exact"),
        ({"n_motile": 4001}, "n_motile"),
        ({"volume_ml": Decimal(0)}, "volume_ml"),
        ({"cryoprotectant": " "}, "cryoprotectant"),
        ({"cryoprotectant_lot": " "}, "cryoprotectant_lot"),
        ({"n_sperm": 99, "n_motile": 9, "n_exact": True}, "confirmed"),
    ],
)
def test_what_cannot_be_true_is_refused_beside_its_field(store, more, field):
    assert refused(store, **more)[1] == field


def test_what_is_unusual_is_taken_when_it_is_confirmed(store):
    made = store(n_sperm=99, n_motile=9, n_exact=True, confirmed=True)
    assert (made.n_sperm, made.n_exact) == (99, True)


def test_a_hundred_may_be_an_estimate_and_fewer_may_not(store):
    assert store(n_sperm=100, n_motile=9).n_exact is False


def test_the_sample_is_his_own_and_older_than_its_freezing(store, man, site):
    other = SemenAnalysisFactory(patient__site=site)
    assert refused(store, analysis=other)[0] == "This sample is another man’s."
    late = SemenAnalysisFactory(patient=man, collected_at=NOW - timedelta(minutes=10))
    assert refused(store, analysis=late)[1] == "frozen_at"
    struck = SemenAnalysisFactory(patient=man, collected_at=NOW - timedelta(hours=3))
    SemenAnalysis.objects.filter(pk=struck.pk).update(
        status="entered_in_error", correction_reason="x"
    )
    struck.refresh_from_db()
    assert refused(store, analysis=struck)[0] == "The sheet of this sample was struck out."


def test_without_his_word_nothing_is_stored(man, store, terms, clinician):
    withdraw(consent=terms.consent, on=TODAY, by=clinician, now=NOW)
    assert refused(store)[0] == (
        "He has withdrawn his consent to storage. "
        "Ask him, and record it, before anything is stored."
    )


@pytest.mark.parametrize(("last_day", "stored"), [(TODAY, True), (TODAY - DAY, False)])
def test_the_last_day_of_his_agreement_still_counts(man, store, last_day, stored):
    StorageTermsFactory(patient=man, expires_on=last_day)
    if stored:
        assert store().status == "stored"
    else:
        assert refused(store)[0].startswith("His agreement to storage has ended.")


def test_after_his_death_nothing_is_thawed_and_everything_may_be_moved(store, man, pair, tank):
    made = store()
    Patient.objects.filter(pk=man.pk).update(deceased_on=TODAY)
    said, _ = refused(move, container=made, verb=Verb.THAW, pair=pair, now=NOW)
    assert said == "He has died and left no word that his partner may use it."
    place = Place(tank=tank, spot=Spot(1, 1, 2))
    move(container=made, verb=Verb.MOVE, pair=pair, now=NOW, place=place)
    assert Container.objects.get(pk=made.pk).spot == Spot(1, 1, 2)


def test_a_positive_or_missing_test_keeps_it_in_quarantine(man, store, quarantine, tank, pair):
    ScreeningFactory(patient=man, tested_on=date(2026, 7, 1), hcv="positive")
    said, field = refused(store)
    assert (said, field) == (
        "A test of his for infection is positive. It stands in a quarantine tank.", "tank",
    )  # fmt: skip
    made = store(tank=quarantine)
    out = {"container": made, "verb": Verb.MOVE, "pair": pair, "now": NOW}
    assert refused(move, **out, place=Place(tank=tank, spot=Spot(1, 1, 1)))[1] == "tank"
    ScreeningFactory(patient=man, tested_on=date(2026, 8, 1))
    move(**out, place=Place(tank=tank, spot=Spot(1, 1, 1)))
    assert Container.objects.get(pk=made.pk).tank == tank


def test_it_goes_through_its_life_and_every_step_is_kept(store, pair, tank):
    made = store()
    for verb, reason in ((Verb.RESERVE, "For 12 Aug"), (Verb.THAW, ""), (Verb.USE, "")):
        move(container=made, verb=verb, pair=pair, now=NOW, reason=reason)
    rows = made.movements.order_by("number").values_list("number", "kind", "status", "tank")
    assert list(rows) == [
        (1, "store", "stored", tank.pk), (2, "reserve", "reserved", tank.pk),
        (3, "thaw", "thawed", None), (4, "use", "used", None),
    ]  # fmt: skip
    assert AuditEvent.objects.filter(subject=f"labs.container:{made.pk}").count() == 4


def test_what_leaves_its_position_makes_room(store, pair):
    move(container=store(), verb=Verb.THAW, pair=pair, now=NOW)
    assert store().spot == Spot(1, 1, 1)


def test_what_is_thawed_is_not_frozen_again(store, pair, tank):
    made = store()
    move(container=made, verb=Verb.THAW, pair=pair, now=NOW)
    place = Place(tank=tank, spot=Spot(1, 1, 1))
    said, _ = refused(
        move, container=made, verb=Verb.MOVE, pair=pair, now=NOW, place=place
    )  # fmt: skip
    assert said == "It has been thawed; what is thawed is not frozen again."


def test_discarding_and_reserving_need_a_reason(store, pair):
    made = store()
    for verb in (Verb.DISCARD, Verb.RESERVE):
        assert refused(move, container=made, verb=verb, pair=pair, now=NOW)[1] == "reason"


def test_between_clinics_it_goes_with_papers(store, pair):
    came = store(carriage=CARRIED)
    row = came.movements.get()
    assert (row.kind, row.clinic, row.papers) == ("receive", "Valley Clinic", "VC-77")
    out = {"container": came, "verb": Verb.TRANSFER, "pair": pair, "now": NOW}
    assert refused(move, **out)[0] == "Between clinics it goes with its papers."
    bare = Carriage(clinic="Valley Clinic", courier="", papers="VC-78", temperature_logged=False)
    assert refused(move, **out, carriage=bare)[1] == "courier"
    move(**out, carriage=CARRIED)
    assert Container.objects.get(pk=came.pk).status == "transferred"


def test_a_test_after_the_thaw_is_written_once(store, pair, embryologist):
    made = store(n_sperm=12, n_motile=6, n_exact=True, kind="cryotop")
    test = {"container": made, "motile_pct": Decimal(25), "by": embryologist, "now": NOW}
    assert refused(record_thaw, found_n=7, **test)[0] == "It is tested when it has been thawed."
    move(container=made, verb=Verb.THAW, pair=pair, now=NOW)
    assert refused(record_thaw, found_n=13, **test)[1] == "found_n"
    found = record_thaw(found_n=7, **test)
    assert (found.recovery_pct, found.cryosurvival_pct) == (Decimal("58.3"), Decimal("50.0"))
    assert refused(record_thaw, found_n=7, **test)[0].startswith("It was tested already")


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE labs_containermovement SET reason = 'x'",
        "DELETE FROM labs_containermovement",
        "DELETE FROM labs_container",
        "UPDATE labs_container SET cryo_id = 'C26000000'",
        "UPDATE labs_tank SET canisters = 1",
    ],
)
def test_the_database_keeps_the_books_as_they_are(store, sql):
    store(Spot(2, 1, 1))
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@transaction.atomic
def shifted_behind_the_books(made):
    Container.objects.filter(pk=made.pk).update(position=2)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_the_database_refuses_a_state_without_its_movement(store):
    made = store()
    with pytest.raises(IntegrityError, match="container_stands_where_its_last_movement"):
        shifted_behind_the_books(made)


def test_the_database_refuses_a_leap_over_a_state(store, pair):
    made = store()
    with pytest.raises(IntegrityError, match="container_movement_is_a_step"), transaction.atomic():
        ContainerMovement.objects.create(
            container=made, number=2, kind="use", status="used", by=pair.by, witness=pair.witness
        )


def test_nothing_stands_in_the_tank_of_another_site(store, other_site):
    away = TankFactory(site=other_site)
    assert refused(store, tank=away)[0] == "This tank is not one of his clinic."
