"""The next bottle is spoken of 7, 3 and 1 days before the last capsule, if he still needs it."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from protocols.actions.reminders import plan, queue_due
from protocols.models import DoseSegment, Enrolment, Reminder
from tests.factories.protocols import DispenseFactory, DoseSegmentFactory, EnrolmentFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
PACIFIC = ZoneInfo("America/Los_Angeles")


def noon(day):
    return datetime(day.year, day.month, day.day, 20, tzinfo=UTC)


def supplied(site, day_one, capsules=60, days=0, **more):
    """On two a day since Day 1, with one bottle handed over some days after it."""
    enrolment = EnrolmentFactory(
        patient__site=site, patient__email="daniel@example.org", first_dose_on=day_one,
        status_since=day_one, **more,
    )  # fmt: skip
    DoseSegmentFactory(enrolment=enrolment)
    bottle(enrolment, day_one + days * DAY, capsules)
    return enrolment


def bottle(enrolment, on, capsules=60):
    return DispenseFactory(
        prescription__enrolment=enrolment, prescription__written_on=on,
        prescription__number=enrolment.prescriptions.count() + 1, capsules=capsules,
        expires_on=on + 400 * DAY,
    )  # fmt: skip


def planned():
    return [
        (row.rule, f"{row.due_at.astimezone(PACIFIC):%Y-%m-%d %H:%M}")
        for row in Reminder.objects.filter(state="planned").order_by("due_at")
    ]


@pytest.mark.parametrize(
    ("day_one", "due"),
    [
        pytest.param(
            date(2026, 6, 1), ["2026-06-24 09:00", "2026-06-28 09:00", "2026-06-30 09:00"],
            id="sixty capsules",
        ),
        pytest.param(
            date(2026, 2, 10), ["2026-03-05 09:00", "2026-03-09 09:00", "2026-03-11 09:00"],
            id="over the change of clocks on 8 March",
        ),
        pytest.param(
            date(2028, 2, 1), ["2028-02-24 09:00", "2028-02-28 09:00", "2028-03-01 09:00"],
            id="over a leap day",
        ),
    ],
)  # fmt: skip
def test_the_next_bottle_is_spoken_of_three_times(site, day_one, due):
    plan(enrolment=supplied(site, day_one), now=noon(day_one))

    assert planned() == list(zip(["REFILL_7D", "REFILL_3D", "REFILL_1D"], due, strict=True))


def test_planning_the_next_day_writes_nothing_new(site):
    enrolment = supplied(site, date(2026, 6, 1))
    plan(enrolment=enrolment, now=noon(date(2026, 6, 1)))

    assert plan(enrolment=enrolment, now=noon(date(2026, 6, 9))) == 0


@pytest.mark.parametrize(
    ("capsules", "wanted"),
    [pytest.param(358, True, id="a day short"), pytest.param(360, False, id="to the last day")],
)
def test_nobody_is_asked_to_fetch_a_bottle_after_the_last(site, capsules, wanted):
    plan(enrolment=supplied(site, date(2026, 6, 1), capsules), now=noon(date(2026, 6, 1)))

    assert bool(planned()) is wanted


def test_on_a_hold_nobody_runs_out(site):
    enrolment = supplied(site, date(2026, 6, 1), status="ON_HOLD")
    DoseSegment.objects.update(kind="hold", capsules_per_day=0)

    plan(enrolment=enrolment, now=noon(date(2026, 6, 2)))

    assert planned() == []


def due_now(enrolment):
    """The first of the three, on its morning."""
    queue_due(now=datetime(2026, 6, 24, 16, tzinfo=UTC))
    row = Reminder.objects.get(rule="REFILL_7D")
    return row.state, row.state_reason


def test_what_is_still_true_goes_out(site):
    enrolment = supplied(site, date(2026, 6, 1))
    plan(enrolment=enrolment, now=noon(date(2026, 6, 1)))

    assert due_now(enrolment) == ("queued", "")


def test_whoever_has_fetched_a_bottle_is_not_reminded(site):
    enrolment = supplied(site, date(2026, 6, 1))
    plan(enrolment=enrolment, now=noon(date(2026, 6, 1)))
    bottle(enrolment, date(2026, 6, 20))

    assert due_now(enrolment) == ("cancelled", "His capsules do not end on that day any more.")


def test_whose_treatment_has_ended_is_not_reminded(site):
    enrolment = supplied(site, date(2026, 6, 1))
    plan(enrolment=enrolment, now=noon(date(2026, 6, 1)))
    Enrolment.objects.update(status="COMPLETED_TREATMENT", last_dose_on=date(2026, 6, 20))

    assert due_now(enrolment) == ("cancelled", "His treatment has ended.")
