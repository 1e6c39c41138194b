"""Signing a visit: the password again, everything frozen with its hash, and undone with a reason.

Domain reference §9.2 (21 CFR 11.50, 11.70, 11.200).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from clinic import events
from clinic.actions import bookings, documents
from clinic.models import Account, Booking
from clinic.refusal import Refusal
from labs.models import Draw, Result, SemenAnalysis
from protocols.actions.passwords import wrong_password
from protocols.actions.segments import lock_with_person
from protocols.actions.visits import OPEN, bookings_of, open_for_writing, trail
from protocols.models import Signature, Visit
from protocols.queries.visit_content import Content, content_of, spoken
from protocols.queries.visit_sections import Missing, missing
from protocols.queries.workspace import Workspace, told_of, workspace_of

REPORT = "visit_report"
LONGEST = 200


def sign(
    *,
    visit: Visit,
    by: Account,
    password: str,
    meaning: str,
    now: datetime,
    reasons: Mapping[str, str] | None = None,
) -> Signature:
    """Sign what stands, once the password has been given again.

    A wrong password is in the trail though nothing is signed: it has a transaction of its own.
    """
    patient = visit.enrolment.patient
    sentence = wrong_password(
        subject=visit, by=by, password=password, now=now, person=patient, site=patient.site_id
    )
    if sentence:
        raise Refusal(sentence, field="password")
    return put_signature(visit=visit, by=by, meaning=meaning, now=now, reasons=reasons)


@transaction.atomic
def put_signature(
    *,
    visit: Visit,
    by: Account,
    meaning: str,
    now: datetime,
    reasons: Mapping[str, str] | None = None,
) -> Signature:
    """Freeze the visit and what its report will say; for who has proved who he is."""
    lock_with_person(visit.enrolment)
    row = open_for_writing(visit)
    if meaning not in Signature.Meaning.values:
        raise Refusal("Say as what you sign.", field="meaning")
    work = workspace(row, now)
    gaps = explained(missing(work), reasons or {})
    content = frozen(content_of(work), work, by=by, meaning=meaning, now=now, gaps=gaps)
    signature = Signature.objects.create(
        visit=row,
        signed_by=by,
        printed_name=by.name,
        signed_at=now,
        meaning=meaning,
        content=content,
        content_sha256=content_hash(content),
    )
    row.status, row.saved_at = Visit.Status.SIGNED, now
    row.save(update_fields=["status", "saved_at"])
    complete_bookings(row, by, now)
    trail(
        row,
        "visit.signed",
        by,
        signature=signature.pk,
        meaning=meaning,
        sha256=signature.content_sha256,
        gaps=[gap["key"] for gap in gaps],
    )
    events.report("visit.signed", visit=row, signature=signature)
    return signature


def workspace(visit: Visit, now: datetime) -> Workspace:
    """The visit as it stands inside this transaction."""
    fresh = told_of(Visit.objects.filter(pk=visit.pk)).get()
    return workspace_of(fresh, visit.enrolment.patient.site.localdate(now))


def explained(lacking: Sequence[Missing], reasons: Mapping[str, str]) -> list[dict[str, str]]:
    """What is missing, each with why; without a reason for each nothing is signed."""
    bare = [row for row in lacking if not reasons.get(row.key, "").strip()]
    if bare:
        words = ", ".join(row.words for row in bare)
        raise Refusal(
            f"Still missing: {words}. Complete it, or say why it is missing.",
            field=f"why_{bare[0].key}",
        )
    return [
        {"key": row.key, "words": row.words, "reason": reasons[row.key].strip()[:LONGEST]}
        for row in lacking
    ]


def frozen(
    content: Content,
    work: Workspace,
    *,
    by: Account,
    meaning: str,
    now: datetime,
    gaps: list[dict[str, str]],
) -> Content:
    """The content with its signature: printed name, date and time with zone, meaning (11.50)."""
    role = by.member.get_role_display() if by.member else ""
    whole: Content = {
        **content,
        "gaps": gaps,
        "synthetic": by.is_demonstration,
        "signature": {
            "name": by.name,
            "role": role,
            "at": spoken(now, work),
            "iso": now.isoformat(),
            "meaning": Signature.Meaning(meaning).label,
        },
        "voided": [
            {
                "name": row.printed_name,
                "at": spoken(row.signed_at, work),
                "because": row.voided_because,
            }
            for row in work.signatures
            if row.voided_at is not None
        ],
    }
    # Through JSON and back, so that what is hashed is what the database returns.
    fixed: Content = json.loads(canonical(whole))
    return fixed


def canonical(content: Any) -> str:
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def content_hash(content: Content) -> str:
    """SHA-256 of what was signed, whatever order its keys are stored in."""
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def complete_bookings(visit: Visit, by: Account, now: datetime) -> None:
    busy = (Booking.Status.BOOKED, Booking.Status.ARRIVED, Booking.Status.IN_PROGRESS)
    site = visit.enrolment.patient.site
    for booking in bookings_of(visit).filter(status__in=busy):
        if site.localdate(booking.during.lower) <= site.localdate(now):
            bookings.mark(booking=booking, status=Booking.Status.COMPLETED, by=by, now=now)


@transaction.atomic
def void_signature(*, visit: Visit, because: str, by: Account | None, now: datetime) -> Visit:
    """Take the signature back: the visit opens again and its report is marked as superseded."""
    if not because.strip():
        raise Refusal("Say what is changed, and why.", field="because")
    row = (
        Visit.objects.select_for_update(of=("self",))
        .select_related("enrolment__patient__site")
        .get(pk=visit.pk)
    )
    standing = (
        Signature.objects.select_for_update(of=("self",))
        .defer("content")
        .filter(visit=row, voided_at=None)
        .first()
    )
    if standing is None:
        raise Refusal("No signature stands under this visit.")
    reason = because.strip()[:LONGEST]
    standing.voided_at, standing.voided_because = now, reason
    standing.save(update_fields=["voided_at", "voided_because"])
    if row.status not in OPEN:
        row.status = Visit.Status.AMENDED
        row.save(update_fields=["status"])
    documents.supersede(subject=row.label, kind=REPORT, because=reason, by=by, now=now)
    trail(row, "visit.amended", by, reason=reason, signature=standing.pk)
    return row


@transaction.atomic
def results_corrected(draw: Draw, results: Sequence[Result]) -> None:
    """What was signed with a value that has changed since is no longer what was signed."""
    stamps = [row.filed_at for row in results]
    at = max([*stamps, draw.struck_at] if draw.struck_at else stamps, default=draw.filed_at)
    on = draw.patient.site.localdate(draw.collected_at)
    void_where_shown(draw.patient_id, "draws", draw.pk, f"Results of {on:%d %b %Y} changed.", at)


@transaction.atomic
def semen_corrected(analysis: SemenAnalysis, was: SemenAnalysis | None = None) -> None:
    """The same for a semen analysis: the sheet that was signed is the earlier one."""
    shown = was or analysis
    at = analysis.verified_at or analysis.entered_at
    on = analysis.patient.site.localdate(analysis.collected_at)
    because = f"The semen analysis of {on:%d %b %Y} changed."
    void_where_shown(analysis.patient_id, "semen", shown.pk, because, at)


def void_where_shown(patient_id: int, kind: str, pk: int, because: str, at: datetime) -> None:
    rows = (
        Signature.objects.filter(
            voided_at=None,
            visit__enrolment__patient=patient_id,
            **{f"content__shown__{kind}__contains": [pk]},
        )
        .select_related("visit__enrolment")
        .defer("content")
        .order_by("signed_at")
    )
    for signature in rows:
        moment = max(at, signature.signed_at)
        void_signature(visit=signature.visit, because=because, by=None, now=moment)
