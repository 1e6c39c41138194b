"""Everything that waits for a decision at a site, most dangerous first, in one query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from django.db.models import QuerySet

from clinic.access import GRANTS, Role
from clinic.models import Account
from labs.rules.semen_class import CLASS_NAMES, SemenClass
from labs.rules.units import printed_unit
from protocols.models import Visit
from protocols.queries.inbox_rows import kinds
from protocols.queries.kept import Kept, somebody_at
from protocols.rules.danger import NORMAL, Waits, order_key

QUOTED = 60


@dataclass(frozen=True, slots=True)
class BandName:
    key: str
    title: str
    icon: str
    kind: str


BANDS = (
    BandName("self_harm", "Self-harm answers", "stop", "critical"),
    BandName("stop_hold", "Stop or hold", "hold", "critical"),
    BandName("critical", "Critical values", "stop", "critical"),
    BandName("freeze", "Motile sperm seen", "snow", "info"),
    BandName("duties", "For you to do", "flag", "warning"),
    BandName("results", "Results to review", "lab", "warning"),
    BandName("visits", "Visits to sign", "sign", ""),
    BandName("letters", "Messages", "msg", ""),
    BandName("events", "Side effects to grade", "pen", ""),
    BandName("normal", "Normal results", "sign", ""),
)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to decide: what it is, about whom, since when."""

    kind: str
    ref: int
    band: int
    at: datetime
    patient_id: int
    name: str
    born_on: date
    text: str
    more: dict[str, Any]

    @property
    def key(self) -> str:
        return f"{self.kind}/{self.ref}"

    @property
    def due_at(self) -> datetime | None:
        return self.at if self.more.get("watched") else None

    @property
    def waits(self) -> Waits:
        """How dangerous it may be, for its place in the list."""
        grades = [row.get("grade") or 0 for row in self.more.get("results") or ()]
        reasons = [row.get("grade") or 0 for row in self.more.get("reasons") or ()]
        return Waits(
            self.band,
            self.at,
            critical=bool(self.more.get("critical")),
            grade=max([*grades, *reasons, 0]),
            off=bool(grades) or self.kind in {"finding", "semen"},
        )

    @property
    def line(self) -> str:
        """What it is about, in one line under the name."""
        match self.kind:
            case "draw":
                return draw_line(self.more)
            case "semen":
                name = CLASS_NAMES[SemenClass(self.text)]
                motile = self.more.get("motile")
                return f"{name}; {motile} motile" if motile else name
            case "visit":
                return f"{self.text}, {visit_state(self.more)}"
            case "letter":
                short = self.text if len(self.text) <= QUOTED else f"{self.text[:QUOTED].rstrip()}…"
                return f"“{short}”"
            case "event":
                since = date.fromisoformat(self.more["since"])
                return f"{self.text}, grade {self.more['grade']}, since {since.day} {since:%b}"
        return self.text


def draw_line(more: dict[str, Any]) -> str:
    """Triglycerides 214 mg/dL grade 1, ALT 58 U/L high; not fasting."""
    out = [
        f"{row['name']} {row['reported']} {printed_unit(row['unit'])}"
        + (f" grade {row['grade']}" if row["grade"] else "")
        + (" critical" if row.get("critical") else "")
        for row in more.get("results", [])
    ]
    told = ", ".join(out) or "all in range"
    return f"{told}; not fasting" if more.get("fasting") is False else told


def visit_state(more: dict[str, Any]) -> str:
    if more.get("status") == Visit.Status.AMENDED:
        return "changed after signing"
    return "complete" if more.get("complete") else "left open"


@dataclass(frozen=True, slots=True)
class Band:
    name: BandName
    items: Sequence[Item]


@dataclass(frozen=True, slots=True)
class Inbox:
    """The bands that hold something; `normal` are results nobody need look at one by one."""

    bands: Sequence[Band]
    normal: Sequence[Item]

    @property
    def items(self) -> list[Item]:
        return [item for band in self.bands for item in band.items]

    @property
    def first(self) -> Item | None:
        return next(iter(self.items), None)

    def after(self, key: str) -> Item | None:
        """What comes next once this one is decided."""
        items = self.items
        at = next((number for number, item in enumerate(items) if item.key == key), None)
        if at is None:
            return self.first
        rest = items[at + 1 :] + items[:at]
        return rest[0] if rest else None


def inbox(user: Account, now: datetime) -> Inbox:
    """What this member may decide at the site he works at now."""
    member = user.member
    if member is None:
        return Inbox([], [])
    rows = _waiting(Role(member.role))
    today = member.site.localdate(now)
    found = sorted(
        (item_of(row) for row in rows(site=member.site_id, today=today, me=user.pk)),
        key=lambda item: (order_key(item.waits), item.ref),
    )
    bands = [
        Band(name, [item for item in found if item.band == number])
        for number, name in enumerate(BANDS[:NORMAL])
    ]
    return Inbox(
        bands=[band for band in bands if band.items],
        normal=[item for item in found if item.band == NORMAL],
    )


@cache
def _waiting(role: Role) -> Kept:
    """One statement for everything that somebody in this role may decide."""
    held = {None, *GRANTS[role]}

    def build(site: int, today: date, me: int) -> QuerySet[Any]:
        found = kinds(somebody_at(site), today, me)
        first, *others = (rows for asked, rows in found if asked in held)
        return first.union(*others, all=True)

    return Kept(build, site=int, today=date, me=int)


def item_of(row: dict[str, Any]) -> Item:
    return Item(
        kind=row["what"],
        ref=row["ref"],
        band=row["band"],
        at=row["at"],
        patient_id=row["whom"],
        name=f"{row['preferred'] or row['given']} {row['family']}",
        born_on=row["born"],
        text=row["text"],
        more=row["more"] or {},
    )
