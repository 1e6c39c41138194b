"""What is going to be sent, what was, what was not and why: for the page and for one reminder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from clinic.models import Account, Booking, Message
from patients.models import Patient
from protocols.models import Appointment, Reminder

AHEAD = timedelta(days=7)
SHOWS = ("coming", "sent", "failed", "stopped")
#: Each rule as people say it; a rule of a later version is told by its code.
RULES = {
    "APPOINTMENT_7D": "Appointment, 7 days before",
    "APPOINTMENT_2D": "Appointment, 2 days before",
    "APPOINTMENT_3H": "Appointment, 3 hours before",
    "BOOKING_NEEDED_OPENS": "Please book: the window opens",
    "BOOKING_NEEDED_CLOSING": "Please book: the window closes in 3 days",
    "LAB_DUE_OPENS": "Blood is due: the window opens",
    "LAB_DUE_CLOSING": "Blood is due: the window closes in 3 days",
    "MISSED_1D": "Missed visit, the day after",
    "MISSED_3D": "Missed visit, 3 days after",
    "REFILL_7D": "Refill, 7 days before he runs out",
    "REFILL_3D": "Refill, 3 days before he runs out",
    "REFILL_1D": "Refill, the day before he runs out",
}
MAILS = {
    "appointment": "Appointment",
    "please_book": "Please book",
    "missed_you": "Missed visit",
    "please_sign_in": "Please sign in",
    "letter_waiting": "A message waits for him",
    "portal_invitation": "Invitation to the portal",
    "invitation": "Invitation of a member",
    "account": "About a sign-in",
}
#: What became of a message, as icon, colour and word.
MESSAGE_STATES = {
    Message.State.WAITING: ("info", "clock", "In the outbox"),
    Message.State.SENDING: ("info", "mail", "Being sent"),
    Message.State.SENT: ("good", "check", "Sent"),
    Message.State.FAILED: ("critical", "stop", "Failed"),
    Message.State.CANCELLED: ("", "minus", "Not sent"),
    Message.State.EXPIRED: ("warning", "clock", "Too late"),
}
REMINDER_STATES = {
    Reminder.State.PLANNED: ("", "clock", "Planned"),
    Reminder.State.QUEUED: ("info", "clock", "In the outbox"),
    Reminder.State.CANCELLED: ("", "minus", "Not needed"),
    Reminder.State.EXPIRED: ("warning", "clock", "Too late"),
    Reminder.State.UNREACHABLE: ("warning", "warn", "No address"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the page: a reminder, or a message that is none."""

    pk: int
    at: datetime
    what: str
    who: str
    person: Patient | None
    kind: str
    icon: str
    word: str
    why: str
    reminder: Reminder | None = None
    message: Message | None = None
    may_try_again: bool = False


def told(rule: str) -> str:
    return RULES.get(rule, rule.replace("_", " ").capitalize())


def state_of(reminder: Reminder) -> tuple[str, str, str]:
    """A reminder that has left the plan stands where its message stands."""
    if reminder.message is not None and reminder.state == Reminder.State.QUEUED:
        return MESSAGE_STATES[Message.State(reminder.message.state)]
    return REMINDER_STATES[Reminder.State(reminder.state)]


def why_of(reminder: Reminder) -> str:
    if reminder.state_reason:
        return reminder.state_reason
    message = reminder.message
    if message is None or not message.last_error:
        return ""
    return f"{message.last_error[:1].upper()}{message.last_error[1:]}."


def rows_of(show: str, user: Account, now: datetime) -> tuple[QuerySet[Any], str]:
    """The rows of one list and the column it is read by; failures are messages of any kind."""
    if show == "failed":
        rows = Message.objects.visible_to(user).failed().select_related("site", "reminder")
        return rows, "-not_before"
    reminders = Reminder.objects.visible_to(user).select_related("patient", "message")
    waiting = Q(message__state__in=[Message.State.WAITING, Message.State.SENDING])
    if show == "sent":
        return reminders.filter(message__state=Message.State.SENT), "-due_at"
    if show == "stopped":
        return reminders.filter(
            Q(state__in=["cancelled", "expired", "unreachable"])
            | Q(message__state__in=[Message.State.CANCELLED, Message.State.EXPIRED])
        ), "-due_at"
    coming = Q(state=Reminder.State.PLANNED) | Q(state=Reminder.State.QUEUED) & waiting
    return reminders.filter(coming, due_at__lt=now + AHEAD), "due_at"


def lines_of(rows: Iterable[Any], user: Account) -> list[Line]:
    """The rows as the page draws them; at most two queries more, however many there are."""
    found = list(rows)
    if found and isinstance(found[0], Message):
        return _messages(found, user)
    booked = _booked(found)
    return [_reminder(row, booked) for row in found]


def _reminder(row: Reminder, booked: set[str]) -> Line:
    kind, icon, word = state_of(row)
    why = why_of(row)
    if row.state == Reminder.State.PLANNED and row.about in booked:
        why = "An appointment has been made; it will not be sent while that stands."
    return Line(
        pk=row.pk,
        at=row.due_at,
        what=told(row.rule),
        who=str(row.patient),
        person=row.patient,
        kind=kind,
        icon=icon,
        word=word,
        why=why,
        reminder=row,
        message=row.message,
        may_try_again=bool(row.message and row.message.state == Message.State.FAILED),
    )


def _booked(rows: Iterable[Reminder]) -> set[str]:
    """Which of the visits these speak of have an appointment by now."""
    visits = {
        int(row.about.rpartition(":")[2])
        for row in rows
        if row.state == Reminder.State.PLANNED and row.about.startswith("protocols.visit:")
    }
    if not visits:
        return set()
    found = Appointment.objects.filter(
        visit__in=visits, booking__status__in=["held", "booked", "arrived", "in_progress"]
    )
    return {f"protocols.visit:{pk}" for pk in found.values_list("visit", flat=True)}


def _messages(rows: list[Message], user: Account) -> list[Line]:
    keys = {row.person.rpartition(":")[2] for row in rows if row.person}
    people = {
        p.label: p
        for p in Patient.objects.visible_to(user).filter(pk__in=[k for k in keys if k.isdecimal()])
    }
    return [_message(row, people.get(row.person)) for row in rows]


def _message(row: Message, person: Patient | None) -> Line:
    reminder = getattr(row, "reminder", None)
    kind, icon, word = MESSAGE_STATES[Message.State(row.state)]
    error = f"{row.last_error[:1].upper()}{row.last_error[1:]}" if row.last_error else ""
    tries = f"{row.attempts} attempt{'' if row.attempts == 1 else 's'}"
    return Line(
        pk=row.pk,
        at=row.not_before,
        what=told(reminder.rule) if reminder else MAILS.get(row.template, row.template),
        who=str(person) if person else "A member of staff",
        person=person,
        kind=kind,
        icon=icon,
        word=word,
        why=f"{error}; {tries}." if error else f"{tries.capitalize()}.",
        reminder=reminder,
        message=row,
        may_try_again=True,
    )


def target_of(reminder: Reminder) -> Booking | None:
    """The booking a reminder speaks of, when it speaks of one."""
    kind, _, pk = reminder.about.rpartition(":")
    if kind != "clinic.booking":
        return None
    return Booking.objects.filter(pk=pk).select_related("resource").first()
