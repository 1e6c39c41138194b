"""Everything the page of one visit shows, in four queries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import F, OuterRef, QuerySet

from clinic.models import Account
from labs.models import Order, SemenAnalysis
from protocols.models import (
    CapsuleCount,
    Enrolment,
    Finding,
    MoodQuestionnaire,
    Prescription,
    Signature,
    SymptomGrade,
    Visit,
)
from protocols.queries.enrolment import definition_of
from protocols.queries.flowsheet import Measured, measured
from protocols.queries.known_history import KnownHistory, known_history
from protocols.queries.story import Story, gathered, revived, story_of
from protocols.queries.visit_items import asked_kinds, planned_of, required_panels
from protocols.rules.definition import Definition
from protocols.rules.programme import Panel, PlannedVisit
from protocols.rules.schedule import Conditions
from protocols.rules.vocabulary import ItemKind, Need

DAY = timedelta(days=1)
#: Blood of the week before the window still belongs to the visit, as for the dispense gate.
BEFORE_WINDOW = timedelta(days=7)
LOOK_BACK = timedelta(days=45)
MOOD = (
    "id", "enrolment_id", "visit_id", "answers", "difficulty", "total", "item9", "band", "words",
    "wants_call", "answered_at",
)  # fmt: skip
PRESCRIPTION = (
    "id", "enrolment_id", "visit_id", "number", "product", "formulation", "strength_mg",
    "capsules_per_day", "days", "capsules", "written_on",
)  # fmt: skip
DECIDED = (
    "id", "enrolment_id", "kind", "action", "urgency", "headline", "reasons", "ruleset", "evidence",
    "evidence_at", "repeat_by", "raised_at", "state", "decided_at", "decided_action",
    "decision_reason",
)  # fmt: skip
SIGNATURE = (
    "id", "visit_id", "printed_name", "signed_at", "meaning", "voided_at", "voided_because",
    "document_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Waiting:
    """A sheet that a second person has yet to verify."""

    pk: int
    collected_at: datetime
    sentence: str
    entered_by: str
    sent_back: bool


@dataclass(frozen=True, slots=True)
class Ordered:
    """An open order of the laboratory."""

    name: str
    semen: bool
    due_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Bottle:
    """A prescription with what became of it."""

    prescription: Prescription
    on: date | None
    lot: str
    capsules: int | None


@dataclass
class Workspace:
    """One visit and all that belongs to it; nothing in it asks the database again."""

    visit: Visit
    enrolment: Enrolment
    story: Story
    results: list[Measured]
    history: KnownHistory
    today: date
    mood: MoodQuestionnaire | None = None
    notes: dict[str, str] = field(default_factory=dict)
    bottles: list[Bottle] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    orders: list[Ordered] = field(default_factory=list)
    decided: list[tuple[Finding, str]] = field(default_factory=list)
    signatures: list[Signature] = field(default_factory=list)

    @property
    def definition(self) -> Definition:
        return definition_of(self.enrolment.version)

    @cached_property
    def planned(self) -> PlannedVisit | None:
        return planned_of(self.definition, self.visit)

    @property
    def on(self) -> date:
        """The day of the visit; today while he has not come."""
        return self.visit.attended_on or self.today

    @property
    def is_open(self) -> bool:
        return self.visit.status in (Visit.Status.IN_PROGRESS, Visit.Status.AMENDED)

    @property
    def signature(self) -> Signature | None:
        """The one that stands."""
        return next((row for row in self.signatures if row.voided_at is None), None)

    @property
    def voided(self) -> Signature | None:
        """The last one that was taken back."""
        void = [row for row in self.signatures if row.voided_at is not None]
        return void[-1] if void else None

    @cached_property
    def previous(self) -> Visit | None:
        """The visit before this one that he came to."""
        came = [
            row
            for row in self.story.visits
            if row.attended_on
            and row.pk != self.visit.pk
            and (row.attended_on, row.pk) < (self.on, self.visit.pk)
        ]
        return max(came, key=lambda row: (row.attended_on, row.pk), default=None)

    @property
    def count(self) -> CapsuleCount | None:
        counts = self.story.doses.counts if self.story.doses else []
        return next((row for row in counts if row.visit_id == self.visit.pk), None)

    @property
    def grades(self) -> dict[str, int]:
        return self.story.grades.get(self.visit.pk, {})

    @property
    def takes_the_drug(self) -> bool:
        """He has had a capsule before this day: there is something to count."""
        first = self.enrolment.first_dose_on
        return first is not None and first < self.on

    @property
    def blood_from(self) -> date:
        """The first day whose blood belongs to this visit."""
        if self.asks_if_stale:
            return self.on - timedelta(days=self.definition.gates.baseline_labs_max_age_days)
        opened = (self.visit.opens_on or self.on) - BEFORE_WINDOW
        return max(opened, self.news_from) if self.news_from else opened

    @property
    def semen_from(self) -> date:
        return max(self.blood_from, self.news_from) if self.news_from else self.blood_from

    @property
    def asks_if_stale(self) -> bool:
        items = self.planned.items if self.planned else ()
        return any(item.need is Need.IF_STALE for item in items)

    @property
    def news_from(self) -> date | None:
        """The day after he was last here."""
        before = self.previous
        return before.attended_on + DAY if before and before.attended_on else None

    @cached_property
    def until(self) -> date | None:
        """The last day whose results are this visit's: he came again on the next one."""
        later = [
            row.attended_on
            for row in self.story.visits
            if row.attended_on and (row.attended_on, row.pk) > (self.on, self.visit.pk)
        ]
        return max(self.on, min(later) - DAY) if later else None

    def is_mine(self, collected_at: datetime, since: date) -> bool:
        """Collected from that day on, and before he came again."""
        return since <= self.story.local(collected_at) <= (self.until or date.max)

    @cached_property
    def conditions(self) -> Conditions:
        """What decides which conditional items are required (domain reference §2.3)."""
        flags = self.definition.high_risk.flags
        opens = self.blood_from
        earlier = [
            row
            for row in self.results
            if opens - LOOK_BACK <= self.story.local(row.collected_at) < opens
        ]
        newest = {row.key: row for row in self.results}
        return Conditions(
            grade_two_at_previous_visit=any((row.grade or 0) >= 2 for row in earlier),
            high_risk=any(
                key in flags and row.present for key, row in self.history.conditions.items()
            ),
            last_abnormal=any(row.flag in ("low", "high") for row in newest.values()),
            labs_stale=True,
        )

    @cached_property
    def asked(self) -> frozenset[ItemKind]:
        return asked_kinds(self.planned, self.conditions)

    @cached_property
    def panels(self) -> list[Panel]:
        """The panels that must be in hand."""
        wanted = required_panels(self.planned, self.conditions)
        return [self.definition.panel(key) for key in wanted]

    @cached_property
    def news(self) -> list[Measured]:
        """Results since he was last here, and older ones that nobody has read yet."""
        since = self.news_from or self.blood_from
        return [
            row
            for row in self.results
            if self.is_mine(row.collected_at, date.min if not row.reviewed else since)
        ]

    @cached_property
    def new_samples(self) -> list[SemenAnalysis]:
        since = self.news_from or self.semen_from
        return [
            row
            for row in self.story.samples
            if self.is_mine(row.collected_at, date.min if row.reviewed_at is None else since)
        ]

    def in_hand(self, panel: Panel) -> bool:
        """Every value of the panel has come back for this visit."""
        keys = {row.key for row in self.results if self.is_mine(row.collected_at, self.blood_from)}
        return set(panel.analytes) <= keys

    @property
    def sample(self) -> SemenAnalysis | None:
        """The sample of this visit, once verified."""
        mine = [
            row for row in self.story.samples if self.is_mine(row.collected_at, self.semen_from)
        ]
        return mine[-1] if mine else None

    @property
    def bottle(self) -> Bottle | None:
        """The prescription of this visit, or one written since that waits to be handed out."""
        mine = [
            row
            for row in self.bottles
            if row.prescription.visit_id == self.visit.pk
            or (row.on is None and row.prescription.written_on >= self.on)
        ]
        return mine[-1] if mine else None

    @property
    def weight_before(self) -> Any:
        """The last weight before today, or that of the start."""
        earlier = [
            row.weight_kg
            for row in self.story.visits
            if row.weight_kg and row.attended_on and row.attended_on < self.on
        ]
        return earlier[-1] if earlier else self.enrolment.baseline_weight_kg


