"""Delivering what waits in the outbox: claim with a lease, ask once more, send, write down.

A worker that dies between sending and writing leaves a lease that runs out; the message is
then sent again with the same Message-ID, so one letter may come twice but none is lost. Every
write but the last is fenced by the lease: who has lost it writes nothing and sends nothing.
"""

import re
import smtplib
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.html import strip_tags
from django.utils.module_loading import import_string

from clinic import audit
from clinic.models import Account, Message
from clinic.outbox import WhyNot
from clinic.rules.messages import Channel, check

BATCH = 50
MAX_ATTEMPTS = 8
#: Minutes to wait after the first, second … failure.
PATIENCE = (1, 2, 5, 15, 60, 120, 240)
#: What keeps every message from leaving, not this one alone: nobody answers, or not as he should.
NOBODY_THERE = (
    smtplib.SMTPServerDisconnected,
    smtplib.SMTPConnectError,
    smtplib.SMTPHeloError,
    smtplib.SMTPAuthenticationError,
    smtplib.SMTPNotSupportedError,
)
#: A link's path is a random token, and in one any word may come about; an address is his own.
NOT_WORDS = re.compile(r"(?<=://)([^/\s]+)/\S*|\S+@\S+")

Recheck = Callable[[Message, datetime], WhyNot | None]
State = Message.State


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one round did, and whether it broke off because the mail server is not there."""

    sent: int = 0
    failed: int = 0
    dropped: int = 0
    waiting: int = 0
    broken_off: bool = False


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
        message.state = State.SENDING
        message.lease_until = now + settings.OUTBOX_LEASE
    Message.objects.bulk_update(batch, ["state", "lease_until"])
    return batch


def deliver(*, clock: Callable[[], datetime], limit: int = BATCH) -> Delivery:
    """Claim one batch and send it over one connection; returns what became of it.

    Whatever ends the round early, what it has not come to is put back for the next.
    """
    left = deque(claim(now=clock(), limit=limit))
    if not left:
        return Delivery()
    became: Counter[str] = Counter()
    broken_off = False
    connection = get_connection()
    try:
        while left and not broken_off:
            state, broken_off = _deliver_one(left.popleft(), connection, clock)
            became[state] += 1
    finally:
        _put_back(left)
        connection.close()
    return Delivery(
        sent=became[State.SENT],
        failed=became[State.FAILED],
        dropped=became[State.CANCELLED] + became[State.EXPIRED],
        waiting=became[State.WAITING],
        broken_off=broken_off,
    )


def _deliver_one(
    message: Message, connection: BaseEmailBackend, clock: Callable[[], datetime]
) -> tuple[str, bool]:
    """What became of it, and whether the mail server failed us altogether."""
    now = clock()
    settled = _not_now(message, now)
    if settled:
        return settled, False
    if not _begin(message, now):
        return State.SENDING, False  # another worker has it: our lease ran out
    mail = letter(message, connection)
    found = telling_words(mail)
    if found:
        return _settle(message, State.FAILED, error=found[0]), False
    try:
        connection.open()  # once: what finds it open leaves it so for the next
        mail.send()
    except (smtplib.SMTPException, OSError) as refused:
        return _retry(message, clock(), refused), nobody_there(refused)
    sent_at = clock()
    # Not fenced: whoever holds the lease by now, this letter has left.
    Message.objects.filter(pk=message.pk).update(
        state=State.SENT, sent_at=sent_at, last_error="", lease_until=None, context={}
    )
    return State.SENT, False


def _not_now(message: Message, now: datetime) -> str:
    """Settles a message that must not be tried; returns what became of it, or ""."""
    if message.expires_at and now >= message.expires_at:
        return _settle(message, State.EXPIRED, error="it would have come too late", context={})
    if message.attempts >= MAX_ATTEMPTS:
        # Only a worker that died each time leaves it so: it must not take a ninth one along.
        return _settle(message, State.FAILED, error="every try broke off before its end")
    recheck: Recheck = import_string(settings.OUTBOX_RECHECK)
    why_not = recheck(message, now)
    if why_not is None:
        return ""
    if why_not.until is not None:
        return _settle(message, State.WAITING, error=why_not.sentence, not_before=why_not.until)
    return _settle(message, State.CANCELLED, error=why_not.sentence, context={})


def _begin(message: Message, now: datetime) -> bool:
    """Count the try and take the lease anew; False when the lease is no longer ours."""
    lease = now + settings.OUTBOX_LEASE
    mine = _ours(message).update(attempts=message.attempts + 1, lease_until=lease)
    message.attempts, message.lease_until = message.attempts + 1, lease
    return bool(mine)


def _ours(message: Message) -> Any:
    return Message.objects.filter(
        pk=message.pk, state=State.SENDING, lease_until=message.lease_until
    )


def _put_back(left: Iterable[Message]) -> None:
    for message in left:
        _ours(message).update(state=State.WAITING, lease_until=None)


def letter(message: Message, connection: BaseEmailBackend | None = None) -> EmailMultiAlternatives:
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


def telling_words(mail: EmailMultiAlternatives) -> tuple[str, ...]:
    """Why this letter would tell an onlooker what is treated; () when it may leave."""
    shown = " ".join(strip_tags(str(html)) for html, _ in mail.alternatives)
    return check(
        Channel.EMAIL,
        subject=str(mail.subject),
        body=NOT_WORDS.sub(r"\1 ", f"{mail.body} {shown}"),
        sender=NOT_WORDS.sub(" ", mail.from_email),
    ).reasons


def _settle(message: Message, state: str, *, error: str, **more: Any) -> str:
    _ours(message).update(state=state, last_error=error[:300], lease_until=None, **more)
    return state


def _retry(message: Message, now: datetime, refused: Exception) -> str:
    """Try again later, and after the last try leave it to a person: it shows on Today."""
    last = for_good(refused) or message.attempts >= MAX_ATTEMPTS
    wait = PATIENCE[min(message.attempts, len(PATIENCE)) - 1]
    return _settle(
        message,
        State.FAILED if last else State.WAITING,
        # The reply may quote the address; the kind of refusal is enough here.
        error=_in_words(refused),
        not_before=now + timedelta(minutes=wait),
    )


def for_good(refused: Exception) -> bool:
    """Trying again would change nothing: the address or the letter itself is refused."""
    if isinstance(refused, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in refused.recipients.values())
    return isinstance(refused, smtplib.SMTPDataError) and refused.smtp_code >= 500


def nobody_there(refused: Exception) -> bool:
    return isinstance(refused, NOBODY_THERE) or not isinstance(refused, smtplib.SMTPException)


def _in_words(refused: Exception) -> str:
    if isinstance(refused, smtplib.SMTPRecipientsRefused):
        codes = sorted({code for code, _ in refused.recipients.values()})
        return f"the mail server refuses this address (code {codes[0] if codes else '?'})"
    if isinstance(refused, smtplib.SMTPResponseException):
        return f"the mail server answered {refused.smtp_code}"
    return "the mail server could not be reached"


@transaction.atomic
def send_again(*, message: Message, by: Account, now: datetime) -> Message:
    """Put a failed message back in the queue, after somebody has mended what was wrong."""
    row = Message.objects.select_for_update(of=("self",)).get(pk=message.pk)
    if row.state == State.FAILED:
        row.state, row.attempts, row.not_before = State.WAITING, 0, now
        row.save(update_fields=["state", "attempts", "not_before"])
        audit.record(
            actor=by,
            action="message.sent_again",
            subject=row,
            person=row.person,
            site=row.site_id,
        )
    return row
