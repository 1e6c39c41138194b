"""Keep the rota, page whoever is on call, and go on to the next until somebody answers."""

import re
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.urls import reverse

from clinic import audit, outbox
from clinic.access import GRANTS, Capability, Role
from clinic.models import Account, Channel, Member, OnCallShift, Page, PageCall, Site
from clinic.refusal import Refusal
from clinic.rules.on_call import NextCall, next_call

LONGEST = timedelta(days=31)
DIALLED = re.compile(r"\+?[0-9]{3,15}")
CLASHES = {
    "on_call_has_one_person_in_each_place": "Somebody is in this place already at that time.",
    "on_call_person_has_one_place_at_a_time": "This member is on call already at that time.",
}


@transaction.atomic
def add_shift(  # noqa: PLR0913 -- a turn is all of these, by keyword
    *,
    site: Site,
    member: Member,
    rank: int,
    starts_at: datetime,
    ends_at: datetime,
    by: Account,
    now: datetime,
    channel: str = Channel.EMAIL,
    phone: str = "",
) -> OnCallShift:
    """Put a member on the rota; two in one place at a time are refused, with a sentence."""
    if member.site_id != site.pk or member.deactivated_at is not None:
        raise Refusal("Only who works at this site can be on call here.", field="member")
    if member.role not in roles_with(Capability.FINDING_READ):
        raise Refusal("This role may not see what a page is about.", field="member")
    if ends_at <= starts_at:
        raise Refusal("The turn ends before it begins.", field="ends_at")
    if ends_at - starts_at > LONGEST:
        raise Refusal("A turn is a month at the most.", field="ends_at")
    if ends_at <= now:
        raise Refusal("This turn is over already.", field="ends_at")
    if channel == Channel.TELEPHONE and not phone.strip():
        raise Refusal("A telephone needs a number.", field="phone")
    try:
        with transaction.atomic():
            shift = OnCallShift.objects.create(
                site=site,
                member=member,
                rank=rank,
                during=DateTimeTZRange(starts_at, ends_at),
                channel=channel,
                phone=phone.strip(),
                added_at=now,
                added_by=by,
            )
    except IntegrityError as clash:
        raise Refusal(clash_words(clash), field="starts_at") from clash
    audit.record(
        actor=by, action="on_call.added", subject=shift, site=site, member=member.pk, rank=rank,
        starts_at=starts_at, ends_at=ends_at,
    )  # fmt: skip
    return shift


def clash_words(clash: IntegrityError) -> str:
    cause = clash.__cause__
    name = getattr(getattr(cause, "diag", None), "constraint_name", "") or ""
    return CLASHES.get(name, "This turn does not fit into the rota.")


@transaction.atomic
def withdraw_shift(*, shift: OnCallShift, by: Account, now: datetime) -> OnCallShift:
    """Take a turn off the rota; what was paged in it stays as it was."""
    locked = OnCallShift.objects.select_for_update(of=("self",)).get(pk=shift.pk)
    if locked.withdrawn_at is None:
        locked.withdrawn_at, locked.withdrawn_by = now, by
        locked.save(update_fields=["withdrawn_at", "withdrawn_by"])
        audit.record(actor=by, action="on_call.withdrawn", subject=locked, site=locked.site_id)
    return locked


@transaction.atomic
def copy_week(*, site: Site, by: Account, now: datetime) -> int:
    """The standing turns of the coming seven days again, a week later; returns how many.

    On the clinic's clock: 08:00 stays 08:00 across a change of the hour. What would clash with
    a turn that is there already is left out.
    """
    week = timedelta(days=7)
    copied = 0
    coming = OnCallShift.objects.standing().filter(
        site=site, during__overlap=DateTimeTZRange(now, now + week)
    )
    for shift in coming.select_related("member"):
        if shift.member.deactivated_at is not None:
            continue
        first, last = (at.astimezone(site.zone) for at in (shift.during.lower, shift.during.upper))
        try:
            add_shift(
                site=site, member=shift.member, rank=shift.rank, starts_at=first + week,
                ends_at=last + week, by=by, now=now, channel=shift.channel, phone=shift.phone,
            )  # fmt: skip
        except Refusal:
            continue
        copied += 1
    return copied


@transaction.atomic
def set_numbers(*, site: Site, minutes: int, crisis_line: str, by: Account) -> Site:
    """How long a paged member has before the next one is paged, and the line open at any hour."""
    line = crisis_line.strip()
    if not DIALLED.fullmatch(line):
        raise Refusal("Give the number as it is dialled, digits only.", field="crisis_line")
    locked = Site.objects.select_for_update(of=("self",)).get(pk=site.pk)
    was = [locked.page_answer_minutes, locked.crisis_line]
    locked.page_answer_minutes, locked.crisis_line = minutes, line
    locked.save(update_fields=["page_answer_minutes", "crisis_line"])
    audit.record(
        actor=by, action="on_call.numbers", subject=locked, site=locked, was=was,
        became=[minutes, line],
    )  # fmt: skip
    return locked


@transaction.atomic
def page(
    *, site: Site, about: str, person: str, now: datetime, acting: Account | None = None
) -> Page:
    """Page whoever is on call about something, once while the page is open.

    `acting` is with him already: where the page would go to her, she has it and nobody is called.
    """
    made, fresh = Page.objects.select_for_update(of=("self",)).get_or_create(
        about=about,
        state=Page.State.OPEN,
        defaults={"site": site, "person": person, "raised_at": now, "next_at": now},
    )
    if fresh:
        audit.record(
            actor=None, action="page.raised", subject=made, person=person, site=site, about=about
        )
        if acting is not None and is_for(made, acting, now):
            settle(made, Page.State.ANSWERED, by=acting, now=now)
        else:
            call_next(made, now)
    return made


