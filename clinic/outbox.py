"""Everything that leaves the house is a row first, written with its cause."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.utils import timezone

from clinic.models import Message, Site


@dataclass(frozen=True, slots=True)
class WhyNot:
    """What stands against a message when it would leave; with `until` it only waits for then."""

    sentence: str
    until: datetime | None = None


def enqueue(  # noqa: PLR0913 -- a message is all of these, by keyword
    *,
    site: Site,
    recipient: str,
    template: str,
    context: dict[str, Any],
    dedupe_key: str,
    subject: str = "",
    person: str = "",
    not_before: datetime | None = None,
    expires_at: datetime | None = None,
) -> Message:
    """Put one e-mail in the outbox, in the caller's transaction; the same key never twice.

    `template` names a pair `mail/<template>.txt` and `.html`, whose first text line is the
    subject. `context` holds ids, dates and neutral words only. Returns the row that stands,
    the new one or the one that was there.
    """
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("<> ") or "localhost"
    message, _ = Message.objects.get_or_create(
        dedupe_key=dedupe_key,
        defaults={
            "site": site,
            "recipient": recipient,
            "template": template,
            "context": context,
            "subject": subject,
            "person": person,
            "not_before": not_before or timezone.now(),
            "expires_at": expires_at,
            "message_id": f"<{uuid4().hex}@{host}>",
        },
    )
    return message


def readdress(*, person: str, was: str, to: str) -> int:
    """What has not left yet goes to the person's new address; what has left has left."""
    open_states = (Message.State.WAITING, Message.State.SENDING, Message.State.FAILED)
    mine = Message.objects.filter(person=person, recipient=was, state__in=open_states)
    return mine.update(recipient=to) if to else 0


def cancel_for(*, person: str) -> int:
    """Take back everything that has not left yet for one person: he is written to no more."""
    return Message.objects.filter(
        person=person, state__in=(Message.State.WAITING, Message.State.FAILED)
    ).update(state=Message.State.CANCELLED, context={})


def cancel(*, subject: str) -> int:
    """Take back what is still waiting about this subject; what has left has left."""
    return Message.objects.filter(subject=subject, state=Message.State.WAITING).update(
        state=Message.State.CANCELLED, context={}
    )
