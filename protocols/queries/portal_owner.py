"""Whose portal it is, and which of his results are open to him: one query for every page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import CharField, Count, F, JSONField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat, JSONObject

from clinic.models import Account, AuditEvent, Site
from labs.models import Draw, Result, SemenAnalysis, Withholding
from labs.queries.release import FINAL, release_of
from labs.rules.release import Held, Release, Waiting
from patients.models import Letter, Patient, PortalAccount
from protocols.models import Enrolment
from protocols.queries.kept import Kept
from protocols.queries.story import gathered, revived

OPENED = "result.opened"
BLOOD, SAMPLE = "blood", "sample"
DRAW = (
    "id", "patient_id", "collected_at", "status", "filed_at", "reviewed_at", "comment",
    "moved_to_id",
)  # fmt: skip
SHEET = (
    "id", "patient_id", "collected_at", "status", "entered_at", "verified_at", "reviewed_at",
    "comment", "moved_to_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Collected:
    """One collection of blood or one sample, and whether he may read what came of it."""

    kind: str
    pk: int
    collected_at: datetime
    release: Release
    changed_at: datetime
    opened_at: datetime | None
    open: bool
    struck: bool
    news: bool
    again: bool = False
    moved: bool = False

    @property
    def held(self) -> bool:
        """Held back against harm, by people."""
        return self.release.waiting_for is Waiting.TALK

    @property
    def is_blood(self) -> bool:
        return self.kind == BLOOD


@dataclass
class Owner:
    """The patient behind an account, with what stands around each of his pages."""

    account: Account
    portal: PortalAccount
    patient: Patient
    unread: int
    collected: list[Collected]
    now: datetime

    @property
    def site(self) -> Site:
        return self.patient.site

    @cached_property
    def zone(self) -> ZoneInfo:
        """His own clock: where he lives, if he lives elsewhere."""
        return ZoneInfo(self.patient.time_zone) if self.patient.time_zone else self.site.zone

    @property
    def today(self) -> date:
        """The day on his own calendar."""
        return self.now.astimezone(self.zone).date()

    @property
    def clinic_today(self) -> date:
        return self.site.localdate(self.now)

    @property
    def discreet(self) -> bool:
        return self.portal.discreet

    @cached_property
    def news(self) -> list[Collected]:
        """Open results he has not looked at since they opened or changed, newest first."""
        return [row for row in self.collected if row.news]

    def open_keys(self, kind: str) -> list[int]:
        return [row.pk for row in self.collected if row.kind == kind and row.open]

    def find(self, kind: str, pk: int) -> Collected | None:
        return next((row for row in self.collected if (row.kind, row.pk) == (kind, pk)), None)


def owner_of(account: Account, now: datetime) -> Owner | None:
    """The living owner of an open portal, or None: then there is nothing to see."""
    patient = next(iter(_him(account=account.pk)), None)
    if patient is None:
        return None
    told, portal = vars(patient), patient.portal
    portal.patient = patient
    opened = {row["subject"]: datetime.fromisoformat(row["at"]) for row in told["told_opened"]}
    collected = [
        *_bloods(told["told_draws"], portal, opened, now),
        *_samples(told["told_sheets"], portal, opened, now),
    ]
    collected.sort(key=lambda row: (row.collected_at, row.pk), reverse=True)
    return Owner(account, portal, patient, told["unread"] or 0, collected, now)


def _bloods(
    rows: list[dict[str, Any]], portal: PortalAccount, opened: dict[str, datetime], now: datetime
) -> Iterator[Collected]:
    for draw, row in zip(revived(Draw, rows, DRAW), rows, strict=True):
        changed = row["changed"]
        when = datetime.fromisoformat(changed) if changed else draw.filed_at
        seen = opened.get(f"labs.draw:{draw.pk}")
        yield collected_of(
            BLOOD, draw, portal, when=when, seen=seen, held=held_of(row["held"]), now=now
        )


def _samples(
    rows: list[dict[str, Any]], portal: PortalAccount, opened: dict[str, datetime], now: datetime
) -> Iterator[Collected]:
    for sheet, row in zip(revived(SemenAnalysis, rows, SHEET), rows, strict=True):
        when = sheet.verified_at or sheet.entered_at
        seen = opened.get(f"labs.semenanalysis:{sheet.pk}")
        before = opened.get(f"labs.semenanalysis:{row['replaced']}")
        yield collected_of(
            SAMPLE, sheet, portal, when=when, seen=seen, before=before, held=held_of(row["held"]),
            now=now,
        )  # fmt: skip


def held_of(row: dict[str, Any] | None) -> Held | None:
    """What holds a result back, as it was gathered; whether it still does the rule says."""
    if row is None:
        return None
    placed, ends, confirmed = (
        datetime.fromisoformat(row[name]) if row[name] else None
        for name in ("placed_at", "ends_at", "confirmed_at")
    )
    return Held(placed, ends, confirmed) if placed and ends else None


def collected_of(
    kind: str,
    result: Draw | SemenAnalysis,
    portal: PortalAccount,
    *,
    when: datetime,
    seen: datetime | None,
    before: datetime | None = None,
    held: Held | None = None,
    now: datetime,
) -> Collected:
    """What he has once read stays open to him, and so does its correction unless it is held."""
    release = release_of(result, portal, held=held, now=now)
    talk = release.waiting_for is Waiting.TALK
    is_open = result.status in FINAL and (release.open or (bool(seen or before) and not talk))
    if result.comment and result.reviewed_at:
        when = max(when, result.reviewed_at)
    since = max(when, release.opens_at) if release.open and release.opens_at else when
    return Collected(
        kind=kind,
        pk=result.pk,
        collected_at=result.collected_at,
        release=release,
        changed_at=when,
        opened_at=seen,
        open=is_open,
        struck=result.status == Draw.Status.ENTERED_IN_ERROR,
        moved=result.moved_to_id is not None,
        again=before is not None,
        # What was there before he had a portal is history, not news.
        news=is_open and since >= portal.opened_at and (seen is None or seen < when),
    )


def owning(pk: int) -> Account:
    """A patient's account, as far as `visible_to` asks: what he may see hangs on its key."""
    return Account(pk=pk, kind=Account.Kind.PATIENT)


