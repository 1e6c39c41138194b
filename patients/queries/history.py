"""A man's history as the programme reads it, in one query."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, Model, OuterRef
from django.db.models.functions import JSONObject

from patients.models import (
    Allergy,
    Condition,
    GeneticTest,
    Medicine,
    Patient,
    RetrievalProcedure,
)
from patients.rules.conditions import EXCLUSION_KEYS, RISK_KEYS

#: Each kind of entry, and its order on the page.
ORDERS: Mapping[type[Model], tuple[str, ...]] = {
    RetrievalProcedure: ("-done_on", "-pk"),
    GeneticTest: ("kind", "-pk"),
    Medicine: ("name", "pk"),
    Allergy: ("substance", "pk"),
    Condition: ("key", "pk"),
}


@dataclass(frozen=True, slots=True)
class History:
    """What stands in his history; what was struck out is kept apart."""

    retrievals: tuple[RetrievalProcedure, ...]
    genetics: tuple[GeneticTest, ...]
    medicines: tuple[Medicine, ...]
    past_medicines: tuple[Medicine, ...]
    allergies: tuple[Allergy, ...]
    conditions: tuple[Condition, ...]
    struck: tuple[Any, ...]

    @property
    def answers(self) -> dict[str, bool]:
        """Yes or no to every question that was answered; a key not here is unknown."""
        return {condition.key: condition.present for condition in self.conditions}

    @property
    def exclusions(self) -> dict[str, bool]:
        """The answers that decide eligibility, by the key of the exclusion."""
        return {key: yes for key, yes in self.answers.items() if key in EXCLUSION_KEYS}

    @property
    def risks(self) -> frozenset[str]:
        """The marks of higher risk he carries: his laboratory tests come more often."""
        return frozenset(key for key, yes in self.answers.items() if yes and key in RISK_KEYS)

    @property
    def medicine_names(self) -> tuple[str, ...]:
        """What he takes now, for the check of interactions."""
        return tuple(medicine.name for medicine in self.medicines)


def history(patient: Patient, on: date | None = None) -> History:
    """Everything the programme asks of his past; `on` is the day whose medicines are current.

    Without a day, a medicine is current when nobody has written down its end.
    """
    entries = _entries(patient)
    standing = {
        model: tuple(entry for entry in rows if entry.struck_at is None)
        for model, rows in entries.items()
    }
    current, past = _by_end(standing[Medicine], on)
    return History(
        retrievals=standing[RetrievalProcedure],
        genetics=standing[GeneticTest],
        medicines=current,
        past_medicines=past,
        allergies=standing[Allergy],
        conditions=standing[Condition],
        struck=tuple(entry for rows in entries.values() for entry in rows if entry.struck_at),
    )


def _by_end(
    medicines: Iterable[Medicine], on: date | None
) -> tuple[tuple[Medicine, ...], tuple[Medicine, ...]]:
    current: list[Medicine] = []
    past: list[Medicine] = []
    for medicine in medicines:
        ended = medicine.ended_on and (on is None or medicine.ended_on < on)
        (past if ended else current).append(medicine)
    return tuple(current), tuple(past)


def _entries(patient: Patient) -> dict[type[Model], list[Any]]:
    """The five tables in one query: each as an array of rows in JSON, made entries again."""
    arrays: Any = {model.__name__: ArraySubquery(_rows(model)) for model in ORDERS}
    row: Any = Patient.objects.filter(pk=patient.pk).values(**arrays).get()
    return {model: [_entry(model, found) for found in row[model.__name__]] for model in ORDERS}


def _rows(model: Any) -> Any:
    columns = {field.attname: F(field.attname) for field in model._meta.concrete_fields}
    return (
        model.objects.filter(patient=OuterRef("pk"))
        .order_by(*ORDERS[model])
        .values(row=JSONObject(**columns, who=F("recorded_by__name")))
    )


def _entry(model: Any, row: dict[str, Any]) -> Any:
    entry = model(
        **{
            field.attname: field.to_python(row[field.attname])
            for field in model._meta.concrete_fields
        }
    )
    entry._state.adding = False
    entry.who = row["who"]
    return entry
