"""Containers for orders: taken, received, rejected; several orders at once, cancelled and back."""

from datetime import date, timedelta

import pytest

from clinic.models import AuditEvent
from clinic.refusal import Refusal
from labs.actions.ordering import cancel_order, order, order_several, restore_order
from labs.actions.results import file_draw, strike_draw
from labs.actions.specimens import collect, receive, reject
from labs.models import Order, Specimen
from labs.queries.orders import asked
from labs.rules.readings import Value
from tests.factories.patients import PatientFactory
from tests.labs.conftest import DRAWN, NOW

pytestmark = pytest.mark.django_db
DUE = date(2026, 8, 6)
LIVER = [Value("alt", "30", "U/L", "<=40"), Value("ast", "30", "U/L", "<=40")]


@pytest.fixture
def liver(man, catalogue):
    return order(patient=man, panel_key="liver", due_on=DUE, by=None, now=NOW - timedelta(days=1))


@pytest.fixture
def taken(man, liver, coordinator):
    return collect(patient=man, orders=[liver], collected_at=DRAWN, by=coordinator, now=NOW)


def state(placed):
    (found,) = asked(Order.objects.filter(pk=placed.pk))
    return found.state


def test_a_container_is_taken_for_an_order_and_gets_a_number(taken, liver, coordinator):
    assert list(taken.orders.all()) == [liver]
    assert (taken.collected_at, taken.collected_by) == (DRAWN, coordinator)
    assert state(liver) == f"collected, {taken.number}"
    assert AuditEvent.objects.filter(action="specimen.collected").count() == 1


def test_one_container_serves_several_orders(man, liver, coordinator):
    ck = order(patient=man, panel_key="muscle", due_on=DUE, by=None, now=NOW)

    made = collect(patient=man, orders=[liver, ck], collected_at=DRAWN, by=coordinator, now=NOW)

    assert {placed.pk for placed in made.orders.all()} == {liver.pk, ck.pk}


def test_blood_and_semen_are_two_containers(man, liver, coordinator):
    sample = order(patient=man, semen=True, due_on=DUE, by=None, now=NOW)

    with pytest.raises(Refusal, match="two containers"):
        collect(patient=man, orders=[liver, sample], collected_at=DRAWN, by=coordinator, now=NOW)


@pytest.mark.parametrize(
    ("orders", "collected_at", "why"),
    [
        ("none", NOW, "for which order"),
        ("his", NOW + timedelta(seconds=1), "in the future"),
        ("another's", NOW, "somebody else"),
        ("cancelled", NOW, "no longer open"),
    ],
)
def test_what_cannot_be_taken_is_refused(man, liver, coordinator, orders, collected_at, why):
    other = order(
        patient=PatientFactory(site=man.site), panel_key="liver", due_on=DUE, by=None, now=NOW
    )
    gone = order(patient=man, panel_key="muscle", due_on=DUE, by=None, now=NOW)
    cancel_order(order=gone, reason="twice", by=None)
    given = {"none": [], "his": [liver], "another's": [other], "cancelled": [gone]}[orders]

    with pytest.raises(Refusal, match=why):
        collect(patient=man, orders=given, collected_at=collected_at, by=coordinator, now=NOW)
    assert not Specimen.objects.exists()


def test_it_is_received_once(taken, liver, technologist):
    receive(specimen=taken, by=technologist, now=NOW)

    assert state(liver) == f"at the laboratory, {taken.number}"
    with pytest.raises(Refusal, match="received already"):
        receive(specimen=taken, by=technologist, now=NOW)


@pytest.mark.parametrize("rejection", [r for r in Specimen.Rejection.values if r != "other"])
def test_a_rejected_container_leaves_its_order_to_be_taken_again(
    taken, liver, technologist, rejection
):
    reject(specimen=taken, rejection=rejection, by=technologist, now=NOW)

    taken.refresh_from_db()
    liver.refresh_from_db()
    assert (taken.rejected_at, taken.rejected_by, liver.status) == (NOW, technologist, "open")
    assert state(liver).startswith("sample rejected: ")
    assert state(liver).endswith("; take it again")


