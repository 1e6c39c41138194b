"""What the medicines on a man's list mean for the programme, and what is done about each."""

from collections.abc import Sequence
from dataclasses import dataclass

from clinic import audit
from patients.models import Medicine, Patient
from protocols.models import Finding
from protocols.queries.enrolment import definition_of, live_enrolment
from protocols.rules.interactions import check
from protocols.rules.vocabulary import Effect


@dataclass(frozen=True, slots=True)
class MedicineNote:
    """One medicine that matters, the sentence of its rule, and the proposal it raised, if any."""

    sentence: str
    grave: bool
    finding: Finding | None
    whose: str


def medicine_notes(patient: Patient, medicines: Sequence[Medicine]) -> list[MedicineNote]:
    """The gravest first; nothing for a man who is in no programme."""
    enrolment = live_enrolment(patient) if medicines else None
    if enrolment is None:
        return []
    rules = definition_of(enrolment.version).medicines
    started = enrolment.first_dose_on is not None
    labels = {audit.label(row): row for row in medicines}
    found = {
        labels[one.evidence]: one
        for one in Finding.objects.filter(enrolment=enrolment, evidence__in=labels)
        .exclude(state=Finding.State.SUPERSEDED)
        .select_related("decided_by")
        .order_by("pk")
    }
    whose = str(enrolment.clinician.account) if enrolment.clinician else ""
    notes = [
        (one, MedicineNote(one.sentence, one.effect in GRAVE, found.get(row), whose))
        for row in medicines
        for one in check(rules, [row.name], on_treatment=started)
    ]
    return [note for _, note in sorted(notes, key=lambda pair: ORDER.index(pair[0].effect))]


GRAVE = {Effect.BLOCK, Effect.HOLD}
ORDER = (Effect.BLOCK, Effect.HOLD, Effect.CAUTION, Effect.INFO)
