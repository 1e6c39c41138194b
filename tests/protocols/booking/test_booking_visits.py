"""Booking a visit: window, reason, hold, move, cancel, and what he is told of it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from clinic.models import AuditEvent, Booking
from clinic.refusal import Refusal
from protocols.actions import booking as actions
from protocols.models import Reminder, Visit
from tests.factories.clinic import OpeningHoursFactory
from tests.factories.protocols import EnrolmentFactory, VisitFactory

pytestmark = pytest.mark.django_db
#: Fri 20 Mar 2026, 10:00 Pacific. Month 1 is Wed 1 Apr, its window 25 Mar to 8 Apr.
NOW = datetime(2026, 3, 20, 17, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(month, day, hour, minute=0):
    """A wall-clock time in March after the change, or later: seven hours behind UTC."""
    return datetime(2026, month, day, hour + 7, minute, tzinfo=UTC)


def wish(visit, doctor, by, starts_at, **more):
    return {
        "visit": visit, "resource": doctor, "starts_at": starts_at, "minutes": 30,
        "task": "clinician", "by": by, "now": NOW, **more,
    }  # fmt: skip


def planned(visit):
    rows = Reminder.objects.filter(patient=visit.enrolment.patient).order_by("due_at")
    return [(r.rule, r.state) for r in rows if r.rule.startswith("APPOINTMENT")]


def test_a_booked_visit_has_its_appointment_its_trail_and_its_reminders(visit, doctor, coordinator):
    made = actions.book_visit(**wish(visit, doctor, coordinator, at(4, 1, 14)))

    assert (made.visit, made.task, made.booking.status) == (visit, "clinician", "booked")
    assert made.booking.title == "Appointment, Harbour Street"
    assert [e.action for e in AuditEvent.objects.order_by("pk")] == ["booking.made"]
    assert planned(visit) == [
        ("APPOINTMENT_7D", "planned"), ("APPOINTMENT_2D", "planned"), ("APPOINTMENT_3H", "planned"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("day", "inside"),
    [
        pytest.param((3, 24), False, id="day before it opens"),
        pytest.param((3, 25), True, id="first day"),
        pytest.param((4, 8), True, id="last day"),
        pytest.param((4, 9), False, id="day after it closes"),
    ],
)
def test_outside_the_window_a_reason_is_asked_for(visit, doctor, coordinator, day, inside):
    asked = wish(visit, doctor, coordinator, at(*day, 9))
    if inside:
        assert actions.book_visit(**asked).booking.status == "booked"
        return
    with pytest.raises(Refusal, match=r"outside the window \(25 Mar to 8 Apr 2026\)") as refused:
        actions.book_visit(**asked)

    assert refused.value.field == "reason"
    assert not Booking.objects.exists()


def test_a_reason_is_kept_in_the_trail(visit, doctor, coordinator):
    made = actions.book_visit(
        **wish(visit, doctor, coordinator, at(4, 9, 9), reason="He is abroad until the 8th.")
    )

    event = AuditEvent.objects.get(action="booking.outside_window")
    assert (event.reason, event.subject) == (
        "He is abroad until the 8th.", f"clinic.booking:{made.booking.pk}",
    )  # fmt: skip
    assert event.detail == {"visit": visit.pk, "on": "2026-04-09"}


def test_a_visit_is_booked_once_for_one_task(visit, doctor, coordinator):
    actions.book_visit(**wish(visit, doctor, coordinator, at(4, 1, 14)))

    with pytest.raises(Refusal, match=r"M1 is booked already for Wed 1 Apr 2026, 14:00"):
        actions.book_visit(**wish(visit, doctor, coordinator, at(4, 2, 14)))

    assert (
        actions.book_visit(**wish(visit, doctor, coordinator, at(4, 1, 15), task="draw")).task
        == "draw"
    )


@pytest.mark.parametrize("status", ["signed", "missed", "skipped"])
def test_a_visit_that_is_over_takes_no_booking(visit, doctor, coordinator, status):
    Visit.objects.filter(pk=visit.pk).update(
        status=status, attended_on=date(2026, 3, 18), opened_by=coordinator
    )

    with pytest.raises(Refusal, match="an unscheduled visit can be booked"):
        actions.book_visit(**wish(visit, doctor, coordinator, at(4, 1, 14)))


def test_a_man_who_left_the_programme_is_not_booked(visit, doctor, coordinator):
    visit.enrolment.status = "WITHDRAWN_CONSENT"
    visit.enrolment.save()

    with pytest.raises(Refusal, match="no longer in the programme"):
        actions.book_visit(**wish(visit, doctor, coordinator, at(4, 1, 14)))


def test_another_sites_room_is_refused(visit, coordinator):
    hours = OpeningHoursFactory(weekday=2)

    with pytest.raises(Refusal, match="at another site"):
        actions.book_visit(**wish(visit, hours.resource, coordinator, at(4, 1, 14)))


def test_a_hold_lasts_ten_minutes_and_then_the_time_is_free(visit, doctor, coordinator, site):
    held = actions.hold_visit(**wish(visit, doctor, coordinator, at(4, 1, 14)))
    assert held.booking.held_until == NOW + 10 * MINUTE
    assert planned(visit) == []
    other = VisitFactory(enrolment=EnrolmentFactory(patient__site=site))

    with pytest.raises(Refusal, match="just been taken"):
        actions.book_visit(
            **wish(other, doctor, coordinator, at(4, 1, 14), now=NOW + 10 * MINUTE - MINUTE / 60)
        )
    actions.book_visit(**wish(other, doctor, coordinator, at(4, 1, 14), now=NOW + 10 * MINUTE))

    assert [b.status for b in Booking.objects.order_by("pk")] == ["cancelled", "booked"]
    with pytest.raises(Refusal, match="no longer held"):
        actions.confirm_visit(appointment=held, by=coordinator, now=NOW + 11 * MINUTE)


def test_a_second_choice_moves_the_hold(visit, doctor, coordinator):
    first = actions.hold_visit(**wish(visit, doctor, coordinator, at(4, 1, 14)))
    second = actions.hold_visit(
        **wish(visit, doctor, coordinator, at(4, 2, 9), now=NOW + 2 * MINUTE)
    )

    assert second.pk == first.pk
    booking = Booking.objects.get()
    assert (booking.starts_at, booking.held_until) == (at(4, 2, 9), NOW + 12 * MINUTE)


def test_a_confirmed_hold_is_booked_and_reminded_of(visit, doctor, coordinator):
    held = actions.hold_visit(**wish(visit, doctor, coordinator, at(4, 1, 14)))

    done = actions.confirm_visit(appointment=held, by=coordinator, now=NOW + 9 * MINUTE)

    assert (done.booking.status, done.booking.held_until) == ("booked", None)
    assert len(planned(visit)) == 3


def test_let_go_gives_the_time_back(visit, doctor, coordinator, site):
    held = actions.hold_visit(**wish(visit, doctor, coordinator, at(4, 1, 14)))
    actions.let_go(appointment=held, by=coordinator, now=NOW)
    other = VisitFactory(enrolment=EnrolmentFactory(patient__site=site))

    assert actions.book_visit(**wish(other, doctor, coordinator, at(4, 1, 14))).pk
    assert not Reminder.objects.filter(patient=visit.enrolment.patient).exists()


def test_a_move_withdraws_the_old_reminders_and_plans_the_new(visit, doctor, coordinator):
    made = actions.book_visit(**wish(visit, doctor, coordinator, at(4, 1, 14)))

    actions.move_visit(
        appointment=made, resource=doctor, starts_at=at(4, 2, 9), by=coordinator, now=NOW
    )

    told = Reminder.objects.filter(rule__startswith="APPOINTMENT").order_by("target_at", "due_at")
    assert [(r.target_at, r.state) for r in told] == [
        *[(at(4, 1, 14), "cancelled")] * 3,
        *[(at(4, 2, 9), "planned")] * 3,
    ]
    assert {r.state_reason for r in told if r.state == "cancelled"} == {
        "The appointment has moved."
    }


def test_a_move_there_and_back_leaves_the_first_reminders_planned(visit, doctor, coordinator):
    made = actions.book_visit(**wish(visit, doctor, coordinator, at(4, 1, 14)))
    for to in (at(4, 2, 9), at(4, 1, 14)):
        actions.move_visit(appointment=made, resource=doctor, starts_at=to, by=coordinator, now=NOW)

    told = Reminder.objects.filter(rule__startswith="APPOINTMENT").order_by("target_at", "due_at")
    assert [(r.target_at, r.state) for r in told] == [
        *[(at(4, 1, 14), "planned")] * 3,
        *[(at(4, 2, 9), "cancelled")] * 3,
    ]
    assert {r.state_reason for r in told if r.state == "planned"} == {""}


def test_a_move_outside_the_window_needs_a_reason_and_changes_nothing_without(
    visit, doctor, coordinator
):
    made = actions.book_visit(**wish(visit, doctor, coordinator, at(4, 1, 14)))

    with pytest.raises(Refusal, match="outside the window"):
        actions.move_visit(
            appointment=made, resource=doctor, starts_at=at(4, 9, 9), by=coordinator, now=NOW
        )

    assert Booking.objects.get().starts_at == at(4, 1, 14)
    assert [state for _, state in planned(visit)] == ["planned"] * 3


def test_a_cancelled_visit_is_free_to_book_again(visit, doctor, coordinator):
    made = actions.book_visit(**wish(visit, doctor, coordinator, at(4, 1, 14)))

    actions.cancel_visit(appointment=made, reason="He is ill.", by=coordinator, now=NOW)

    assert [state for _, state in planned(visit)] == ["cancelled"] * 3
    assert Booking.objects.get().cancel_reason == "He is ill."
    again = actions.book_visit(**wish(visit, doctor, coordinator, at(4, 1, 14)))
    assert again.booking.status == "booked"


def test_an_unscheduled_visit_is_planned_once_and_forgotten_when_let_go(visit, doctor, coordinator):
    plan = {"enrolment": visit.enrolment, "by": coordinator, "now": NOW}
    extra = actions.plan_unscheduled(**plan)
    assert actions.plan_unscheduled(**plan) == extra
    held = actions.hold_visit(**wish(extra, doctor, coordinator, at(3, 23, 14)))

    actions.let_go(appointment=held, by=coordinator, now=NOW)

    extra.refresh_from_db()
    assert (extra.code, extra.status) == ("UNS", "skipped")
    assert actions.plan_unscheduled(**plan) != extra


def test_the_end_of_the_programme_cancels_what_is_to_come(visit, doctor, clinician):
    from protocols.actions.endings import withdraw_consent

    actions.book_visit(**wish(visit, doctor, clinician, at(4, 1, 14)))

    withdraw_consent(
        enrolment=visit.enrolment, on=date(2026, 3, 20), by=clinician, reason="By telephone."
    )

    booking = Booking.objects.get()
    assert (booking.status, booking.cancel_reason) == (
        "cancelled", "The programme ended: consent withdrawn.",
    )  # fmt: skip
    assert [state for _, state in planned(visit)] == ["cancelled"] * 3
