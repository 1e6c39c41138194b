"""What he will be sent about a booking, before it is confirmed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from clinic import audit
from clinic.models import Booking
from protocols.models import Enrolment
from protocols.rules import reminders as reminder_rules
from protocols.rules.definition import Definition
from protocols.rules.vocabulary import Status


@dataclass(frozen=True, slots=True)
class Told:
    """One reminder as he will get it, on his own clock; `waits` for the end of quiet hours."""

    at: str
    waits: bool


def will_be_told(
    *, enrolment: Enrolment, definition: Definition, booking: Booking, now: datetime
) -> list[Told]:
    """The reminders a booking will have, as they will be planned when it is confirmed."""
    patient = enrolment.patient
    zone = ZoneInfo(patient.time_zone) if patient.time_zone else patient.site.zone
    facts = reminder_rules.BookingFacts(audit.label(booking), booking.starts_at, booking.booked_at)
    found = reminder_rules.for_booking(
        definition, facts, zone=zone, status=Status(enrolment.status)
    )
    rules = {rule.code: rule for rule in definition.reminders.rules}
    return [
        Told(
            at=f"{wall:%a} {wall.day} {wall:%b}, {wall:%H:%M}",
            waits=row.due_at
            != reminder_rules.before_start(rules[row.code], booking.starts_at, zone),
        )
        for row in found
        if row.expires_at > now and not row.for_staff
        for wall in [max(row.due_at, now).astimezone(zone)]
    ]
