"""One rule that can be asked, and what a person must be told before he gets an answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from protocols.rules.ask.fields import Answer, Given
from protocols.rules.definition import Definition


class RefusedError(ValueError):
    """What was given cannot be answered; each pair is a field and a sentence."""

    def __init__(self, *problems: tuple[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {sentence}" for field, sentence in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Asked:
    """`line` is what the list says of it, `source` what its numbers stand in."""

    name: str
    title: str
    line: str
    source: str
    given: type[Given]
    answer: type[Answer]
    ask: Callable[[Any, Definition], Answer]
    group: str
    table: Callable[[Any], str] | None = None
    """A published table beside the definition, with its version: "CTCAE 5.0"."""

    def ruleset(self, given: Given, definition: Definition) -> str:
        """Name and version of what answered."""
        own = self.table(given) if self.table else ""
        return ", ".join(part for part in (definition.label, own) if part)
