"""Keeping what a laboratory sent, to the byte, before anybody tries to understand it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.db import DatabaseError, connection, transaction

from clinic import audit
from clinic.models import Account
from clinic.refusal import Refusal
from labs.actions.storing import came_again, lane_of
from labs.models import InboundMessage, Laboratory, StagedRow
from labs.rules.judging import DONE
from patients.models import Patient

#: A message that stopped the program this often is set aside for a person.
MOST_ATTEMPTS = 3
STOPPED = "The program stopped three times while reading it."
#: Ours among the advisory locks of the database: "in", "by lane".
LANE_LOCK = 0x696E62
State = InboundMessage.State
CLOSED = (State.FILED, State.SETTLED, State.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one value of a message."""

    position: int
    state: str
    code: str = ""
    system: str = ""
    code_text: str = ""
    value: str = ""
    unit: str = ""
    explanation: str = ""
    became: str = ""
    original: str = ""
    person: str = ""
    person_key: str = ""
    patient_id: int | None = None
    collected_at: datetime | None = None
    specimen: str = ""


@transaction.atomic
def keep_file(
    *,
    raw: bytes,
    file_name: str,
    format: str,  # noqa: A002 -- what it is called on the row
    laboratory: Laboratory,
    options: Mapping[str, object] | None = None,
    by: Account,
    now: datetime,
) -> InboundMessage:
    """Keep an uploaded file to the byte, to be looked at before anything is filed.

    The same bytes for the same laboratory are one file, however often they come; one that was
    thrown away waits for a look again. `times_received` is 1 for a file nobody sent before.
    """
    fingerprint = sha256(raw).hexdigest()
    message, created = InboundMessage.objects.select_for_update(of=("self",)).get_or_create(
        dedupe_key=f"file|{laboratory.pk}|{fingerprint}",
        defaults={
            "site": laboratory.site,
            "laboratory": laboratory,
            "raw": raw,
            "sha256": fingerprint,
            "source": "upload",
            "format": format,
            "file_name": file_name[:200],
            "options": dict(options or {}),
            "uploaded_by": by,
            "lane": lane_of(fingerprint),
            "received_at": now,
            "state": State.STAGED,
        },
    )
    if not created:
        came_again(message)
        if message.state == State.WITHDRAWN:
            message = _taken_up(message, by)
    audit.record(
        actor=by,
        action="message.uploaded",
        subject=message,
        site=laboratory.site_id,
        format=format,
        again=not created,
    )
    return message


def _taken_up(message: InboundMessage, by: Account) -> InboundMessage:
    message.state, message.uploaded_by, message.attempts = State.STAGED, by, 0
    message.settled_at = message.settled_by = None
    message.settled_reason = message.explanation = ""
    message.save(
        update_fields=[
            "state", "uploaded_by", "attempts", "settled_at", "settled_by", "settled_reason",
            "explanation",
        ]
    )  # fmt: skip
    return message


@transaction.atomic(savepoint=False)
def keep_rows(*, message: InboundMessage, rows: Sequence[Row]) -> None:
    """Write down what would become, or became, of each value, in the place of what stood."""
    StagedRow.objects.filter(message=message).delete()
    StagedRow.objects.bulk_create((_row(message, row) for row in rows), batch_size=1000)


def _row(message: InboundMessage, row: Row) -> StagedRow:
    return StagedRow(
        message=message,
        position=row.position,
        state=row.state,
        system=row.system[:200],
        code=row.code[:80],
        code_text=row.code_text[:200],
        value=row.value[:200],
        unit=row.unit[:60],
        explanation=row.explanation[:300],
        became=row.became,
        original=row.original,
        person=row.person[:120],
        person_key=row.person_key,
        patient_id=row.patient_id,
        collected_at=row.collected_at,
        specimen=row.specimen[:80],
    )


@transaction.atomic
def take(*, lane: int, pk: int | None = None) -> InboundMessage | None:
    """The next message of a lane that is held, with the attempt counted; None when nothing waits.

    One that has stopped the program `MOST_ATTEMPTS` times is set aside instead of taken.
    """
    waiting = (
        InboundMessage.objects.waiting()
        .filter(lane=lane)
        .select_related("laboratory__site")
        .select_for_update(of=("self",))
    )
    message = (waiting.filter(pk=pk) if pk else waiting.order_by("pk")).first()
    if message is None:
        return None
    if message.attempts >= MOST_ATTEMPTS:
        set_aside(message=message, state=State.REFUSED, explanation=STOPPED)
        return take(lane=lane, pk=pk)
    message.attempts += 1
    message.save(update_fields=["attempts"])
    return message


