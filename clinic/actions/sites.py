"""Opening a clinic: the site, its first administrator, and who and what can be booked there."""

from collections.abc import Iterable
from datetime import datetime, time
from typing import Any

from django.db import transaction

from clinic import audit
from clinic.access import Role
from clinic.actions import links
from clinic.models import AccessLink, Account, Member, OpeningHours, Resource, Site


@transaction.atomic
def open_site(
    *, administrator_email: str, administrator_name: str, now: datetime, **details: Any
) -> tuple[Site, Member, str]:
    """A new site with its first administrator; returns the token of his single-use link.

    Everybody else is invited by him. `details` are the fields of Site.
    """
    site = Site.objects.create(**details)
    account = Account.objects.filter(email__iexact=administrator_email).first()
    if account is None:
        account = Account.objects.create_account(
            email=administrator_email, name=administrator_name, kind=Account.Kind.STAFF
        )
    member = Member.objects.create(account=account, site=site, role=Role.ADMINISTRATOR)
    account.member = member
    _, token = links.issue(account=account, purpose=AccessLink.Purpose.MEMBER, by=account, now=now)
    audit.record(actor=None, action="site.opened", subject=site, site=site)
    return site, member, token


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
