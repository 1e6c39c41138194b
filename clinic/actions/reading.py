"""Arrange who reads for whom, say how long results may wait, and tell people when one waits."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from clinic import audit, outbox
from clinic.access import Capability, may
from clinic.actions import on_call
from clinic.models import (
    Account,
    Cover,
    Member,
    OnCallShift,
    ReadingHours,
    ReadingStep,
    Site,
)
from clinic.queries.reading import REVIEWERS, limits_of, on_site
from clinic.refusal import Refusal
from clinic.rules.reading import ON_CALL, Severity, There, steps_due, told_at, why_not_hours

LONGEST = timedelta(days=92)


@transaction.atomic
def arrange_cover(
    *, member: Member, cover: Member, first_on: date, last_on: date, by: Account, now: datetime
) -> Cover:
    """Somebody is away from one day to another: who reads in her place; it ends by itself."""
    refuse_arranging(member, by)
    today = member.site.localdate(now)
    if cover.site_id != member.site_id or cover.deactivated_at or cover.role not in REVIEWERS:
        raise Refusal("Only who may review results here can read for her.", field="cover")
    if cover.pk == member.pk:
        raise Refusal("Somebody else reads while she is away.", field="cover")
    if last_on < first_on:
        raise Refusal("The last day comes before the first.", field="last_on")
    if last_on < today:
        raise Refusal("These days are over already.", field="last_on")
    if last_on - first_on > LONGEST:
        raise Refusal("Three months at the most.", field="last_on")
    days = DateRange(first_on, last_on + timedelta(days=1), "[)")
    refuse_chain(member, cover, days)
    try:
        with transaction.atomic():
            made = Cover.objects.create(
                member=member, by=cover, days=days, arranged_at=now, arranged_by=by
            )
    except IntegrityError as clash:
        if "cover_is_one_person_at_a_time" not in str(clash):
            raise
        raise Refusal("Somebody reads for her already on some of these days.") from clash
    audit.record(
        actor=by, action="cover.arranged", subject=made, site=member.site_id, member=member.pk,
        cover=cover.pk, first_on=first_on, last_on=last_on,
    )  # fmt: skip
    return made


def refuse_arranging(member: Member, by: Account) -> None:
    """She herself, or an administrator."""
    if member.role not in REVIEWERS or member.deactivated_at is not None:
        raise Refusal("Nobody waits for this member to read results.", field="member")
    own = member.account_id == by.pk
    chief = may(by, Capability.MEMBER_MANAGE) and by.member and by.member.site_id == member.site_id
    if not own and not chief:
        raise Refusal("She arranges this herself, or an administrator does.", field="member")


def refuse_chain(member: Member, cover: Member, days: DateRange) -> None:
    """Who stands in is there herself: what is left with her is not handed on."""
    standing = Cover.objects.standing().filter(days__overlap=days)
    if standing.filter(member=cover).exists():
        raise Refusal(f"{cover.account} is away herself on some of these days.", field="cover")
    if standing.filter(by=member).exists():
        raise Refusal("She reads for somebody else on some of these days.", field="first_on")


@transaction.atomic
def end_cover(*, cover: Cover, by: Account, now: datetime) -> Cover:
    """She is back before the day, or it was a mistake."""
    locked = Cover.objects.select_for_update(of=("self",)).select_related("member").get(pk=cover.pk)
    refuse_arranging(locked.member, by)
    if locked.ended_at is None:
        locked.ended_at, locked.ended_by = now, by
        locked.save(update_fields=["ended_at", "ended_by"])
        audit.record(
            actor=by, action="cover.ended", subject=locked, site=locked.member.site_id,
            member=locked.member_id,
        )  # fmt: skip
    return locked


@transaction.atomic
def set_hours(
    *, site: Site, severity: Severity, hours: Sequence[int], by: Account, now: datetime
) -> ReadingHours:
    """How long results of this severity may wait before each step: the site's own word."""
    if why := why_not_hours(hours):
        raise Refusal(why, field="hours")
    Site.objects.select_for_update(of=("self",)).get(pk=site.pk)
    was = limits_of(site)[severity].hours
    first, second, third = hours
    row, _ = ReadingHours.objects.update_or_create(
        site=site, severity=severity.value,
        defaults={
            "responsible": first, "on_call": second, "everybody": third, "set_at": now,
            "set_by": by,
        },
    )  # fmt: skip
    audit.record(
        actor=by, action="reading.hours", subject=row, site=site, severity=severity.value,
        was=list(was), became=list(hours),
    )  # fmt: skip
    return row


@transaction.atomic
def take_steps(
    *,
    site: Site,
    about: str,
    person: str,
    severity: Severity,
    since: datetime,
    responsible: int | None,
    now: datetime,
) -> list[ReadingStep]:
    """Whatever is due about one result that nobody has looked at; run again it does nothing.

    `responsible` is the member whose result it is. For a critical value whoever is on call is
    paged as well, until somebody answers.
    """
    Site.objects.select_for_update(of=("self",), no_key=True).get(pk=site.pk)
    taken = ReadingStep.objects.filter(about=about, since_at=since).values_list("step", flat=True)
    hours = limits_of(site)[severity].hours
    made = []
    for step in steps_due(since=since, now=now, hours=hours, taken=set(taken)):
        row = ReadingStep.objects.create(
            site=site, about=about, person=person, severity=severity.value,
            since_at=since, step=step, after_hours=hours[step - 1], taken_at=now,
        )  # fmt: skip
        told = told_at(step, people(site, responsible, now))
        row.told.set(told)
        for member in Member.objects.filter(pk__in=told).select_related("account"):
            write_to(member, site, now)
        audit.record(
            actor=None, action="reading.step", subject=row, person=person, site=site, about=about,
            step=step, told=list(told),
        )  # fmt: skip
        if severity is Severity.CRITICAL and step >= ON_CALL:
            on_call.page(site=site, about=about, person=person, now=now)
        made.append(row)
    return made


def people(site: Site, responsible: int | None, now: datetime) -> There:
    """Who is there to be told at this moment."""
    active = set(on_site(site.pk))
    today = Cover.objects.on(site.localdate(now)).filter(member=responsible)
    shifts = OnCallShift.objects.filter(site=site).at(now).values_list("member", flat=True)
    return There(
        responsible=responsible if responsible in active else None,
        covers=tuple(pk for pk in today.values_list("by", flat=True) if pk in active),
        on_call=tuple(pk for pk in shifts if pk in active),
        clinicians=tuple(sorted(active)),
    )


def write_to(member: Member, site: Site, now: datetime) -> None:
    """One neutral e-mail an hour, however much waits: the inbox tells what it is."""
    outbox.enqueue(
        site=site,
        recipient=member.account.email,
        template="unread",
        context={"link": settings.BASE_URL},
        dedupe_key=f"unread:{member.pk}:{now:%Y%m%d%H}",
        subject=audit.label(member),
        not_before=now,
    )
