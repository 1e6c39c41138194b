"""What surrounds every page: who is asking, at which site, and what the frame shows him."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import logout
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from clinic.access import Capability, may
from clinic.models import Account, Member, PageCall
from clinic.pages import AccountRequest
from config.accounts import note
from protocols.models import Finding
from protocols.queries.inbox_count import waiting
from protocols.queries.kept import Kept

Next = Callable[[HttpRequest], HttpResponse]
SITE_KEY = "site"
SEEN_KEY = "seen_at"
#: The second factors there are: the authenticator apps of all accounts.
APPS = Authenticator.objects.filter(type=Authenticator.Type.TOTP)
#: How many findings of a membership's site wait for somebody to act on them today.
CRITICAL = (
    Finding.objects.critical()
    .filter(enrolment__patient__site=OuterRef("site"))
    .order_by()
    .values("enrolment__patient__site")
    .values(number=Count("pk"))
)
#: The newest page a member was called for that nobody has answered.
PAGED = (
    PageCall.objects.filter(member=OuterRef("pk"), page__state="open")
    .order_by("-pk")
    .values("page")[:1]
)


def memberships(account: int, now: datetime) -> QuerySet[Member]:
    """Where somebody works, with what the frame of each page shows: pages cost no query for it."""
    return (
        Member.objects.active()
        .filter(account=account)
        .annotate(
            has_second_factor=Exists(APPS.filter(user=OuterRef("account"))),
            critical_count=Coalesce(Subquery(CRITICAL), 0),
            inbox_count=waiting(now),
            paged_for=Subquery(PAGED),
        )
        .select_related("site")
        .order_by("pk")
    )


MEMBERSHIPS = Kept(memberships, account=int, now=datetime)


class WholePage:
    """A swap whose answer would be the sign-in page loads that page whole instead."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        target = response.headers.get("Location", "").partition("?")[0]
        doors = (reverse("account_login"), reverse("mfa_activate_totp"))
        if "HX-Request" in request.headers and target in doors:
            return HttpResponse(headers={"HX-Redirect": _login_url(request, response)})
        return response


def _login_url(request: HttpRequest, response: HttpResponse) -> str:
    """Back to the page the swap belongs to, never to the address of its part."""
    path, _, query = response.headers["Location"].partition("?")
    wanted = QueryDict(query, mutable=True)
    if "next" in wanted:
        wanted["next"] = _own_page(request) or "/"
    return f"{path}?{wanted.urlencode(safe='/')}" if wanted else path


def _own_page(request: HttpRequest) -> str:
    """The page somebody is on, as an address of ours: where he goes on after signing in."""
    if "HX-Request" in request.headers:
        path: str = urlsplit(request.headers.get("HX-Current-URL", "")).path
        return path
    return request.path if request.method == "GET" else ""


class WhoIsAsking:
    """Give each request its member and site, anew: a changed role counts at once."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: AccountRequest) -> HttpResponse:
        request.site = None
        request.memberships = []
        user = request.user
        if user.is_authenticated and user.is_demonstration and not settings.DEMONSTRATION:
            logout(request)
            user = request.user
        if user.is_authenticated and user.kind == Account.Kind.STAFF:
            self._choose_site(request, user)
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()

    def _choose_site(self, request: AccountRequest, user: Account) -> None:
        members = MEMBERSHIPS(account=user.pk, now=timezone.now())
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

    def __call__(self, request: AccountRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = int(timezone.now().timestamp())
            seen = request.session.get(SEEN_KEY, now)
            if now - seen > settings.IDLE_SECONDS[request.user.kind]:
                return self._sign_out(request)
            # What a page asks for by itself (X-Background) keeps nobody signed in. Written at
            # most once a minute: a page that is read does not cost a write each time.
            away = now - seen >= 60 and "X-Background" not in request.headers
            if away or SEEN_KEY not in request.session:
                request.session[SEEN_KEY] = now
        return self.get_response(request)

    def _sign_out(self, request: AccountRequest) -> HttpResponse:
        note("account.signed_out", request.user, idle=True)
        request.session.flush()
        wanted = QueryDict(mutable=True)
        wanted["idle"] = "1"
        if page := _own_page(request):
            wanted["next"] = page
        return redirect(f"{reverse('account_login')}?{wanted.urlencode(safe='/')}")


class SecondFactorFirst:
    """A member works with a second factor or not at all; demonstration accounts are let off."""

    #: What somebody without one may open: the way to one, and the way out.
    OPEN = frozenset(
        {"mfa_activate_totp", "account_reauthenticate", "mfa_reauthenticate", "account_logout"}
    )

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: AccountRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or match.view_name in self.OPEN or not self._must_enrol(request):
            return None
        return redirect("mfa_activate_totp")

    def _must_enrol(self, request: AccountRequest) -> bool:
        user = request.user
        if not user.is_authenticated or user.kind != Account.Kind.STAFF:
            return False
        if user.is_demonstration and settings.DEMONSTRATION:
            return False
        if request.memberships:
            return not request.memberships[0].has_second_factor  # type: ignore[attr-defined]
        return not APPS.filter(user=user).exists()


NAV = [
    ("today", "protocols:today", "Today", "today", Capability.TODAY_READ),
    ("patients", "patients:registry", "Patients", "people", Capability.PATIENT_READ),
    ("calendar", "protocols:calendar", "Calendar", "cal", Capability.CALENDAR_READ),
    ("inbox", "protocols:inbox", "Inbox", "inbox", Capability.FINDING_READ),
    ("laboratory", "labs:bench", "Laboratory", "lab", Capability.RESULT_READ),
    ("stock", "protocols:stock", "Stock", "caps", Capability.STOCK_RECORD),
    ("reminders", "protocols:reminders", "Reminders", "bell", Capability.REMINDER_READ),
    ("outcomes", "protocols:outcomes", "Outcomes", "out", Capability.OUTCOME_READ),
    ("protocols", "protocols:definitions", "Protocols", "proto", Capability.PROTOCOL_READ),
    ("calculators", "protocols:calculators", "Calculators", "scale", Capability.PROTOCOL_READ),
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
            {
                "key": key,
                "url": reverse(url),
                "label": label,
                "icon": icon,
                "count": self.inbox_count if key == "inbox" else None,
            }
            for key, url, label, icon, capability in NAV
            if may(self.account, capability) and _exists(url)
        ]

    @property
    def inbox_count(self) -> int:
        """As read with the memberships, or as a page that has decided since says."""
        counted = getattr(self._request, "inbox_count", None)
        return int(getattr(self.member, "inbox_count", 0) if counted is None else counted)

    @property
    def critical_count(self) -> int:
        """Read with the memberships: the frame of a page costs no query of its own."""
        may_read = may(self.account, Capability.FINDING_READ)
        if self.member is None or not may_read:
            return 0
        return int(self.member.critical_count)  # type: ignore[attr-defined]

    @property
    def paged_for(self) -> int | None:
        """The page this member was called for and nobody has answered; it tops every page."""
        return getattr(self.member, "paged_for", None)


def _exists(name: str) -> bool:
    try:
        reverse(name)
    except NoReverseMatch:
        return False
    return True
