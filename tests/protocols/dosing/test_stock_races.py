"""Two who take from one lot at once take turns: the second sees what the first has left."""

import pytest

from clinic.refusal import Refusal
from protocols.actions import dosing, stock
from protocols.models import Dispense, StockLot, StockMovement
from tests.protocols.dosing.shelf import bottle, shelved
from tests.protocols.men import NOW, on_treatment
from tests.protocols.safety.test_races import at_once
from tests.sources import calls, python_files

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_two_bottles_one_gets_the_last_sixty(site, pharmacist, clinician, catalogue, programme):
    lot = shelved(site, pharmacist, capsules=60)
    scripts = [
        dosing.prescribe(enrolment=on_treatment(site, clinician, name), by=clinician, now=NOW)
        for name in ("Rourke", "Marsh")
    ]

    def hand(script):
        return dosing.dispense(
            prescription=script, bottle=bottle(lot=lot), by=pharmacist, now=NOW,
            override_reason="Snow.", second=clinician,
        )  # fmt: skip

    answers = at_once(*(lambda script=script: hand(script) for script in scripts))

    refused = [str(answer) for answer in answers if isinstance(answer, Refusal)]
    assert refused == ["There are 0 capsules of lot L77 on the shelf, and 60 are prescribed."]
    assert Dispense.objects.filter(prescription__number=4).count() == 1
    assert StockLot.objects.get().on_shelf == 0


def test_many_movements_at_once_leave_no_gap(site, pharmacist):
    lot = shelved(site, pharmacist, capsules=100)

    at_once(
        *(
            lambda: stock.lose(lot=lot, capsules=30, reason="Wet.", by=pharmacist, now=NOW)
            for _ in range(6)
        )
    )

    assert StockLot.objects.get().on_shelf == 10
    numbers = StockMovement.objects.order_by("number").values_list("number", "balance")
    assert list(numbers) == [(1, 100), (2, 70), (3, 40), (4, 10)]


def test_one_action_alone_writes_the_ledger():
    """`move` is the gateway: nobody else makes a movement or sets what a lot holds."""
    writers = {
        (path.name, name)
        for path in python_files()
        for _, name, call in calls(path)
        if name in ("create", "bulk_create")
        and "StockMovement" in path.read_text()
        and getattr(call.func.value, "value", None) is not None
        and getattr(call.func.value.value, "id", "") == "StockMovement"
    }
    assert writers == {("stock.py", "create")}
