"""Opening a clinic: the site, its first administrator, and who and what can be booked there."""

from collections.abc import Iterable
from datetime import datetime, time
from typing import Any

from django.db import transaction

from clinic import audit
from clinic.access import Role
from clinic.actions import links
from clinic.models import AccessLink, Account, Member, OpeningHours, Resource, Site
from clinic.refusal import Refusal


@transaction.atomic
def open_site(
    *, administrator_email: str, administrator_name: str, now: datetime, **details: Any
) -> tuple[Site, Member, str]:
    """A new site with its first administrator; returns the token of his single-use link.

    Everybody else is invited by him. `details` are the fields of Site.
    """
    site = Site.objects.create(**details)
    member, token = appoint(site=site, email=administrator_email, name=administrator_name, now=now)
    audit.record(actor=None, action="site.opened", subject=site, site=site)
    return site, member, token


@transaction.atomic
def appoint(*, site: Site, email: str, name: str, now: datetime) -> tuple[Member, str]:
    """Make somebody administrator from the house's own console, for a site that has none left.

    Returns the token of his single-use link, "" when he has a password already.
    """
    account = Account.objects.filter(email__iexact=email).first()
    if account is None:
        account = Account.objects.create_account(email=email, name=name, kind=Account.Kind.STAFF)
    if account.kind != Account.Kind.STAFF:
        raise Refusal("Staff need an address of their own; this one is taken.", field="email")
    if Member.objects.active().filter(account=account, site=site).exists():
        raise Refusal("This person already has a role at this site.", field="email")
    member = Member.objects.create(account=account, site=site, role=Role.ADMINISTRATOR)
    account.member = member
    token = ""
    if not account.has_usable_password():
        _, token = links.issue(
            account=account, purpose=AccessLink.Purpose.MEMBER, by=account, now=now
        )
    audit.record(actor=None, action="member.appointed", subject=member, site=site)
    return member, token


@transaction.atomic
def add_resource(
    *,
    site: Site,
    name: str,
    purpose: str,
    kind: str,
    weekly: Iterable[tuple[int, time, time]],
    by: Account,
    member: Member | None = None,
    slot_minutes: int = 30,
) -> Resource:
    """Somebody or something that can be booked, with its week: (weekday, from, to)."""
    position = Resource.objects.filter(site=site).count()
    resource = Resource.objects.create(
        site=site, name=name, purpose=purpose, kind=kind, member=member,
        position=position, slot_minutes=slot_minutes,
    )  # fmt: skip
    OpeningHours.objects.bulk_create(
        OpeningHours(resource=resource, weekday=day, opens=opens, closes=closes)
        for day, opens, closes in weekly
    )
    audit.record(actor=by, action="resource.added", subject=resource, site=site)
    return resource
