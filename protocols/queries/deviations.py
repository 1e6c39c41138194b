"""The deviation log of a site, and what is said of one departure."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet
from django.urls import reverse

from clinic.models import Account
from protocols.models import Deviation
from protocols.rules.deviations import TITLES, title_of

OPEN, CLOSED = "open", "closed"
#: Where the thing is read that a departure is about, by the label it carries.
PAGES = {
    "protocols.visit": ("protocols:visit", "The visit"),
    "labs.draw": ("labs:draw", "The collection"),
    "labs.semenanalysis": ("labs:semen", "The sample"),
}
STATES = {
    "": ("warning", "clock", "Open"),
    "closed": ("good", "ok", "Closed"),
    "not_one": ("", "minus", "Not a deviation"),
    "withdrawn": ("", "undo", "Withdrawn"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One departure as the list shows it."""

    deviation: Deviation
    title: str
    kind: str
    icon: str
    state: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What the list is narrowed to; anything that nobody can mean narrows nothing."""

    show: str = OPEN
    code: str = ""
    weight: str = ""

    @classmethod
    def read(cls, show: str, code: str, weight: str) -> Asked:
        return cls(
            show if show in (OPEN, CLOSED) else OPEN,
            code if code in TITLES else "",
            weight if weight in Deviation.Weight.values else "",
        )


def log(user: Account, asked: Asked) -> QuerySet[Deviation]:
    """The departures of the member's site; read newest first, by keyset."""
    rows = of_user(user)
    rows = rows.filter(closed_at__isnull=asked.show == OPEN)
    if asked.code:
        rows = rows.filter(code=asked.code)
    if asked.weight:
        rows = rows.filter(weight=asked.weight)
    return rows


def of_user(user: Account) -> QuerySet[Deviation]:
    return (
        Deviation.objects.visible_to(user)
        .select_related("enrolment__patient__site", "visit", "closed_by", "classified_by")
        .defer("enrolment__version")
    )


def line_of(row: Deviation) -> Line:
    return Line(row, title_of(row.code), *STATES[row.outcome])


def page_of(row: Deviation) -> tuple[str, str] | None:
    """The address and the word of the thing it is about, if that has a page."""
    kind, _, key = row.about.partition(":")
    found = PAGES.get(kind)
    if found is None or not key.isdecimal():
        return (
            (reverse("protocols:visit", args=[row.visit_id]), "The visit") if row.visit_id else None
        )
    return reverse(found[0], args=[int(key)]), found[1]