def test_another_reason_is_said_in_words(taken, technologist):
    with pytest.raises(Refusal, match="what is wrong") as refused:
        reject(specimen=taken, rejection="other", by=technologist, now=NOW)

    assert refused.value.field == "note"
    assert reject(specimen=taken, rejection="other", note="warm", by=technologist, now=NOW).pk


def test_what_was_rejected_stays_rejected(taken, technologist):
    reject(specimen=taken, rejection="clotted", by=technologist, now=NOW)

    with pytest.raises(Refusal, match="rejected already"):
        reject(specimen=taken, rejection="lost", by=technologist, now=NOW)
    with pytest.raises(Refusal, match="rejected already"):
        receive(specimen=taken, by=technologist, now=NOW)


def test_a_new_container_takes_the_place_of_the_rejected_one(man, taken, liver, coordinator):
    reject(specimen=taken, rejection="clotted", by=coordinator, now=NOW)
    again = collect(patient=man, orders=[liver], collected_at=NOW, by=coordinator, now=NOW)

    assert state(liver) == f"collected, {again.number}"


def file(man, laboratory, specimen, by):
    return file_draw(
        patient=man, laboratory=laboratory, collected_at=DRAWN, values=LIVER, specimen=specimen,
        by=by, now=NOW,
    )  # fmt: skip


def test_results_with_its_number_answer_the_order(man, laboratory, taken, liver, coordinator):
    file(man, laboratory, taken.number, coordinator)

    liver.refresh_from_db()
    assert liver.status == "resulted"
    with pytest.raises(Refusal, match="Results are filed from it"):
        reject(specimen=taken, rejection="clotted", by=coordinator, now=NOW)


def test_an_order_waits_again_when_what_answered_it_was_struck_out(
    man, laboratory, taken, liver, coordinator
):
    draw = file(man, laboratory, taken.number, coordinator)
    strike_draw(draw=draw, reason="haemolysed", by=coordinator, now=NOW)
    reject(specimen=taken, rejection="haemolysed", by=coordinator, now=NOW)

    liver.refresh_from_db()
    assert liver.status == "open"


def test_no_result_is_filed_from_a_rejected_container(man, laboratory, taken, coordinator):
    reject(specimen=taken, rejection="haemolysed", by=coordinator, now=NOW)

    with pytest.raises(Refusal, match="was rejected: haemolysed") as refused:
        file(man, laboratory, taken.number, coordinator)
    assert refused.value.field == "specimen"


def test_a_number_of_ours_is_filed_for_the_man_on_its_label_alone(
    site, laboratory, taken, coordinator
):
    other = PatientFactory(site=site)

    with pytest.raises(Refusal, match="is of somebody else"):
        file(other, laboratory, taken.number.lower(), coordinator)
    assert file(other, laboratory, "LAB-4711", coordinator).specimen == "LAB-4711"


def test_several_panels_are_ordered_at_once(man, catalogue):
    made = order_several(
        patient=man, what=["lipids", "liver", "semen", "liver"], due_on=DUE, by=None, now=NOW
    )

    assert [(o.panel.key if o.panel else "semen", o.fasting) for o in made] == [
        ("lipids", True),
        ("liver", False),
        ("semen", False),
    ]


@pytest.mark.parametrize(
    ("what", "due_on", "why"),
    [
        ([], DUE, "Choose what"),
        (["liver", "moon"], DUE, "no panel"),
        (["liver"], date(2026, 8, 3), "in the past"),
    ],
)
def test_all_of_several_are_ordered_or_none(man, catalogue, what, due_on, why):
    with pytest.raises(Refusal, match=why):
        order_several(patient=man, what=what, due_on=due_on, by=None, now=NOW)
    assert not Order.objects.exists()


def test_an_order_may_be_due_today(man, catalogue):
    (made,) = order_several(patient=man, what=["liver"], due_on=date(2026, 8, 4), by=None, now=NOW)

    assert made.due_on == date(2026, 8, 4)


def test_a_cancelled_order_comes_back_and_an_open_one_does_not(liver, coordinator):
    cancel_order(order=liver, reason="slip", by=coordinator)

    assert restore_order(order=liver, by=coordinator).status == "open"
    with pytest.raises(Refusal, match="not cancelled"):
        restore_order(order=liver, by=coordinator)
