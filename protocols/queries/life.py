"""The life of an enrolment, step by step, and the enrolments that were before it; one query."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, OuterRef, QuerySet

from clinic.models import Account
from patients.models import Patient
from protocols.models import (
    Attestation,
    EligibilityCheck,
    Enrolment,
    Prescription,
    RulesetChoice,
    StatusChange,
)
from protocols.queries.story import gathered
from protocols.rules.eligibility import BESIDE
from protocols.rules.ipledge import Choice, in_force
from protocols.rules.status import Event
from protocols.rules.status_words import EVENTS
from protocols.rules.vocabulary import Ruleset


@dataclass(frozen=True, slots=True)
class Step:
    """One change of his status: what happened, when, by whom, with whom, and why."""

    became: str
    what: str
    on: date
    by: str
    second: str
    reason: str

    @property
    def word(self) -> str:
        return str(Enrolment.Status(self.became).label)


@dataclass(frozen=True, slots=True)
class Check:
    """The criteria as they stood when a clinician signed."""

    eligible: bool
    criteria: Sequence[Mapping[str, Any]]
    decided_on: date
    decided_by: str
    reason: str
    reason_code: str

    @property
    def decided(self) -> str:
        """What decided against him, by its name."""
        if self.eligible or not self.reason_code:
            return ""
        named = (row["title"] for row in self.criteria if row["code"] == self.reason_code)
        return BESIDE.get(self.reason_code) or str(next(named, self.reason_code))

    @property
    def unmet(self) -> list[Mapping[str, Any]]:
        return [row for row in self.criteria if row["met"] is False]


@dataclass(frozen=True, slots=True)
class Before:
    """An earlier enrolment of the same man."""

    pk: int
    status: str
    status_since: date
    first_dose_on: date | None
    last_dose_on: date | None
    check: Check | None

    @property
    def word(self) -> str:
        return str(Enrolment.Status(self.status).label)

    @property
    def failed(self) -> Check | None:
        return self.check if self.status == Enrolment.Status.SCREEN_FAILED else None


@dataclass(frozen=True, slots=True)
class Confirmation:
    month: int
    on: date
    by: str


@dataclass(frozen=True, slots=True)
class Life:
    """What the page of one enrolment tells beside its visits."""

    steps: tuple[Step, ...]
    check: Check | None
    earlier: tuple[Before, ...]
    choices: tuple[Choice, ...]
    confirmations: tuple[Confirmation, ...]
    #: When the prescription was written that nobody has picked up yet.
    waiting_since: tuple[date, ...]

    @property
    def corrected(self) -> bool:
        """His last step was taking back an end, with which bookings went."""
        last = next(iter(self.steps), None)
        return last is not None and last.what == EVENTS[Event.CORRECT_ERROR]

    def ruleset_on(self, on: date, default: Ruleset) -> Ruleset:
        return in_force(self.choices, on, default)


STEP = ("became", "event", "on", "reason")
CHECK = ("eligible", "criteria", "decided_on", "reason", "reason_code")
BEFORE = ("id", "status", "status_since", "first_dose_on", "last_dose_on")


def life_of(enrolment: Enrolment, user: Account) -> Life:
    """Every step newest first, the last signed criteria, what was before, and iPLEDGE."""
    him = {"enrolment": OuterRef("pk")}
    row = (
        Enrolment.objects.visible_to(user)
        .filter(pk=enrolment.pk)
        .order_by()
        .values(
            told_steps=gathered(
                StatusChange.objects.filter(**him).order_by("-pk"),
                STEP,
                by=F("by__name"),
                second=F("second_signature__name"),
            ),
            told_check=gathered(last_check(), CHECK, by=F("decided_by__name")),
            told_earlier=gathered(
                with_check(
                    Enrolment.objects.filter(patient=OuterRef("patient_id"))
                    .exclude(pk=OuterRef("pk"))
                    .order_by("-opened_at", "-pk")
                ),
                BEFORE,
                check=F("told_check"),
            ),
            told_choices=gathered(
                RulesetChoice.objects.filter(site=OuterRef("patient__site")),
                ("id", "ruleset", "effective_on"),
            ),
            told_months=gathered(
                Attestation.objects.filter(**him), ("month", "on"), by=F("recorded_by__name")
            ),
            told_waiting=gathered(
                Prescription.objects.filter(**him, cancelled_at=None, dispense=None),
                ("written_on",),
            ),
        )
        .get()
    )
    return life_from(row)


def life_from(row: Mapping[str, Any]) -> Life:
    return Life(
        steps=tuple(steps(row["told_steps"])),
        check=check_of(row["told_check"]),
        earlier=tuple(before(row["told_earlier"])),
        choices=tuple(
            Choice(Ruleset(one["ruleset"]), day(one["effective_on"]), one["id"])
            for one in row["told_choices"]
        ),
        confirmations=tuple(
            Confirmation(one["month"], day(one["on"]), one["by"]) for one in row["told_months"]
        ),
        waiting_since=tuple(day(one["written_on"]) for one in row["told_waiting"]),
    )


def earlier_of(patient: Patient, user: Account, but: Enrolment | None) -> tuple[Before, ...]:
    """His other enrolments, newest first, with what each screening came to."""
    his = Enrolment.objects.visible_to(user).filter(patient=patient)
    others = his.exclude(pk=but.pk) if but else his
    rows = with_check(others.order_by("-opened_at", "-pk")).values("told_check", *BEFORE)
    return tuple(before([{**row, "check": row["told_check"]} for row in rows]))


def with_check(enrolments: QuerySet[Enrolment]) -> QuerySet[Any]:
    return enrolments.annotate(told_check=gathered(last_check(), CHECK, by=F("decided_by__name")))


def last_check() -> QuerySet[EligibilityCheck]:
    return EligibilityCheck.objects.filter(enrolment=OuterRef("pk")).order_by("-pk")[:1]


def steps(rows: Sequence[Mapping[str, Any]]) -> Iterator[Step]:
    for row in rows:
        yield Step(
            became=row["became"],
            what=EVENTS.get(row["event"], row["event"]),
            on=day(row["on"]),
            by=row["by"] or "",
            second=row["second"] or "",
            reason=row["reason"],
        )


def check_of(rows: Sequence[Mapping[str, Any]]) -> Check | None:
    for row in rows:
        return Check(
            eligible=row["eligible"],
            criteria=row["criteria"],
            decided_on=day(row["decided_on"]),
            decided_by=row["by"],
            reason=row["reason"],
            reason_code=row["reason_code"],
        )
    return None


def before(rows: Sequence[Mapping[str, Any]]) -> Iterator[Before]:
    for row in rows:
        yield Before(
            pk=row["id"],
            status=row["status"],
            status_since=day(row["status_since"]),
            first_dose_on=maybe(row["first_dose_on"]),
            last_dose_on=maybe(row["last_dose_on"]),
            check=check_of(row["check"]),
        )


def day(value: date | str) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def maybe(value: date | str | None) -> date | None:
    return None if value is None else day(value)
