"""The ledger of the dispensary: it only adds up, and nothing in it is ever changed."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum

from clinic.models import AuditEvent
from clinic.refusal import Refusal
from config.management.commands.grant_rights import append_only_tables
from protocols.actions import recalls, stock
from protocols.models import StockLot, StockMovement
from tests.factories.stock import ProductFactory, StockMovementFactory
from tests.protocols.dosing.shelf import FAR, product, shelved
from tests.protocols.men import DAY, DAY_ONE, NOW, TODAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def lot(site, pharmacist):
    return shelved(site, pharmacist, capsules=100)


def left(lot):
    return StockLot.objects.values_list("on_shelf", "in_quarantine").get(pk=lot.pk)


def deliver(site, by, **more):
    told = {"number": "L77", "expires_on": FAR, "capsules": 60, "on": TODAY, **more}
    return stock.receive(product=product(site, by), by=by, now=NOW, **told)


def test_a_delivery_is_on_the_shelf_and_in_the_trail(site, pharmacist):
    put = deliver(site, pharmacist)

    assert (put.number, put.kind, put.capsules, put.balance) == (1, "received", 60, 60)
    assert left(put.lot) == (60, 0)
    event = AuditEvent.objects.get(action="stock.moved")
    assert (event.actor, event.detail["capsules"]) == (pharmacist, 60)


def test_a_second_delivery_of_a_lot_adds_to_it(lot, site, pharmacist):
    put = deliver(site, pharmacist)

    assert (put.lot, put.number, put.balance) == (lot, 2, 160)


def test_a_delivery_may_be_good_for_ten_years(site, pharmacist):
    put = deliver(site, pharmacist, expires_on=date(2036, 12, 31))

    assert put.lot.expires_on == date(2036, 12, 31)


@pytest.mark.parametrize(
    ("wrong", "says", "field"),
    [
        pytest.param({"number": " "}, "Write down the lot", "number", id="no lot"),
        pytest.param({"capsules": 0}, "At least one capsule", "capsules", id="none"),
        pytest.param({"capsules": -5}, "At least one capsule", "capsules", id="fewer than none"),
        pytest.param({"capsules": 30.5}, "Whole capsules only", "capsules", id="half a capsule"),
        pytest.param({"capsules": 100_001}, "more than 100000", "capsules", id="beyond belief"),
        pytest.param({"on": TODAY + DAY}, "not before", "on", id="tomorrow"),
        pytest.param({"expires_on": TODAY}, "has expired", "expires_on", id="expired"),
        pytest.param(
            {"expires_on": date(2037, 1, 1)}, "read the expiry", "expires_on", id="eleven years"
        ),
    ],
)
def test_a_delivery_that_cannot_be_is_refused(site, pharmacist, wrong, says, field):
    with pytest.raises(Refusal, match=says) as refused:
        deliver(site, pharmacist, **wrong)

    assert refused.value.field == field
    assert not StockLot.objects.exists()


@pytest.mark.parametrize("capsules", [1, 100_000])
def test_a_delivery_at_its_limits_is_taken(site, pharmacist, capsules):
    assert deliver(site, pharmacist, capsules=capsules).balance == capsules


def test_a_delivery_may_expire_tomorrow(site, pharmacist):
    assert deliver(site, pharmacist, expires_on=TODAY + DAY).balance == 60


def test_one_lot_has_one_expiry_while_it_is_on_the_shelf(lot, site, pharmacist):
    with pytest.raises(Refusal, match="good until 31 Jan 2028: one of the two days is a slip"):
        deliver(site, pharmacist, expires_on=FAR + DAY)


def test_a_slip_in_the_expiry_is_turned_around_and_received_again(lot, site, pharmacist):
    stock.reverse(movement=lot.movements.get(), reason="It says 2029.", by=pharmacist, now=NOW)

    again = deliver(site, pharmacist, expires_on=FAR + 365 * DAY)

    assert (left(lot), again.balance) == ((0, 0), 60)


OUT = [stock.send_back, stock.lose, stock.destroy]


def out(verb, lot, by, second, capsules=10, **more):
    signed = {"second": second} if verb is stock.destroy else {}
    told = {"reason": "Wet.", **signed, **more}
    return verb(lot=lot, capsules=capsules, by=by, now=NOW, **told)


@pytest.mark.parametrize("verb", OUT)
@pytest.mark.parametrize(("capsules", "allowed"), [(99, True), (100, True), (101, False)])
def test_no_more_leaves_than_is_there(lot, pharmacist, coordinator, verb, capsules, allowed):
    if allowed:
        assert out(verb, lot, pharmacist, coordinator, capsules).balance == 100 - capsules
        return
    with pytest.raises(Refusal, match="There are 100 capsules of lot L77 on the shelf") as refused:
        out(verb, lot, pharmacist, coordinator, capsules)
    assert (refused.value.field, left(lot)) == ("capsules", (100, 0))


@pytest.mark.parametrize("verb", OUT)
def test_nothing_leaves_without_a_reason(lot, pharmacist, coordinator, verb):
    with pytest.raises(Refusal, match="Say what became of them"):
        out(verb, lot, pharmacist, coordinator, reason=" ")


@pytest.mark.parametrize(
    ("who", "says"),
    [
        pytest.param(None, "A second member signs", id="nobody"),
        pytest.param("pharmacist", "another person", id="the same person"),
        pytest.param("auditor", "cannot sign", id="no such role"),
        pytest.param("stranger", "cannot sign", id="another site"),
    ],
)
def test_capsules_are_destroyed_by_two(lot, pharmacist, request, who, says):
    second = request.getfixturevalue(who) if who else None

    with pytest.raises(Refusal, match=says) as refused:
        out(stock.destroy, lot, pharmacist, second)
    assert (refused.value.field, left(lot)) == ("second", (100, 0))


def test_who_was_second_is_kept(lot, pharmacist, coordinator):
    gone = out(stock.destroy, lot, pharmacist, coordinator)

    assert (gone.by, gone.second_signature) == (pharmacist, coordinator)


@pytest.mark.parametrize(
    ("found", "difference"),
    [pytest.param(98, -2, id="two missing"), pytest.param(103, 3, id="three more")],
)
def test_what_is_counted_becomes_the_balance_with_its_reason(lot, pharmacist, found, difference):
    moved = stock.count(lot=lot, found=found, reason="A box split.", by=pharmacist, now=NOW)

    assert (moved.capsules, moved.balance, left(lot)) == (difference, found, (found, 0))


def test_a_difference_without_a_reason_is_refused(lot, pharmacist):
    with pytest.raises(Refusal, match="100 should be there and 98 are") as refused:
        stock.count(lot=lot, found=98, by=pharmacist, now=NOW)
    assert refused.value.field == "reason"


def test_a_count_that_agrees_is_written_down_too(lot, pharmacist):
    moved = stock.count(lot=lot, found=100, by=pharmacist, now=NOW)

    assert (moved.kind, moved.capsules, moved.balance) == ("counted", 0, 100)


@pytest.mark.parametrize("found", [-1, 1.5])
def test_a_count_is_a_whole_number(lot, pharmacist, found):
    with pytest.raises(Refusal, match="apsules"):
        stock.count(lot=lot, found=found, by=pharmacist, now=NOW)


def test_a_correction_turns_a_movement_around_and_both_stay(lot, pharmacist, coordinator):
    gone = out(stock.lose, lot, pharmacist, coordinator)

    back = stock.reverse(movement=gone, reason="Found again.", by=pharmacist, now=NOW)

    assert (back.kind, back.capsules, back.reverses) == ("correction", 10, gone)
    assert (left(lot), StockMovement.objects.count()) == ((100, 0), 3)


def test_a_movement_is_corrected_once(lot, pharmacist, coordinator):
    gone = out(stock.lose, lot, pharmacist, coordinator)
    back = stock.reverse(movement=gone, reason="Found again.", by=pharmacist, now=NOW)

    for movement, says in ((gone, "corrected already"), (back, "is a correction itself")):
        with pytest.raises(Refusal, match=says):
            stock.reverse(movement=movement, reason="Again.", by=pharmacist, now=NOW)


def test_a_delivery_that_has_gone_out_cannot_be_turned_around(lot, pharmacist, coordinator):
    out(stock.lose, lot, pharmacist, coordinator)

    with pytest.raises(Refusal, match="There are 90 capsules"):
        stock.reverse(movement=lot.movements.get(number=1), reason="No.", by=pharmacist, now=NOW)


def test_a_correction_of_destroying_needs_two_as_well(lot, pharmacist, coordinator):
    gone = out(stock.destroy, lot, pharmacist, coordinator)

    with pytest.raises(Refusal, match="A second member signs"):
        stock.reverse(movement=gone, reason="Wrong lot.", by=pharmacist, now=NOW)

    stock.reverse(movement=gone, reason="Wrong lot.", by=pharmacist, second=coordinator, now=NOW)
    assert left(lot) == (100, 0)


def test_a_recalled_lot_is_not_recalled_twice_nor_received(lot, site, pharmacist):
    recalls.recall(lot=lot, reason="The maker.", by=pharmacist, now=NOW)

    with pytest.raises(Refusal, match="recalled already"):
        recalls.recall(lot=lot, reason="The maker.", by=pharmacist, now=NOW)
    with pytest.raises(Refusal, match="has been recalled: send it back"):
        deliver(site, pharmacist)


def test_a_recall_is_taken_back_and_both_stay_in_the_ledger(lot, site, pharmacist, coordinator):
    recalls.recall(lot=lot, reason="The maker.", by=pharmacist, now=NOW)

    held = recalls.take_back(lot=lot, reason="It was L78.", by=coordinator, now=NOW)

    assert (held.recalled_at, held.recalled_by, held.recalled_because) == (None, None, "")
    rows = lot.movements.order_by("number").values_list("kind", "capsules", "balance", "reason")
    assert list(rows) == [
        ("received", 100, 100, ""),
        ("recalled", 0, 100, "The maker."),
        ("recall_ended", 0, 100, "It was L78."),
    ]
    assert AuditEvent.objects.filter(action="stock.recall_ended").count() == 1
    assert deliver(site, pharmacist).balance == 160


def test_what_is_not_recalled_has_no_recall_to_take_back(lot, pharmacist):
    with pytest.raises(Refusal, match="Lot L77 is not recalled"):
        recalls.take_back(lot=lot, reason="It is good.", by=pharmacist, now=NOW)

    recalls.recall(lot=lot, reason="The maker.", by=pharmacist, now=NOW)
    recalls.take_back(lot=lot, reason="It is good.", by=pharmacist, now=NOW)
    with pytest.raises(Refusal, match="Lot L77 is not recalled"):
        recalls.take_back(lot=lot, reason="It is good.", by=pharmacist, now=NOW)


def test_nobody_takes_a_recall_back_without_a_reason(lot, pharmacist):
    recalls.recall(lot=lot, reason="The maker.", by=pharmacist, now=NOW)

    with pytest.raises(Refusal, match="Say who says that it is good") as refused:
        recalls.take_back(lot=lot, reason=" ", by=pharmacist, now=NOW)
    assert refused.value.field == "reason"


@pytest.mark.parametrize(
    ("verb", "stands"),
    [(stock.send_back, True), (stock.destroy, True), (stock.lose, False)],
)
def test_a_recall_stands_once_capsules_went_because_of_it(
    lot, pharmacist, coordinator, verb, stands
):
    out(verb, lot, pharmacist, coordinator)
    recalls.recall(lot=lot, reason="The maker.", by=pharmacist, now=NOW)
    recalls.take_back(lot=lot, reason="A slip.", by=pharmacist, now=NOW)
    recalls.recall(lot=lot, reason="The maker, again.", by=pharmacist, now=NOW)
    gone = out(verb, lot, pharmacist, coordinator)

    if stands:
        with pytest.raises(Refusal, match="Since the recall 10 of its capsules came back or left"):
            recalls.take_back(lot=lot, reason="A slip.", by=pharmacist, now=NOW)
        stock.reverse(
            movement=gone, reason="Another lot.", by=pharmacist, second=coordinator, now=NOW
        )
    assert recalls.take_back(lot=lot, reason="A slip.", by=pharmacist, now=NOW).recalled_at is None


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        pytest.param({"name": " "}, "name on the box", id="no name"),
        pytest.param({"ndc": ""}, "product code", id="no code"),
        pytest.param({"formulation": "paste"}, "kind of capsule", id="no such kind"),
        pytest.param({"strength_mg": 0}, "milligrams", id="no strength"),
        pytest.param({"ndc": "00555-1"}, "is known already", id="known"),
    ],
)
def test_a_product_that_cannot_be_is_refused(site, pharmacist, wrong, says):
    ProductFactory(site=site, ndc="00555-1", added_by=pharmacist)
    told = {"name": "Isotretinoin", "ndc": "00555-2", "formulation": "lidose", "strength_mg": 20}

    with pytest.raises(Refusal, match=says):
        stock.add_product(site=site, by=pharmacist, **{**told, **wrong})


# --- what the database refuses --------------------------------------------------------------------


def movement(lot, by, **more):
    return StockMovementFactory(**{"lot": lot, "number": 2, "by": by, "balance": 700, **more})


@pytest.mark.parametrize("verb", ["update", "delete"])
def test_the_database_refuses_to_rewrite_a_movement(lot, verb):
    rows = StockMovement.objects.filter(lot=lot)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        rows.update(capsules=7) if verb == "update" else rows.delete()


def asks(*statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def test_the_database_refuses_to_empty_the_ledger(lot):
    asks("SET CONSTRAINTS ALL IMMEDIATE", "SET LOCAL halfyear.throwaway = 'off'")

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        asks("TRUNCATE protocols_stockmovement")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        pytest.param({"number": 3}, "leaves_no_gap", id="a number left out"),
        pytest.param({"number": 1}, "leaves_no_gap", id="a number twice"),
        pytest.param({"balance": 600}, "balance_adds_up", id="a sum that is none"),
        pytest.param(
            {"kind": "lost", "capsules": -101, "balance": -1, "reason": "x"},
            "balance",
            id="less than nothing",
        ),
        pytest.param(
            {"kind": "lost", "capsules": 5, "balance": 105, "reason": "x"},
            "goes_its_way",
            id="lost inwards",
        ),
        pytest.param(
            {"kind": "lost", "capsules": -5, "balance": 95}, "unusual_has_reason", id="no reason"
        ),
        pytest.param(
            {"kind": "destroyed", "capsules": -5, "balance": 95, "reason": "x"},
            "destroyed_by_two",
            id="destroyed alone",
        ),
        pytest.param(
            {"kind": "dispensed", "capsules": -5, "balance": 95}, "whose_it_was", id="no bottle"
        ),
        pytest.param(
            {"kind": "correction", "capsules": -5, "balance": 95, "reason": "x"},
            "names_another",
            id="corrects nothing",
        ),
    ],
)
def test_the_database_refuses_a_movement_that_does_not_add_up(lot, pharmacist, wrong, says):
    with pytest.raises(IntegrityError, match=says), transaction.atomic():
        movement(lot, pharmacist, **wrong)


def test_the_database_refuses_a_correction_of_another_size(lot, pharmacist):
    with pytest.raises(IntegrityError, match="turns_another_around"), transaction.atomic():
        movement(
            lot, pharmacist, kind="correction", capsules=-5, balance=95, reason="x",
            reverses=lot.movements.get(),
        )  # fmt: skip


@pytest.mark.parametrize("change", [{"on_shelf": 99}, {"in_quarantine": 1}])
def test_the_database_refuses_a_balance_that_no_movement_made(lot, change):
    asks("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(IntegrityError, match="lot_balance_is_its_movements"), transaction.atomic():
        StockLot.objects.filter(pk=lot.pk).update(**change)


@pytest.mark.parametrize("recalled", [True, False])
def test_the_database_refuses_a_recall_that_no_movement_says(lot, pharmacist, recalled):
    asks("SET CONSTRAINTS ALL IMMEDIATE")
    told = {"recalled_at": NOW, "recalled_by": pharmacist, "recalled_because": "The maker."}
    if not recalled:
        asks("SET CONSTRAINTS ALL DEFERRED")
        recalls.recall(lot=lot, reason="The maker.", by=pharmacist, now=NOW)
        asks("SET CONSTRAINTS ALL IMMEDIATE")
        told = {"recalled_at": None, "recalled_by": None, "recalled_because": ""}

    with pytest.raises(IntegrityError, match="lot_recall_is_its_movements"), transaction.atomic():
        StockLot.objects.filter(pk=lot.pk).update(**told)


@pytest.mark.parametrize(
    "wrong", [{"capsules": -5, "balance": 95}, {"place": "quarantine", "balance": 0}]
)
def test_the_database_refuses_a_recall_that_moves_capsules(lot, pharmacist, wrong):
    told = {"kind": "recalled", "capsules": 0, "balance": 100, "reason": "x", **wrong}
    with pytest.raises(IntegrityError, match="goes_its_way"), transaction.atomic():
        movement(lot, pharmacist, **told)


@pytest.mark.parametrize("change", [{"number": "L78"}, {"expires_on": FAR + timedelta(days=1)}])
def test_the_database_refuses_to_make_a_lot_another(lot, change):
    with pytest.raises(IntegrityError, match="a lot keeps its product"), transaction.atomic():
        StockLot.objects.filter(pk=lot.pk).update(**change)


def test_the_role_of_the_program_may_not_rewrite_the_ledger():
    assert "protocols_stockmovement" in append_only_tables()


def test_a_lot_holds_what_its_movements_say(lot, pharmacist, coordinator):
    out(stock.lose, lot, pharmacist, coordinator)
    stock.count(lot=lot, found=95, reason="Five more.", by=pharmacist, now=NOW)

    total = StockMovement.objects.filter(lot=lot).aggregate(total=Sum("capsules"))["total"]
    assert (total, left(lot)) == (95, (95, 0))


def test_deliveries_may_be_written_down_late(site, pharmacist):
    assert deliver(site, pharmacist, on=DAY_ONE).on == date(2026, 5, 8)
