"""The men under way on another version, each as he stands, gathered for the what-if.

One query reads the men with their visits, bookings and papers, a second one their results, and
that only where the two versions ask differently: the cost is the same for one man and for many.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from clinic.models import Account, Site
from protocols.models import (
    Appointment,
    Enrolment,
    Pin,
    StatusChange,
    Version,
    VersionChange,
    Visit,
)
from protocols.queries.enrolment import definition_of
from protocols.queries.story import gathered
from protocols.queries.what_if_known import known_of
from protocols.rules.status import FOLLOWED_UP, Event
from protocols.rules.vocabulary import Phase
from protocols.rules.what_if import Anchors, Changes, Counts, Standing, StandingVisit, changes_of
from protocols.rules.what_if_falls import Known, asked_differently, further_falls

#: So many men are looked at in one request; more are looked at by further ones.
CHUNK = 250
VISIT = ("id", "code", "title", "opens_on", "target_on", "closes_on", "status", "attended_on")
STANDING_BOOKING = ("held", "booked")
#: What a change of version did to a visit so that it is not needed now.
DROPPED = ("gone", "not_asked")
AFTER_TREATMENT = frozenset({Phase.FOLLOW_UP, Phase.OUTCOME})


@dataclass(frozen=True, slots=True)
class Man:
    """One man with what the other version would change for him."""

    enrolment: Enrolment
    standing: Standing
    changes: Changes


@dataclass(frozen=True, slots=True)
class Look:
    """Some of the men, and where the next of them begin (None at the end)."""

    men: Sequence[Man]
    next_key: int | None

    def upto(self, size: int) -> Look:
        """The first of them; the next page begins after the last that is shown."""
        more = len(self.men) > size
        return Look(self.men[:size], self.men[size - 1].enrolment.pk if more else self.next_key)


def in_flight(user: Account, version: Version) -> QuerySet[Enrolment]:
    """Whoever is under way at the member's site in the same programme, on another version."""
    return (
        Enrolment.objects.visible_to(user)
        .live()
        .filter(version__protocol=version.protocol_id)
        .exclude(version=version.pk)
    )


def with_men(versions: QuerySet[Version], user: Account) -> QuerySet[Version]:
    """Each version with how many men `in_flight` would give, so that no page counts them apart."""
    others = (
        Enrolment.objects.visible_to(user)
        .live()
        .filter(version__protocol=OuterRef("protocol"))
        .exclude(version=OuterRef("pk"))
        .order_by()
        .values("version__protocol")
        .annotate(men=Count("pk"))
    )
    return versions.annotate(men=Coalesce(Subquery(others.values("men")), 0))


def with_plan(enrolments: QuerySet[Enrolment]) -> QuerySet[Enrolment]:
    """Each with his visits, what is booked for them, and what was pinned or dropped."""
    mine = {"enrolment": OuterRef("pk")}
    begun = StatusChange.objects.filter(**mine, event=Event.START_SCREENING).order_by("pk")
    return (
        enrolments.select_related("patient__site", "version__protocol")
        .defer("version__definition")
        .annotate(
            laid=gathered(
                Visit.objects.filter(**mine, planned__isnull=False).order_by("target_on", "pk"),
                VISIT,
                pinned=Exists(Pin.objects.standing().filter(visit=OuterRef("pk"))),
                booked=ArraySubquery(
                    Appointment.objects.filter(
                        visit=OuterRef("pk"), booking__status__in=STANDING_BOOKING
                    )
                    .order_by("booking__during")
                    .values("booking__during__startswith")
                ),
            ),
            changed=gathered(VersionChange.objects.filter(**mine).order_by("pk"), ("id", "moves")),
            screening_began_on=Subquery(begun.values("on")[:1]),
        )
    )


def look(
    enrolments: QuerySet[Enrolment], version: Version, now: datetime, *, after: int, size: int
) -> Look:
    """The next `size` men after a key, in the order of their enrolment, with their changes."""
    rows = enrolments.filter(pk__gt=after).order_by("pk")[: size + 1]
    found = list(men_of(rows, version, now))
    more = len(found) > size
    return Look(found[:size], found[size - 1].enrolment.pk if more else None)


def men_of(enrolments: QuerySet[Enrolment], version: Version, now: datetime) -> Iterator[Man]:
    """Compare each man's version with the other one."""
    rows = list(with_plan(enrolments))
    if not rows:
        return
    then = definition_of(version)
    versions = {row.version_id: definition_of(row.version) for row in rows}
    asked = {pk: asked_differently(was, then) for pk, was in versions.items()}
    known = known_of(rows, asked, now)
    for row in rows:
        was, standing = versions[row.version_id], standing_of(row, now)
        further = further_falls(was, then, asked[row.version_id], known.get(row.pk, Known()))
        yield Man(row, standing, changes_of(was, then, standing, further))


def standing_of(row: Enrolment, now: datetime) -> Standing:
    """Where he stands today, in the days of his clinic."""
    told, site = vars(row), row.patient.site
    dropped = dropped_by_changes(told["changed"])
    visits = tuple(standing_visit(visit, site, dropped) for visit in told["laid"])
    return Standing(
        anchors=Anchors(
            first_dose_on=row.first_dose_on,
            last_dose_on=row.last_dose_on,
            enrolled_on=told["screening_began_on"],
            attended={
                visit["code"]: date.fromisoformat(visit["attended_on"])
                for visit in told["laid"]
                if visit["attended_on"]
            },
        ),
        visits=visits,
        today=site.localdate(now),
        phases=phases_of(row.status),
    )


def standing_visit(visit: Mapping[str, Any], site: Site, dropped: frozenset[int]) -> StandingVisit:
    opens, target, closes = (
        date.fromisoformat(visit[name]) for name in ("opens_on", "target_on", "closes_on")
    )
    return StandingVisit(
        code=visit["code"],
        title=visit["title"],
        days=(opens, target, closes),
        done=visit["status"] != Visit.Status.PLANNED,
        pinned=visit["pinned"],
        booked_on=tuple(site.localdate(datetime.fromisoformat(at)) for at in visit["booked"]),
        dropped=visit["status"] == Visit.Status.SKIPPED and visit["id"] in dropped,
    )


def dropped_by_changes(changes: Iterable[Mapping[str, Any]]) -> frozenset[int]:
    """The visits that are not needed only because a version did not have them."""
    return frozenset(
        move["visit"] for change in changes for move in change["moves"] if move["what"] in DROPPED
    )


def phases_of(status: str) -> frozenset[Phase]:
    """Where a visit can still be added to his plan: after treatment only what follows it."""
    if status in FOLLOWED_UP:
        return AFTER_TREATMENT
    return frozenset(Phase)


def counts_of(men: Iterable[Man], sofar: Counts) -> Counts:
    return sofar.plus(man.changes for man in men)


def changing(seen: Look, size: int) -> Look:
    """Those for whom something would change; the next page goes on where this look ended."""
    return Look([man for man in seen.men if man.changes.any], seen.next_key).upto(size)
