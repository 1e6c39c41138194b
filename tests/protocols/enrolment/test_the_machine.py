"""Lives nobody would think of: the pure table, and the real actions on the real database.

Whatever is tried in whatever order, what is promised of an enrolment holds after every step.
"""

from datetime import time, timedelta

import pytest
from django.db import transaction
from django.db.models import F
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from clinic.access import Role
from clinic.refusal import Refusal
from protocols.actions import corrections, death, endings, holds, screening, treatment
from protocols.actions.enrolment import change_status, record_first_dose, refer
from protocols.models import Enrolment, StatusChange, Visit
from protocols.rules.definition import shipped
from protocols.rules.reminders import dose_times
from protocols.rules.status import (
    FOLLOWED_UP,
    ON_TREATMENT,
    TERMINAL,
    Event,
    StatusFacts,
    transition,
)
from protocols.rules.vocabulary import Status
from tests.conftest import make_member
from tests.factories.protocols import MoodQuestionnaireFactory
from tests.protocols.enrolment.cast import (
    DAY,
    DAY_ONE,
    a_man,
    agrees,
    answers_no,
    at,
    bloods,
    semen,
)

TREATED = ON_TREATMENT | FOLLOWED_UP | {Status.LOST_TO_FOLLOW_UP}
facts = st.builds(
    StatusFacts,
    screening_consent=st.booleans(),
    reason_code=st.sampled_from(["", "AGE"]),
    gate_eligible=st.booleans(),
    eligibility_over=st.booleans(),
    treatment_consent=st.booleans(),
    gate_start=st.booleans(),
    first_dose=st.none() | st.dates(),
    restart_limits=st.booleans(),
    gate_complete=st.booleans(),
    follow_up_over=st.booleans(),
    lost=st.booleans(),
    previous=st.none() | st.sampled_from(Status),
    signatures=st.integers(min_value=0, max_value=3),
)


class OnPaper(RuleBasedStateMachine):
    """The table alone."""

    def __init__(self):
        super().__init__()
        self.status = None
        self.passed = []

    @rule(event=st.sampled_from(Event), known=facts)
    def happens(self, event, known):
        answer = transition(self.status, event, known)
        assert answer.allowed is not bool(answer.reasons)
        assert all(reason.endswith(".") for reason in answer.reasons)
        if not answer.allowed:
            assert answer.to is None
            return
        if self.status in TERMINAL:
            assert (event, known.signatures >= 2) == (Event.CORRECT_ERROR, True)
        self.passed.append((self.status, event, answer.to))
        self.status = answer.to

    @invariant()
    def was_is_what_was_last_become(self):
        before = [None, *(to for _, _, to in self.passed)]
        assert [was for was, _, _ in self.passed] == before[:-1]

    @invariant()
    def capsules_are_held_and_restarted_on_treatment_only(self):
        for was, event, _ in self.passed:
            if event in {Event.HOLD_ORDER, Event.RESTART_ORDER, Event.STOP}:
                assert was in ON_TREATMENT


def test_no_order_of_events_breaks_the_table():
    run_state_machine_as_test(
        OnPaper, settings=settings(max_examples=150, stateful_step_count=25, deadline=None)
    )


