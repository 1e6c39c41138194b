"""What a medical lead signs off: one value with its place, known by a fingerprint of both."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel

from protocols.rules.definition import Definition
from protocols.rules.differences import name_of
from protocols.rules.parts import Sourced
from protocols.rules.problems import Path
from protocols.rules.written import plain


@dataclass(frozen=True, slots=True)
class Choice:
    """A clinical choice of a programme: where it stands, what it says and where it is from."""

    way: Path
    place: str
    source: str
    fingerprint: str
    #: The code of the rule that rests on it, where it is one of a table.
    rule: str = ""

    @property
    def part(self) -> str:
        return str(self.way[0])


def choices(definition: Definition) -> tuple[Choice, ...]:
    """Every choice that names its source, in the order of the programme.

    The place goes by names and not by numbers of rows: a row that moves stays signed, a value
    that changes does not.
    """
    return tuple(choice for _, choice in walk(definition, (), ""))


def walk(part: object, way: Path, place: str) -> Iterator[tuple[Sourced, Choice]]:
    """Every choice beside the part of the definition that makes it."""
    if isinstance(part, Sourced):
        rule = str(getattr(part, "rule", "") or getattr(part, "code", ""))
        yield part, Choice(way, place, part.source, fingerprint(part, place), rule)
    if isinstance(part, BaseModel):
        for name in type(part).model_fields:
            yield from walk(getattr(part, name), (*way, name), f"{place}.{name}".lstrip("."))
    elif isinstance(part, tuple):
        for row, piece in enumerate(part):
            if isinstance(piece, BaseModel):
                named = f"{place}[{name_of(plain(piece))}]"
                yield from walk(piece, (*way, row), named)


def fingerprint(part: Sourced, place: str) -> str:
    """SHA-256 of a value and its place. Choices within it sign for themselves."""
    said = own(part)
    words = json.dumps([place, said], sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(words.encode()).hexdigest()


def own(part: BaseModel) -> dict[str, object]:
    """What a part says itself, without the claim that it is signed and without inner choices.

    What it leaves at its default is not said: a field that is added to the schema later leaves
    every signature standing.
    """
    said: dict[str, object] = plain(part)
    return {
        name: value
        for name, value in said.items()
        if name != "signed_off" and not holds_choices(getattr(part, name))
    }


def holds_choices(value: object) -> bool:
    if isinstance(value, tuple):
        return any(holds_choices(piece) for piece in value)
    return isinstance(value, Sourced)
