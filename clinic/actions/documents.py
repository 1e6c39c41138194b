"""Keeping what the house has made: bytes, hash, version; replacing never destroys."""

import hashlib
import secrets
from datetime import datetime

from django.db import transaction

from clinic import audit
from clinic.models import Account, Document, Site

#: No I, L, O, U, 0 or 1: a code that is read out over the telephone.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def check_code() -> str:
    """A fresh code such as 7QF2-M9KD-41TX to print on a page before the page exists."""
    letters = [secrets.choice(ALPHABET) for _ in range(12)]
    return "-".join("".join(letters[i : i + 4]) for i in (0, 4, 8))


@transaction.atomic
def keep(  # noqa: PLR0913 -- a document is all of these, by keyword
    *,
    site: Site,
    person: str,
    subject: str,
    kind: str,
    title: str,
    content: bytes,
    code: str,
    pages: int,
    by: Account | None,
    now: datetime,
    for_patient: bool = True,
) -> Document:
    """Store a PDF as the next version of what `subject` has of this kind; older ones stay."""
    earlier = Document.objects.select_for_update(of=("self",)).filter(subject=subject, kind=kind)
    version = max((d.version for d in earlier.defer("content")), default=0) + 1
    document = Document.objects.create(
        site=site,
        person=person,
        subject=subject,
        kind=kind,
        title=title,
        version=version,
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        check_code=code,
        pages=pages,
        created_at=now,
        created_by=by,
        for_patient=for_patient,
    )
    audit.record(
        actor=by,
        action="document.made",
        subject=document,
        person=person,
        site=site,
        sha256=document.sha256,
        version=version,
    )
    return document


@transaction.atomic
def supersede(*, subject: str, kind: str, because: str, by: Account | None, now: datetime) -> int:
    """Mark what was made from `subject` as replaced; returns how many documents that touched."""
    touched = 0
    for document in (
        Document.objects.select_for_update(of=("self",))
        .filter(subject=subject, kind=kind, superseded_at=None)
        .defer("content")
        .select_related("site")
    ):
        document.superseded_at, document.superseded_because = now, because
        document.save(update_fields=["superseded_at", "superseded_because"])
        audit.record(
            actor=by,
            action="document.superseded",
            subject=document,
            person=document.person,
            site=document.site,
            reason=because,
        )
        touched += 1
    return touched


@transaction.atomic
def take_back(*, subject: str, kind: str, because: str, by: Account | None, now: datetime) -> int:
    """Nothing made from `subject` so far is for the patient any more: it shows what is not his.

    It stays with the clinic as it was, marked as replaced.
    """
    taken = 0
    for document in (
        Document.objects.select_for_update(of=("self",))
        .filter(subject=subject, kind=kind, for_patient=True)
        .defer("content")
        .select_related("site")
    ):
        document.for_patient = False
        if document.superseded_at is None:
            document.superseded_at, document.superseded_because = now, because
        document.save(update_fields=["for_patient", "superseded_at", "superseded_because"])
        audit.record(
            actor=by,
            action="document.taken_back",
            subject=document,
            person=document.person,
            site=document.site,
            reason=because,
        )
        taken += 1
    return taken