def workspace_of(visit: Visit, today: date) -> Workspace:
    """The page of a visit that `told` has read."""
    patient = visit.enrolment.patient
    story = story_of(patient, visit.enrolment_id)
    visit.enrolment = enrolment = story.enrolment or visit.enrolment
    rows = vars(visit)
    found = Workspace(
        visit=visit,
        enrolment=enrolment,
        story=story,
        results=measured(patient.pk),
        history=known_history(enrolment),
        today=today,
        mood=next(iter(revived(MoodQuestionnaire, rows["told_mood"], MOOD)), None),
        notes={row["term"]: row["note"] for row in rows["told_notes"] if row["note"]},
        bottles=list(_bottles(rows["told_prescriptions"])),
        waiting=list(_waiting(rows["told_waiting"])),
        orders=list(_ordered(rows["told_orders"])),
        decided=[
            (finding, row["by"])
            for finding, row in zip(
                revived(Finding, rows["told_decided"], DECIDED), rows["told_decided"], strict=True
            )
        ],
        signatures=revived(Signature, rows["told_signatures"], SIGNATURE),
    )
    for finding in found.story.findings:
        finding.enrolment = enrolment
    return found


def told(user: Account) -> QuerySet[Visit]:
    """The visits this member may see, each with what its page shows of it, in one query."""
    return told_of(Visit.objects.visible_to(user))


