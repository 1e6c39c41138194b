"""Orders that change the dose: one after another, with the status, the bottle and the tests."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from clinic.refusal import Refusal
from labs.models import Order
from protocols.actions import treatment
from protocols.actions.safety import decide
from protocols.models import DoseSegment, Finding
from tests.factories.protocols import DoseSegmentFactory
from tests.protocols.men import DAY, DAY_ONE, NOW, TODAY, blood

pytestmark = pytest.mark.django_db


def order(verb, enrolment, by, now=NOW, reason="Because."):
    return getattr(treatment, verb)(enrolment=enrolment, reason=reason, by=by, now=now)


def doses(enrolment):
    return [
        (row.during.lower, row.during.upper, row.mg_per_day)
        for row in DoseSegment.objects.filter(enrolment=enrolment).order_by("during")
    ]


def held_for_alt(treated, coordinator, clinician):
    """ALT of 3.6 times the limit, accepted: held since today."""
    blood(treated.patient, coordinator, alt="144")
    decide(finding=Finding.objects.get(), decision="accept", by=clinician, now=NOW)


def test_a_reduction_begins_tomorrow(treated, clinician):
    order("reduce", treated, clinician)

    assert doses(treated) == [(DAY_ONE, TODAY + DAY, 40), (TODAY + DAY, None, 20)]


def test_a_hold_the_same_day_replaces_the_reduction_that_had_not_begun(treated, clinician):
    order("reduce", treated, clinician)

    order("hold", treated, clinician)

    assert doses(treated) == [(DAY_ONE, TODAY, 40), (TODAY, None, 0)]


@pytest.mark.parametrize(
    ("first", "then", "says"),
    [
        pytest.param("reduce", "reduce", "already ordered 20 mg", id="reduced twice"),
        pytest.param("hold", "hold", "on hold since 4 Aug 2026 already", id="held twice"),
        pytest.param("hold", "reduce", "is on hold and takes nothing", id="reduced on hold"),
        pytest.param("stop", "hold", "no dose to change", id="held after the end"),
        pytest.param("stop", "stop", "no dose to change", id="stopped twice"),
    ],
)
def test_orders_that_make_no_sense_are_refused(treated, clinician, first, then, says):
    order(first, treated, clinician)
    before = doses(treated)

    with pytest.raises(Refusal, match=says):
        order(then, treated, clinician)

    assert doses(treated) == before


def test_stopping_on_hold_counts_from_the_last_capsule(treated, clinician):
    order("hold", treated, clinician)

    order("stop", treated, clinician, now=NOW + 3 * DAY)

    treated.refresh_from_db()
    assert (treated.status, treated.last_dose_on) == ("DISCONTINUED", TODAY - DAY)


def test_a_restart_without_a_new_result_is_refused(treated, coordinator, clinician):
    held_for_alt(treated, coordinator, clinician)

    with pytest.raises(Refusal, match="there is no result since the hold"):
        order("resume", treated, clinician, now=NOW + 7 * DAY)


@pytest.mark.parametrize(
    ("alt", "allowed"),
    [pytest.param("60", True, id="1.5 times"), pytest.param("61", False, id="over 1.5 times")],
)
def test_a_restart_needs_the_limits(treated, coordinator, clinician, alt, allowed):
    held_for_alt(treated, coordinator, clinician)
    later = NOW + 7 * DAY
    blood(treated.patient, coordinator, now=later, alt=alt, ast="30")

    if not allowed:
        with pytest.raises(Refusal, match="ALT 61"):
            order("resume", treated, clinician, now=later)
        return
    order("resume", treated, clinician, now=later)

    treated.refresh_from_db()
    assert treated.status == "ACTIVE"
    assert doses(treated)[-1] == (TODAY + 7 * DAY, None, 20)
    repeat = Order.objects.order_by("due_on").last()
    assert (repeat.panel.key, repeat.due_on) == ("liver", TODAY + 21 * DAY)


def test_back_to_full_needs_a_result_since_the_reduction(treated, coordinator, clinician):
    blood(treated.patient, coordinator, triglycerides="620")
    decide(finding=Finding.objects.get(), decision="accept", by=clinician, now=NOW)

    with pytest.raises(Refusal, match="no result since"):
        order("restore_full_dose", treated, clinician, now=NOW + 2 * DAY)


def test_back_to_full_begins_the_day_after(treated, coordinator, clinician):
    blood(treated.patient, coordinator, triglycerides="620")
    decide(finding=Finding.objects.get(), decision="accept", by=clinician, now=NOW)
    later = NOW + 14 * DAY
    blood(treated.patient, coordinator, now=later, triglycerides="280")

    order("restore_full_dose", treated, clinician, now=later)

    assert doses(treated)[-2:] == [
        (TODAY + DAY, TODAY + 15 * DAY, 20),
        (TODAY + 15 * DAY, None, 40),
    ]


def test_the_database_refuses_two_doses_on_one_day(treated):
    with pytest.raises(IntegrityError, match="dose_is_one_at_a_time"), transaction.atomic():
        DoseSegmentFactory(enrolment=treated, starts_on=TODAY, ends_on=TODAY + timedelta(days=1))


def test_the_database_refuses_a_hold_with_capsules(treated):
    with pytest.raises(IntegrityError, match="dose_hold_is_zero"), transaction.atomic():
        DoseSegment.objects.filter(enrolment=treated).update(kind="hold")
