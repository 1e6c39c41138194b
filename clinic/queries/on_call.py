"""The rota as people read it, and what was paged: whom it went to and who answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Prefetch

from clinic.models import Account, OnCallShift, Page, PageCall, Site

#: How far the rota is looked at for hours that nobody holds.
AHEAD = timedelta(days=14)
RECENT = 20


@dataclass(frozen=True, slots=True)
class Gap:
    """A time for which nobody is first on call."""

    starts_at: datetime
    ends_at: datetime


def rota(user: Account, *, now: datetime) -> Sequence[OnCallShift]:
    """The standing turns that are not over, soonest first."""
    return list(
        OnCallShift.objects.visible_to(user)
        .standing()
        .filter(during__endswith__gt=now)
        .select_related("member__account")
        .order_by("during", "rank")
    )


def gaps(shifts: Sequence[OnCallShift], *, now: datetime) -> list[Gap]:
    """When nobody is first on call in the coming two weeks."""
    until, free_from, found = now + AHEAD, now, []
    first = [shift for shift in shifts if shift.rank == OnCallShift.Rank.FIRST]
    for shift in sorted(first, key=lambda turn: turn.during.lower):
        if shift.during.lower >= until:
            break
        if shift.during.lower > free_from:
            found.append(Gap(free_from, shift.during.lower))
        free_from = max(free_from, shift.during.upper)
    if free_from < until:
        found.append(Gap(free_from, until))
    return found


def on_call_now(shifts: Sequence[OnCallShift], *, now: datetime) -> list[OnCallShift]:
    return sorted((shift for shift in shifts if now in shift.during), key=lambda turn: turn.rank)


def pages(user: Account) -> Sequence[Page]:
    """The latest pages of the site, those nobody has answered first."""
    calls = PageCall.objects.select_related("member__account", "message").order_by("pk")
    return list(
        Page.objects.visible_to(user)
        .select_related("answered_by")
        .prefetch_related(Prefetch("calls", queryset=calls))
        .order_by("-state", "-raised_at")[:RECENT]
    )


def to_telephone(site: Site) -> Sequence[PageCall]:
    """Calls of open pages that the desk makes by telephone."""
    return list(
        PageCall.objects.filter(page__site=site, page__state=Page.State.OPEN, channel="telephone")
        .select_related("member__account", "page")
        .order_by("called_at")
    )
