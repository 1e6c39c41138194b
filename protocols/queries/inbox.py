"""Everything that waits for a decision at a site, most dangerous first, in one query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    Exists,
    F,
    IntegerField,
    JSONField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, Concat, JSONObject

from clinic.access import GRANTS, Capability, Role
from clinic.models import Account
from labs.models import Draw, Result, SemenAnalysis
from labs.rules.semen_class import CLASS_NAMES, SemenClass
from labs.rules.units import printed_unit
from patients.models import Letter
from protocols.models import AdverseEvent, Duty, Finding, SymptomGrade, Visit
from protocols.queries.kept import Kept, somebody_at
from protocols.rules.adverse_events import MEDWATCH, SERIOUS
from protocols.rules.duties import WATCHED

#: Rows read for each kind of thing; what is beyond waits until these are done.
LIMIT = 100
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
(
    SELF_HARM, STOP_HOLD, CRITICAL, FREEZE, DUTIES, RESULTS, VISITS, LETTERS, EVENTS, NORMAL,
) = range(10)  # fmt: skip


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
    found = [item_of(row) for row in rows(site=member.site_id, today=today, me=user.pk)]
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
        return first.union(*others, all=True).order_by("band", "at", "ref")

    return Kept(build, site=int, today=date, me=int)


def kinds(user: Account, today: Any, me: Any) -> list[tuple[Capability | None, QuerySet[Any]]]:
    """Each kind of thing that waits, and what one must be able to do to be shown it."""
    return [
        (None, findings(user)),
        (None, duties(user, me)),
        (Capability.RESULT_REVIEW, draws(user)),
        (Capability.RESULT_REVIEW, samples(user)),
        (Capability.VISIT_SIGN, visits(user, today)),
        (Capability.MESSAGE_ANSWER, letters(user)),
        (Capability.FINDING_DECIDE, events(user)),
    ]


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


def columns(
    rows: QuerySet[Any],
    *,
    what: str,
    band: Any,
    at: Any,
    text: Any,
    more: Any = None,
    person: str = "patient",
) -> QuerySet[Any]:
    """The same columns for every kind of thing, so that they make one list."""
    nothing = Value(None, JSONField())
    return (
        rows.annotate(
            what=Value(what, CharField()),
            ref=F("pk"),
            band=band if not isinstance(band, int) else Value(band, IntegerField()),
            whom=F(f"{person}__pk"),
            given=F(f"{person}__given_name"),
            preferred=F(f"{person}__preferred_name"),
            family=F(f"{person}__family_name"),
            born=F(f"{person}__born_on"),
            at=at,
            text=Cast(text, TextField()),
            more=Cast(more if more is not None else nothing, JSONField()),
        )
        .order_by("band", "at")
        .values(
            "what", "ref", "band", "whom", "given", "preferred", "family", "born", "at", "text",
            "more",
        )[:LIMIT]
    )  # fmt: skip


def findings(user: Account) -> QuerySet[Any]:
    band = Case(
        When(urgency=0, then=Value(SELF_HARM)),
        When(urgency=1, then=Value(STOP_HOLD)),
        When(urgency=2, then=Value(CRITICAL)),
        When(urgency=3, then=Value(FREEZE)),
        default=Value(RESULTS),
        output_field=IntegerField(),
    )
    return columns(
        Finding.objects.open().visible_to(user),
        what="finding",
        band=band,
        at=F("raised_at"),
        text=F("headline"),
        more=JSONObject(action=F("action"), kind=F("kind")),
        person="enrolment__patient",
    )


def duties(user: Account, me: Any) -> QuerySet[Any]:
    """What a decision asks of this member, and what it asks of whoever is there."""
    for_all = Q(finding__isnull=False) | Q(code__in=[SERIOUS, MEDWATCH])
    asked = Q(owner__account=me) | Q(for_all, owner=None)
    return columns(
        Duty.objects.open().visible_to(user).filter(asked),
        what="duty",
        band=Case(
            When(code__in=WATCHED, then=SELF_HARM), default=DUTIES, output_field=IntegerField()
        ),
        at=F("due_at"),
        text=F("title"),
        more=JSONObject(watched=Q(code__in=WATCHED)),
        person="enrolment__patient",
    )


def open_finding(app_label: str) -> Exists:
    """A finding already asks for a decision about this."""
    label = Concat(Value(f"{app_label}:"), Cast(OuterRef("pk"), CharField()))
    return Exists(Finding.objects.open().filter(evidence=label))


def draws(user: Account) -> QuerySet[Any]:
    out = (
        Result.objects.current()
        .filter(draw=OuterRef("pk"))
        .filter(~Q(flag="normal") | Q(grade__gte=1))
    )
    shown = out.order_by("-grade", "analyte__position").values(
        json=JSONObject(
            name=F("analyte__name"), reported=F("reported"), unit=F("unit"), flag=F("flag"),
            grade=F("grade"),
        )
    )[:3]  # fmt: skip
    return columns(
        Draw.objects.visible_to(user)
        .unreviewed()
        .annotate(decided_elsewhere=open_finding("labs.draw"), out=Exists(out))
        .filter(decided_elsewhere=False),
        what="draw",
        band=Case(
            When(out=True, then=Value(RESULTS)),
            default=Value(NORMAL),
            output_field=IntegerField(),
        ),
        at=F("filed_at"),
        text=Value(""),
        more=JSONObject(
            collected_at=F("collected_at"),
            fasting=F("fasting"),
            results=ArraySubquery(shown),
        ),
    )


def samples(user: Account) -> QuerySet[Any]:
    return columns(
        SemenAnalysis.objects.visible_to(user)
        .unreviewed()
        .annotate(decided_elsewhere=open_finding("labs.semenanalysis"))
        .filter(decided_elsewhere=False),
        what="semen",
        band=RESULTS,
        at=F("entered_at"),
        text=F("result_class"),
        more=JSONObject(sperm=F("pellet_sperm_n"), motile=F("pellet_motile_n"), valid=F("valid")),
    )


def visits(user: Account, today: Any) -> QuerySet[Any]:
    """Attended and complete, left open on an earlier day, or changed after they were signed."""
    left_open = Q(plan_at__isnull=False) | Q(attended_on__lt=today)
    return columns(
        Visit.objects.visible_to(user).filter(
            Q(status="amended") | (Q(status="in_progress") & left_open)
        ),
        what="visit",
        band=VISITS,
        at=Cast(F("opened_at"), DateTimeField()),
        text=F("code"),
        more=JSONObject(status=F("status"), complete=F("plan_at"), title=F("title")),
        person="enrolment__patient",
    )


def letters(user: Account) -> QuerySet[Any]:
    """The last unread letter of each man."""
    last = (
        Letter.objects.unanswered()
        .filter(patient=OuterRef("patient"))
        .order_by("-written_at", "-pk")
        .values("pk")[:1]
    )
    return columns(
        Letter.objects.visible_to(user).unanswered().filter(pk=Subquery(last)),
        what="letter",
        band=LETTERS,
        at=F("written_at"),
        text=F("body"),
    )


def events(user: Account) -> QuerySet[Any]:
    """Ungraded by a clinician, or with news since; one graded in a signed visit was seen there."""
    last = SymptomGrade.objects.filter(
        visit__enrolment=OuterRef("enrolment"), term=OuterRef("term")
    ).order_by("-visit__attended_on", "-pk")
    return columns(
        AdverseEvent.objects.visible_to(user)
        .standing()
        .annotate(graded_in=Subquery(last.values("visit__status")[:1]))
        .filter(
            (Q(reviewed_at=None) & (Q(graded_in=None) | ~Q(graded_in=Visit.Status.SIGNED)))
            | Q(news_at__isnull=False)
            | Q(proposed_end_on__isnull=False)
        ),
        what="event",
        band=EVENTS,
        at=F("recorded_at"),
        text=F("title"),
        more=JSONObject(grade=F("grade"), since=F("onset_on")),
        person="enrolment__patient",
    )