class InTheClinic(RuleBasedStateMachine):
    """One man, everything on file that he needs, and members who try whatever they like."""

    site = None
    clinician = None
    second = None

    @initialize(begun=st.booleans())
    def a_man_with_everything_on_file(self, begun):
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.on = DAY_ONE
        self.man = a_man(self.site, self.clinician)
        self.first_doses = {}
        for kind in ("screening", "treatment"):
            agrees(self.man, kind, self.on - 20 * DAY, self.clinician)
        answers_no(self.man, self.clinician, self.on - 19 * DAY)
        bloods(self.man, self.on - 10 * DAY)
        semen(self.man, self.on - 19 * DAY)
        semen(self.man, self.on - 10 * DAY)
        if begun:
            self.he_is_referred()
            self.he_is_screened(verdict=True)
            self.he_starts(back=0)

    def teardown(self):
        if hasattr(self, "undo"):
            transaction.set_rollback(True)
            self.undo.__exit__(None, None, None)

    # --- what there is -------------------------------------------------------------------------

    @property
    def his(self):
        return Enrolment.objects.filter(patient=self.man).order_by("pk")

    @property
    def newest(self):
        return self.his.select_related("patient__site", "version").last()

    def picture(self):
        """Everything a refused step must leave as it was."""
        return (
            list(self.his.values_list("status", "status_since", "first_dose_on", "last_dose_on")),
            StatusChange.objects.filter(enrolment__patient=self.man).count(),
            list(
                Visit.objects.filter(enrolment__patient=self.man)
                .order_by("pk")
                .values_list("status", "target_on")
            ),
            type(self.man).objects.values_list("deceased_on", flat=True).get(pk=self.man.pk),
        )

    def attempt(self, action, **given):
        before = self.picture()
        try:
            action(**given)
        except Refusal as refusal:
            self.refused(str(refusal), before)

    def refused(self, sentence, before):
        assert sentence.strip().endswith((".", "?"))
        assert self.picture() == before

    def now(self):
        return at(self.site, self.on)

    # --- what is tried -------------------------------------------------------------------------

    @rule(days=st.sampled_from([1, 7, 28, 29, 57, 110]))
    def time_passes(self, days):
        self.on += timedelta(days=days)
        screening.expire_eligibilities(now=self.now())
        holds.evaluate_holds(now=self.now())
        endings.close_over(now=self.now())
        assert endings.close_over(now=self.now()) == 0

    @rule()
    def he_is_referred(self):
        self.man.refresh_from_db()
        self.attempt(refer, patient=self.man, on=self.on, by=self.clinician, now=self.now())

    @precondition(lambda self: self.newest is not None)
    @rule(verdict=st.sampled_from([True, True, True, False]))
    def he_is_screened(self, verdict):
        enrolment, by = self.newest, self.clinician
        self.attempt(screening.start_screening, enrolment=enrolment, on=self.on, by=by)
        if not enrolment.mood_questionnaires.exists():
            MoodQuestionnaireFactory(
                enrolment=enrolment, answered_at=self.now() - DAY, answered_by=by
            )
        self.attempt(
            screening.decide_eligibility,
            enrolment=enrolment, eligible=verdict, on=self.on, by=by, reason="As seen.",
        )  # fmt: skip

    @precondition(lambda self: self.newest is not None)
    @rule(back=st.sampled_from([0, 0, 0, 3, -1]))
    def he_starts(self, back):
        enrolment, by = self.newest, self.clinician
        codes = [item.code for item in shipped().counselling]
        self.attempt(screening.link_consent, enrolment=enrolment, on=self.on, by=by)
        self.attempt(
            screening.record_counselling, enrolment=enrolment, codes=codes, on=self.on, by=by
        )
        self.attempt(screening.record_baseline, enrolment=enrolment, ipledge_id="1234567890", by=by)
        self.attempt(
            record_first_dose,
            enrolment=enrolment, on=self.on - back * DAY, by=by, today=self.on,
        )  # fmt: skip

    @precondition(lambda self: self.newest is not None)
    @rule(order=st.sampled_from(["hold", "resume", "reduce", "stop"]))
    def the_dose_is_changed(self, order):
        act = getattr(treatment, order)
        self.attempt(
            act, enrolment=self.newest, reason="Ordered.", by=self.clinician, now=self.now()
        )

    @precondition(lambda self: self.newest is not None)
    @rule(
        end=st.sampled_from(
            ["withdraw_treatment", "withdraw_consent", "complete", "close", "mark_returned"]
        )
    )
    def it_ends(self, end):
        more = {"reason": "His wish."} if end.startswith("withdraw") else {}
        act = getattr(endings, end)
        self.attempt(act, enrolment=self.newest, on=self.on, by=self.clinician, **more)

    @precondition(lambda self: self.newest is not None)
    @rule(lost=st.booleans())
    def nobody_reaches_him(self, lost):
        self.attempt(
            change_status,
            enrolment=self.newest, event=Event.LTFU_RULE, on=self.on, by=self.clinician,
            facts={"lost": lost},
        )  # fmt: skip

    @precondition(lambda self: self.newest is not None)
    @rule()
    def he_dies(self):
        self.attempt(
            death.record_death,
            enrolment=self.newest, on=self.on, reason="Told.", by=self.clinician, now=self.now(),
        )  # fmt: skip

    @precondition(lambda self: self.newest is not None)
    @rule(who=st.sampled_from(["second", "second", "clinician", "nobody"]))
    def an_end_is_corrected(self, who):
        second = {"second": self.second, "clinician": self.clinician}.get(who)
        enrolment = self.newest
        self.attempt(
            corrections.correct_error,
            enrolment=enrolment, reason="Wrong man.", by=self.clinician, second=second,
            now=self.now(),
        )  # fmt: skip
        if who != "second" and enrolment.status in TERMINAL:
            enrolment.refresh_from_db()
            assert enrolment.status in TERMINAL

    @precondition(lambda self: self.newest is not None)
    @rule(days=st.sampled_from([-2, -1, 0, 1]), alone=st.booleans())
    def day_one_is_corrected(self, days, alone):
        enrolment = self.newest
        self.attempt(
            corrections.correct_first_dose,
            enrolment=enrolment, on=(enrolment.first_dose_on or self.on) + days * DAY,
            reason="Misread.", by=self.clinician, second=None if alone else self.second,
            now=self.now(),
        )  # fmt: skip

    # --- what always holds ---------------------------------------------------------------------

    @invariant()
    def one_enrolment_lives_at_a_time(self):
        if hasattr(self, "man"):
            assert self.his.live().count() <= 1

    @invariant()
    def every_step_begins_where_the_last_one_led(self):
        if not hasattr(self, "man"):
            return
        for enrolment in self.his:
            steps = list(enrolment.status_changes.order_by("pk"))
            led = ["", *(step.became for step in steps)]
            assert [step.was for step in steps] == led[:-1]
            assert led[-1] == enrolment.status
            assert sorted(step.on for step in steps) == [step.on for step in steps]

    @invariant()
    def an_end_is_left_by_two_people_only(self):
        if not hasattr(self, "man"):
            return
        left = StatusChange.objects.filter(enrolment__patient=self.man, was__in=TERMINAL)
        assert {step.event for step in left} <= {Event.CORRECT_ERROR}
        assert all(step.second_signature_id not in (None, step.by_id) for step in left)

    @invariant()
    def the_first_capsule_stays_where_it_was(self):
        if not hasattr(self, "man"):
            return
        for enrolment in self.his:
            known = self.first_doses.setdefault(enrolment.pk, enrolment.first_dose_on)
            corrected = enrolment.status_changes.filter(event="CORRECT_ERROR", was=F("became"))
            assert known in (None, enrolment.first_dose_on) or corrected.exists()
            self.first_doses[enrolment.pk] = enrolment.first_dose_on

    @invariant()
    def months_are_laid_when_he_has_started_and_only_then(self):
        if not hasattr(self, "man"):
            return
        for enrolment in self.his:
            started = enrolment.first_dose_on is not None
            assert Visit.objects.filter(enrolment=enrolment, code="M1").exists() == started
            if enrolment.status in TREATED:
                assert started
            if enrolment.status in TERMINAL:
                assert not Visit.objects.filter(enrolment=enrolment, status="planned").exists()

    @invariant()
    def doses_are_reminded_of_on_treatment_only(self):
        if not hasattr(self, "man"):
            return
        for enrolment in self.his:
            times = dose_times(
                shipped(), self.on, [time(8)], zone=self.site.zone, status=Status(enrolment.status)
            )
            assert bool(times) == (enrolment.status == Status.ACTIVE)

    @invariant()
    def whoever_died_has_no_living_enrolment(self):
        if not hasattr(self, "man"):
            return
        self.man.refresh_from_db()
        dead = self.his.filter(status=Status.DECEASED).exists()
        assert (self.man.deceased_on is not None) == dead
        if dead:
            assert not self.his.live().exists()


@pytest.mark.django_db
def test_no_order_of_deeds_breaks_an_enrolment(clinic_open, clinician):
    InTheClinic.site, InTheClinic.clinician = clinic_open, clinician
    InTheClinic.second = make_member(clinic_open, Role.ADMINISTRATOR, "Second")

    run_state_machine_as_test(
        InTheClinic,
        settings=settings(
            max_examples=30,
            stateful_step_count=16,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
