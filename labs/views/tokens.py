"""The keys of laboratories' systems: made, shown once, revoked."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from clinic.access import Capability, requires
from clinic.pages import MemberRequest
from clinic.refusal import Refusal
from labs.actions.tokens import make_token, revoke_token
from labs.models import Laboratory, LaboratoryToken


class TokenForm(forms.Form):
    laboratory = forms.ModelChoiceField(queryset=Laboratory.objects.none(), label="Laboratory")
    name = forms.CharField(
        max_length=80, label="Which system", help_text="“Results server”, “test machine”."
    )


class RevokeForm(forms.Form):
    reason = forms.CharField(
        max_length=200,
        label="Why it is revoked",
        help_text="Kept in the trail.",
        error_messages={"required": "Say why it is revoked."},
    )


@require_safe
@requires(Capability.MEMBER_MANAGE)
def tokens(request: MemberRequest) -> HttpResponse:
    return token_page(request, token_form(request))


def token_form(request: MemberRequest, data: object = None) -> TokenForm:
    form = TokenForm(data)  # type: ignore[arg-type]
    form.fields["laboratory"].queryset = (  # type: ignore[attr-defined]
        Laboratory.objects.visible_to(request.user).order_by("name")
    )
    return form


def token_page(
    request: MemberRequest, form: TokenForm, *, made: str = "", status: int = 200
) -> HttpResponse:
    found = LaboratoryToken.objects.visible_to(request.user).select_related(
        "laboratory", "created_by", "revoked_by"
    )
    rows = list(found)
    context = {
        "here": [row for row in rows if row.revoked_at is None],
        "gone": [row for row in rows if row.revoked_at is not None],
        "form": form,
        "made": made,
        "door": request.build_absolute_uri(reverse("fhir:door")),
        "nav": "settings",
        "back_url": reverse("clinic:settings"),
    }
    response = render(request, "labs/tokens.html", context, status=status)
    if made:
        response["Cache-Control"] = "private, no-store"
    return response


@require_http_methods(["POST"])
@requires(Capability.MEMBER_MANAGE)
def make(request: MemberRequest) -> HttpResponse:
    """Answered with the page itself: the key stands on it once, and in no session."""
    form = token_form(request, request.POST)
    if form.is_valid():
        try:
            _, made = make_token(
                laboratory=form.cleaned_data["laboratory"],
                name=form.cleaned_data["name"],
                by=request.user,
                now=timezone.now(),
            )
        except Refusal as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            return token_page(request, token_form(request), made=made)
    return token_page(request, form, status=422)


@require_http_methods(["GET", "POST"])
@requires(Capability.MEMBER_MANAGE)
def revoke(request: MemberRequest, pk: int) -> HttpResponse:
    mine = LaboratoryToken.objects.visible_to(request.user).select_related("laboratory")
    token = get_object_or_404(mine, pk=pk)
    form = RevokeForm(request.POST or None)
    if form.is_valid():
        try:
            revoke_token(
                token=token,
                reason=form.cleaned_data["reason"],
                by=request.user,
                now=timezone.now(),
            )
        except Refusal as refusal:
            form.add_error("reason", str(refusal))
        else:
            messages.success(request, f"{token.name} hands in nothing from now on.")
            return redirect("labs:tokens")
    context = {
        "token": token,
        "form": form,
        "nav": "settings",
        "back_url": reverse("labs:tokens"),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "labs/revoke_token.html", context, status=status)
