"""The trail: write what was done and read, seal it into a chain, and check the chain.

A row is signed with an HMAC when it is written and chained shortly after by `seal`, so that
writers never wait for each other (decision 0004).
"""

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction
from django.utils import timezone

from clinic.models import Account, AuditEvent, AuditSeal, Site

GENESIS = "0" * 64


def label(instance: models.Model) -> str:
    """How the trail, a booking or a document names a thing: "patients.patient:12"."""
    return f"{instance._meta.label_lower}:{instance.pk}"


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
    return hmac.new(settings.AUDIT_KEY.encode(), body.encode(), hashlib.sha256).hexdigest()


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
        detail=json.loads(json.dumps(detail, default=str)),
    )
    event.digest = digest(event)
    event.save(force_insert=True)
    return event


def viewed(user: Account, person: models.Model, what: str) -> None:
    """Write down that somebody opened a record: one row a page, not one a query."""
    record(actor=user, action="record.viewed", subject=person, person=person, page=what)


def chained(previous: str, event_digest: str) -> str:
    return hashlib.sha256(f"{previous}{event_digest}".encode()).hexdigest()


@transaction.atomic
def seal(*, limit: int = 5000) -> int:
    """Chain every row that is not chained yet, oldest first; two sealers take turns.

    Returns how many links were added.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('halfyear.audit.seal'))")
    last = AuditSeal.objects.order_by("-pk").values_list("chain_sha256", flat=True).first()
    chain = last or GENESIS
    links = []
    unsealed = AuditEvent.objects.filter(seal=None).order_by("pk").values_list("pk", "digest")
    for pk, event_digest in unsealed[:limit]:
        chain = chained(chain, event_digest)
        links.append(AuditSeal(event_id=pk, event_digest=event_digest, chain_sha256=chain))
    AuditSeal.objects.bulk_create(links)
    return len(links)


@dataclass(frozen=True, slots=True)
class Break:
    """The first place where the trail is not what it was."""

    event_id: int
    sentence: str


def _links() -> Iterator[AuditSeal]:
    return AuditSeal.objects.select_related("event").order_by("pk").iterator(chunk_size=2000)


def first_break() -> Break | None:
    """Walk the whole chain and the rows not chained yet; None when all is as it was written."""
    chain, last_pk = GENESIS, 0
    for link in _links():
        chain = chained(chain, link.event_digest)
        if chain != link.chain_sha256:
            return Break(link.event_id, "the chain does not continue here")
        if link.pk != last_pk + 1 and last_pk == 0 and link.pk != _first_seal_pk():
            return Break(link.event_id, "the beginning of the chain is gone")
        last_pk = link.pk
        broken = _row_break(link)
        if broken:
            return broken
    for event in AuditEvent.objects.filter(seal=None).order_by("pk").iterator(chunk_size=2000):
        if digest(event) != event.digest:
            return Break(event.pk, "the row was changed after it was written")
    return None


def _first_seal_pk() -> int:
    return AuditSeal.objects.order_by("pk").values_list("pk", flat=True)[0]


def _row_break(link: AuditSeal) -> Break | None:
    try:
        event = link.event
    except AuditEvent.DoesNotExist:
        return Break(link.event_id, "the row was deleted")
    if event is None:
        return Break(link.event_id, "the row was deleted")
    if event.digest != link.event_digest or digest(event) != event.digest:
        return Break(event.pk, "the row was changed after it was written")
    return None