def is_for(open_page: Page, acting: Account, now: datetime) -> bool:
    """Would she be the first to be called: on call now, or nobody is and she may decide?"""
    mine = deciding(open_page.site, acting)
    first = OnCallShift.objects.filter(site=open_page.site).at(now).first()
    return mine is not None and (first is None or first.member_id == mine.pk)


def deciding(site: Site, account: Account) -> Member | None:
    """Her place at this site, if she may decide there."""
    mine = Member.objects.active().filter(account=account, site=site)
    return mine.filter(role__in=roles_with(Capability.FINDING_DECIDE)).first()


def call_due(*, now: datetime, limit: int = 50) -> int:
    """Go on with every page whose time to answer is over; may run twice, calls once."""
    called = 0
    with transaction.atomic():
        waiting = (
            Page.objects.open()
            .filter(next_at__lte=now)
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("site")
            .order_by("next_at")[:limit]
        )
        for waiting_page in waiting:
            called += call_next(waiting_page, now)
    return called


def call_next(open_page: Page, now: datetime) -> int:
    """One step of a page: whoever is next is called, and the clock starts anew."""
    site = open_page.site
    shifts = {shift.member_id: shift for shift in OnCallShift.objects.filter(site=site).at(now)}
    calls = list(open_page.calls.values_list("member", "round"))
    round_ = max((number for _, number in calls), default=1)
    step = next_call(
        rota=list(shifts),
        others=clinicians(site),
        called={member for member, number in calls if number == round_},
        round_=round_,
        answer_within=timedelta(minutes=site.page_answer_minutes),
    )
    members = Member.objects.active().select_related("account").in_bulk(step.members)
    for pk in step.members:
        if pk in members:
            call(open_page, members[pk], shifts.get(pk), step, now)
    open_page.next_at = now + step.wait
    open_page.save(update_fields=["next_at"])
    return len(members)


def roles_with(capability: Capability) -> list[str]:
    return [role.value for role in Role if capability in GRANTS[role]]


def clinicians(site: Site) -> list[int]:
    """Who may decide when nobody on the rota answers."""
    deciding = roles_with(Capability.FINDING_DECIDE)
    found = Member.objects.active().filter(site=site, role__in=deciding)
    return list(found.values_list("pk", flat=True))


def call(
    open_page: Page, member: Member, shift: OnCallShift | None, step: NextCall, now: datetime
) -> PageCall:
    """Write to him, and where he is reached by telephone ask the desk to ring."""
    message = outbox.enqueue(
        site=open_page.site,
        recipient=member.account.email,
        template="page",
        context={
            "link": f"{settings.BASE_URL}{reverse('clinic:page', args=[open_page.pk])}",
            "minutes": open_page.site.page_answer_minutes,
        },
        dedupe_key=f"page:{open_page.pk}:{member.pk}:{step.round}",
        subject=audit.label(open_page),
        not_before=now,
    )
    made = PageCall.objects.create(
        page=open_page,
        member=member,
        round=step.round,
        channel=shift.channel if shift else Channel.EMAIL,
        phone=shift.phone if shift else "",
        called_at=now,
        message=message,
    )
    audit.record(
        actor=None, action="page.called", subject=open_page, person=open_page.person,
        site=open_page.site_id, member=member.pk, round=step.round,
    )  # fmt: skip
    return made


@transaction.atomic
def answer(*, page: Page, by: Account, now: datetime) -> Page:
    """Somebody takes it: no further call goes out. Who comes second hears who was first."""
    locked = (
        Page.objects.select_for_update(of=("self",))
        .select_related("answered_by", "site")
        .get(pk=page.pk)
    )
    if locked.state == Page.State.WITHDRAWN:
        raise Refusal("This is not needed any more.")
    if locked.state == Page.State.ANSWERED:
        if locked.answered_by_id == by.pk:
            return locked
        at = locked.answered_at.astimezone(locked.site.zone) if locked.answered_at else now
        raise Refusal(f"{locked.answered_by} has answered already, at {at:%H:%M}.")
    settle(locked, Page.State.ANSWERED, by=by, now=now)
    return locked


@transaction.atomic
def answered(*, about: str, by: Account, now: datetime) -> None:
    """What the page was about has been dealt with: whoever did it has answered it."""
    found = Page.objects.open().select_for_update(of=("self",)).filter(about=about).first()
    if found is not None:
        settle(found, Page.State.ANSWERED, by=by, now=now)


@transaction.atomic
def withdraw(*, about: str) -> None:
    """What the page was about is no longer so."""
    found = Page.objects.open().select_for_update(of=("self",)).filter(about=about).first()
    if found is not None:
        settle(found, Page.State.WITHDRAWN)


def settle(
    open_page: Page, state: str, *, by: Account | None = None, now: datetime | None = None
) -> None:
    open_page.state, open_page.answered_by, open_page.answered_at = state, by, now
    open_page.save(update_fields=["state", "answered_by", "answered_at"])
    outbox.cancel(subject=audit.label(open_page))
    audit.record(
        actor=by, action=f"page.{state}", subject=open_page, person=open_page.person,
        site=open_page.site_id, about=open_page.about,
    )  # fmt: skip
