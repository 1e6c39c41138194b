"""A protocol as data: read from YAML or JSON, checked as a whole, never changed afterwards."""

import hashlib
import json
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self, TypeVar

import yaml
from pydantic import BaseModel, Field, ValidationError, model_validator

from protocols.rules.parts import Key, Part, Sourced, Words
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

SHIPPED = Path(__file__).resolve().parent.parent / "definitions"
DEFAULT = "isotretinoin_six_months"

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Problem:
    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class DefinitionError(ValueError):
    """The text is not a protocol; each problem names where it is."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


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

    @model_validator(mode="after")
    def names_are_unique(self) -> Self:
        for noun, names in (
            ("panel", [panel.key for panel in self.panels]),
            ("visit", [visit.code for visit in self.visits]),
            ("counselling item", [item.code for item in self.counselling]),
            ("deviation", [rule.code for rule in self.deviations]),
            ("medicine", [rule.code for rule in self.medicines]),
            ("exclusion", [rule.code for rule in self.eligibility.exclusions]),
        ):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{noun} given twice: {', '.join(twice)}")
        return self

    @model_validator(mode="after")
    def panels_exist(self) -> Self:
        known = {panel.key for panel in self.panels}
        named = {item.panel for visit in self.visits for item in visit.items if item.panel}
        unknown = sorted((named | set(self.high_risk.panels)) - known)
        if unknown:
            raise ValueError(f"no such panel: {', '.join(unknown)}")
        return self

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


class OneKeyOnce(yaml.SafeLoader):
    """YAML that refuses a key written twice instead of keeping the last."""

    def construct_mapping(
        self, node: yaml.MappingNode, deep: bool = False
    ) -> dict[Hashable, object]:
        keys = [key.value for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is written twice", node.start_mark
                )
        return super().construct_mapping(node, deep=deep)


def load(text: str) -> Definition:
    """Read a definition from YAML or JSON, or say where it is wrong."""
    return read(Definition, text)


def read(kind: type[Model], text: str) -> Model:
    """Read any document of the protocols floor; every problem names its path."""
    try:
        content = yaml.load(text, Loader=OneKeyOnce)  # noqa: S506 -- a SafeLoader
    except yaml.YAMLError as error:
        raise DefinitionError((Problem("", f"This is not readable: {error}"),)) from error
    return validated(kind, content)


def restore(stored: object) -> Definition:
    """The definition from its stored document, the counterpart of `document`."""
    return validated(Definition, stored)


def validated(kind: type[Model], content: object) -> Model:
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        raise DefinitionError(tuple(problems(error))) from error


def problems(error: ValidationError) -> Iterator[Problem]:
    for item in error.errors(include_url=False, include_context=False, include_input=False):
        path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in item["loc"])
        yield Problem(path.lstrip("."), item["msg"].removeprefix("Value error, "))


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
    return load((SHIPPED / f"{name}.yaml").read_text(encoding="utf-8"))
