"""How long a hold may last: a warning in its last week, the end of treatment on the day after."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from clinic.models import AuditEvent
from protocols.actions import safety
from protocols.actions.duties import complete
from protocols.actions.treatment import hold
from protocols.models import Duty, Enrolment, Finding, StatusChange
from tests.protocols.men import DAY, NOW, TODAY, on_treatment

pytestmark = pytest.mark.django_db
PACIFIC = ZoneInfo("America/Los_Angeles")


@pytest.fixture
def held(treated, clinician) -> Enrolment:
    hold(enrolment=treated, reason="ALT.", by=clinician, now=NOW)
    treated.refresh_from_db()
    return treated


def duties():
    return [(row.code, row.outcome) for row in Duty.objects.order_by("pk")]


def look(days: int):
    return safety.evaluate_holds(now=NOW + days * DAY)


@pytest.mark.parametrize(("days", "warned"), [(20, 0), (21, 1), (27, 1)])
def test_the_last_week_of_a_hold_is_a_row_on_the_work_queue(held, days, warned):
    """Day 1 is the day of the order: day 22 begins the last week of 28."""
    assert look(days) == []

    assert duties() == [("HOLD_ENDS", "")] * warned
    for duty in Duty.objects.all():
        assert duty.title.startswith("On hold since 4 Aug: restart or stop by 31 Aug")
        assert duty.due_at == datetime(2026, 8, 31, 17, 0, tzinfo=PACIFIC)


def test_he_is_warned_of_once_however_often_one_looks(held, clinician):
    look(21)
    complete(duty=Duty.objects.get(), by=clinician, now=NOW + 21 * DAY)

    look(21)
    look(25)

    assert duties() == [("HOLD_ENDS", "done")]


@pytest.mark.parametrize(("days", "status"), [(27, "ON_HOLD"), (28, "DISCONTINUED")])
def test_a_hold_of_more_than_28_days_ends_the_treatment(held, days, status):
    look(days)

    held.refresh_from_db()
    assert held.status == status


def test_the_end_says_what_it_was_and_is_told_to_him_by_a_person(held):
    look(21)

    (finding,) = look(28)

    held.refresh_from_db()
    assert (held.last_dose_on, held.status_since) == (TODAY - DAY, TODAY + 28 * DAY)
    assert held.visits.filter(code="FU1").exists()
    assert duties() == [("HOLD_ENDS", "not_needed"), ("TELL_PATIENT", "")]
    assert (finding.action, finding.headline) == (
        "REVIEW", "On hold for 29 days: treatment has ended by rule",
    )  # fmt: skip
    step = StatusChange.objects.order_by("pk").last()
    assert (step.by, step.became) == (None, "DISCONTINUED")
    assert step.reason == "Treatment has been on hold for 29 days, more than 28."


def test_looking_again_changes_nothing(held):
    look(28)
    trail = AuditEvent.objects.count()

    assert look(28) == look(40) == []

    assert (Finding.objects.count(), AuditEvent.objects.count()) == (1, trail)


def test_one_man_who_cannot_be_judged_keeps_nobody_waiting(held, site, clinician):
    other = on_treatment(site, clinician, "Okafor", version=held.version)
    hold(enrolment=other, reason="CK.", by=clinician, now=NOW + 5 * DAY)

    look(28)

    assert sorted(Enrolment.objects.values_list("status", flat=True)) == [
        "DISCONTINUED", "ON_HOLD",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("ordered", "last_day", "last_on"),
    [
        # Clocks go back on 1 November 2026 and forward on 14 March 2027.
        pytest.param("2026-10-20 10:00", "2026-11-16 23:50", date(2026, 11, 16), id="autumn"),
        pytest.param("2027-03-01 10:00", "2027-03-28 23:50", date(2027, 3, 28), id="spring"),
        pytest.param("2028-02-10 10:00", "2028-03-08 23:50", date(2028, 3, 8), id="leap day"),
    ],
)
def test_days_are_the_clinics_days(treated, clinician, ordered, last_day, last_on):
    began = datetime.fromisoformat(ordered).replace(tzinfo=PACIFIC)
    late = datetime.fromisoformat(last_day).replace(tzinfo=PACIFIC)
    hold(enrolment=treated, reason="ALT.", by=clinician, now=began.astimezone(UTC))

    safety.evaluate_holds(now=late.astimezone(UTC))
    treated.refresh_from_db()
    assert treated.status == "ON_HOLD"
    due = Duty.objects.get().due_at.astimezone(PACIFIC)
    assert (due.date(), due.hour) == (last_on, 17)

    safety.evaluate_holds(now=late.astimezone(UTC) + timedelta(minutes=10))
    treated.refresh_from_db()
    assert treated.status == "DISCONTINUED"
