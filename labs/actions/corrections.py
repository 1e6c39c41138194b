"""What was filed and turned out otherwise: replaced, struck out or completed, never overwritten."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from clinic import audit, events
from clinic.models import Account
from clinic.refusal import Refusal
from labs.actions.ordering import reopen, settle_orders
from labs.actions.rows import Filing, derived_from, readings_of, refuse_unconfirmed, regraded
from labs.models import Draw, Result
from labs.rules.judging import Stands, same
from labs.rules.quantities import Comparator, Quantity
from labs.rules.readings import Value


def locked_draw(draw: Draw) -> Draw:
    """The draw, held for this transaction; one that was struck out is past correcting."""
    locked = (
        Draw.objects.select_for_update(of=["self"])
        .select_related("patient__site", "laboratory", "order")
        .get(pk=draw.pk)
    )
    if locked.status == Draw.Status.ENTERED_IN_ERROR:
        raise Refusal("These results were struck out as entered in error.")
    return locked


def current_rows(draw: Draw) -> list[Result]:
    return list(draw.results.filter(superseded_by=None).exclude(
        status=Result.Status.ENTERED_IN_ERROR
    ).select_related("analyte"))  # fmt: skip


@transaction.atomic
def correct_draw(
    *,
    draw: Draw,
    values: Sequence[Value],
    reason: str,
    by: Account | None,
    now: datetime,
    baseline_before: date | None = None,
    confirmed: bool = False,
) -> Draw:
    """Replace the values that differ; the old ones stay readable as superseded.

    A preliminary value that becomes final is no correction; a value not yet there is added.
    """
    if not reason.strip():
        raise Refusal("Say why the result is corrected.", field="reason")
    locked = locked_draw(draw)
    standing = {row.analyte.key: row for row in current_rows(locked) if not row.formula}
    different = [value for value in values if differs(standing.get(value.analyte), value)]
    if not different:
        raise Refusal("Nothing differs from what is filed.")
    readings = readings_of(
        different,
        patient=locked.patient,
        laboratory=locked.laboratory,
        baseline_before=baseline_before,
        collected_at=locked.collected_at,
    )
    refuse_unconfirmed(readings, confirmed=confirmed)
    filing = Filing.into(locked, [value.analyte for value in different], by=by, now=now)
    changed = []
    for value, reading in zip(different, readings, strict=True):
        row = filing.row(reading, value)
        row.correction_reason = reason.strip()
        changed.append(put(filing, standing.get(value.analyte), row))
    derive_again(filing, reason)
    after_correction(locked, changed, reason=reason, by=by)
    events.report("result.corrected", draw=locked, results=changed)
    return locked


def differs(standing: Result | None, value: Value) -> bool:
    """Is this another value than the one that stands, or the same one made final?"""
    if standing is None:
        return True
    stands = Stands(standing.reported, standing.unit, standing.status, standing.range_text)
    return not same(stands, value)


def put(filing: Filing, old: Result | None, new: Result) -> Result:
    """Add a new row, or put it in the old one's place; only a final value is "corrected"."""
    if old is None:
        new.save(force_insert=True)
        return new
    if old.status != Result.Status.PRELIMINARY and new.status == Result.Status.FINAL:
        new.status = Result.Status.CORRECTED
    return filing.replace(old, new)


def derive_again(filing: Filing, reason: str) -> None:
    """Calculate anew what follows from the values as they now stand."""
    rows = current_rows(filing.draw)
    reported = {row.analyte.key: row for row in rows if not row.formula}
    quantities = {key: quantity_of(row) for key, row in reported.items() if row.value is not None}
    fresh = {reading.analyte: reading for reading in derived_from(filing.draw, quantities)}
    for old in (row for row in rows if row.formula):
        reading = fresh.pop(old.analyte.key, None)
        if reading is None:
            retire(old, reported.get(old.analyte.key), reason)
        elif reading.quantity is not None and reading.quantity.value != old.value:
            row = filing.row(reading)
            row.status, row.correction_reason = Result.Status.CORRECTED, reason.strip()
            filing.replace(old, row)
    Result.objects.bulk_create([filing.row(reading) for reading in fresh.values()])


