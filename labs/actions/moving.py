"""A result filed on the wrong man's record is moved to the right one: all of it or nothing.

The old row stays to be read as struck out, a new one stands where it belongs, and whatever was
made of the old one is withdrawn by those who hear of it (reports, findings, duties, pages).
"""

from datetime import datetime

from django.db import transaction

from clinic import audit, events
from clinic.models import Account
from clinic.refusal import Refusal
from labs.actions import semen, withholding
from labs.actions.corrections import current_rows, locked_draw, strike_draw
from labs.actions.results import file_draw, refuse_collection
from labs.models import Container, Draw, Result, SemenAnalysis
from labs.rules.readings import Value
from patients.models import Patient

Status = SemenAnalysis.Status


@transaction.atomic
def move_draw(*, draw: Draw, to: Patient, reason: str, by: Account, now: datetime) -> Draw:
    """File it anew on the record it belongs to, read for that man; strike it out where it was."""
    people = hold(draw.patient_id, to.pk)
    old = locked_draw(draw)
    refuse_moving(old, people[to.pk], reason, now)
    values = [
        Value(
            row.analyte.key,
            row.reported,
            row.unit,
            row.range_text,
            Result.Status.FINAL if row.status == Result.Status.CORRECTED else row.status,
        )
        for row in current_rows(old)
        if not row.formula
    ]
    withholding.moved(old, by=by, now=now)
    struck = strike_draw(draw=old, reason=reason, by=by, now=now)
    new = file_draw(
        patient=people[to.pk],
        laboratory=old.laboratory,
        collected_at=old.collected_at,
        values=values,
        fasting=old.fasting,
        fasting_hours=old.fasting_hours,
        alcohol_hours=old.alcohol_hours,
        specimen=old.specimen,
        source=old.source,
        reported_at=old.reported_at,
        note=old.note,
        by=by,
        now=now,
        confirmed=True,
    )
    struck.moved_to = new
    struck.save(update_fields=["moved_to"])
    trail(struck, new, "draw.moved", reason, by)
    events.report("result.moved", was=struck, by=by, now=now)
    return new


@transaction.atomic
def move_semen(
    *, analysis: SemenAnalysis, to: Patient, reason: str, by: Account, now: datetime
) -> SemenAnalysis:
    """The sheet as it was written and verified, on the record of the man who gave the sample."""
    people = hold(analysis.patient_id, to.pk)
    old = semen.locked_analysis(analysis)
    if old.status == Status.ENTERED_IN_ERROR or old.superseded_by_id is not None:
        raise Refusal("This sheet no longer stands.")
    refuse_moving(old, people[to.pk], reason, now)
    semen.refuse_second_sheet(people[to.pk], old.specimen)
    if stored := Container.objects.filter(analysis=old).count():
        many = "containers are" if stored > 1 else "container is"
        raise Refusal(
            f"{stored} {many} stored from this sample under his name: whose they are is to be "
            "settled at the tank first."
        )
    withholding.moved(old, by=by, now=now)
    final = old.status != Status.PRELIMINARY
    struck = semen.strike(analysis=old, reason=reason, by=by, now=now)
    new = SemenAnalysis(
        patient=people[to.pk],
        laboratory=old.laboratory,
        specimen=old.specimen,
        collected_at=old.collected_at,
        source=old.source,
        status=Status.FINAL if final else Status.PRELIMINARY,
        entered_at=old.entered_at,
        entered_by=old.entered_by,
        verified_at=old.verified_at,
        verified_by=old.verified_by,
    )
    semen.write_sheet(new, old.sheet, now=now, confirmed=True)
    new.save()
    struck.moved_to = new
    struck.save(update_fields=["moved_to"])
    trail(struck, new, "semen.moved", reason, by)
    events.report("result.moved", was=struck, by=by, now=now)
    if final:
        semen.settled_final(new)
    return new


def hold(*pks: int) -> dict[int, Patient]:
    """Both records, held in one order: two moves between them take turns."""
    rows = Patient.objects.select_for_update(of=["self"]).select_related("site").order_by("pk")
    return {row.pk: row for row in rows.filter(pk__in=pks)}


def refuse_moving(old: Draw | SemenAnalysis, to: Patient, reason: str, now: datetime) -> None:
    if to.pk == old.patient_id:
        raise Refusal("It stands on this man’s record already.", field="patient")
    if to.site_id != old.patient.site_id:
        raise Refusal("He is a patient of another site.", field="patient")
    if not reason.strip():
        raise Refusal("Say how you know that it is the other man’s.", field="reason")
    refuse_collection(to, old.laboratory, old.collected_at, now)


def trail(
    was: Draw | SemenAnalysis, became: Draw | SemenAnalysis, action: str, reason: str, by: Account
) -> None:
    """Both records say so, and neither names the other man."""
    for row in (was, became):
        audit.record(
            actor=by,
            action=action,
            subject=row,
            person=row.patient,
            site=row.patient.site_id,
            reason=reason,
            was=audit.label(was),
            became=audit.label(became),
        )
