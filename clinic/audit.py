"""The trail: write what was done and read, seal it into a chain, and check the chain.

A row is signed with an HMAC when it is written and chained shortly after by `seal`, so that
writers never wait for each other (decision 0004).
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction
from django.utils import timezone

from clinic.models import Account, AuditEvent, AuditSeal, Site

GENESIS = "0" * 64
BATCH = 2000
NOT_OURS = "the program did not write this row, or not like this"


def label(instance: models.Model) -> str:
    """How the trail, a booking or a document names a thing: "patients.patient:12"."""
    return f"{instance._meta.label_lower}:{instance.pk}"


def _signed(text: str) -> str:
    return hmac.new(settings.AUDIT_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


def digest(event: AuditEvent) -> str:
    """HMAC-SHA-256 of everything the row says, under AUDIT_KEY."""
    body = json.dumps(
        [
            event.at.astimezone(UTC).isoformat(),
            event.actor_id,
            event.actor_role,
            event.action,
            event.subject,
            event.person,
            event.site_id,
            event.reason,
            event.detail,
        ],
        sort_keys=True,
        ensure_ascii=True,
        separators=(",", ":"),
        default=str,
    )
    return _signed(body)


def record(
    *,
    actor: Account | None,
    action: str,
    subject: models.Model | str,
    person: models.Model | str = "",
    site: Site | int | None = None,
    reason: str = "",
    **detail: Any,
) -> AuditEvent:
    """Add one event to the trail, in the caller's transaction.

    `person` is whose record it concerns; `detail` holds ids, dates and codes as JSON can
    carry them. Without `site`, the site the actor works at is taken.
    """
    event = _event(actor, action, subject, person, site=site, reason=reason, detail=detail)
    event.save(force_insert=True)
    return event


def record_each(
    *,
    actor: Account | None,
    action: str,
    subjects: Iterable[models.Model],
    person: models.Model,
    site: Site | int | None = None,
) -> None:
    """Add the same event for each of these rows, in one statement."""
    events = [_event(actor, action, row, person, site=site) for row in subjects]
    AuditEvent.objects.bulk_create(events)


def _event(
    actor: Account | None,
    action: str,
    subject: models.Model | str,
    person: models.Model | str,
    *,
    site: Site | int | None,
    reason: str = "",
    detail: Mapping[str, Any] | None = None,
) -> AuditEvent:
    member = actor.member if actor is not None else None
    site_id = site.pk if isinstance(site, Site) else site
    event = AuditEvent(
        at=timezone.now(),
        actor=actor,
        actor_role=member.role if member else (actor.kind if actor else "system"),
        action=action,
        subject=subject if isinstance(subject, str) else label(subject),
        person=person if isinstance(person, str) else label(person),
        site_id=site_id or (member.site_id if member else None),
        reason=reason,
        # Through JSON and back, so that what is signed is what the database will return.
        detail=json.loads(json.dumps(detail or {}, default=str)),
    )
    event.digest = digest(event)
    return event


def viewed(user: Account, person: models.Model, what: str) -> None:
    """Write down that somebody opened a record: one row a page, not one a query."""
    record(actor=user, action="record.viewed", subject=person, person=person, page=what)


def chained(previous: str, number: int, event_id: int, event_digest: str) -> str:
    """The next link: under AUDIT_KEY too, so that a chain cannot be made anew without it."""
    return _signed(f"{previous}|{number}|{event_id}|{event_digest}")


@transaction.atomic
def seal(*, limit: int = 5000) -> int:
    """Chain every row that is not chained yet, oldest first; two sealers take turns.

    Links are numbered without a gap, so that a missing one is known by its number. Returns
    how many were added.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('halfyear.audit.seal'))")
    last = AuditSeal.objects.order_by("-pk").first()
    number, chain = (last.pk, last.chain_sha256) if last else (0, GENESIS)
    links = []
    unsealed = AuditEvent.objects.filter(seal=None).order_by("pk").values_list("pk", "digest")
    for pk, event_digest in unsealed[:limit]:
        number += 1
        chain = chained(chain, number, pk, event_digest)
        links.append(
            AuditSeal(pk=number, event_id=pk, event_digest=event_digest, chain_sha256=chain)
        )
    AuditSeal.objects.bulk_create(links)
    return len(links)


@dataclass(frozen=True, slots=True)
class Break:
    """The first place where the trail is not what it was."""

    event_id: int
    sentence: str


def first_break(*, newest: int | None = None) -> Break | None:
    """Walk the chain and the rows not chained yet; None when all is as it was written.

    With `newest`, only that many links back from the end, trusting the one before them, and
    not every row for a copy: what a page has time for.
    """
    number, chain = _before(newest)
    broken = _broken_chain(number, chain) or _broken_waiting()
    return broken or (_copied() if newest is None else None)


def _before(newest: int | None) -> tuple[int, str]:
    if newest is None:
        return 0, GENESIS
    link = AuditSeal.objects.order_by("-pk")[newest : newest + 1].first()
    return (link.pk, link.chain_sha256) if link else (0, GENESIS)


def _broken_chain(number: int, chain: str) -> Break | None:
    links = _next(number)
    while links:
        # Looked up apart: a join would leave out the links whose row is gone.
        events = AuditEvent.objects.in_bulk([link.event_id for link in links])
        for link in links:
            number += 1
            if link.pk != number:
                return Break(link.event_id, _missing(number, link.pk))
            chain = chained(chain, number, link.event_id, link.event_digest)
            if chain != link.chain_sha256:
                return Break(link.event_id, "its place in the chain was changed")
            sentence = _changed(events.get(link.event_id), link)
            if sentence:
                return Break(link.event_id, sentence)
        links = _next(number) if len(links) == BATCH else []
    return None


def _next(number: int) -> list[AuditSeal]:
    return list(AuditSeal.objects.filter(pk__gt=number).order_by("pk")[:BATCH])


def _missing(first: int, found: int) -> str:
    gone = "link" if found - first == 1 else "links"
    numbers = str(first) if found - first == 1 else f"{first} to {found - 1}"
    where = "the chain should begin with" if first == 1 else "it should follow on"
    return f"{where} {gone} {numbers}, and there is none any more"


def _changed(event: AuditEvent | None, link: AuditSeal) -> str:
    if event is None:
        return "the row was deleted"
    if event.digest != link.event_digest:
        return "the row was changed after it was chained"
    return "" if digest(event) == event.digest else NOT_OURS


def _broken_waiting() -> Break | None:
    waiting = AuditEvent.objects.filter(seal=None).order_by("pk")
    for event in waiting.iterator(chunk_size=BATCH):
        if digest(event) != event.digest:
            return Break(event.pk, NOT_OURS)
    return None


def _copied() -> Break | None:
    """A genuine row written once more: its signature is right, but it happened only once."""
    twice = (
        AuditEvent.objects.values("digest")
        .annotate(rows=models.Count("pk"), first=models.Min("pk"), copy=models.Max("pk"))
        .filter(rows__gt=1)
        .order_by("copy")
        .first()
    )
    return Break(twice["copy"], f"the row is a copy of row {twice['first']}") if twice else None


def anchor() -> str:
    """Where the chain ends now, as "number:hash": kept elsewhere, it shows a cut-off end."""
    last = AuditSeal.objects.order_by("-pk").first()
    return f"{last.pk}:{last.chain_sha256}" if last else ""


def holds(kept: str) -> bool:
    """True when the chain still passes through an anchor that was kept elsewhere."""
    number, _, chain = kept.partition(":")
    return (
        number.isdecimal() and AuditSeal.objects.filter(pk=int(number), chain_sha256=chain).exists()
    )
