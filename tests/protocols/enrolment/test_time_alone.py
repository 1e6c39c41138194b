"""What time alone does to an enrolment, at the clinic's midnight, once, and never too early."""

from datetime import date, timedelta

import pytest

from protocols.actions.endings import close_over, mark_returned, withdraw_treatment
from protocols.actions.enrolment import change_status
from protocols.actions.screening import expire_eligibilities
from protocols.models import StatusChange, Visit
from protocols.tasks import close_enrolments
from tests.protocols.enrolment.cast import DAY, DAY_ONE, at, eligible, started

pytestmark = pytest.mark.django_db
#: From the last capsule: FU2 after 90 days, its window two weeks longer.
LAST_DAY = 104
#: Day 1s whose windows close over a change of the clocks, and over a leap day.
STARTS = [
    pytest.param(DAY_ONE, id="summer time begins"),
    pytest.param(date(2026, 8, 1), id="summer time ends"),
    pytest.param(date(2027, 12, 1), id="a leap day"),
]


def stopped(site, by, day_one):
    enrolment = started(site, by, day_one)
    return change_status(
        enrolment=enrolment, event="STOP", on=day_one + 10 * DAY, by=by, reason="TG 1200"
    )


@pytest.mark.parametrize("day_one", STARTS)
def test_it_closes_the_night_after_the_last_day_of_the_second_follow_up(
    clinic_open, clinician, day_one
):
    enrolment = stopped(clinic_open, clinician, day_one)
    last_day = enrolment.last_dose_on + timedelta(days=LAST_DAY)

    assert close_over(now=at(clinic_open, last_day, 23)) == 0
    assert close_over(now=at(clinic_open, last_day + DAY, 0)) == 1
    assert close_over(now=at(clinic_open, last_day + DAY, 0)) == 0

    enrolment.refresh_from_db()
    assert (enrolment.status, enrolment.status_since) == ("CLOSED", last_day + DAY)
    step = StatusChange.objects.latest("pk")
    assert (step.event, step.by) == ("WINDOW_CLOSED", None)
    assert step.reason == "The window of the second follow-up has closed."


def test_a_signed_second_follow_up_closes_it_by_itself(clinic_open, clinician):
    enrolment = stopped(clinic_open, clinician, DAY_ONE)
    on = enrolment.last_dose_on + 90 * DAY
    Visit.objects.filter(enrolment=enrolment, code="FU2").update(
        status="signed", attended_on=on, opened_by=clinician
    )

    assert close_over(now=at(clinic_open, on)) == 1

    step = StatusChange.objects.latest("pk")
    assert (step.event, step.reason) == ("FU2_DONE", "The second follow-up is done.")


def test_who_wants_no_follow_up_is_not_awaited_and_closes_all_the_same(clinic_open, clinician):
    enrolment = withdraw_treatment(
        enrolment=started(clinic_open, clinician),
        on=DAY_ONE + 10 * DAY,
        by=clinician,
        reason="Moves abroad.",
        follow_up=False,
    )

    assert not Visit.objects.awaited().filter(enrolment=enrolment).exists()
    assert StatusChange.objects.latest("pk").reason == "Moves abroad. He wants no follow-up."
    over = enrolment.last_dose_on + timedelta(days=LAST_DAY + 1)
    assert close_over(now=at(clinic_open, over)) == 1


def lost(site, by):
    return change_status(
        enrolment=started(site, by),
        event="LTFU_RULE",
        on=DAY_ONE + 80 * DAY,
        by=by,
        facts={"lost": True},
    )


@pytest.mark.parametrize(("days", "closed"), [(104, 0), (105, 1), (106, 1)])
def test_a_lost_man_closes_when_his_follow_up_would_have_been_over(
    clinic_open, clinician, days, closed
):
    enrolment = lost(clinic_open, clinician)
    on = enrolment.status_since + timedelta(days=days)

    assert close_over(now=at(clinic_open, on)) == closed

    enrolment.refresh_from_db()
    assert enrolment.status == ("CLOSED" if closed else "LOST_TO_FOLLOW_UP")
    assert (enrolment.last_dose_on is not None) == bool(closed)


def test_before_that_he_may_come_back(clinic_open, clinician):
    enrolment = lost(clinic_open, clinician)

    back = mark_returned(
        enrolment=enrolment, on=DAY_ONE + 90 * DAY, by=clinician, reason="He rang."
    )

    assert back.status == "ACTIVE"
    assert StatusChange.objects.latest("pk").reason == "He rang."


@pytest.mark.parametrize("day_one", STARTS)
def test_eligibility_counts_to_the_end_of_its_last_day(clinic_open, clinician, day_one):
    enrolment = eligible(clinic_open, clinician, day_one)
    last_day = enrolment.eligible_on + 56 * DAY

    assert expire_eligibilities(now=at(clinic_open, last_day, 23)) == 0
    assert expire_eligibilities(now=at(clinic_open, last_day + DAY, 0)) == 1

    enrolment.refresh_from_db()
    assert (enrolment.status, enrolment.eligible_on) == ("SCREENING", None)
    signed = last_day - 56 * DAY
    assert StatusChange.objects.latest("pk").reason == (
        f"Signed on {signed.day} {signed:%b %Y}; it counts 56 days."
    )


@pytest.mark.time_machine("2026-06-25 17:00 +00:00")
def test_the_worker_closes_them(clinic_open, clinician):
    stopped(clinic_open, clinician, DAY_ONE)

    assert close_enrolments() == 1
    assert close_enrolments() == 0
