"""From the shelf into his hand: the lot, the kind, the day, the authorisation."""

from datetime import date, timedelta

import pytest

from clinic.refusal import Refusal
from protocols.actions import dosing, recalls
from protocols.models import Dispense, Prescription, StockLot, StockMovement
from tests.factories.protocols import CapsuleCountFactory, DispenseFactory
from tests.protocols.dosing.shelf import FAR, RMA, bottle, shelved
from tests.protocols.men import DAY, NOW, TODAY, open_visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def rx(treated, clinician) -> Prescription:
    return dosing.prescribe(
        enrolment=treated, by=clinician, now=NOW, visit=open_visit(treated, clinician)
    )


@pytest.fixture
def hand_over(rx, pharmacist, clinician):
    """Against the gate, which these tests are not about."""

    def act(prescription=None, **told):
        return dosing.dispense(
            prescription=prescription or rx, bottle=bottle(**told), by=pharmacist, now=NOW,
            override_reason="Snow.", second=clinician,
        )  # fmt: skip

    return act


def on_shelf(lot):
    return StockLot.objects.get(pk=lot.pk).on_shelf


def untouched(*lots):
    """No bottle, and no capsule moved but by the deliveries."""
    assert not Dispense.objects.filter(prescription__number=4).exists()
    assert not StockMovement.objects.exclude(kind="received").exclude(capsules=0).exists()
    assert [on_shelf(lot) for lot in lots] == [600] * len(lots)


def test_a_bottle_is_taken_from_the_lot_that_expires_first(site, pharmacist, hand_over):
    late = shelved(site, pharmacist, "LATE")
    soon = shelved(site, pharmacist, "SOON", until=FAR - DAY)

    handed = hand_over()

    assert (handed.lot, handed.expires_on) == ("SOON", FAR - DAY)
    assert (on_shelf(soon), on_shelf(late)) == (540, 600)
    movement = handed.movement
    assert (movement.kind, movement.capsules, movement.on) == ("dispensed", -60, TODAY)


@pytest.mark.parametrize(
    ("until", "lot"),
    [
        pytest.param(TODAY + 30 * DAY, "SOON", id="lasts a month"),
        pytest.param(TODAY + 29 * DAY, "LATE", id="one day short"),
    ],
)
def test_a_lot_that_ends_before_the_bottle_is_passed_over(site, pharmacist, hand_over, until, lot):
    shelved(site, pharmacist, "LATE")
    shelved(site, pharmacist, "SOON", until=until)

    assert hand_over().lot == lot


@pytest.mark.parametrize(("capsules", "lot"), [(60, "SOON"), (59, "LATE")])
def test_a_lot_with_too_few_is_passed_over(site, pharmacist, hand_over, capsules, lot):
    shelved(site, pharmacist, "LATE")
    shelved(site, pharmacist, "SOON", capsules, until=FAR - DAY)

    assert hand_over().lot == lot


def test_without_a_lot_there_is_no_bottle(hand_over):
    with pytest.raises(Refusal, match="No lot on the shelf has 60 standard capsules") as refused:
        hand_over()

    assert refused.value.field == "lot"
    untouched()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        pytest.param({"until": TODAY + DAY}, "expire before they would be used up", id="short"),
        pytest.param({"capsules": 59}, "There are 59 capsules", id="too few"),
        pytest.param({"strength_mg": 40}, "is of 40 mg", id="another strength"),
    ],
)
def test_a_lot_that_will_not_do_is_refused_by_name(site, pharmacist, hand_over, wrong, says):
    other = shelved(site, pharmacist, "WRONG", **wrong)

    with pytest.raises(Refusal, match=says) as refused:
        hand_over(lot=other)
    assert refused.value.field == "lot"


def test_an_expired_lot_is_refused(site, pharmacist, hand_over):
    over = shelved(site, pharmacist, "OVER", until=TODAY - DAY)

    with pytest.raises(Refusal, match="Lot OVER expired on 3 Aug 2026"):
        hand_over(lot=over)
    untouched(over)


def test_a_recalled_lot_goes_out_to_nobody(site, pharmacist, hand_over):
    lot = shelved(site, pharmacist)
    recalls.recall(lot=lot, reason="The maker.", by=pharmacist, now=NOW)

    for chosen in (lot, None):
        with pytest.raises(Refusal, match=r"has been recalled|No lot on the shelf"):
            hand_over(lot=chosen)
    untouched(lot)


def test_a_lot_of_another_site_is_not_ours(other_site, pharmacist, hand_over):
    with pytest.raises(Refusal, match="another site"):
        hand_over(lot=shelved(other_site, pharmacist))


def test_another_kind_is_never_handed_over_in_silence(site, pharmacist, hand_over):
    lidose = shelved(site, pharmacist, "LD1", kind="lidose")

    with pytest.raises(
        Refusal, match="lot LD1 is Lidose: they are taken up differently"
    ) as refused:
        hand_over(lot=lidose)
    assert refused.value.field == "substituted_because"
    untouched(lidose)

    handed = hand_over(lot=lidose, substituted_because="None left; Dr Okafor agreed.")
    assert (handed.formulation, handed.substituted_because) == (
        "lidose",
        "None left; Dr Okafor agreed.",
    )


