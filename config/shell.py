"""What surrounds every page: who is asking, at which site, and what the frame shows him."""

from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from clinic.access import Capability, may
from clinic.models import Account, Member
from clinic.pages import AccountRequest
from protocols.models import Finding

Next = Callable[[HttpRequest], HttpResponse]
SITE_KEY = "site"
SEEN_KEY = "seen_at"


class WhoIsAsking:
    """Give each request its member and site, anew: a changed role counts at once."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: AccountRequest) -> HttpResponse:
        request.site = None
        request.memberships = []
        user = request.user
        if user.is_authenticated and user.kind == Account.Kind.STAFF:
            self._choose_site(request, user)
        return self.get_response(request)

    def _choose_site(self, request: AccountRequest, user: Account) -> None:
        members = list(
            Member.objects.active().filter(account=user).select_related("site").order_by("pk")
        )
        chosen = request.session.get(SITE_KEY)
        member = next((m for m in members if m.site_id == chosen), members[0] if members else None)
        user.member = member
        request.memberships = members
        if member is not None:
            member.account = user
            request.site = member.site
            timezone.activate(member.site.zone)


class IdleSignOut:
    """Sign out whoever has been away too long (domain reference §9.1); the server counts."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = int(timezone.now().timestamp())
            seen = request.session.get(SEEN_KEY, now)
            if now - seen > settings.IDLE_SECONDS[request.user.kind]:
                request.session.flush()
                return redirect(f"{reverse('account_login')}?idle=1")
            # Written at most once a minute: a page that is read does not cost a write each time.
            if now - seen >= 60 or SEEN_KEY not in request.session:
                request.session[SEEN_KEY] = now
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()


class SecondFactorFirst:
    """A member works with a second factor or not at all; demonstration accounts are let off."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if self._must_enrol(request):
            return redirect("mfa_activate_totp")
        return self.get_response(request)

    def _must_enrol(self, request: HttpRequest) -> bool:
        user = request.user
        if not user.is_authenticated or user.kind != Account.Kind.STAFF:
            return False
        if user.is_demonstration and settings.DEMONSTRATION:
            return False
        if request.path.startswith(("/accounts/", "/static/")):
            return False
        if request.session.get("second_factor"):
            return False
        has = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()
        if has:
            request.session["second_factor"] = True
        return not has


NAV = [
    ("today", "protocols:today", "Today", "today", Capability.TODAY_READ),
    ("patients", "patients:registry", "Patients", "people", Capability.PATIENT_READ),
    ("calendar", "protocols:calendar", "Calendar", "cal", Capability.CALENDAR_READ),
    ("inbox", "protocols:inbox", "Inbox", "inbox", Capability.FINDING_READ),
    ("laboratory", "labs:bench", "Laboratory", "lab", Capability.RESULT_READ),
    ("reminders", "protocols:reminders", "Reminders", "bell", Capability.REMINDER_READ),
    ("outcomes", "protocols:outcomes", "Outcomes", "out", Capability.OUTCOME_READ),
    ("protocols", "protocols:definitions", "Protocols", "proto", Capability.PROTOCOL_READ),
    ("settings", "clinic:settings", "Settings", "cog", Capability.ACCOUNT_OWN),
]


def shell(request: AccountRequest) -> dict[str, Any]:
    """What base.html draws around the page of a member; lazily, so that swaps pay nothing."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"shell": None, "demonstration": settings.DEMONSTRATION}
    return {
        "shell": Shell(request) if user.kind == Account.Kind.STAFF else None,
        "demonstration": settings.DEMONSTRATION,
        "idle_seconds": settings.IDLE_SECONDS[user.kind],
    }


class Shell:
    """The frame of a member's page; every property is asked for by the template only when drawn."""

    def __init__(self, request: AccountRequest) -> None:
        self._request = request
        self.account = request.user
        self.member = request.user.member
        self.site = request.site
        self.sites = [m.site for m in request.memberships]
        self.clock = timezone.localtime()
        self.zone_word = self.site.zone_word if self.site else ""

    @property
    def nav(self) -> list[dict[str, Any]]:
        return [
            {"key": key, "url": reverse(url), "label": label, "icon": icon, "count": None}
            for key, url, label, icon, capability in NAV
            if may(self.account, capability) and _exists(url)
        ]

    @property
    def critical_count(self) -> int:
        if not may(self.account, Capability.FINDING_READ):
            return 0
        return Finding.objects.visible_to(self.account).critical().count()


def _exists(name: str) -> bool:
    try:
        reverse(name)
    except NoReverseMatch:
        return False
    return True
