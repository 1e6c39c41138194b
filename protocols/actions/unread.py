"""Nobody has looked at a result for hours: tell whoever looks after him, then others, then all."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import BigIntegerField, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from clinic import audit
from clinic.actions import reading
from clinic.models import Member, ReadingStep, Site
from clinic.queries.reading import limits_of
from clinic.rules.reading import Severity, steps_due
from labs.models import Draw, Result, SemenAnalysis
from protocols.models import Enrolment

Unread = Draw | SemenAnalysis


@dataclass(frozen=True, slots=True)
class Waiting:
    """One result nobody has looked at: how grave, since when, and whose it is to read."""

    result: Unread
    severity: Severity
    since: datetime
    responsible: int | None

    @property
    def about(self) -> str:
        return audit.label(self.result)


def escalate(*, now: datetime) -> int:
    """Whatever is due at every site; each result in a transaction of its own. Safe to run again."""
    return sum(escalate_site(site, now=now) for site in Site.objects.order_by("pk"))


def escalate_site(site: Site, *, now: datetime) -> int:
    limits = limits_of(site)
    first = min(limit.hours[0] for limit in limits.values())
    found = list(waiting_at(site))
    labels = [row.about for row in found]
    taken: dict[tuple[str, datetime], set[int]] = {}
    for about, since, step in ReadingStep.objects.filter(about__in=labels).values_list(
        "about", "since_at", "step"
    ):
        taken.setdefault((about, since), set()).add(step)
    due = [
        row
        for row in found
        if (now - row.since).total_seconds() >= first * 3600
        and steps_due(
            since=row.since,
            now=now,
            hours=limits[row.severity].hours,
            taken=taken.get((row.about, row.since), set()),
        )
    ]
    return sum(take(row, site, now) for row in due)


@transaction.atomic
def take(row: Waiting, site: Site, now: datetime) -> int:
    """Its steps, unless somebody has looked meanwhile."""
    rows = type(row.result)._default_manager.select_for_update(of=("self",), skip_locked=True)
    still = rows.filter(pk=row.result.pk, reviewed_at=None, status__in=["final", "corrected"])
    if not still.exists():
        return 0
    steps = reading.take_steps(
        site=site, about=row.about, person=audit.label(row.result.patient), severity=row.severity,
        since=row.since, responsible=row.responsible, now=now,
    )  # fmt: skip
    return len(steps)


def waiting_at(site: Site) -> Iterator[Waiting]:
    """Every final result of the site that nobody has reviewed; two queries."""
    standing = Result.objects.current().filter(draw=OuterRef("pk"))
    newest = Result.objects.filter(draw=OuterRef("pk")).order_by("-filed_at")
    draws = (
        mine(Draw.objects.unreviewed(), site)
        .annotate(
            since=Coalesce(Subquery(newest.values("filed_at")[:1]), F("filed_at")),
            is_critical=Exists(standing.filter(critical=True)),
            is_off=Exists(standing.filter(~Q(flag="normal") | Q(grade__gte=1))),
        )
        .order_by("pk")
    )
    for draw in draws:
        severity = severity_of(critical=draw.is_critical, off=draw.is_off)
        yield Waiting(draw, severity, draw.since, draw.responsible)
    sheets = mine(SemenAnalysis.objects.unreviewed(), site).order_by("pk")
    for sheet in sheets:
        since = sheet.verified_at or sheet.entered_at
        yield Waiting(sheet, Severity.OUT_OF_RANGE, since, sheet.responsible)


def severity_of(*, critical: bool, off: bool) -> Severity:
    if critical:
        return Severity.CRITICAL
    return Severity.OUT_OF_RANGE if off else Severity.IN_RANGE


def mine(rows: QuerySet[Any], site: Site) -> QuerySet[Any]:
    """Of this site, each with the member who looks after the man, else who asked for it."""
    enrolments = Enrolment.objects.filter(patient=OuterRef("patient"), clinician__isnull=False)
    asked = Member.objects.active().filter(site=site, account=OuterRef("order__ordered_by"))
    return (
        rows.filter(patient__site=site, patient__deceased_on=None)
        .select_related("patient")
        .annotate(
            responsible=Coalesce(
                Subquery(enrolments.order_by("-opened_at").values("clinician")[:1]),
                Subquery(asked.values("pk")[:1]),
                output_field=BigIntegerField(),
            )
        )
    )
