"""Writing a man's history: entries are added and struck out, never changed or deleted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar, cast

from django.db import transaction

from clinic import audit, events
from clinic.models import Account
from clinic.refusal import Refusal
from patients.models import (
    Allergy,
    Condition,
    GeneticTest,
    Medicine,
    Patient,
    RetrievalProcedure,
)
from patients.models.history import OfPatient
from patients.rules.conditions import QUESTIONS
from patients.rules.names import squeezed

Entry = TypeVar("Entry", bound=OfPatient)


@dataclass(frozen=True, slots=True)
class Answer:
    """Yes or no to one question of his history, with a word more where there is one."""

    present: bool
    detail: str = ""


@transaction.atomic
def add_retrieval(
    *,
    patient: Patient,
    kind: str,
    done_on: date,
    by: Account,
    now: datetime,
    sperm_found: bool | None = None,
    histology: str = RetrievalProcedure.Histology.NOT_DONE,
    note: str = "",
) -> RetrievalProcedure:
    """Write down an earlier operation to find sperm and what the tissue showed."""
    _refuse_future(patient, done_on, "done_on", now)
    return _add(
        RetrievalProcedure,
        patient,
        by,
        now,
        kind=kind,
        done_on=done_on,
        sperm_found=sperm_found,
        histology=histology,
        note=note,
    )


@transaction.atomic
def add_genetic_test(
    *,
    patient: Patient,
    kind: str,
    outcome: str,
    by: Account,
    now: datetime,
    reported_on: date | None = None,
    detail: str = "",
) -> GeneticTest:
    """Write down a genetic test; an abnormal one must say what was found."""
    if outcome == GeneticTest.Outcome.ABNORMAL and not detail.strip():
        raise Refusal("Write what was found, for example 47,XXY or AZFc.", field="detail")
    if reported_on:
        _refuse_future(patient, reported_on, "reported_on", now)
    return _add(
        GeneticTest,
        patient,
        by,
        now,
        kind=kind,
        outcome=outcome,
        reported_on=reported_on,
        detail=detail.strip(),
    )


@transaction.atomic
def add_medicine(
    *,
    patient: Patient,
    name: str,
    by: Account,
    now: datetime,
    dose: str = "",
    started_on: date | None = None,
    ended_on: date | None = None,
) -> Medicine:
    """Write down a medicine or supplement he takes or took; the floors above check it."""
    if started_on and ended_on and ended_on < started_on:
        raise Refusal("It cannot end before it began.", field="ended_on")
    twin = Medicine.objects.filter(patient=patient, struck_at=None, ended_on=None)
    if not ended_on and squeezed(name) in {squeezed(one.name) for one in twin}:
        raise Refusal(f"{name.strip()} is on his list already.", field="name")
    medicine = _add(
        Medicine,
        patient,
        by,
        now,
        name=name.strip(),
        dose=dose.strip(),
        started_on=started_on,
        ended_on=ended_on,
    )
    events.report("medicine.changed", medicine=medicine)
    return medicine


@transaction.atomic
def end_medicine(*, medicine: Medicine, on: date, by: Account, now: datetime) -> Medicine:
    """Write down the last day he took it."""
    medicine = (
        Medicine.objects.select_for_update(of=("self",))
        .select_related("patient__site")
        .get(pk=medicine.pk)
    )
    if medicine.struck_at or medicine.ended_on:
        raise Refusal(f"{medicine.name} is not on his current list any more.")
    if medicine.started_on and on < medicine.started_on:
        raise Refusal("It cannot end before it began.", field="on")
    _refuse_future(medicine.patient, on, "on", now)
    medicine.ended_on = on
    medicine.save(update_fields=["ended_on"])
    _trail(by, "medicine.ended", medicine, on=on.isoformat())
    events.report("medicine.changed", medicine=medicine)
    return medicine


@transaction.atomic
def add_allergy(
    *,
    patient: Patient,
    substance: str,
    by: Account,
    now: datetime,
    reaction: str = "",
    severe: bool = False,
) -> Allergy:
    """Write down a substance he must not get; peanut, soy and parabens are in some capsules."""
    return _add(
        Allergy,
        patient,
        by,
        now,
        substance=substance.strip(),
        reaction=reaction.strip(),
        severe=severe,
    )


@transaction.atomic
def answer_conditions(
    *, patient: Patient, answers: Mapping[str, Answer], by: Account, now: datetime
) -> list[Condition]:
    """Write down the answers that are new or different; the old ones are struck out.

    Answers that stay as they were are left alone, with the day they were first given.
    """
    unknown = set(answers) - set(QUESTIONS)
    if unknown:
        raise Refusal(f"Nobody asks about {', '.join(sorted(unknown))}.")
    Patient.objects.select_for_update(of=("self",)).get(pk=patient.pk)
    standing = {row.key: row for row in Condition.objects.filter(patient=patient, struck_at=None)}
    written = []
    for key, answer in answers.items():
        old = standing.get(key)
        if old and (old.present, old.detail) == (answer.present, answer.detail.strip()):
            continue
        if old:
            _strike(old, "answered anew", by, now)
        written.append(
            Condition(
                patient=patient,
                recorded_at=now,
                recorded_by=by,
                key=key,
                present=answer.present,
                detail=answer.detail.strip(),
            )
        )
    if not written:
        raise Refusal("No answer is different from what was there.")
    Condition.objects.bulk_create(written)
    audit.record_each(
        actor=by,
        action="condition.recorded",
        subjects=written,
        person=patient,
        site=patient.site_id,
    )
    return written


@transaction.atomic
def strike(*, entry: Entry, reason: str, by: Account, now: datetime) -> Entry:
    """Strike out an entry that is wrong; it stays readable with the reason beside it."""
    entry = cast(
        Entry,
        type(entry)
        ._default_manager.select_for_update(of=("self",))
        .select_related("patient")
        .get(pk=entry.pk),
    )
    if entry.struck_at:
        raise Refusal("This entry was struck out already.")
    if not reason.strip():
        raise Refusal("Say in a few words why it is wrong.", field="reason")
    _strike(entry, reason.strip(), by, now)
    if isinstance(entry, Medicine):
        events.report("medicine.changed", medicine=entry)
    return entry


def _strike(entry: OfPatient, reason: str, by: Account, now: datetime) -> None:
    entry.struck_at, entry.struck_by, entry.struck_reason = now, by, reason
    entry.save(update_fields=["struck_at", "struck_by", "struck_reason"])
    _trail(by, f"{entry._meta.model_name}.struck", entry, reason=reason)


def _add(model: type[Entry], patient: Patient, by: Account, now: datetime, **columns: Any) -> Entry:
    entry = model(patient=patient, recorded_at=now, recorded_by=by, **columns)
    entry.save(force_insert=True)
    _trail(by, f"{model._meta.model_name}.recorded", entry)
    return entry


def _trail(by: Account, action: str, entry: OfPatient, reason: str = "", **detail: Any) -> None:
    audit.record(
        actor=by,
        action=action,
        subject=entry,
        person=entry.patient,
        site=entry.patient.site_id,
        reason=reason,
        **detail,
    )


def _refuse_future(patient: Patient, on: date, field: str, now: datetime) -> None:
    if on > patient.site.localdate(now):
        raise Refusal("This day has not come yet.", field=field)
    if on < patient.born_on:
        raise Refusal("That was before he was born.", field=field)
