"""Opening an invitation, staying signed in, one's own account, and changing sites."""

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic import audit
from clinic.access import Capability, requires
from clinic.actions import links
from clinic.pages import AccountRequest
from clinic.refusal import Refusal


class PasswordForm(forms.Form):
    password = forms.CharField(
        label="Your password",
        help_text="At least ten characters; a short sentence is good.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def open_link(request: AccountRequest, token: str) -> HttpResponse:
    """A single-use link: choose a password, then sign in with it."""
    now = timezone.now()
    link = links.usable(token, now)
    form = PasswordForm(request.POST or None)
    if link is not None and form.is_valid():
        try:
            links.redeem(token=token, password=form.cleaned_data["password"], now=now)
        except Refusal as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            return redirect("/accounts/login/?ready=1")
    status = 410 if link is None else (422 if form.errors else 200)
    return render(request, "clinic/open_link.html", {"link": link, "form": form}, status=status)


open_link.login_required = False  # type: ignore[attr-defined]


@require_safe
@requires(Capability.ACCOUNT_OWN)
def stay(request: AccountRequest) -> HttpResponse:
    """Asked by the page of somebody who is still there; the middleware notes the time."""
    return HttpResponse(status=204)


@require_POST
@requires(Capability.ACCOUNT_OWN)
def switch_site(request: AccountRequest) -> HttpResponse:
    """Work at another of one's own sites; a site that is not one's own changes nothing."""
    wanted = request.POST.get("site", "")
    mine = {str(m.site_id): m for m in request.memberships}
    if wanted in mine:
        request.session["site"] = mine[wanted].site_id
        site = mine[wanted].site
        audit.record(actor=request.user, action="site.switched", subject=site, site=site)
    return redirect("home")
