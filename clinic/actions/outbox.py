"""Delivering what waits in the outbox: claim with a lease, ask once more, send, write down.

A worker that dies between sending and writing leaves a lease that runs out; the message is
then sent again with the same Message-ID, so one letter may come twice but none is lost.
"""

import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.module_loading import import_string

from clinic.models import Message

LEASE = timedelta(minutes=2)
BATCH = 50
MAX_ATTEMPTS = 8
#: Minutes to wait after the first, second … failure.
PATIENCE = (1, 2, 5, 15, 60, 120, 240)

Recheck = Callable[[Message, datetime], str]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one round did."""

    sent: int = 0
    failed: int = 0
    dropped: int = 0


@transaction.atomic
def claim(*, now: datetime, limit: int = BATCH) -> list[Message]:
    """Take a batch for this worker; rows another worker holds are skipped."""
    batch = list(
        Message.objects.due(now)
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("site")
        .order_by("not_before", "pk")[:limit]
    )
    for message in batch:
        message.state = Message.State.SENDING
        message.lease_until = now + LEASE
        message.attempts += 1
    Message.objects.bulk_update(batch, ["state", "lease_until", "attempts"])
    return batch


def deliver(*, clock: Callable[[], datetime], limit: int = BATCH) -> Delivery:
    """Claim one batch and send it over one connection; returns what became of it."""
    batch = claim(now=clock(), limit=limit)
    if not batch:
        return Delivery()
    sent = failed = dropped = 0
    connection = get_connection()
    try:
        for message in batch:
            outcome = _deliver_one(message, connection, clock)
            sent += outcome == Message.State.SENT
            failed += outcome in (Message.State.WAITING, Message.State.FAILED)
            dropped += outcome in (Message.State.CANCELLED, Message.State.EXPIRED)
    finally:
        connection.close()
    return Delivery(sent, failed, dropped)


def _deliver_one(
    message: Message, connection: BaseEmailBackend, clock: Callable[[], datetime]
) -> str:
    now = clock()
    if message.expires_at and now >= message.expires_at:
        return _settle(message, Message.State.EXPIRED, error="it would have come too late")
    recheck: Recheck = import_string(settings.OUTBOX_RECHECK)
    why_not = recheck(message, now)
    if why_not:
        return _settle(message, Message.State.CANCELLED, error=why_not)
    try:
        letter(message, connection).send()
    except (smtplib.SMTPException, OSError) as refused:
        return _retry(message, now, refused)
    return _settle(message, Message.State.SENT, sent_at=clock())


def letter(message: Message, connection: BaseEmailBackend) -> EmailMultiAlternatives:
    """The e-mail a row stands for; its first text line is the subject."""
    context = {**message.context, "site": message.site, "base_url": settings.BASE_URL}
    text = render_to_string(f"mail/{message.template}.txt", context)
    subject, _, body = text.partition("\n")
    mail = EmailMultiAlternatives(
        subject=subject.strip(),
        body=body.strip() + "\n",
        from_email=f'"{message.site.neutral_name}" <{settings.DEFAULT_FROM_EMAIL}>',
        to=[message.recipient],
        headers={"Message-ID": message.message_id, "Auto-Submitted": "auto-generated"},
        connection=connection,
    )
    mail.attach_alternative(render_to_string(f"mail/{message.template}.html", context), "text/html")
    return mail


def _settle(
    message: Message, state: str, *, sent_at: datetime | None = None, error: str = ""
) -> str:
    Message.objects.filter(pk=message.pk).update(
        state=state, sent_at=sent_at, last_error=error[:300], lease_until=None, context={}
    )
    return state


def _retry(message: Message, now: datetime, refused: Exception) -> str:
    """Try again later, and after the last try leave it to a person: it shows on Today."""
    permanent = isinstance(refused, smtplib.SMTPRecipientsRefused) and all(
        code >= 500 for code, _ in refused.recipients.values()
    )
    last = permanent or message.attempts >= MAX_ATTEMPTS
    state = Message.State.FAILED if last else Message.State.WAITING
    wait = PATIENCE[min(message.attempts, len(PATIENCE)) - 1]
    # The reply may quote the address; the kind of refusal is enough here.
    Message.objects.filter(pk=message.pk).update(
        state=state,
        not_before=now + timedelta(minutes=wait),
        lease_until=None,
        last_error=_in_words(refused),
    )
    return state


def _in_words(refused: Exception) -> str:
    if isinstance(refused, smtplib.SMTPRecipientsRefused):
        codes = sorted({code for code, _ in refused.recipients.values()})
        return f"the mail server refuses this address (code {codes[0] if codes else '?'})"
    if isinstance(refused, smtplib.SMTPResponseException):
        return f"the mail server answered {refused.smtp_code}"
    return "the mail server could not be reached"


@transaction.atomic
def send_again(*, message: Message, now: datetime) -> Message:
    """Put a failed message back in the queue, after somebody has mended what was wrong."""
    row = Message.objects.select_for_update(of=("self",)).get(pk=message.pk)
    if row.state == Message.State.FAILED:
        row.state, row.attempts, row.not_before = Message.State.WAITING, 0, now
        row.save(update_fields=["state", "attempts", "not_before"])
    return row
