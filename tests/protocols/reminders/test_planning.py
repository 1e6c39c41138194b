"""What is written down, once; and when it is due on the patient's own clock."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from clinic.models import Booking
from protocols.actions.reminders import plan, plan_everybody
from protocols.models import Enrolment, Reminder, Visit
from tests.factories.protocols import AppointmentFactory, EnrolmentFactory, VisitFactory

pytestmark = pytest.mark.django_db
PACIFIC = ZoneInfo("America/Los_Angeles")
#: Fri 20 Mar 2026, 10:00 Pacific.
NOW = datetime(2026, 3, 20, 17, tzinfo=UTC)
HOUR = timedelta(hours=1)
State = Reminder.State


def planned(zone=PACIFIC, **only):
    return [
        (row.rule, f"{row.due_at.astimezone(zone):%Y-%m-%d %H:%M}")
        for row in Reminder.objects.filter(state=State.PLANNED, **only).order_by("due_at", "rule")
    ]


def booked(starts_at, **more):
    """An appointment of somebody whose clock `more` may set, planned as it was booked."""
    return AppointmentFactory(
        booking__starts_at=starts_at, booking__booked_at=starts_at - timedelta(days=20),
        visit__opens_on=None, visit__target_on=None, visit__closes_on=None, **more,
    )  # fmt: skip


def plan_of(appointment, now):
    return plan(enrolment=appointment.visit.enrolment, now=now)


def test_an_appointment_is_planned_for_seven_days_two_days_and_three_hours_before(appointment):
    assert plan_of(appointment, NOW) == 3

    assert planned() == [
        ("APPOINTMENT_7D", "2026-03-25 14:00"),
        ("APPOINTMENT_2D", "2026-03-30 14:00"),
        ("APPOINTMENT_3H", "2026-04-01 11:00"),
    ]


def test_the_plan_says_why_it_is_due_then(appointment):
    plan_of(appointment, NOW)

    assert Reminder.objects.first().explanation == (
        "Due Wed 25 Mar 2026, 14:00 on his clock (America/Los_Angeles);"
        " of use until Sun 29 Mar 2026, 14:00."
    )


def test_planning_again_writes_nothing(appointment):
    plan_of(appointment, NOW)
    before = list(Reminder.objects.values())

    assert plan_of(appointment, NOW + HOUR) == 0

    assert list(Reminder.objects.values()) == before


def test_every_key_names_the_rule_its_version_the_booking_and_the_instant(appointment):
    plan_of(appointment, NOW)

    assert Reminder.objects.order_by("due_at").first().dedupe_key == (
        f"APPOINTMENT_7D.v1|clinic.booking:{appointment.booking_id}|2026-04-01T21:00:00+00:00"
    )


@pytest.mark.parametrize(
    ("now", "left"),
    [
        pytest.param(datetime(2026, 3, 29, 20, 59, tzinfo=UTC), 3, id="a minute of use left"),
        pytest.param(datetime(2026, 3, 29, 21, 0, tzinfo=UTC), 2, id="of no more use"),
    ],
)
def test_what_would_come_too_late_is_not_planned(appointment, now, left):
    plan_of(appointment, now)

    assert len(planned()) == left


def test_a_first_and_a_second_task_on_one_day_are_one_appointment_to_him(appointment):
    AppointmentFactory(
        visit=appointment.visit, task="draw",
        booking__starts_at=appointment.booking.starts_at + HOUR,
        booking__resource__site=appointment.booking.site,
    )  # fmt: skip

    plan_of(appointment, NOW)

    assert {row.about for row in Reminder.objects.all()} == {
        f"clinic.booking:{appointment.booking_id}"
    }


@pytest.mark.parametrize("status", [Booking.Status.HELD, Booking.Status.CANCELLED])
def test_what_is_not_booked_is_not_reminded_of(appointment, status):
    held = datetime(2026, 3, 20, 17, 10, tzinfo=UTC) if status == "held" else None
    Booking.objects.filter(pk=appointment.booking_id).update(
        status=status, held_until=held, **_cancelled(appointment) if not held else {}
    )

    plan_of(appointment, NOW)

    assert Reminder.objects.filter(rule__startswith="APPOINTMENT").count() == 0


def _cancelled(appointment):
    return {
        "cancelled_at": NOW, "cancelled_by": appointment.booking.booked_by, "cancel_reason": "Ill",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("starts", "due"),
    [
        pytest.param((2026, 6, 16, 3, 59), "2026-06-08 20:59", id="a minute before the night"),
        pytest.param((2026, 6, 16, 4, 0), "2026-06-09 08:00", id="as the night begins"),
        pytest.param((2026, 6, 15, 14, 59), "2026-06-08 08:00", id="its last minute"),
        pytest.param((2026, 6, 15, 15, 0), "2026-06-08 08:00", id="as it ends"),
    ],
)
def test_nothing_is_due_between_nine_in_the_evening_and_eight(starts, due):
    starts_at = datetime(*starts, tzinfo=UTC)
    appointment = booked(starts_at, visit__enrolment__patient__time_zone="America/Los_Angeles")

    plan_of(appointment, starts_at - timedelta(days=10))

    assert planned(rule="APPOINTMENT_7D") == [("APPOINTMENT_7D", due)]


def test_the_night_is_his_own_not_the_clinics():
    """14:00 in the clinic is 23:00 in Berlin: there it waits for the morning."""
    starts_at = datetime(2026, 6, 15, 21, 0, tzinfo=UTC)
    appointment = booked(starts_at, visit__enrolment__patient__time_zone="Europe/Berlin")

    plan_of(appointment, starts_at - timedelta(days=10))

    assert planned(ZoneInfo("Europe/Berlin"), rule="APPOINTMENT_7D") == [
        ("APPOINTMENT_7D", "2026-06-09 08:00")
    ]


def test_a_plan_follows_him_to_another_clock(appointment):
    plan_of(appointment, NOW)
    patient = appointment.visit.enrolment.patient
    patient.time_zone = "Europe/Berlin"
    patient.save()

    assert plan_of(appointment, NOW) == 0

    assert planned(ZoneInfo("Europe/Berlin"), rule="APPOINTMENT_2D") == [
        ("APPOINTMENT_2D", "2026-03-31 08:00")  # 23:00 there
    ]
    assert Reminder.objects.count() == 3


@pytest.mark.parametrize(
    ("zone", "starts", "due"),
    [
        # Clocks go from 02:00 to 03:00 on Sun 8 Mar 2026, and back on Sun 1 Nov.
        pytest.param("America/Los_Angeles", (2026, 3, 10, 14), "2026-03-03 14:00", id="spring"),
        pytest.param("America/Los_Angeles", (2026, 11, 3, 14), "2026-10-27 14:00", id="autumn"),
        pytest.param("Europe/Berlin", (2026, 3, 31, 14), "2026-03-24 14:00", id="Berlin's spring"),
        pytest.param("Europe/Berlin", (2026, 10, 27, 14), "2026-10-20 14:00", id="its autumn"),
        pytest.param("Europe/Berlin", (2028, 3, 7, 14), "2028-02-29 14:00", id="on a leap day"),
        pytest.param("Europe/Berlin", (2027, 3, 8, 14), "2027-03-01 14:00", id="with no leap day"),
    ],
)
def test_a_week_before_is_the_same_time_on_his_clock(zone, starts, due):
    starts_at = datetime(*starts, tzinfo=ZoneInfo(zone))
    appointment = booked(starts_at, visit__enrolment__patient__time_zone=zone)

    plan_of(appointment, starts_at - timedelta(days=10))

    assert planned(ZoneInfo(zone), rule="APPOINTMENT_7D") == [("APPOINTMENT_7D", due)]


@pytest.mark.parametrize(
    ("hour", "utc"),
    [
        # Cairo leaves out midnight to one on Fri 24 Apr 2026: two days before there is no 00:30.
        pytest.param(0, "2026-04-24 05:00", id="an hour that is left out"),
        pytest.param(14, "2026-04-24 11:00", id="an hour that is there"),
    ],
)
def test_an_hour_that_a_clock_leaves_out_is_no_trap(hour, utc):
    cairo = ZoneInfo("Africa/Cairo")
    starts_at = datetime(2026, 4, 26, hour, 30 if hour == 0 else 0, tzinfo=cairo)
    appointment = booked(starts_at, visit__enrolment__patient__time_zone="Africa/Cairo")

    plan_of(appointment, starts_at - timedelta(days=10))

    assert planned(ZoneInfo("UTC"), rule="APPOINTMENT_2D") == [("APPOINTMENT_2D", utc)]


def test_an_hour_that_comes_twice_is_taken_once():
    """Sun 1 Nov 2026: 01:30 comes twice in the west; the night moves both to one 08:00."""
    starts_at = datetime(2026, 11, 3, 1, 30, tzinfo=PACIFIC)
    appointment = booked(starts_at, visit__enrolment__patient__time_zone="America/Los_Angeles")

    plan_of(appointment, starts_at - timedelta(days=10))

    assert planned(rule="APPOINTMENT_2D") == [("APPOINTMENT_2D", "2026-11-01 08:00")]


def test_a_visit_without_a_booking_is_asked_for_when_it_opens_and_before_it_closes(enrolment):
    VisitFactory(enrolment=enrolment)  # 25 March to 8 April

    assert plan(enrolment=enrolment, now=NOW) == 2

    assert planned() == [
        ("BOOKING_NEEDED_OPENS", "2026-03-25 09:00"),
        ("BOOKING_NEEDED_CLOSING", "2026-04-05 09:00"),
    ]


@pytest.mark.parametrize(
    ("opens_on", "rows"), [(date(2026, 4, 19), 2), (date(2026, 4, 20), 0)], ids=["30 days", "31"]
)
def test_a_window_is_planned_for_when_it_opens_within_thirty_days(enrolment, opens_on, rows):
    VisitFactory(
        enrolment=enrolment, opens_on=opens_on, target_on=opens_on, closes_on=date(2026, 5, 30)
    )

    plan(enrolment=enrolment, now=NOW)

    assert len(planned()) == rows


def test_a_missed_visit_is_followed_up_after_a_day_and_after_three(enrolment):
    VisitFactory(
        enrolment=enrolment, status=Visit.Status.MISSED,
        opens_on=date(2026, 3, 5), target_on=date(2026, 3, 12), closes_on=date(2026, 3, 19),
    )  # fmt: skip

    plan(enrolment=enrolment, now=NOW)

    # The call after four days is for the clinic's own list, and goes to nobody by mail.
    assert planned() == [("MISSED_1D", "2026-03-20 09:00"), ("MISSED_3D", "2026-03-22 09:00")]


REMINDED = {"ACTIVE", "ON_HOLD", "COMPLETED_TREATMENT", "DISCONTINUED", "WITHDRAWN_TREATMENT"}


@pytest.mark.parametrize("status", Enrolment.Status.values)
def test_only_treatment_and_follow_up_are_reminded(appointment, status):
    Enrolment.objects.filter(pk=appointment.visit.enrolment_id).update(status=status)

    plan_everybody(now=NOW)

    assert bool(planned()) is (status in REMINDED)


def test_a_man_without_an_address_is_shown_as_not_to_be_reached(appointment):
    patient = appointment.visit.enrolment.patient
    patient.email = ""
    patient.save()

    plan_of(appointment, NOW)

    assert {(row.state, row.state_reason) for row in Reminder.objects.all()} == {
        (State.UNREACHABLE, "He has given no e-mail address.")
    }


def test_an_address_given_later_brings_back_what_is_still_to_come(appointment):
    patient = appointment.visit.enrolment.patient
    patient.email, given = "", patient.email
    patient.save()
    plan_of(appointment, NOW)
    patient.email = given
    patient.save()

    plan_of(appointment, datetime(2026, 3, 26, 17, tzinfo=UTC))

    assert planned() == [
        ("APPOINTMENT_2D", "2026-03-30 14:00"),
        ("APPOINTMENT_3H", "2026-04-01 11:00"),
    ]


@pytest.mark.parametrize("men", [1, 3])
def test_the_sweep_reaches_everybody_and_writes_nothing_twice(men):
    enrolments = EnrolmentFactory.create_batch(men)
    for enrolment in enrolments:
        VisitFactory(enrolment=enrolment)

    assert plan_everybody(now=NOW) == 2 * men
    assert plan_everybody(now=NOW) == 0


@pytest.mark.parametrize("rows", [1, 3])
def test_planning_costs_the_same_however_much_there_is(
    enrolment, rows, django_assert_max_num_queries
):
    for code in ("M1", "M2", "M3")[:rows]:
        VisitFactory(enrolment=enrolment, planned__code=code, opens_on=date(2026, 3, 25),
                     target_on=date(2026, 4, 1), closes_on=date(2026, 4, 8))  # fmt: skip
    plan(enrolment=enrolment, now=NOW)

    with django_assert_max_num_queries(9):
        plan(enrolment=enrolment, now=NOW)
