"""What a visit asks for, from the definition of its programme: required, or only if it fits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from protocols.models import Visit
from protocols.rules.definition import Definition
from protocols.rules.programme import PlannedVisit
from protocols.rules.schedule import Conditions, asked_items
from protocols.rules.vocabulary import ItemKind

#: What is gone through with him and ticked; the other items have a section of their own.
TICKED = {
    ItemKind.CONSENT: "Consents are in force",
    ItemKind.HISTORY: "History taken",
    ItemKind.EXAMINATION: "Examined",
    ItemKind.GENETICS: "Genetic tests are on file",
    ItemKind.IPLEDGE: "iPLEDGE questions answered",
    ItemKind.RESPONSE_REVIEW: "Response reviewed with him",
    ItemKind.OUTCOME: "Outcome of the treatment recorded",
    ItemKind.CLOSE_OUT: "Side effects closed out",
    ItemKind.BLOOD_DONATION: "The date for giving blood is known to him",
    ItemKind.FERTILITY_PLAN: "Plan for the family made",
    ItemKind.PREGNANCY_OUTCOME: "Asked about pregnancy",
}


@dataclass(frozen=True, slots=True)
class Tick:
    """One line of the list that is gone through with him."""

    code: str
    words: str
    required: bool


def planned_of(definition: Definition, visit: Visit) -> PlannedVisit | None:
    """The plan of this visit; none for one that nobody planned."""
    return next((row for row in definition.visits if row.code == visit.code), None)


def asked_kinds(planned: PlannedVisit | None, conditions: Conditions) -> frozenset[ItemKind]:
    """The kinds of item that must not be missing at this visit."""
    if planned is None:
        return frozenset()
    return frozenset(row.item.kind for row in asked_items(planned, conditions) if row.required)


def required_panels(planned: PlannedVisit | None, conditions: Conditions) -> list[str]:
    """The panels that must have been drawn for this visit, in the order of the plan."""
    if planned is None:
        return []
    return [
        row.item.panel
        for row in asked_items(planned, conditions)
        if row.required and row.item.panel is not None
    ]


def ticks(definition: Definition, visit: Visit) -> list[Tick]:
    """What is ticked at this visit: its own items first, then what he is told each time."""
    return list(_ticks(definition, visit))


def _ticks(definition: Definition, visit: Visit) -> Iterator[Tick]:
    planned = planned_of(definition, visit)
    for item in planned.items if planned else ():
        words = TICKED.get(item.kind)
        if words:
            note = f": {item.note}" if item.note else ""
            yield Tick(item.kind.value, f"{words}{note}", required=True)
    must = planned is not None and any(item.kind is ItemKind.COUNSELLING for item in planned.items)
    for told in definition.counselling:
        yield Tick(told.code, told.text, required=must)


def tick_codes(definition: Definition, visit: Visit) -> list[str]:
    return [tick.code for tick in ticks(definition, visit)]
