"""How allauth opens our door: no sign-up, our sentences, and mail through the outbox."""

from typing import Any
from uuid import uuid4

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as request_context
from django.http import HttpRequest
from django.template.loader import render_to_string

from clinic import outbox
from clinic.models import Account, Member, Site
from patients.models import PortalAccount


class Accounts(DefaultAccountAdapter):
    """Accounts are opened by invitation only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return "/"

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        """Accounts have no user name; the e-mail address is the name."""

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Ask for the password again before touching a second step, not before the first one."""
        user = request_context.request.user
        if app == "allauth.mfa" and not user.authenticator_set.exists():
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Every letter of the door leaves like every other: a row first, then the worker."""
        user = context.get("user")
        site = site_of(user if isinstance(user, Account) else None)
        subject = render_to_string(f"{template_prefix}_subject.txt", context).strip()
        body = render_to_string(f"{template_prefix}_message.txt", context).strip()
        outbox.enqueue(
            site=site,
            recipient=email,
            template="account",
            context={"subject": subject, "body": body},
            dedupe_key=f"account:{uuid4()}",
        )


def site_of(account: Account | None) -> Site:
    """Whose name and telephone number stand under a letter to this account."""
    if account is not None:
        member = Member.objects.active().filter(account=account).select_related("site").first()
        if member is not None:
            return member.site
        portal = PortalAccount.objects.filter(account=account).select_related("patient__site")
        found = portal.first()
        if found is not None:
            return found.patient.site
    return Site.objects.order_by("pk")[0]


def sign_in_name(request: HttpRequest | None, credentials: dict[str, Any] | None) -> str:
    """What failed sign-ins are counted under: the address as typed, whatever its letters' case."""
    given = credentials or {}
    typed = given.get("email") or given.get("login") or given.get("username")
    if not typed and request is not None:
        typed = request.POST.get("login", "")
    return str(typed or "").strip().lower()
