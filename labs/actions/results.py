"""File what a laboratory reported, in one place whether it was typed or received."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction

from clinic import audit, events
from clinic.models import Account
from clinic.refusal import Refusal
from labs.actions.corrections import correct_draw, regrade, say_fasting, strike_draw
from labs.actions.ordering import settle_orders
from labs.actions.rows import Filing, read_report, refuse_unconfirmed
from labs.actions.specimens import refuse_foreign_specimen
from labs.actions.telling import comment_waits
from labs.models import Draw, Laboratory, Order, Result
from labs.rules.readings import Reading, Value
from patients.models import Patient

__all__ = [
    "Value",
    "correct_draw",
    "file_draw",
    "regrade",
    "review_draws",
    "say_fasting",
    "strike_draw",
    "unreview_draws",
]


@transaction.atomic
def file_draw(  # noqa: PLR0913 -- everything a report says about one collection
    *,
    patient: Patient,
    laboratory: Laboratory | None,
    collected_at: datetime,
    values: Sequence[Value],
    fasting: bool | None = None,
    fasting_hours: Decimal | None = None,
    alcohol_hours: Decimal | None = None,
    specimen: str = "",
    source: str = "form",
    reported_at: datetime | None = None,
    note: str = "",
    order: Order | None = None,
    by: Account | None = None,
    now: datetime,
    baseline_before: date | None = None,
    confirmed: bool = False,
) -> Draw:
    """File one collection with all its values as received, or nothing of it.

    Impossible values are refused; unusual ones only with `confirmed`. `baseline_before` is the
    day of the first dose, where there is one: enzymes are graded against the last value before.
    """
    locked = locked_patient(patient)
    refuse_collection(locked, laboratory, collected_at, now)
    refuse_specimen(locked, laboratory, specimen)
    readings, derived = read_report(
        values, patient=locked, laboratory=laboratory, baseline_before=baseline_before,
        collected_at=collected_at, fasting=fasting,
    )  # fmt: skip
    refuse_unconfirmed(readings, confirmed=confirmed)
    draw = Draw(
        patient=locked,
        laboratory=laboratory,
        specimen=specimen,
        collected_at=collected_at,
        reported_at=reported_at,
        fasting=fasting,
        fasting_hours=fasting_hours,
        alcohol_hours=alcohol_hours,
        note=note,
        status=draw_status(value.status for value in values),
        source=source,
        filed_at=now,
        filed_by=by,
    )
    settled = settle_orders(draw, [value.analyte for value in values])
    draw.order = asked_by(order, locked) or settled
    return filed(draw, values, readings, derived)


def locked_patient(patient: Patient) -> Patient:
    """The patient, held for this transaction: two reports of one man take turns."""
    rows = Patient.objects.select_for_update(of=["self"]).select_related("site")
    return rows.get(pk=patient.pk)


def filed(
    draw: Draw, values: Sequence[Value], readings: Sequence[Reading], derived: Sequence[Reading]
) -> Draw:
    """The draw and its rows are kept, the trail says so, and the floors above are told."""
    draw.save(force_insert=True)
    file_rows(draw, values, readings, derived)
    analytes = [value.analyte for value in values]
    audit.record(
        actor=draw.filed_by,
        action="draw.filed",
        subject=draw,
        person=draw.patient,
        site=draw.patient.site_id,
        analytes=analytes,
        source=draw.source,
        specimen=draw.specimen,
    )
    events.report("result.filed", draw=draw)
    return draw


def refuse_collection(
    patient: Patient, laboratory: Laboratory | None, collected_at: datetime, now: datetime
) -> None:
    if laboratory is not None and laboratory.site_id != patient.site_id:
        raise Refusal("This laboratory works for another site.", field="laboratory")
    if collected_at > now:
        raise Refusal("The collection lies in the future.", field="collected_at")
    if patient.site.localdate(collected_at) < patient.born_on:
        raise Refusal("The collection lies before his birth.", field="collected_at")


def refuse_specimen(patient: Patient, laboratory: Laboratory | None, specimen: str) -> None:
    refuse_second_filing(patient, laboratory, specimen)
    refuse_foreign_specimen(patient, specimen)


def refuse_second_filing(patient: Patient, laboratory: Laboratory | None, specimen: str) -> None:
    """The same specimen is filed once; what changed in it is a correction."""
    if not specimen:
        return
    known = Draw.objects.filter(patient=patient, laboratory=laboratory, specimen=specimen).exclude(
        status=Draw.Status.ENTERED_IN_ERROR
    )
    if known.exists():
        raise Refusal(
            f"Specimen {specimen} is already filed. Correct that one instead.", field="specimen"
        )


def draw_status(statuses: Iterable[str]) -> str:
    """Preliminary while any value is; corrected is said by corrections only."""
    return (
        Draw.Status.PRELIMINARY if Result.Status.PRELIMINARY in set(statuses) else Draw.Status.FINAL
    )


def file_rows(
    draw: Draw, values: Sequence[Value], readings: Sequence[Reading], derived: Sequence[Reading]
) -> None:
    keys = [value.analyte for value in values]
    filing = Filing.into(draw, keys, by=draw.filed_by, now=draw.filed_at)
    reported = [filing.row(reading, value) for value, reading in zip(values, readings, strict=True)]
    Result.objects.bulk_create([*reported, *(filing.row(reading) for reading in derived)])


def asked_by(placed: Order | None, patient: Patient) -> Order | None:
    """The order a person says this answers; his word counts where the rule does not see it."""
    if placed is None:
        return None
    locked = Order.objects.select_for_update(of=["self"]).get(pk=placed.pk)
    if locked.patient_id != patient.pk:
        raise Refusal("This order is for somebody else.", field="order")
    if locked.status == Order.Status.CANCELLED:
        raise Refusal("This order was cancelled.", field="order")
    locked.status = Order.Status.RESULTED
    locked.save(update_fields=["status"])
    return locked


@transaction.atomic
def review_draws(
    *, draws: Sequence[Draw], comment: str = "", by: Account, now: datetime
) -> list[Draw]:
    """A clinician has seen these results; what he writes stands beside them for the patient."""
    locked = list(
        Draw.objects.select_for_update(of=["self"])
        .select_related("patient__site")
        .filter(pk__in=[draw.pk for draw in draws])
        .order_by("pk")
    )
    if not locked:
        raise Refusal("Choose the results you have seen.")
    for draw in locked:
        refuse_review(draw)
    for draw in locked:
        draw.reviewed_at, draw.reviewed_by, draw.comment = now, by, comment.strip()
        draw.save(update_fields=["reviewed_at", "reviewed_by", "comment"])
        audit.record(
            actor=by,
            action="draw.reviewed",
            subject=draw,
            person=draw.patient,
            site=draw.patient.site_id,
            commented=bool(draw.comment),
        )
        events.report("draw.reviewed", draw=draw)
        comment_waits(draw, now=now)
    return locked


#: How long a signature under results that are all in range can be taken back.
REGRET = timedelta(minutes=1)


@transaction.atomic
def unreview_draws(*, draws: Sequence[Draw], by: Account, now: datetime) -> list[Draw]:
    """Take back what was signed together a moment ago: one's own, within a minute."""
    locked = list(
        Draw.objects.select_for_update(of=["self"])
        .select_related("patient")
        .with_results()
        .filter(pk__in=[draw.pk for draw in draws], reviewed_at__isnull=False)
        .order_by("pk")
    )
    for draw in locked:
        if draw.reviewed_by_id != by.pk or draw.reviewed_at is None:
            raise Refusal("Somebody else has reviewed these results.")
        if now - draw.reviewed_at > REGRET or draw.comment or not draw.wholly_in_range:
            raise Refusal("It is too late to take this back: the results are reviewed.")
    for draw in locked:
        draw.reviewed_at = draw.reviewed_by = None
        draw.save(update_fields=["reviewed_at", "reviewed_by"])
        audit.record(
            actor=by,
            action="draw.review_undone",
            subject=draw,
            person=draw.patient,
            site=draw.patient.site_id,
        )
    return locked


def refuse_review(draw: Draw) -> None:
    if draw.status == Draw.Status.ENTERED_IN_ERROR:
        raise Refusal("These results were struck out; there is nothing to review.")
    if draw.status == Draw.Status.PRELIMINARY:
        raise Refusal("The laboratory has not finished; these results are preliminary.")
    if draw.reviewed_at is not None:
        raise Refusal("These results were already reviewed.")
