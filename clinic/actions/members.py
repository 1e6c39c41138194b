"""Who works here, as what; and getting back in after losing a second factor."""

from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse

from clinic import audit, outbox
from clinic.access import GRANTS, Capability, Role
from clinic.actions import links, second_step
from clinic.models import AccessLink, Account, Member, Site
from clinic.refusal import Refusal


@transaction.atomic
def invite(*, site: Site, email: str, name: str, role: Role, by: Account, now: datetime) -> Member:
    """Give somebody a role at a site; a new colleague is sent a link to choose a password.

    An account that works at another site already keeps its password and gets no link.
    """
    account = Account.objects.filter(email__iexact=email).first()
    if account is not None and account.kind != Account.Kind.STAFF:
        # Says nothing about whose it is: perhaps a patient's of another site.
        raise Refusal("Staff need an address of their own; this one is taken.", field="email")
    fresh = account is None
    if account is None:
        account = Account.objects.create_account(email=email, name=name, kind=Account.Kind.STAFF)
    member = _join(account, site, role)
    if fresh or not account.has_usable_password():
        _send_link(account, site, by, now)
    audit.record(actor=by, action="member.invited", subject=member, site=site, role=role.value)
    return member


def _join(account: Account, site: Site, role: Role) -> Member:
    try:
        with transaction.atomic():
            return Member.objects.create(account=account, site=site, role=role)
    except IntegrityError as clash:
        raise Refusal("This person already has a role at this site.", field="email") from clash


def _send_link(account: Account, site: Site, by: Account, now: datetime) -> None:
    link, token = links.issue(account=account, purpose=AccessLink.Purpose.MEMBER, by=by, now=now)
    outbox.enqueue(
        site=site,
        recipient=account.email,
        template="invitation",
        context={
            "link": f"{settings.BASE_URL}{reverse('clinic:open_link', args=[token])}",
            "days": links.LINK_DAYS,
        },
        dedupe_key=f"access-link:{link.pk}",
        subject=audit.label(link),
        expires_at=link.expires_at,
    )


@transaction.atomic
def send_link_again(*, member: Member, by: Account, now: datetime) -> None:
    """A new link for somebody who has not chosen a password yet; the old one stops working."""
    member = _at_work(member, by)
    if member.account.has_usable_password():
        raise Refusal("This person has a password already; it can be set anew at the sign-in page.")
    _send_link(member.account, member.site, by, now)
    audit.record(actor=by, action="member.link_sent", subject=member, site=member.site_id)


@transaction.atomic
def change_role(*, member: Member, role: Role, reason: str, by: Account) -> Member:
    """What a member may do changes with the next page he opens."""
    member = _at_work(member, by)
    if member.account_id == by.pk:
        raise Refusal("Nobody changes his own role.", field="role")
    if member.role == role:
        raise Refusal("That is the role he has.", field="role")
    if not reason.strip():
        raise Refusal("Say why.", field="reason")
    was, member.role = member.role, role
    member.save(update_fields=["role"])
    audit.record(
        actor=by, action="member.role_changed", subject=member, site=member.site_id,
        reason=reason.strip(), was=was, became=role.value,
    )  # fmt: skip
    return member


@transaction.atomic
def deactivate(*, member: Member, reason: str, by: Account, now: datetime) -> Member:
    """End a role at a site, now; the last one ends the sessions and the open links as well."""
    member = _at_work(member, by)
    if member.account_id == by.pk:
        raise Refusal("Nobody ends his own role; ask another administrator.")
    if not reason.strip():
        raise Refusal("Say why.", field="reason")
    member.deactivated_at, member.deactivated_by = now, by
    member.save(update_fields=["deactivated_at", "deactivated_by"])
    if not Member.objects.active().filter(account=member.account_id).exists():
        second_step.sign_out_everywhere(account=member.account)
        links.withdraw(account=member.account, now=now)
    audit.record(
        actor=by, action="member.deactivated", subject=member, site=member.site_id,
        reason=reason.strip(),
    )  # fmt: skip
    return member


@transaction.atomic
def reset_second_factor(*, member: Member, reason: str, by: Account) -> None:
    """Let somebody who lost phone and codes set up a new second step at the next sign-in.

    Every session ends; nobody resets his own.
    """
    member = _at_work(member, by)
    if member.account_id == by.pk:
        raise Refusal("Another administrator resets yours.")
    if not reason.strip():
        raise Refusal("Say why, and how you know it is this person.", field="reason")
    if not second_step.forget(account=member.account):
        raise Refusal("This person has no second step set up.", field="reason")
    audit.record(
        actor=by, action="member.second_factor_reset", subject=member, site=member.site_id,
        reason=reason.strip(),
    )  # fmt: skip


def _at_work(member: Member, by: Account) -> Member:
    """The member, held together with the one who acts on him, in the order of their numbers.

    Two administrators who end each other's roles at once take turns, and the second finds
    that he is none any more: a site never loses its last one.
    """
    if by.member is None:
        raise Refusal("You have no role at a site.")
    actor = by.member.pk
    held = {
        m.pk: m
        for m in Member.objects.select_for_update(of=("self",))
        .select_related("account", "site")
        .filter(pk__in=[member.pk, actor])
        .order_by("pk")
    }
    mine = held[actor]
    if mine.deactivated_at is not None or Capability.MEMBER_MANAGE not in GRANTS[Role(mine.role)]:
        raise Refusal("Your own role was changed meanwhile.")
    if held[member.pk].deactivated_at is not None:
        raise Refusal("This role has ended. Invite this person again to give a new one.")
    return held[member.pk]
