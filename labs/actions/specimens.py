"""What is taken for orders: collected, received, or rejected with why, then taken again."""

from collections.abc import Sequence
from datetime import UTC, datetime

from django.db import transaction

from clinic import audit
from clinic.models import Account
from clinic.refusal import Refusal
from labs.models import Draw, Order, Specimen
from labs.rules.accession import Numbered, NumberError, number_meant
from patients.models import Patient


@transaction.atomic
def collect(
    *, patient: Patient, orders: Sequence[Order], collected_at: datetime, by: Account, now: datetime
) -> Specimen:
    """One container, for one or several orders of one man; its number goes on its label."""
    if not orders:
        raise Refusal("Say for which order it is.", field="orders")
    if collected_at > now:
        raise Refusal("The collection lies in the future.", field="collected_at")
    locked = list(
        Order.objects.select_for_update(of=["self"])
        .filter(pk__in=[placed.pk for placed in orders])
        .order_by("pk")
    )
    if {placed.patient_id for placed in locked} != {patient.pk}:
        raise Refusal("An order is for somebody else.", field="orders")
    if any(placed.status != Order.Status.OPEN for placed in locked):
        raise Refusal("An order is no longer open.", field="orders")
    if len({placed.semen for placed in locked}) > 1:
        raise Refusal("Blood and semen are two containers.", field="orders")
    made = Specimen.objects.create(patient=patient, collected_at=collected_at, collected_by=by)
    made.orders.set(locked)
    written(made, "specimen.collected", by)
    return made


@transaction.atomic
def receive(*, specimen: Specimen, by: Account, now: datetime) -> Specimen:
    """It has come to the laboratory."""
    locked = held(specimen)
    if locked.received_at is not None:
        raise Refusal(f"{locked.number} is received already.")
    locked.received_at, locked.received_by = now, by
    locked.save(update_fields=["received_at", "received_by"])
    written(locked, "specimen.received", by)
    return locked


@transaction.atomic
def reject(
    *, specimen: Specimen, rejection: str, note: str = "", by: Account, now: datetime
) -> Specimen:
    """It cannot be used: its orders wait again, and the work of the day says so."""
    locked = held(specimen)
    if rejection not in Specimen.Rejection.values:
        raise Refusal("Say why it cannot be used.", field="rejection")
    if rejection == Specimen.Rejection.OTHER and not note.strip():
        raise Refusal("Say what is wrong with it.", field="note")
    filed = Draw.objects.filter(patient=locked.patient_id, specimen=locked.number)
    if filed.exclude(status=Draw.Status.ENTERED_IN_ERROR).exists():
        raise Refusal("Results are filed from it. Strike those out first, with the reason.")
    locked.rejected_at, locked.rejected_by = now, by
    locked.rejection, locked.rejection_note = rejection, note.strip()
    locked.save(update_fields=["rejected_at", "rejected_by", "rejection", "rejection_note"])
    written(locked, "specimen.rejected", by)
    return locked


def held(specimen: Specimen) -> Specimen:
    locked = (
        Specimen.objects.select_for_update(of=["self"])
        .select_related("patient")
        .get(pk=specimen.pk)
    )
    if locked.rejected_at is not None:
        raise Refusal(f"{locked.number} is rejected already.")
    return locked


def written(specimen: Specimen, action: str, by: Account) -> None:
    audit.record(
        actor=by,
        action=action,
        subject=specimen,
        person=specimen.patient,
        site=specimen.patient.site_id,
        rejection=specimen.rejection,
    )


def refuse_foreign_specimen(patient: Patient, text: str) -> None:
    """A number of ours is for the man whose label it is on, and a rejected one gives no results.

    A number that is none of ours says nothing: laboratories number in their own way.
    """
    try:
        meant = number_meant(text)
    except NumberError:
        return
    if meant.kind is not Numbered.SPECIMEN:
        return
    known = Specimen.objects.filter(pk=meant.key, patient__site=patient.site_id).first()
    if known is None or known.collected_at.astimezone(UTC).year % 100 != meant.year:
        return
    if known.patient_id != patient.pk:
        raise Refusal(f"Specimen {known.number} is of somebody else.", field="specimen")
    if known.rejected_at is not None:
        why = known.get_rejection_display().lower()
        raise Refusal(f"Specimen {known.number} was rejected: {why}.", field="specimen")
