"""Keeping what a laboratory sent, to the byte, many messages in one transaction.

The listener acknowledges a message only after the commit that keeps it; what arrived on other
connections meanwhile is kept by the next one together, so that the disk is waited for once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from zlib import crc32

import psycopg
from django.db import connection, transaction
from django.db.models import F

from labs.models import InboundMessage, Laboratory

State = InboundMessage.State
LANES = 64
#: As long as a key can be; a sender that says more than this is known by the hash of it.
LONGEST_KEY = 340


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message to keep: its bytes and what they say of themselves.

    `number` is the first record number in it: messages about one man are filed in order.
    `refused` sets it aside with that sentence.
    """

    raw: bytes
    source: str
    sending: str = ""
    facility: str = ""
    control_id: str = ""
    number: str = ""
    refused: str = ""

    @property
    def fingerprint(self) -> str:
        return sha256(self.raw).hexdigest()

    @property
    def key(self) -> str:
        """Sender and number, else the bytes themselves: the same message is kept once."""
        if not self.control_id:
            return f"sha256|{self.fingerprint}"
        key = f"{self.sending}|{self.control_id}"
        return key if len(key) <= LONGEST_KEY else f"long|{sha256(key.encode()).hexdigest()}"


def lane_of(text: str) -> int:
    return crc32(text.encode()) % LANES


INSERT = """
    INSERT INTO labs_inboundmessage
        (site_id, laboratory_id, raw, sha256, source, sending, control_id, dedupe_key, state,
         explanation, lane, format, file_name, options, received_at, times_received, attempts,
         settled_reason)
    SELECT site, laboratory, raw, sha256, source, sending, control_id, key, state, explanation,
           lane, 'hl7', '', '{}', %s, 1, 0, ''
    FROM unnest(%s::bigint[], %s::bigint[], %s::bytea[], %s::text[], %s::text[], %s::text[],
                %s::text[], %s::text[], %s::text[], %s::text[], %s::smallint[])
         AS new (site, laboratory, raw, sha256, source, sending, control_id, key, state,
                 explanation, lane)
    ON CONFLICT (dedupe_key) DO NOTHING
    RETURNING dedupe_key
"""


@transaction.atomic
def store_all(arrived: Sequence[Arrived], *, now: datetime) -> None:
    """Keep them all, or none: one statement for those that are new, one each for the others."""
    ordered = sorted(arrived, key=lambda one: one.key)  # two writers wait, and never in a ring
    new: dict[str, Arrived] = {}
    for one in ordered:
        new.setdefault(one.key, one)
    kept = _insert(list(new.values()), now=now)
    for one in ordered:
        if one.key not in kept or new[one.key] is not one:
            store(one, now=now)


def _insert(new: Sequence[Arrived], *, now: datetime) -> set[str]:
    laboratories = known_as({one.facility for one in new})
    rows = [_columns(one, laboratories.get(one.facility)) for one in new]
    connection.ensure_connection()
    assert connection.connection is not None  # noqa: S101
    # Not Django's cursor, which would write every byte into the text of the statement.
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(INSERT, [now, *map(list, zip(*rows, strict=True))], prepare=True)
        return {key for (key,) in cursor.fetchall()}


def known_as(facilities: set[str]) -> dict[str, Laboratory]:
    """The laboratory of each facility code that one site alone knows."""
    found: dict[str, list[Laboratory]] = {}
    for laboratory in Laboratory.objects.filter(facility__in=facilities - {""}):
        found.setdefault(laboratory.facility, []).append(laboratory)
    return {facility: some[0] for facility, some in found.items() if len(some) == 1}


def _columns(one: Arrived, laboratory: Laboratory | None) -> tuple[object, ...]:
    return (
        laboratory.site_id if laboratory else None,
        laboratory.pk if laboratory else None,
        one.raw,
        one.fingerprint,
        one.source,
        one.sending[:180],
        one.control_id[:199],
        one.key,
        (State.REFUSED if one.refused else State.RECEIVED).value,
        one.refused[:300],
        lane_of(one.number),
    )


@transaction.atomic
def store(one: Arrived, *, now: datetime) -> InboundMessage:
    """Keep the bytes; the same message sent again is counted, not kept twice.

    A control id that comes again with other bytes is kept as well and set aside: one of the
    two is wrong, and only a person can say which.
    """
    key, refused, fingerprint = one.key, one.refused, one.fingerprint
    known = InboundMessage.objects.select_for_update(of=("self",)).filter(dedupe_key=key).first()
    if known is not None and known.sha256 == fingerprint:
        return came_again(known)
    if known is not None:
        key = f"{key}|{fingerprint[:16]}"
        refused = refused or f"Number {one.control_id[:199]} was used before for another message."
    laboratory = known_as({one.facility}).get(one.facility)
    message, created = InboundMessage.objects.get_or_create(
        dedupe_key=key,
        defaults={
            "site_id": laboratory.site_id if laboratory else None,
            "laboratory": laboratory,
            "raw": one.raw,
            "sha256": fingerprint,
            "source": one.source,
            "sending": one.sending[:180],
            "control_id": one.control_id[:199],
            "received_at": now,
            "lane": lane_of(one.number),
            "state": State.REFUSED if refused else State.RECEIVED,
            "explanation": refused[:300],
        },
    )
    return message if created else came_again(message)


def came_again(message: InboundMessage) -> InboundMessage:
    InboundMessage.objects.filter(pk=message.pk).update(times_received=F("times_received") + 1)
    return message
