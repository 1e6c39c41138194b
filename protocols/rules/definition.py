"""A protocol as data: read from YAML or JSON, checked as a whole, never changed afterwards."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, Field, ValidationError

from protocols.rules.consistency import Known, contradictions
from protocols.rules.explain import explained
from protocols.rules.parts import Key, Part, Sourced, Words
from protocols.rules.problems import DefinitionError, Problem
from protocols.rules.programme import (
    CounsellingItem,
    DeviationRule,
    Dose,
    Gates,
    HighRisk,
    LabLateness,
    LostRule,
    Panel,
    PlannedVisit,
    ResponseRule,
    Rulesets,
    SemenPreparation,
)
from protocols.rules.tables import Eligibility, MedicineRule, MoodTable, ReminderPlan, SafetyTable
from protocols.rules.yaml_text import Reading, Unreadable, read_yaml

__all__ = ["Definition", "DefinitionError", "Known", "Problem"]

SHIPPED = Path(__file__).resolve().parent.parent / "definitions"
DEFAULT = "isotretinoin_six_months"

EMPTY = "it begins with its keys, for example “key: my_programme” and below it “version: 1”."

#: So many mistakes are put into words; those beyond them are counted.
MOST_TOLD = 500

Model = TypeVar("Model", bound=BaseModel)


class Definition(Part):
    """The whole programme: what is planned, what is watched, what follows."""

    key: Key
    version: int = Field(ge=1)
    title: Words
    summary: Words
    rulesets: Rulesets
    dose: Dose
    panels: tuple[Panel, ...]
    visits: tuple[PlannedVisit, ...] = Field(min_length=1)
    gates: Gates
    eligibility: Eligibility
    counselling: tuple[CounsellingItem, ...]
    safety: SafetyTable
    mood: MoodTable
    medicines: tuple[MedicineRule, ...]
    high_risk: HighRisk
    response: ResponseRule
    deviations: tuple[DeviationRule, ...]
    lab_lateness: LabLateness
    semen_preparation: SemenPreparation
    lost: LostRule
    reminders: ReminderPlan

    @property
    def label(self) -> str:
        """Key and version, as findings and reminders quote it."""
        return f"{self.key}.v{self.version}"

    def visit(self, code: str) -> PlannedVisit:
        return next(visit for visit in self.visits if visit.code == code)

    def panel(self, key: str) -> Panel:
        return next(panel for panel in self.panels if panel.key == key)

    def deviation(self, code: str) -> DeviationRule:
        return next(rule for rule in self.deviations if rule.code == code)


def load(text: str, known: Known | None = None) -> Definition:
    """Read a definition from YAML or JSON, or say where it is wrong and what would be right."""
    return read(Definition, text, known)


def read(kind: type[Model], text: str, known: Known | None = None) -> Model:
    """Read any document of the protocols floor; every problem names its path and its line."""
    try:
        reading = read_yaml(text)
    except Unreadable as error:
        raise DefinitionError((Problem("", error.message, error.line),)) from error
    return as_read(kind, reading, known)


def as_read(kind: type[Model], reading: Reading, known: Known | None = None) -> Model:
    """What was read, as what it should be; every problem names the line it stands on."""
    try:
        return validated(kind, reading.content, known)
    except DefinitionError as error:
        told = tuple(replace(row, line=reading.line(row.way)) for row in error.problems)
        raise DefinitionError(told, error.more) from error


def restore(stored: object, known: Known | None = None) -> Definition:
    """The definition from its stored document, the counterpart of `document`."""
    return validated(Definition, stored, known)


def validated(kind: type[Model], content: object, known: Known | None = None) -> Model:
    """The document as what it should be, and free of contradictions if it is a programme."""
    if not isinstance(content, dict):
        raise DefinitionError((Problem("", f"This is no {kind.__name__.lower()}: {EMPTY}"),))
    try:
        found = kind.model_validate(content)
    except ValidationError as error:
        told = tuple(islice(explained(kind, content, error), MOST_TOLD))
        raise DefinitionError(told, error.error_count() - len(told)) from error
    if isinstance(found, Definition):
        wrong = tuple(contradictions(found, known))
        if wrong:
            raise DefinitionError(wrong[:MOST_TOLD], len(wrong[MOST_TOLD:]))
    return found


def document(definition: Definition) -> dict[str, object]:
    """The definition as the JSON document that is stored with its version."""
    return definition.model_dump(mode="json")


def content_hash(definition: Definition) -> str:
    """SHA-256 of what the definition says, whatever the layout of its file."""
    words = json.dumps(document(definition), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(words.encode()).hexdigest()


def awaiting_sign_off(definition: Definition) -> tuple[str, ...]:
    """The paths of every choice the medical lead has not signed yet."""
    return tuple(unsigned(definition, ""))


def unsigned(part: object, path: str) -> Iterator[str]:
    if isinstance(part, Sourced) and not part.signed_off:
        yield path
    if isinstance(part, BaseModel):
        for name in type(part).model_fields:
            yield from unsigned(getattr(part, name), f"{path}.{name}".lstrip("."))
    elif isinstance(part, tuple):
        for number, piece in enumerate(part):
            yield from unsigned(piece, f"{path}[{number}]")


@cache
def shipped(name: str = DEFAULT) -> Definition:
    """A definition that comes with the program."""
    return validated(Definition, shipped_content(name))


def shipped_content(name: str) -> dict[str, Any]:
    """What a shipped file says; one that extends another says only where it differs.

    A part given as a mapping changes the keys it names, any other part is replaced.
    """
    content = shipped_file(name)
    base = content.pop("extends", None)
    if base is None:
        return content
    whole = shipped_content(base)
    for part, value in content.items():
        standing = whole.get(part)
        if isinstance(standing, dict) and isinstance(value, dict):
            whole[part] = {**standing, **value}
        else:
            whole[part] = value
    return whole


def shipped_file(name: str) -> dict[str, Any]:
    text = (SHIPPED / f"{name}.yaml").read_text(encoding="utf-8")
    content = read_yaml(text).content
    if not isinstance(content, dict):
        raise DefinitionError((Problem("", f"{name}.yaml: {EMPTY}"),))
    return content
