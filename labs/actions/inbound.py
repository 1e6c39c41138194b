"""Keeping what a laboratory sent, to the byte, before anybody tries to understand it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.db import transaction
from django.db.models import F

from clinic import audit
from clinic.models import Account, Site
from clinic.refusal import Refusal
from labs.models import InboundMessage, StagedRow

#: A message that stopped the program this often is set aside for a person.
MOST_ATTEMPTS = 3
#: As long as a key can be; a sender that says more than this is known by the hash of it.
LONGEST_KEY = 340
State = InboundMessage.State


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one value of a message."""

    position: int
    state: str
    code: str = ""
    code_text: str = ""
    value: str = ""
    unit: str = ""
    explanation: str = ""
    became: str = ""


@transaction.atomic
def store(
    *,
    raw: bytes,
    source: str,
    sending: str,
    control_id: str,
    site: Site | None,
    now: datetime,
    refused: str = "",
) -> InboundMessage:
    """Keep the bytes; the same message sent again is counted, not kept twice.

    A control id that comes again with other bytes is kept as well and set aside: one of the
    two is wrong, and only a person can say which. `refused` sets it aside with that sentence.
    """
    fingerprint = sha256(raw).hexdigest()
    key = f"{sending}|{control_id}" if control_id else f"sha256|{fingerprint}"
    if len(key) > LONGEST_KEY:
        key = f"long|{sha256(key.encode()).hexdigest()}"
    known = InboundMessage.objects.select_for_update(of=("self",)).filter(dedupe_key=key).first()
    if known is not None and known.sha256 == fingerprint:
        return _again(known)
    if known is not None:
        key = f"{key}|{fingerprint[:16]}"
        refused = refused or f"Number {control_id[:199]} was used before for another message."
    message, created = InboundMessage.objects.get_or_create(
        dedupe_key=key,
        defaults={
            "site": site,
            "raw": raw,
            "sha256": fingerprint,
            "source": source,
            "sending": sending[:180],
            "control_id": control_id[:199],
            "received_at": now,
            "state": State.REFUSED if refused else State.RECEIVED,
            "explanation": refused[:300],
        },
    )
    return message if created else _again(message)


def _again(message: InboundMessage) -> InboundMessage:
    InboundMessage.objects.filter(pk=message.pk).update(times_received=F("times_received") + 1)
    return message


@transaction.atomic
def take(*, pk: int | None = None) -> InboundMessage | None:
    """Claim the next waiting message by counting an attempt; None when nothing waits.

    One that has stopped the program `MOST_ATTEMPTS` times is set aside instead of taken.
    """
    waiting = InboundMessage.objects.waiting().select_for_update(skip_locked=True, of=("self",))
    message = (waiting.filter(pk=pk) if pk else waiting.order_by("pk")).first()
    if message is None:
        return None
    if message.attempts >= MOST_ATTEMPTS:
        set_aside(
            message=message,
            state=State.REFUSED,
            explanation="The program stopped three times while reading it.",
        )
        return take()
    message.attempts += 1
    message.save(update_fields=["attempts"])
    return message


def set_aside(*, message: InboundMessage, state: str, explanation: str) -> None:
    """Leave a message to a person, with why."""
    message.state, message.explanation = state, explanation[:300]
    message.save(update_fields=["state", "explanation", "site"])


@transaction.atomic
def filed(*, message: InboundMessage, rows: Sequence[Row], now: datetime) -> InboundMessage:
    """Write down what became of each value; anything not filed leaves the message in part."""
    StagedRow.objects.filter(message=message).delete()
    StagedRow.objects.bulk_create(
        StagedRow(
            message=message,
            position=row.position,
            state=row.state,
            code=row.code[:60],
            code_text=row.code_text[:200],
            value=row.value[:200],
            unit=row.unit[:60],
            explanation=row.explanation[:300],
            became=row.became,
        )
        for row in rows
    )
    done = {StagedRow.State.NEW, StagedRow.State.DUPLICATE, StagedRow.State.CORRECTION}
    left = [row for row in rows if row.state not in done]
    message.state = State.PARTLY if left else State.FILED
    message.explanation = f"{len(left)} of {len(rows)} values could not be filed." if left else ""
    message.filed_at = now
    message.save(update_fields=["state", "explanation", "filed_at", "site"])
    audit.record(
        actor=None,
        action="message.filed",
        subject=message,
        site=message.site_id,
        rows=len(rows),
        left=len(left),
    )
    return message


@transaction.atomic
def settle(*, message: InboundMessage, reason: str, by: Account, now: datetime) -> InboundMessage:
    """Close a message by hand, with why nothing more is to be done about it."""
    locked = InboundMessage.objects.select_for_update(of=("self",)).get(pk=message.pk)
    if locked.settled_at is not None or locked.state in (State.FILED, State.SETTLED):
        raise Refusal("This message is dealt with already.")
    if not reason.strip():
        raise Refusal("Say why nothing more is to be done about it.", field="reason")
    locked.state = State.SETTLED
    locked.settled_at, locked.settled_by, locked.settled_reason = now, by, reason.strip()
    locked.save(update_fields=["state", "settled_at", "settled_by", "settled_reason"])
    audit.record(
        actor=by, action="message.settled", subject=locked, site=locked.site_id, reason=reason
    )
    return locked


@transaction.atomic
def try_again(*, message: InboundMessage, by: Account) -> InboundMessage:
    """Read a message anew, after a code was mapped or a patient registered."""
    locked = InboundMessage.objects.select_for_update(of=("self",)).get(pk=message.pk)
    if locked.settled_at is not None or locked.state in (State.FILED, State.SETTLED):
        raise Refusal("This message is dealt with already.")
    locked.state, locked.attempts, locked.explanation = State.RECEIVED, 0, ""
    locked.save(update_fields=["state", "attempts", "explanation"])
    audit.record(actor=by, action="message.tried_again", subject=locked, site=locked.site_id)
    return locked