def test_the_first_to_expire_is_never_of_another_kind(site, pharmacist, hand_over):
    shelved(site, pharmacist, "LD1", kind="lidose", until=FAR - DAY)
    shelved(site, pharmacist, "L77")

    assert hand_over().lot == "L77"


@pytest.mark.parametrize(
    ("told", "says", "field"),
    [
        pytest.param({"on": TODAY + DAY}, "recorded on the day", "on", id="tomorrow"),
        pytest.param({"on": TODAY - DAY}, "older than its prescription", "on", id="yesterday"),
        pytest.param({"rma": " "}, "authorisation number", "rma", id="no authorisation"),
    ],
)
def test_a_bottle_that_cannot_be_is_refused(site, pharmacist, hand_over, told, says, field):
    lot = shelved(site, pharmacist)

    with pytest.raises(Refusal, match=says) as refused:
        hand_over(**told)
    assert refused.value.field == field
    untouched(lot)


def test_a_bottle_from_before_a_count_is_refused(site, pharmacist, hand_over, treated, clinician):
    lot = shelved(site, pharmacist)
    CapsuleCountFactory(
        visit=None, enrolment=treated, since_on=TODAY, counted_on=TODAY + DAY, counted_by=clinician
    )

    with pytest.raises(Refusal, match="Capsules were counted on 5 Aug 2026, after that day"):
        hand_over()
    untouched(lot)


def test_a_prescription_is_filled_once(site, pharmacist, hand_over):
    lot = shelved(site, pharmacist)
    hand_over()

    with pytest.raises(Refusal, match="already been handed out"):
        hand_over()
    assert on_shelf(lot) == 540


def test_a_bottle_the_gate_refuses_stays_on_the_shelf(site, rx, pharmacist):
    lot = shelved(site, pharmacist)

    with pytest.raises(Refusal, match="PHQ-9"):
        dosing.dispense(prescription=rx, bottle=bottle(), by=pharmacist, now=NOW)
    untouched(lot)


def test_what_is_on_the_bottle_stands_in_the_record(site, pharmacist, hand_over):
    lot = shelved(site, pharmacist)

    handed = hand_over(rma=f" {RMA} ")

    assert (handed.product, handed.ndc, handed.rma) == (lot.product.name, lot.product.ndc, RMA)


# --- the prescription -----------------------------------------------------------------------------


def test_he_goes_on_with_the_kind_he_has_had(treated, clinician):
    rx = dosing.prescribe(enrolment=treated, by=clinician, now=NOW)

    assert (rx.formulation, rx.product) == ("standard", "Isotretinoin 20 mg capsules")


def test_a_change_of_kind_needs_its_reason(treated, clinician):
    with pytest.raises(Refusal, match="He has had standard capsules, and Lidose ones") as refused:
        dosing.prescribe(enrolment=treated, by=clinician, now=NOW, formulation="lidose")
    assert refused.value.field == "changed_because"

    rx = dosing.prescribe(
        enrolment=treated, by=clinician, now=NOW, formulation="lidose",
        changed_because="He eats little.",
    )  # fmt: skip
    assert (rx.product, rx.changed_because) == (
        "Isotretinoin 20 mg capsules, Lidose",
        "He eats little.",
    )


def test_who_last_got_lidose_goes_on_with_lidose(treated, clinician):
    DispenseFactory(
        prescription__enrolment=treated, prescription__number=4, formulation="lidose",
        prescription__written_on=TODAY - DAY, prescription__written_by=clinician,
    )  # fmt: skip

    assert dosing.prescribe(enrolment=treated, by=clinician, now=NOW).formulation == "lidose"


def test_there_is_no_such_kind(treated, clinician):
    with pytest.raises(Refusal, match="Say which kind"):
        dosing.prescribe(enrolment=treated, by=clinician, now=NOW, formulation="paste")


@pytest.mark.parametrize(
    ("left", "allowed"),
    [
        pytest.param(14, True, id="seven days on hand"),
        pytest.param(15, True, id="seven and a half"),
        pytest.param(16, False, id="eight"),
    ],
)
def test_at_most_seven_days_may_be_on_hand(rx, site, pharmacist, left, allowed):
    shelved(site, pharmacist)
    CapsuleCountFactory(
        visit=None, enrolment=rx.enrolment, counted_on=TODAY, dispensed=180, returned=left,
        expected=176, counted_by=pharmacist, since_on=date(2026, 5, 8),
    )  # fmt: skip

    with pytest.raises(Refusal) as refused:
        dosing.dispense(prescription=rx, bottle=bottle(), by=pharmacist, now=NOW)
    assert ("at most 7 are allowed" in str(refused.value)) is not allowed


def test_a_waiting_day_does_not_matter_to_the_lot(site, rx, pharmacist, clinician):
    """Handed over two days after it was written: the month is counted from that day."""
    shelved(site, pharmacist, "SOON", until=TODAY + 31 * DAY)
    later = NOW + timedelta(days=2)

    with pytest.raises(Refusal, match=r"last until 5 Sep 2026"):
        dosing.dispense(
            prescription=rx, bottle=bottle(on=TODAY + 2 * DAY), by=pharmacist, now=later,
            override_reason="Snow.", second=clinician,
        )  # fmt: skip
