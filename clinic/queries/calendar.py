"""What is taken and what is free, for several resources of one site, in a few queries."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from clinic.models import Booking, ClosedDay, OpeningHours, Resource, Site
from clinic.rules.calendar import Hours, Span, open_spans, slots


def serving(site: Site, kinds: Iterable[str] | None = None) -> dict[Resource, list[Hours]]:
    """The resources of a site that have hours at all, in the order of the day's columns."""
    rows = OpeningHours.objects.filter(resource__site=site, resource__retired_on=None)
    if kinds is not None:
        rows = rows.filter(resource__kind__in=list(kinds))
    rows = rows.select_related("resource").order_by(
        "resource__position", "resource__name", "weekday", "opens"
    )
    found: dict[Resource, list[Hours]] = {}
    for row in rows:
        found.setdefault(row.resource, []).append(Hours(row.weekday, row.opens, row.closes))
    return found


def closed_on(site: Site, days: Sequence[date]) -> dict[date, str]:
    """The days among these on which the whole site is shut, and why."""
    rows = ClosedDay.objects.filter(site=site, on__in=list(days))
    return dict(rows.values_list("on", "name"))


def working_days(site: Site, days: Sequence[date]) -> list[date]:
    """Those of these days on which anybody or anything of the site serves; two queries."""
    hours = OpeningHours.objects.filter(resource__site=site, resource__retired_on=None)
    weekdays = set(hours.order_by().values_list("weekday", flat=True).distinct())
    shut = closed_on(site, days)
    return [day for day in days if day.weekday() in weekdays and day not in shut]


def free_times(
    *,
    hours: dict[Resource, list[Hours]],
    site: Site,
    days: Iterable[date],
    minutes: int | dict[int, int],
    now: datetime,
    attendee: str = "",
    besides: Iterable[int] = (),
    closed: dict[date, str] | None = None,
) -> dict[Resource, list[Span]]:
    """Free times from `now` on, of each resource, in which `attendee` is free as well.

    `minutes` is one length or one for each resource by its key; bookings in `besides` count as
    free. Two queries, one when the closed days are given.
    """
    wanted = sorted(set(days))
    shut = closed_on(site, wanted) if closed is None else closed
    open_times = {
        resource: [s for day in wanted for s in open_spans(day, row, zone=site.zone, closed=shut)]
        for resource, row in hours.items()
    }
    every = [span for spans in open_times.values() for span in spans]
    if not every:
        return {resource: [] for resource in hours}
    around = Span(min(s.starts_at for s in every), max(s.ends_at for s in every))
    busy, his = taken(around, [r.pk for r in hours], now=now, attendee=attendee, besides=besides)
    return {
        resource: [
            span
            for span in slots(
                spans,
                [*busy.get(resource.pk, ()), *his],
                minutes=minutes if isinstance(minutes, int) else minutes[resource.pk],
            )
            if span.starts_at >= now
        ]
        for resource, spans in open_times.items()
    }


def taken(
    around: Span,
    resources: Sequence[int],
    *,
    now: datetime,
    attendee: str = "",
    besides: Iterable[int] = (),
) -> tuple[dict[int, list[Span]], list[Span]]:
    """What is taken: by resource, and of the attendee wherever he is; lapsed holds are not."""
    holding = Booking.objects.holding().between(around.starts_at, around.ends_at)
    rows = holding.filter(resource__in=resources)
    if attendee:
        rows = rows | holding.filter(attendee=attendee)
    rows = rows.exclude(status=Booking.Status.HELD, held_until__lte=now).exclude(
        pk__in=list(besides)
    )
    busy: dict[int, list[Span]] = {}
    his: list[Span] = []
    for resource, who, during in rows.values_list("resource", "attendee", "during"):
        span = Span(during.lower, during.upper)
        busy.setdefault(resource, []).append(span)
        if attendee and who == attendee:
            his.append(span)
    return busy, his