def _patients(account: int) -> QuerySet[Patient]:
    return (
        Patient.objects.visible_to(owning(account))
        .filter(deceased_on=None)
        .exclude(enrolments__status=Enrolment.Status.DECEASED)
        .select_related("site", "portal")
        .annotate(
            told_draws=gathered(_draws(), DRAW, changed=F("changed"), held=F("held")),
            told_sheets=gathered(_sheets(), SHEET, replaced=F("supersedes__id"), held=F("held")),
            told_opened=gathered(_opened(account), ("subject", "at")),
            unread=Subquery(_unread()),
        )
    )


_him = Kept(_patients, account=int)


def _draws() -> QuerySet[Draw]:
    newest = Result.objects.filter(draw=OuterRef("pk")).order_by("-filed_at")
    return Draw.objects.filter(patient=OuterRef("pk")).annotate(
        changed=Subquery(newest.values("filed_at")[:1]), held=_held("draw")
    )


def _sheets() -> QuerySet[SemenAnalysis]:
    mine = SemenAnalysis.objects.filter(patient=OuterRef("pk"), superseded_by=None)
    return mine.annotate(held=_held("analysis"))


def _held(name: str) -> Subquery:
    """What was last held back of this result and has not been let go."""
    rows = Withholding.objects.filter(lifted_at=None, **{name: OuterRef("pk")})
    told = JSONObject(
        placed_at=F("placed_at"), ends_at=F("held_until"), confirmed_at=F("confirmed_at")
    )
    return Subquery(rows.order_by("-placed_at").values(json=told)[:1], output_field=JSONField())


def _opened(account: int) -> QuerySet[AuditEvent]:
    """When he last opened each of his results; the trail knows."""
    label = Concat(
        Value("patients.patient:"), Cast(OuterRef("pk"), CharField()), output_field=CharField()
    )
    return (
        AuditEvent.objects.filter(person=label, actor=account, action=OPENED)
        .order_by("subject", "-at")
        .distinct("subject")
    )


def _unread() -> QuerySet[Any]:
    return (
        Letter.objects.filter(patient=OuterRef("pk"), from_patient=False, read_at=None)
        .order_by()
        .values("patient")
        .annotate(number=Coalesce(Count("pk"), 0))
        .values("number")
    )
