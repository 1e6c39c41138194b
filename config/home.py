"""The front door: sends everybody to the page he starts his day with."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from clinic.access import Capability, may, requires

#: The first of these that somebody may open is his home.
HOMES = [
    (Capability.PORTAL_OWN, "portal:home"),
    (Capability.FINDING_DECIDE, "protocols:inbox"),
    (Capability.TODAY_READ, "protocols:today"),
    (Capability.SEMEN_ENTER, "labs:bench"),
    (Capability.SEMEN_VERIFY, "labs:bench"),
    (Capability.STOCK_RECORD, "protocols:stock"),
    (Capability.PATIENT_READ, "patients:registry"),
    (Capability.MEMBER_MANAGE, "clinic:members"),
    (Capability.AUDIT_READ, "clinic:audit"),
]


@require_safe
@requires(Capability.ACCOUNT_OWN)
def home(request: HttpRequest) -> HttpResponse:
    for capability, address in HOMES:
        if may(request.user, capability):
            return redirect(address)
    return redirect("clinic:settings")
