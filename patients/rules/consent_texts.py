"""The consent texts as they are written down, and how a text is laid out on a page."""

import hashlib
from datetime import date
from itertools import groupby
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class WrittenText(BaseModel):
    """One version of one text in the definition file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["screening", "treatment", "storage", "messages", "research"]
    version: int = Field(ge=1)
    title: str = Field(min_length=1, max_length=120)
    effective_on: date
    signed_off: bool
    body: str = Field(min_length=1)

    @property
    def sha256(self) -> str:
        return fingerprint(self.title, self.body)


def fingerprint(title: str, body: str) -> str:
    """What proves that a text is still the one somebody agreed to."""
    return hashlib.sha256(f"{title}\n{body}".encode()).hexdigest()


def blocks(body: str) -> list[tuple[str, list[str]]]:
    """A text as ("p", [sentence…]) and ("ul", [point…]); a point begins with a hyphen."""
    laid: list[tuple[str, list[str]]] = []
    for paragraph in body.strip().split("\n\n"):
        lines = [line.strip() for line in paragraph.splitlines() if line.strip()]
        for points, group in groupby(lines, key=lambda line: line.startswith("- ")):
            written = [line.removeprefix("- ") for line in group]
            laid.append(("ul", written) if points else ("p", [" ".join(written)]))
    return laid
