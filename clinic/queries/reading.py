"""Who reads in whose place, how long results may wait, and what was done when one did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.postgres.aggregates import ArrayAgg

from clinic.access import GRANTS, Capability, Role
from clinic.models import Account, Cover, Member, ReadingHours, ReadingStep, Site
from clinic.rules.reading import PROPOSED, STEP_WORDS, Hours, Severity, waited_words

#: Who may review results, and so stand in for who may.
REVIEWERS = [role.value for role in Role if Capability.RESULT_REVIEW in GRANTS[role]]


@dataclass(frozen=True, slots=True)
class Limit:
    """How long results of one severity wait before each step, and whether anybody decided that."""

    severity: Severity
    hours: Hours
    decided: ReadingHours | None = None


def limits_of(site: Site) -> dict[Severity, Limit]:
    """Every severity, as the site decided or as proposed; one query."""
    decided = {
        Severity(row.severity): row
        for row in ReadingHours.objects.filter(site=site).select_related("set_by")
    }
    return {
        severity: Limit(severity, row.hours if (row := decided.get(severity)) else hours, row)
        for severity, hours in PROPOSED.items()
    }


def covers(user: Account, today: date) -> Sequence[Cover]:
    """Those that hold or are to come at the site, soonest first."""
    return list(
        Cover.objects.visible_to(user)
        .standing()
        .filter(days__endswith__gt=today)
        .select_related("member__account", "by__account", "arranged_by")
    )


def covered_today(site: int, today: date) -> dict[int, Cover]:
    """Who is away today, by her key, with who reads for her."""
    rows = Cover.objects.on(today).filter(member__site=site)
    return {row.member_id: row for row in rows.select_related("member__account", "by__account")}


@dataclass(frozen=True, slots=True)
class Taken:
    """One step that was taken: who was told, and when."""

    words: str
    at: datetime
    after_hours: int
    told: str


@dataclass(frozen=True, slots=True)
class Unread:
    """How long nobody has looked at a result, and what was done about it."""

    since: datetime
    waited: str
    steps: Sequence[Taken]


def unread(about: str, since: datetime, now: datetime) -> Unread:
    """One query."""
    taken = (
        ReadingStep.objects.filter(about=about, since_at=since)
        .annotate(names=ArrayAgg("told__account__name", order_by="told__account__name"))
        .order_by("step")
    )
    steps = [
        Taken(
            STEP_WORDS[row.step],
            row.taken_at,
            row.after_hours,
            ", ".join(name for name in vars(row)["names"] if name) or "nobody was there",
        )
        for row in taken
    ]
    return Unread(since, waited_words(since, now), steps)


def on_site(site: int) -> list[int]:
    """The members of a site who may review results."""
    rows = Member.objects.active().filter(site=site, role__in=REVIEWERS)
    return list(rows.order_by("pk").values_list("pk", flat=True))
