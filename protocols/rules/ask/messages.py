"""Asking about messages: what may stand in one, and when it goes out."""

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import StringConstraints

from clinic.rules.messages import Channel, check
from protocols.rules.ask.fields import (
    Answer,
    Clock,
    Given,
    Instant,
    Text,
    Zone,
    key,
    needed,
)
from protocols.rules.ask.rule import Asked
from protocols.rules.definition import Definition
from protocols.rules.local_time import send_time

Subject = Annotated[str, StringConstraints(max_length=1000)]


class MessageGiven(Given):
    channel: Channel = needed("Channel")
    subject: Subject | None = key("Subject")
    body: Text = needed("Text")


class MessageAnswer(Answer):
    accepted: bool
    reasons: tuple[str, ...]


class ReminderTimeGiven(Given):
    due_at: Instant = needed("Due at", say="with the offset: 2026-03-08T22:00:00-07:00")
    zone: Zone = needed("His time zone", say="like America/Los_Angeles")
    quiet_from: Clock | None = key("Quiet from", say="as in the programme when left out")
    quiet_to: Clock | None = key("Quiet until")


class ReminderTimeAnswer(Answer):
    send_at: datetime
    sentence: str


def ask_message(given: MessageGiven, _: Definition) -> MessageAnswer:
    found = check(given.channel, body=given.body, subject=given.subject or "")
    return MessageAnswer(accepted=found.accepted, reasons=found.reasons)


def ask_reminder_time(given: ReminderTimeGiven, definition: Definition) -> ReminderTimeAnswer:
    plan, zone = definition.reminders, ZoneInfo(given.zone)
    found = send_time(
        given.due_at,
        zone,
        quiet_from=plan.quiet_from if given.quiet_from is None else given.quiet_from,
        quiet_to=plan.quiet_to if given.quiet_to is None else given.quiet_to,
    )
    return ReminderTimeAnswer(send_at=found.at.astimezone(zone), sentence=found.sentence)


RULES = (
    Asked(
        name="message",
        title="Message to a patient",
        line="whether a text may be sent to a patient, and what in it may not",
        source="Programme default on HIPAA and TCPA; domain reference §9.4",
        given=MessageGiven,
        answer=MessageAnswer,
        ask=ask_message,
        group="Messages",
    ),
    Asked(
        name="reminder_time",
        title="When a reminder goes out",
        line="when a reminder is sent, given the quiet hours of his own clock",
        source="Programme default; domain reference §7.8",
        given=ReminderTimeGiven,
        answer=ReminderTimeAnswer,
        ask=ask_reminder_time,
        group="Messages",
    ),
)
