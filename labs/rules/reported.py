"""What somebody else says was measured, whatever it was written in: HL7, a table or FHIR.

A reader of one format makes reports out of bytes; what they are worth is judged in
labs.rules.judging, and filed by labs.actions.intake.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from labs.rules.catalogue import Analyte

PRELIMINARY, FINAL, CORRECTED, CANNOT, TAKEN_BACK = (
    "preliminary", "final", "corrected", "cannot", "D",
)  # fmt: skip
STATUSES = frozenset({PRELIMINARY, FINAL, CORRECTED, CANNOT, TAKEN_BACK})
#: A table counts its rows by the thousand, so that each cell of a row has a position of its own.
ROW_APART = 1000
SEMEN_PANEL = "54231-6"


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a report says it is about."""

    numbers: tuple[str, ...]
    family_name: str
    given_name: str
    born_on: date | None

    def __str__(self) -> str:
        born = f", {self.born_on:%Y-%m-%d}" if self.born_on else ""
        return f"{f'{self.family_name} {self.given_name[:1]}'.strip()}{born}"

    @property
    def key(self) -> str:
        """Tells the people of one message apart without saying who they are."""
        said = "\x1f".join([*self.numbers, self.family_name, self.given_name, str(self.born_on)])
        return hashlib.sha256(said.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Observation:
    """One value; `analyte` is None when nobody has said what its code means.

    `position` is its place in the message or its row in the table, each used once; `original`
    is the row exactly as it came. `fault` is a sentence of the reader where the row cannot be
    read at all. A `status` outside STATUSES is kept as it came, and is filed by nobody.
    """

    position: int
    code: str
    code_text: str
    system: str
    value: str
    unit: str
    range_text: str
    status: str
    analyte: Analyte | None
    implies: dict[str, Any] = field(default_factory=dict)
    original: str = ""
    fault: str = ""
    # It measures nothing and says something about the collection, which this sentence names.
    tells: str = ""


@dataclass(slots=True)
class Group:
    """One collection with what was measured in it."""

    panel_code: str
    specimen: str
    order_number: str
    collected_at: datetime | None
    reported_at: datetime | None
    observations: list[Observation] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    received_at: datetime | None = None
    analysed_at: datetime | None = None
    # None is "nobody said"; words in a note never say it (domain reference §2.4).
    fasting: bool | None = None
    # Of the whole collection, for values that do not say theirs.
    status: str = ""

    @property
    def is_semen(self) -> bool:
        """A semen analysis, by its panel or by what was measured."""
        if self.panel_code == SEMEN_PANEL:
            return True
        known = [o.analyte for o in self.observations if o.analyte]
        return bool(known) and all(a.group == "semen" for a in known)


@dataclass(frozen=True, slots=True)
class Report:
    """One person with his collections."""

    person: Person
    groups: tuple[Group, ...]

    @property
    def observations(self) -> Iterator[Observation]:
        return (seen for group in self.groups for seen in group.observations)


class Unreadable(ValueError):  # noqa: N818 -- a description, not an accident
    """These bytes are not what their format says; the sentence says in what way."""
