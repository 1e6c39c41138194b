"""Whatever people do with capsules, in any order: nothing appears, and nothing disappears.

Hypothesis makes the orders; the actions are the real ones, on the real database. Each sequence is
undone after it.
"""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from clinic.models import Account
from clinic.refusal import Refusal
from protocols.actions import dosing, recalls, stock, treatment
from protocols.models import (
    CapsuleCount,
    Dispense,
    DoseSegment,
    Enrolment,
    Prescription,
    StockLot,
    StockMovement,
)
from protocols.queries.dosing import dose_record, on_hand, sheet_of
from tests.factories.protocols import DoseSegmentFactory, EnrolmentFactory
from tests.protocols.dosing.shelf import FAR, bottle, product
from tests.protocols.men import NOW, TODAY, make_patient

pytestmark = pytest.mark.django_db
FEW = st.integers(0, 70)


class Dispensary(RuleBasedStateMachine):
    """One man on his first day, one shelf, and everybody who may touch either."""

    enrolment: Enrolment
    pharmacist: Account
    nurse: Account
    doctor: Account

    @initialize()
    def opens(self):
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.site, self.now = self.enrolment.patient.site, NOW
        self.receive("L1", 200)

    def teardown(self):
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    @property
    def today(self):
        return self.site.localdate(self.now)

    def tries(self, act, **told):
        """A refusal leaves everything as it was."""
        before = self.everything()
        try:
            with transaction.atomic():
                return act(now=self.now, **told)
        except Refusal:
            same = self.everything() == before
        assert same, "something half-done remained"
        return None

    def everything(self):
        tables = (Prescription, Dispense, CapsuleCount, DoseSegment, StockMovement, StockLot)
        return [list(table.objects.order_by("pk").values()) for table in tables]

    def lot(self, which):
        lots = list(StockLot.objects.select_related("product__site").order_by("pk"))
        return lots[which % len(lots)]

    # --- the shelf ------------------------------------------------------------------------------

    @rule(number=st.sampled_from(["L1", "L2", "L3"]), capsules=st.integers(0, 200))
    def receive(self, number, capsules):
        self.tries(
            stock.receive, product=product(self.site, self.pharmacist), number=number,
            expires_on=FAR, capsules=capsules, on=self.today, by=self.pharmacist,
        )  # fmt: skip

    @rule(
        verb=st.sampled_from([stock.lose, stock.destroy, stock.send_back]),
        which=st.integers(0, 2), capsules=FEW, place=st.sampled_from(["shelf", "quarantine"]),
    )  # fmt: skip
    def takes_out(self, verb, which, capsules, place):
        second = {"second": self.nurse} if verb is stock.destroy else {}
        self.tries(
            verb, lot=self.lot(which), capsules=capsules, place=place, reason="Wet.",
            by=self.pharmacist, **second,
        )  # fmt: skip

    @rule(which=st.integers(0, 2), found=FEW)
    def counts_the_shelf(self, which, found):
        self.tries(
            stock.count, lot=self.lot(which), found=found, reason="Looked.", by=self.pharmacist
        )

    @rule(which=st.integers(0, 2), ends=st.booleans())
    def recalls(self, which, ends):
        self.tries(
            recalls.take_back if ends else recalls.recall, lot=self.lot(which), reason="A letter.",
            by=self.pharmacist,
        )  # fmt: skip

    @rule(which=st.integers(0, 30))
    def corrects(self, which):
        rows = list(StockMovement.objects.select_related("lot__product__site").order_by("pk"))
        self.tries(
            stock.reverse, movement=rows[which % len(rows)], reason="A slip.", second=self.nurse,
            by=self.pharmacist,
        )  # fmt: skip

    # --- the man --------------------------------------------------------------------------------

    @rule(days=st.integers(1, 12))
    def waits(self, days):
        self.now += timedelta(days=days)

    @rule(days=st.integers(1, 30))
    def prescribes(self, days):
        self.tries(dosing.prescribe, enrolment=self.enrolment, days=days, by=self.doctor)

    @rule()
    def hands_over(self):
        waiting = Prescription.objects.filter(cancelled_at=None, dispense=None)
        if not waiting.exists():
            self.prescribes(30)
        script = waiting.first()
        if script is None:
            return
        held = Enrolment.objects.get().status == "ON_HOLD"
        handed = self.tries(
            dosing.dispense, prescription=script, bottle=bottle(on=self.today), second=self.doctor,
            override_reason="Nobody else came.", by=self.pharmacist,
        )  # fmt: skip
        assert not (held and handed)

    @rule()
    def cancels(self):
        script = Prescription.objects.last()
        if script is not None:
            self.tries(
                dosing.cancel_prescription, prescription=script, reason="No.", by=self.doctor
            )

    @rule(brought=st.one_of(st.none(), FEW), kept=FEW, lost=st.integers(0, 9))
    def brings_back_anything(self, brought, kept, lost):
        self.counts(brought, kept, lost)

    @rule(part=st.integers(0, 100), keeps=st.booleans())
    def brings_back_some_of_what_he_has(self, part, keeps):
        has = on_hand(dose_record(self.enrolment), self.today).capsules
        self.counts(has * part // 100, has * part // 100 if keeps else 0, 0)

    def counts(self, brought, kept, lost):
        self.tries(
            dosing.count_rest, enrolment=self.enrolment, returned=brought, handed_in=kept,
            lost=lost, by=self.nurse,
        )  # fmt: skip

    @rule(
        verb=st.sampled_from(
            [treatment.hold, treatment.reduce, treatment.resume, treatment.restore_full_dose]
        )
    )
    def orders(self, verb):
        self.tries(verb, enrolment=self.enrolment, reason="Because.", by=self.doctor)

    # --- what always holds ----------------------------------------------------------------------

    @invariant()
    def a_lot_holds_what_its_movements_say(self):
        for lot in StockLot.objects.prefetch_related("movements"):
            rows = sorted(lot.movements.all(), key=lambda row: row.number)
            shelf = sum(row.capsules for row in rows if row.place == "shelf")
            quarantine = sum(row.capsules for row in rows if row.place == "quarantine")
            assert (lot.on_shelf, lot.in_quarantine) == (shelf, quarantine)
            assert min(shelf, quarantine) >= 0
            assert [row.number for row in rows] == list(range(1, len(rows) + 1))

    @invariant()
    def nothing_of_a_recalled_lot_goes_out(self):
        for lot in StockLot.objects.prefetch_related("movements"):
            recalled = False
            for row in sorted(lot.movements.all(), key=lambda row: row.number):
                assert not (recalled and row.kind in {"dispensed", "received"})
                recalled = row.kind == "recalled" or (recalled and row.kind != "recall_ended")
            assert (lot.recalled_at is not None) == recalled

    @invariant()
    def every_capsule_of_his_is_somewhere(self):
        sheet = sheet_of(dose_record(self.enrolment))
        parts = (sheet.taken, sheet.handed_in, sheet.lost, sheet.with_him, sheet.uncounted)
        assert sum(parts) == sheet.dispensed
        assert min(parts) >= 0
        gone = StockMovement.objects.filter(kind="dispensed").aggregate(n=Sum("capsules"))["n"]
        assert sheet.dispensed == -(gone or 0)

    @invariant()
    def what_he_gave_back_is_in_quarantine_or_was_taken_out_of_it(self):
        back = StockMovement.objects.filter(kind="patient_return", reversed_by=None)
        came = back.aggregate(n=Sum("capsules"))["n"] or 0
        assert came == (CapsuleCount.objects.aggregate(n=Sum("handed_in"))["n"] or 0)

    @invariant()
    def one_dose_holds_and_nothing_expected_is_less_than_nothing(self):
        segments = list(DoseSegment.objects.order_by("during"))
        assert [row.during.upper for row in segments if row.during.upper is None] == [None] * bool(
            segments
        )
        for one, other in pairwise(segments):
            assert one.during.upper == other.during.lower
        assert all(row.expected >= 0 for row in CapsuleCount.objects.all())
        held = [row.during for row in segments if row.kind == "hold"]
        for on in Dispense.objects.values_list("on", flat=True):
            assert not any(on in during and on != during.lower for during in held)


@pytest.fixture
def dispensary(site, pharmacist, clinician, coordinator):
    """The people are the same for every sequence; what they do is undone."""
    enrolment = EnrolmentFactory(
        patient=make_patient(site, clinician), first_dose_on=TODAY, status_since=TODAY,
        opened_by=clinician,
    )  # fmt: skip
    DoseSegmentFactory(enrolment=enrolment, ordered_by=clinician)
    product(site, pharmacist)
    people = {"pharmacist": pharmacist, "nurse": coordinator, "doctor": clinician}
    return type("Here", (Dispensary,), {"enrolment": enrolment, **people})


def test_nothing_appears_and_nothing_disappears(dispensary):
    run_state_machine_as_test(
        dispensary,
        settings=settings(
            max_examples=15,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
