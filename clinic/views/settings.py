"""The pages behind Settings: one's own account, and for those who look after the site its tabs."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from clinic.access import GRANTS, IN_WORDS, Capability, Role, may, requires
from clinic.actions import second_step
from clinic.actions.preferences import choose_units
from clinic.pages import AccountRequest
from clinic.refusal import Refusal

TABS = [
    ("My account", "clinic:settings", Capability.ACCOUNT_OWN),
    ("Members", "clinic:members", Capability.MEMBER_MANAGE),
    ("On call", "clinic:on_call", Capability.ON_CALL_MANAGE),
    ("Who reads", "clinic:who_reads", Capability.ON_CALL_MANAGE),
    ("Trail", "clinic:audit", Capability.AUDIT_READ),
    ("Running", "clinic:health", Capability.AUDIT_READ),
]


def more_tabs() -> list[tuple[str, str, Capability]]:
    """Pages of upper floors that belong here; settings join them, so that no lower page does."""
    return [(label, name, Capability(key)) for label, name, key in settings.SETTINGS_TABS]


def tabs(request: AccountRequest, current: str) -> dict[str, Any]:
    """What the templates of these pages need beside their own context."""
    return {
        "nav": "settings",
        "tabs": [
            {"label": label, "url": reverse(name), "current": name == current}
            for label, name, capability in [*TABS, *more_tabs()]
            if may(request.user, capability)
        ],
    }


@require_safe
@requires(Capability.ACCOUNT_OWN)
def account(request: AccountRequest) -> HttpResponse:
    """One's own sign-in: password, second step, address, where one is signed in."""
    member = request.user.member
    context = {
        "frame": "base.html" if request.user.kind == "staff" else "portal/base.html",
        "second_step": second_step.has_one(request.user),
        "grants": granted(Role(member.role)) if member else [],
        **tabs(request, "clinic:settings"),
    }
    return render(request, "clinic/settings.html", context)


@require_POST
@requires(Capability.ACCOUNT_OWN)
def units(request: AccountRequest) -> HttpResponse:
    """From the switch of any page that shows results: back to where it was turned."""
    try:
        choose_units(account=request.user, units=request.POST.get("units", ""))
    except Refusal as refusal:
        messages.error(request, str(refusal))
    back = request.POST.get("next", "")
    ours = back.startswith("/") and url_has_allowed_host_and_scheme(back, {request.get_host()})
    return redirect(back if ours else "clinic:settings")


def granted(role: Role) -> list[str]:
    """What a role may do at its site, in the order of the day and in words."""
    return [
        IN_WORDS[each]
        for each in Capability
        if each in GRANTS[role] and each is not Capability.ACCOUNT_OWN
    ]
