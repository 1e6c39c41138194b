"""Whatever is tried in whatever order: one container a position, and books without a gap."""

from datetime import timedelta

from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from clinic.access import Role
from clinic.refusal import Refusal
from labs.actions import storage
from labs.actions.storage import Carriage, Frozen, Pair, Place
from labs.models import Container, ContainerMovement
from labs.rules.storage import IN_TANK, STEPS, Spot, Status, Verb, step
from tests.conftest import make_member, make_site
from tests.factories.patients import PatientFactory
from tests.factories.storage import ScreeningFactory, StorageTermsFactory, TankFactory
from tests.labs.storage.conftest import NOW, VIAL

SPOTS = st.builds(Spot, st.integers(1, 2), st.integers(1, 2), st.integers(1, 2))
PAPERS = Carriage(clinic="Valley", courier="Couriers", papers="7", temperature_logged=True)
GONE = {Status.USED, Status.TRANSFERRED, Status.DISCARDED}


class OnPaper(RuleBasedStateMachine):
    """The table alone."""

    def __init__(self):
        super().__init__()
        self.status = None
        self.passed = []

    @rule(verb=st.sampled_from(Verb))
    def tries(self, verb):
        to = step(self.status, verb)
        if to is not None:
            self.passed.append((self.status, verb, to))
            self.status = to

    @invariant()
    def nothing_returns_from_where_it_has_gone(self):
        assert all(was not in GONE for was, _, _ in self.passed)

    @invariant()
    def what_left_the_tank_never_stands_in_one_again(self):
        held = [to in IN_TANK for _, _, to in self.passed]
        assert held == sorted(held, reverse=True)

    @invariant()
    def it_is_used_only_after_a_thaw(self):
        verbs = [verb for _, verb, _ in self.passed]
        assert Verb.USE not in verbs or verbs[verbs.index(Verb.USE) - 1] is Verb.THAW


def test_no_order_of_verbs_breaks_the_table():
    run_state_machine_as_test(OnPaper, settings=settings(max_examples=150, deadline=None))


class InTheLaboratory(RuleBasedStateMachine):
    """One man, one small tank, two people who try whatever they like."""

    site = pair = None

    @initialize()
    def an_empty_tank(self):
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.man = PatientFactory(site=self.site)
        StorageTermsFactory(patient=self.man)
        ScreeningFactory(patient=self.man, tested_on=NOW.date() - timedelta(days=9))
        self.tank = TankFactory(site=self.site, canisters=2, canes=2, positions=2)

    def teardown(self):
        if hasattr(self, "undo"):
            transaction.set_rollback(True)
            self.undo.__exit__(None, None, None)

    def attempt(self, act, **given):
        try:
            with transaction.atomic():
                return act(**given)
        except Refusal:
            return None

    @rule(spot=SPOTS)
    def something_is_frozen(self, spot):
        free = not Container.objects.filter(
            tank=self.tank, canister=spot.canister, cane=spot.cane, position=spot.position
        ).exists()
        made = self.attempt(
            storage.store, patient=self.man, frozen=Frozen(**VIAL),
            place=Place(tank=self.tank, spot=spot), pair=self.pair, now=NOW,
        )  # fmt: skip
        assert (made is not None) == free

    @rule(data=st.data(), verb=st.sampled_from(Verb), spot=SPOTS)
    def something_is_done_with_one(self, data, verb, spot):
        rows = list(Container.objects.filter(patient=self.man).order_by("pk"))
        if not rows:
            return
        held = data.draw(st.sampled_from(rows))
        carried = verb in (Verb.RECEIVE, Verb.TRANSFER)
        done = self.attempt(
            storage.move, container=held, verb=verb, pair=self.pair, now=NOW, reason="Tried",
            place=Place(tank=self.tank, spot=spot) if verb is Verb.MOVE else None,
            carriage=PAPERS if carried else None,
        )  # fmt: skip
        if done is not None:
            assert done.status == STEPS[(Status(held.status), verb)]

    @invariant()
    def no_two_stand_together(self):
        if not hasattr(self, "man"):
            return
        spots = [row.spot for row in Container.objects.kept().filter(tank=self.tank)]
        assert len(spots) == len(set(spots))

    @invariant()
    def the_books_have_no_gap_and_end_where_it_stands(self):
        if not hasattr(self, "man"):
            return
        for row in Container.objects.filter(patient=self.man):
            moves = list(ContainerMovement.objects.filter(container=row).order_by("number"))
            assert [move.number for move in moves] == list(range(1, len(moves) + 1))
            assert (moves[-1].status, moves[-1].spot) == (row.status, row.spot)
            assert all(move.by_id != move.witness_id for move in moves)


def test_no_order_of_deeds_breaks_the_books(db):
    site = make_site("harbour")
    InTheLaboratory.site = site
    InTheLaboratory.pair = Pair(
        by=make_member(site, Role.EMBRYOLOGIST), witness=make_member(site, Role.TECHNOLOGIST)
    )
    run_state_machine_as_test(
        InTheLaboratory,
        settings=settings(
            max_examples=12,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