@contextmanager
def held(lane: int) -> Iterator[bool]:
    """Is the lane ours alone, until the block ends or this process does?

    The lock is the connection's: when the process is killed it is free at once.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LANE_LOCK, lane])
        ours = bool(cursor.fetchone()[0])
    try:
        yield ours
    finally:
        if ours and connection.connection is not None and not connection.connection.closed:
            _let_go(lane)


def _let_go(lane: int) -> None:
    """In a transaction that failed nothing can be said; its end or the connection's frees it."""
    with suppress(DatabaseError), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LANE_LOCK, lane])


def set_aside(*, message: InboundMessage, state: str, explanation: str) -> None:
    """Leave a message to a person, with why."""
    message.state, message.explanation = state, explanation[:300]
    message.save(update_fields=["state", "explanation", "site", "laboratory"])


@transaction.atomic(savepoint=False)
def filed(*, message: InboundMessage, rows: Sequence[Row], now: datetime) -> InboundMessage:
    """Write down what became of each value; anything not filed leaves the message in part."""
    keep_rows(message=message, rows=rows)
    left = [row for row in rows if row.state not in DONE]
    message.state, message.explanation = _came_to(rows, left)
    message.filed_at = now
    message.save(update_fields=["state", "explanation", "filed_at", "site", "laboratory"])
    audit.record(
        actor=None,
        action="message.filed",
        subject=message,
        site=message.site_id,
        rows=len(rows),
        left=len(left),
    )
    return message


def _came_to(rows: Sequence[Row], left: Sequence[Row]) -> tuple[str, str]:
    """The state of the whole, and the sentence on the queue."""
    if not left:
        return State.FILED, ""
    nobodys = {row.explanation for row in left if row.state == StagedRow.State.UNMATCHED}
    if nobodys and len({row.person_key for row in rows}) == 1:
        return State.UNMATCHED, nobodys.pop()[:300]
    if all(row.state == StagedRow.State.UNMATCHED for row in rows):
        return State.UNMATCHED, f"{len(rows)} values of people nobody here surely is."
    return State.PARTLY, f"{len(left)} of {len(rows)} values could not be filed."


def locked_open(message: InboundMessage) -> InboundMessage:
    """The message, held for this transaction; one that is dealt with is refused."""
    locked = InboundMessage.objects.select_for_update(of=("self",)).get(pk=message.pk)
    if locked.settled_at is not None or locked.state in CLOSED:
        raise Refusal("This message is dealt with already.")
    return locked


@transaction.atomic
def throw_away(
    *, message: InboundMessage, reason: str, by: Account, now: datetime
) -> InboundMessage:
    """Nothing of an uploaded file is filed; its bytes stay, with who threw it away and why."""
    locked = locked_open(message)
    if locked.state != State.STAGED:
        raise Refusal("Only a file that waits for a look is thrown away.")
    if not reason.strip():
        raise Refusal("Say why it is thrown away.", field="reason")
    locked.state = State.WITHDRAWN
    locked.settled_at, locked.settled_by, locked.settled_reason = now, by, reason.strip()
    locked.save(update_fields=["state", "settled_at", "settled_by", "settled_reason"])
    audit.record(
        actor=by, action="message.withdrawn", subject=locked, site=locked.site_id, reason=reason
    )
    return locked


@transaction.atomic
def settle(*, message: InboundMessage, reason: str, by: Account, now: datetime) -> InboundMessage:
    """Close a message by hand, with why nothing more is to be done about it."""
    locked = locked_open(message)
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
def release(*, message: InboundMessage, by: Account) -> InboundMessage:
    """A person has looked at an uploaded file: what can be filed of it waits to be filed."""
    locked = locked_open(message)
    if locked.state != State.STAGED:
        raise Refusal("This file is being filed already.")
    locked.state, locked.attempts, locked.explanation = State.RECEIVED, 0, ""
    locked.save(update_fields=["state", "attempts", "explanation"])
    audit.record(actor=by, action="message.released", subject=locked, site=locked.site_id)
    return locked


@transaction.atomic
def match(*, message: InboundMessage, person: str, patient: Patient, by: Account) -> None:
    """Keep whom a member matched a person of the message to; reading it again asks nobody twice."""
    locked = locked_open(message)
    if locked.site_id is not None and locked.site_id != patient.site_id:
        raise Refusal("He is a patient of another site.", field="patient")
    decided = {**locked.options.get("matched", {}), person: patient.pk}
    locked.options = {**locked.options, "matched": decided}
    locked.save(update_fields=["options"])
    audit.record(
        actor=by,
        action="message.matched",
        subject=locked,
        person=patient,
        site=locked.site_id,
    )


@transaction.atomic
def try_again(*, message: InboundMessage, by: Account) -> InboundMessage:
    """Read a message anew, after a code was mapped or a patient registered."""
    locked = locked_open(message)
    locked.state, locked.attempts, locked.explanation = State.RECEIVED, 0, ""
    locked.save(update_fields=["state", "attempts", "explanation"])
    audit.record(actor=by, action="message.tried_again", subject=locked, site=locked.site_id)
    return locked
