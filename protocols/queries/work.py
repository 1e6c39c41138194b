"""One thing to do, as a row of the work queue, and the words every row is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, QuerySet
from django.utils import timezone

from protocols.queries.story import gathered

LIMIT = 25
EXPECTED, CLOSING, OVERDUE, RESULTS, FAILED = "expected", "closing", "overdue", "results", "failed"

PERSON = {
    "person": "enrolment__patient_id",
    "given": "enrolment__patient__given_name",
    "called": "enrolment__patient__preferred_name",
    "family": "enrolment__patient__family_name",
    "phone": "enrolment__patient__phone",
}
OF_PATIENT = {key: path.removeprefix("enrolment__") for key, path in PERSON.items()}


@dataclass(frozen=True, slots=True)
class Work:
    """One thing to do. `show` is the tile it belongs to; `acts` the buttons in its row."""

    rank: tuple[int, str]
    kind: str
    icon: str
    what: str
    ctx: str
    acts: tuple[str, ...]
    show: str = ""
    person: int | None = None
    phone: str = ""
    pk: int | None = None
    visit: int | None = None
    about: str = ""
    #: By when, where minutes count.
    due_at: datetime | None = None


def first_rows(
    rows: QuerySet[Any], person: Mapping[str, str], names: tuple[str, ...]
) -> ArraySubquery:
    """The first rows of one kind, with whom they are about."""
    return gathered(rows[:LIMIT], names, **{key: F(path) for key, path in person.items()})


def name(item: Mapping[str, Any]) -> str:
    return f"{item['called'] or item['given']} {item['family']}"


def short(day: date) -> str:
    return f"{day.day} {day:%b}"


def weekday(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"


def moment(text: str | None) -> datetime | None:
    return timezone.localtime(datetime.fromisoformat(text)) if text else None


def key_of(label: str) -> int | None:
    tail = label.rpartition(":")[2]
    return int(tail) if tail.isdecimal() else None
