"""What he may choose himself: when he sees results, and what his first page leaves out."""

from urllib.parse import urlsplit

from django.contrib import messages as notes
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from clinic.access import Capability, requires
from clinic.refusal import Refusal
from patients.actions import portal as actions
from patients.models import ConsentText
from patients.queries.consents import consents_in_force
from protocols.portal.forms import ReleaseForm
from protocols.portal.owner import owned, page
from protocols.queries.portal_owner import Owner

#: A refused tap is answered at an address that cannot be opened by itself.
ONLY_POSTED = ("portal:tick", "portal:feel", "portal:release", "portal:discreet")


@require_safe
@requires(Capability.PORTAL_OWN)
@owned
def preferences(request: HttpRequest, owner: Owner) -> HttpResponse:
    return preferences_page(request, owner)


@require_POST
@requires(Capability.PORTAL_OWN)
@owned
def release(request: HttpRequest, owner: Owner) -> HttpResponse:
    """His own wish, and nobody else's (domain reference §9.3)."""
    form = ReleaseForm(request.POST)
    if form.is_valid():
        try:
            actions.choose_release(
                portal=owner.portal,
                release=form.cleaned_data["release"],
                days=form.cleaned_data["release_days"] or 0,
                by=owner.account,
            )
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            notes.success(request, "Kept. It holds from now on.")
            return redirect("portal:preferences")
    return preferences_page(request, owner, form)


@require_POST
@requires(Capability.PORTAL_OWN)
@owned
def discreet(request: HttpRequest, owner: Owner) -> HttpResponse:
    """From the head of any page: back to where he was."""
    wanted = request.POST.get("discreet") == "on"
    if wanted != owner.discreet:
        actions.choose_discretion(portal=owner.portal, discreet=wanted, by=owner.account)
    return redirect(where_from(request))


def where_from(request: HttpRequest) -> str:
    """The page of ours he tapped it on, else the first one."""
    came = request.headers.get("Referer", "")
    path, home = urlsplit(came).path, reverse("portal:home")
    ours = url_has_allowed_host_and_scheme(came, {request.get_host()}) and path.startswith(home)
    return path if ours and path not in {reverse(name) for name in ONLY_POSTED} else home


def preferences_page(
    request: HttpRequest, owner: Owner, form: ReleaseForm | None = None
) -> HttpResponse:
    portal = owner.portal
    shown = form or ReleaseForm(
        initial={"release": portal.release, "release_days": portal.release_days or None}
    )
    agreed = consents_in_force(owner.patient, owner.clinic_today)
    context = {
        "form": shown,
        "agreed": ConsentText.Kind.MESSAGES in agreed,
        "nav": "preferences",
    }
    return page(request, owner, "preferences", context, status=422 if form else 200)
