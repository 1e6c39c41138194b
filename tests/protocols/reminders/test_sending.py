"""From the plan into the outbox and out of the house, if it is still true when it leaves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from clinic.actions import bookings
from clinic.actions.outbox import deliver, send_again
from clinic.models import AuditEvent, Booking, Message
from patients.actions.registration import Details, correct
from protocols.actions import booking as actions
from protocols.actions.reminders import plan, queue_due, send_now, withdraw
from protocols.models import Enrolment, Reminder, Visit
from protocols.tasks import plan_reminders, queue_reminders
from tests.factories.protocols import ReminderFactory, VisitFactory

pytestmark = pytest.mark.django_db
#: Fri 20 Mar 2026, 10:00 Pacific; the appointment is on Wed 1 Apr, 14:00.
NOW = datetime(2026, 3, 20, 17, tzinfo=UTC)
#: Seven days before it, to the minute.
DUE = datetime(2026, 3, 25, 21, tzinfo=UTC)
NIGHT = datetime(2026, 3, 26, 5, 30, tzinfo=UTC)  # 22:30 Pacific
MORNING = datetime(2026, 3, 26, 15, 0, tzinfo=UTC)  # 08:00 Pacific
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
State, Sent = Reminder.State, Message.State


@pytest.fixture
def reminder(appointment):
    """The first of the three, planned."""
    plan(enrolment=appointment.visit.enrolment, now=NOW)
    return Reminder.objects.get(rule="APPOINTMENT_7D")


@pytest.fixture
def queued(reminder):
    """In the outbox, and not yet taken by a worker."""
    queue_due(now=DUE)
    reminder.refresh_from_db()
    return reminder


def state_of(row):
    row.refresh_from_db()
    return row.state


def deliver_at(now):
    return deliver(clock=lambda: now)


@pytest.mark.parametrize(
    ("now", "state"),
    [
        pytest.param(DUE - SECOND, State.PLANNED, id="a second before"),
        pytest.param(DUE, State.QUEUED, id="when it is due"),
    ],
)
def test_what_is_due_goes_into_the_outbox(reminder, now, state):
    queue_due(now=now)

    assert state_of(reminder) == state


def test_it_goes_there_once_however_often_it_is_asked(reminder):
    assert (queue_due(now=DUE), queue_due(now=DUE)) == (1, 0)

    message = Message.objects.get()
    assert (message.dedupe_key, message.subject, message.person) == (
        f"reminder:{reminder.pk}",
        f"protocols.reminder:{reminder.pk}",
        reminder.patient.label,
    )
    assert message.context == {"day": "Wed 1 Apr 2026", "time": "14:00", "zone": "Pacific"}


def test_the_letter_says_day_and_hour_and_nothing_of_him(post, queued):
    deliver_at(DUE)

    (letter,) = post.letters
    patient, text = queued.patient, letter.as_string()
    assert letter["To"] == patient.email
    assert letter["Subject"] == "Your appointment on Wed 1 Apr 2026"
    for private in (patient.family_name, patient.given_name + " ", patient.record_number):
        assert private not in text


def test_who_lives_elsewhere_is_told_the_hour_on_his_own_clock(reminder):
    patient = reminder.patient
    patient.time_zone = "Europe/Berlin"
    patient.save()

    queue_due(now=DUE)

    context = Message.objects.get().context
    assert context == {"day": "Wed 1 Apr 2026", "time": "23:00", "zone": "Europe/Berlin"}


@pytest.mark.parametrize(
    ("late", "state"),
    [
        pytest.param(96 * HOUR - SECOND, State.QUEUED, id="a second of use left"),
        pytest.param(96 * HOUR, State.EXPIRED, id="of no more use"),
    ],
)
def test_after_an_outage_only_what_is_still_of_use_is_queued(reminder, late, state):
    queue_due(now=DUE + late)

    assert state_of(reminder) == state


def test_what_was_queued_before_the_night_waits_for_the_morning(post, queued):
    deliver_at(NIGHT)

    message = queued.message
    assert (state_of(message), message.not_before, message.attempts) == (Sent.WAITING, MORNING, 0)
    assert post.letters == []

    deliver_at(MORNING)

    assert (state_of(message), len(post.letters)) == (Sent.SENT, 1)


@pytest.mark.parametrize(
    ("now", "sent"),
    [
        # 20:59:59 and 21:00 Pacific; 07:59:59 and 08:00 the next morning.
        (datetime(2026, 3, 26, 3, 59, 59, tzinfo=UTC), 1),
        (datetime(2026, 3, 26, 4, 0, 0, tzinfo=UTC), 0),
        (datetime(2026, 3, 26, 14, 59, 59, tzinfo=UTC), 0),
        (MORNING, 1),
    ],
)
def test_nothing_leaves_from_nine_in_the_evening_to_eight(post, queued, now, sent):
    deliver_at(now)

    assert len(post.letters) == sent


def test_a_night_longer_than_its_use_ends_it(post, appointment):
    """Two hours before an early appointment there is nothing left to tell him."""
    reminder = ReminderFactory(
        patient=appointment.visit.enrolment.patient, about="protocols.enrolment:1",
        due_at=NIGHT, expires_at=MORNING,
    )  # fmt: skip
    queue_due(now=NIGHT)

    deliver_at(NIGHT)
    deliver_at(MORNING)

    reminder.refresh_from_db()
    assert (reminder.message.state, post.letters) == (Sent.EXPIRED, [])


def moved_by(appointment, hours, by):
    """As somebody does it: the booking moves, and what hangs on it is planned anew."""
    booking = Booking.objects.get(pk=appointment.booking_id)
    actions.move_visit(
        appointment=appointment, resource=booking.resource,
        starts_at=booking.starts_at + hours * HOUR, by=by, now=NOW,
    )  # fmt: skip


def standing(rule="APPOINTMENT_7D"):
    return list(Reminder.objects.filter(rule=rule, state=State.PLANNED))


def test_a_moved_appointment_withdraws_the_old_and_plans_the_new(
    reminder, appointment, coordinator
):
    moved_by(appointment, 24, coordinator)

    assert (state_of(reminder), reminder.state_reason) == (
        State.CANCELLED, "The appointment has moved.",
    )  # fmt: skip
    (new,) = standing()
    assert new.due_at == reminder.due_at + 24 * HOUR


def test_an_appointment_moved_away_and_back_has_its_first_plan_again(
    reminder, appointment, coordinator
):
    moved_by(appointment, 24, coordinator)
    moved_by(appointment, -24, coordinator)

    assert standing() == [reminder]


def test_a_cancelled_appointment_leaves_nothing_planned(reminder, appointment, coordinator):
    bookings.cancel(booking=appointment.booking, reason="He is ill.", by=coordinator, now=NOW)

    assert (state_of(reminder), standing()) == (State.CANCELLED, [])


def test_what_waits_in_the_outbox_is_withdrawn_with_its_appointment(
    post, queued, appointment, coordinator
):
    bookings.cancel(booking=appointment.booking, reason="He is ill.", by=coordinator, now=DUE)
    deliver_at(DUE)

    assert (state_of(queued), queued.message.state) == (State.CANCELLED, Sent.CANCELLED)
    assert post.letters == []


def test_what_a_worker_holds_is_asked_once_more_before_it_leaves(post, queued, appointment):
    """The booking changes between the claim and the sending, where nothing can be withdrawn."""
    instants = iter([DUE, DUE + SECOND])

    def clock():
        now = next(instants)
        if now > DUE:
            Booking.objects.filter(pk=appointment.booking_id).update(status="no_show")
        return now

    deliver(clock=clock)

    assert (state_of(queued.message), queued.message.last_error) == (
        Sent.CANCELLED, "The appointment no longer stands.",
    )  # fmt: skip
    assert post.letters == []


def test_what_has_left_is_not_withdrawn_with_those_still_to_come(post, queued):
    deliver_at(DUE)

    assert withdraw(about=queued.about, reason="The appointment has moved.") == 2

    assert (state_of(queued), state_of(queued.message)) == (State.QUEUED, Sent.SENT)


@pytest.mark.parametrize("status", ["CONSENTED", "WITHDRAWN_CONSENT", "CLOSED", "DECEASED"])
def test_who_has_left_the_programme_gets_nothing(post, reminder, status):
    Enrolment.objects.update(status=status)

    queue_due(now=DUE)

    assert (state_of(reminder), reminder.state_reason) == (
        State.CANCELLED, "He is no longer in the programme.",
    )  # fmt: skip


def test_who_left_it_while_it_waited_gets_nothing_either(post, queued):
    Enrolment.objects.update(status="WITHDRAWN_CONSENT")

    deliver_at(DUE)

    assert (state_of(queued.message), post.letters) == (Sent.CANCELLED, [])


def test_the_dead_are_not_reminded(post, queued):
    queued.patient.deceased_on = DUE.date()
    queued.patient.save()

    deliver_at(DUE)

    assert post.letters == []


@pytest.mark.parametrize(
    ("rule", "attended", "state"),
    [
        ("BOOKING_NEEDED_OPENS", False, State.QUEUED),
        ("BOOKING_NEEDED_OPENS", True, State.CANCELLED),
        ("MISSED_1D", False, State.QUEUED),
        ("MISSED_1D", True, State.CANCELLED),
    ],
)
def test_a_visit_that_took_place_is_asked_for_no_more(enrolment, rule, attended, state):
    came = {"attended_on": DUE.date(), "opened_by": enrolment.opened_by, "status": "in_progress"}
    visit = VisitFactory(enrolment=enrolment, **came if attended else {})
    reminder = ReminderFactory(
        patient=enrolment.patient, rule=rule, about=visit.label, due_at=DUE, expires_at=DUE + HOUR
    )

    queue_due(now=DUE)

    assert state_of(reminder) == state


def test_a_visit_that_was_booked_meanwhile_is_asked_for_no_more(appointment):
    reminder = ReminderFactory(
        patient=appointment.visit.enrolment.patient, rule="BOOKING_NEEDED_OPENS",
        about=appointment.visit.label, due_at=DUE, expires_at=DUE + HOUR,
    )  # fmt: skip

    queue_due(now=DUE)

    assert (state_of(reminder), reminder.state_reason) == (
        State.CANCELLED, "An appointment has been made.",
    )  # fmt: skip


def test_a_missed_visit_is_followed_up_though_another_is_booked(appointment):
    Visit.objects.filter(pk=appointment.visit_id).update(status=Visit.Status.MISSED)
    reminder = ReminderFactory(
        patient=appointment.visit.enrolment.patient, rule="MISSED_1D",
        about=appointment.visit.label, due_at=DUE, expires_at=DUE + HOUR,
    )  # fmt: skip

    queue_due(now=DUE)

    assert state_of(reminder) == State.QUEUED
    assert Message.objects.get().template == "missed_you"


def test_a_mended_address_gets_what_had_failed(post, queued, coordinator):
    queued.patient.refresh_from_db()
    patient = queued.patient
    post.to_address = {patient.email: "550 No such person"}
    deliver_at(DUE)
    right = replace(Details.of(patient), email="right@example.org")

    correct(patient=patient, details=right, reason="He spelt it.", by=coordinator, now=DUE)
    send_again(message=queued.message, by=coordinator, now=DUE)
    deliver_at(DUE + MINUTE)

    assert [letter["To"] for letter in post.letters] == ["right@example.org"]


def test_somebody_may_send_it_early_and_the_trail_says_who(post, reminder, coordinator):
    send_now(reminder=reminder, by=coordinator, now=NOW)
    deliver_at(NOW)

    assert len(post.letters) == 1
    event = AuditEvent.objects.get(action="reminder.sent_early")
    assert (event.actor, event.subject) == (coordinator, f"protocols.reminder:{reminder.pk}")


def test_sent_early_at_night_it_leaves_in_the_morning(post, reminder, coordinator):
    night = NIGHT - 24 * HOUR

    row = send_now(reminder=reminder, by=coordinator, now=night)

    assert (row.state, row.due_at) == (State.QUEUED, MORNING - 24 * HOUR)
    deliver_at(night)
    assert post.letters == []


def test_sent_early_it_is_not_planned_again(reminder, appointment, coordinator):
    send_now(reminder=reminder, by=coordinator, now=NOW)

    assert plan(enrolment=appointment.visit.enrolment, now=NOW + HOUR) == 0

    assert Reminder.objects.filter(rule="APPOINTMENT_7D").count() == 1


@pytest.mark.time_machine("2026-03-25 21:00 +00:00")
def test_the_tasks_plan_and_queue_what_the_clock_says(appointment):
    assert plan_reminders() == 3

    assert (queue_reminders(), queue_reminders()) == (1, 0)


def test_more_than_one_batch_is_queued_to_the_last(enrolment):
    for _ in range(5):
        ReminderFactory(
            patient=enrolment.patient, about="protocols.dispense:1", due_at=DUE,
            expires_at=DUE + HOUR,
        )  # fmt: skip

    assert [queue_due(now=DUE, limit=2) for _ in range(4)] == [2, 2, 1, 0]