def retire(old: Result, reported: Result | None, reason: str) -> None:
    """A calculated value gives way to the one the laboratory sent, or no longer follows."""
    if reported is not None:
        old.superseded_by = reported
        old.save(update_fields=["superseded_by"])
        return
    old.status, old.correction_reason = Result.Status.ENTERED_IN_ERROR, reason.strip()
    old.save(update_fields=["status", "correction_reason"])


def quantity_of(row: Result) -> Quantity:
    comparator = Comparator(row.comparator) if row.comparator else None
    return Quantity(row.value or Decimal(0), row.unit, comparator)


def after_correction(draw: Draw, changed: list[Result], *, reason: str, by: Account | None) -> None:
    """The draw says what it now is, and waits to be reviewed anew."""
    statuses = {row.status for row in current_rows(draw)}
    if Result.Status.PRELIMINARY in statuses:
        draw.status = Draw.Status.PRELIMINARY
    elif Result.Status.CORRECTED in statuses:
        draw.status = Draw.Status.CORRECTED
    else:
        draw.status = Draw.Status.FINAL
    draw.reviewed_at = draw.reviewed_by = None
    draw.comment = ""
    draw.save(update_fields=["status", "reviewed_at", "reviewed_by", "comment"])
    if settled := settle_orders(draw, [row.analyte.key for row in current_rows(draw)]):
        draw.order = draw.order or settled
        draw.save(update_fields=["order"])
    audit.record(
        actor=by,
        action="draw.corrected",
        subject=draw,
        person=draw.patient,
        site=draw.patient.site_id,
        reason=reason,
        results=[row.pk for row in changed],
    )


@transaction.atomic
def strike_draw(*, draw: Draw, reason: str, by: Account | None, now: datetime) -> Draw:
    """Take a draw that should not stand here out of every list; it stays readable, with why."""
    if not reason.strip():
        raise Refusal("Say why it is struck out.", field="reason")
    locked = locked_draw(draw)
    struck = current_rows(locked)
    Result.objects.filter(pk__in=[row.pk for row in struck]).update(
        status=Result.Status.ENTERED_IN_ERROR, correction_reason=reason.strip()
    )
    reopen(locked.order)
    locked.status, locked.order = Draw.Status.ENTERED_IN_ERROR, None
    locked.struck_at, locked.struck_by, locked.struck_reason = now, by, reason.strip()
    locked.save(update_fields=["status", "order", "struck_at", "struck_by", "struck_reason"])
    audit.record(
        actor=by,
        action="draw.struck",
        subject=locked,
        person=locked.patient,
        site=locked.patient.site_id,
        reason=reason,
    )
    events.report("result.corrected", draw=locked, results=struck)
    return locked


@transaction.atomic
def say_fasting(
    *,
    draw: Draw,
    fasting: bool,
    fasting_hours: Decimal | None = None,
    alcohol_hours: Decimal | None = None,
    by: Account,
    now: datetime,
) -> Draw:
    """Add what the report left open: whether he was fasting; rules look at the draw again."""
    locked = locked_draw(draw)
    filing = Filing.into(locked, [], by=by, now=now)
    locked.fasting, locked.fasting_hours, locked.alcohol_hours = (
        fasting, fasting_hours, alcohol_hours,
    )  # fmt: skip
    locked.save(update_fields=["fasting", "fasting_hours", "alcohol_hours"])
    derive_again(filing, "fasting stated")
    rows = current_rows(locked)
    if settled := settle_orders(locked, [row.analyte.key for row in rows]):
        locked.order = locked.order or settled
        locked.save(update_fields=["order"])
    audit.record(
        actor=by,
        action="draw.fasting_stated",
        subject=locked,
        person=locked.patient,
        site=locked.patient.site_id,
        fasting=fasting,
        fasting_hours=fasting_hours,
        alcohol_hours=alcohol_hours,
    )
    events.report("result.corrected", draw=locked, results=rows)
    return locked


@transaction.atomic
def regrade(*, draw: Draw, baseline_before: date) -> list[Result]:
    """Grade again once the first dose is known: an abnormal baseline moves the limits of ALT.

    Only the grade changes, and only where it differs; returns the rows that changed.
    """
    locked = locked_draw(draw)
    return regraded(locked.patient, current_rows(locked), baseline_before=baseline_before)
