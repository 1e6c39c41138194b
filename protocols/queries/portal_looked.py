"""Who looked at his record and who worked on it, from the trail, in a patient's words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from clinic.models import AuditEvent
from protocols.queries.portal_owner import Owner
from protocols.rules.portal_trail import purpose, role_word


@dataclass(slots=True)
class Glance:
    """What one role did of one kind on one day: once, or several times between two instants."""

    role: str
    words: str
    on: date
    first_at: datetime
    last_at: datetime
    times: int = 1


def events_about(owner: Owner) -> QuerySet[AuditEvent]:
    """Everything in the trail about him, but for what he did himself."""
    return AuditEvent.objects.about(owner.patient.label).exclude(actor=owner.account)


def glances(events: Iterable[AuditEvent], zone: ZoneInfo) -> list[Glance]:
    """Newest first; the same by the same role on the same day is one line."""
    found: dict[tuple[date, str, str], Glance] = {}
    for event in events:
        on = event.at.astimezone(zone).date()
        role, words = role_word(event.actor_role), purpose(event.action, event.detail)
        line = found.get((on, role, words))
        if line is None:
            found[on, role, words] = Glance(role, words, on, event.at, event.at)
        else:
            line.first_at, line.times = min(line.first_at, event.at), line.times + 1
    return list(found.values())
