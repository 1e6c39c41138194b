"""Departures from the protocol: drafted with their evidence once, closed by a person."""

from datetime import date, datetime

from django.db import transaction

from clinic import audit
from clinic.models import Account
from protocols.models import Deviation, Enrolment, Visit
from protocols.rules import deviations as rules


@transaction.atomic
def draft(
    *,
    enrolment: Enrolment,
    found: rules.Deviation,
    about: str,
    on: date,
    visit: Visit | None = None,
) -> Deviation:
    """Write a departure down, once for the thing it is about; while open it follows the facts."""
    weight = found.weight.value.lower()
    deviation, fresh = Deviation.objects.get_or_create(
        enrolment=enrolment,
        code=found.code,
        about=about,
        defaults={
            "visit": visit,
            "weight": weight,
            "sentence": found.sentence[:300],
            "raised_on": on,
        },
    )
    if fresh:
        audit.record(
            actor=None,
            action="deviation.drafted",
            subject=deviation,
            person=enrolment.patient,
            site=enrolment.patient.site_id,
            code=found.code,
            weight=weight,
        )
    elif deviation.closed_at is None and deviation.sentence != found.sentence[:300]:
        deviation.weight, deviation.sentence = weight, found.sentence[:300]
        deviation.save(update_fields=["weight", "sentence"])
    return deviation


@transaction.atomic
def close_moot(
    *, enrolment: Enrolment, code: str, about: str, note: str, by: Account, now: datetime
) -> None:
    """Close a draft whose facts turned out otherwise, saying so."""
    for deviation in Deviation.objects.select_for_update(of=("self",)).filter(
        enrolment=enrolment, code=code, about=about, closed_at=None
    ):
        deviation.closed_at, deviation.closed_by, deviation.closing_note = now, by, note
        deviation.save(update_fields=["closed_at", "closed_by", "closing_note"])
        audit.record(
            actor=by,
            action="deviation.closed",
            subject=deviation,
            person=enrolment.patient,
            site=enrolment.patient.site_id,
            reason=note,
        )