def told_of(visits: QuerySet[Visit]) -> QuerySet[Visit]:
    mine = {"enrolment": OuterRef("enrolment")}
    him = {"patient": OuterRef("enrolment__patient")}
    sheets = SemenAnalysis.objects.current().filter(**him, status="preliminary")
    written = Prescription.objects.filter(**mine, cancelled_at=None).order_by("number")
    decided = Finding.objects.filter(**mine, decided_at__isnull=False).order_by("decided_at")
    return (
        visits.select_related(
            "enrolment__patient__site", "enrolment__version", "opened_by", "identity_checked_by"
        )
        .defer("enrolment__version__definition")
        .annotate(
            told_mood=gathered(MoodQuestionnaire.objects.filter(visit=OuterRef("pk")), MOOD),
            told_notes=gathered(
                SymptomGrade.objects.filter(visit=OuterRef("pk")), ("term", "note")
            ),
            told_prescriptions=gathered(
                written,
                PRESCRIPTION,
                given_on=F("dispense__on"),
                lot=F("dispense__lot"),
                given=F("dispense__capsules"),
            ),
            told_waiting=gathered(
                sheets.order_by("collected_at"),
                ("id", "collected_at", "sentence", "sent_back_reason"),
                by=F("entered_by__name"),
            ),
            told_orders=gathered(
                Order.objects.open().filter(**him).order_by("due_on"),
                ("semen", "due_on", "reason"),
                panel=F("panel__name"),
            ),
            told_decided=gathered(decided, DECIDED, by=F("decided_by__name")),
            told_signatures=gathered(
                Signature.objects.filter(visit=OuterRef("pk")).order_by("signed_at"), SIGNATURE
            ),
        )
    )


def _bottles(rows: list[dict[str, Any]]) -> Iterator[Bottle]:
    for row, prescription in zip(rows, revived(Prescription, rows, PRESCRIPTION), strict=True):
        on = row["given_on"]
        yield Bottle(
            prescription, date.fromisoformat(on) if on else None, row["lot"] or "", row["given"]
        )


def _waiting(rows: list[dict[str, Any]]) -> Iterator[Waiting]:
    for row in rows:
        yield Waiting(
            row["id"],
            datetime.fromisoformat(row["collected_at"]),
            row["sentence"],
            row["by"] or "",
            bool(row["sent_back_reason"]),
        )


def _ordered(rows: list[dict[str, Any]]) -> Iterator[Ordered]:
    for row in rows:
        yield Ordered(
            row["panel"] or "Semen analysis",
            row["semen"],
            date.fromisoformat(row["due_on"]),
            row["reason"],
        )
