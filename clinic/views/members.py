"""The people who work at this site, and what each may do."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from clinic.access import GRANTS, Capability, Role, requires
from clinic.actions import members
from clinic.models import Member
from clinic.pages import MemberRequest
from clinic.refusal import Refusal

ROLES = [(role.value, role.value.title()) for role in Role]


class InviteForm(forms.Form):
    name = forms.CharField(max_length=120, label="Name")
    email = forms.EmailField(label="E-mail", help_text="The sign-in, and where the link goes.")
    role = forms.ChoiceField(choices=ROLES, label="Role")


class MemberForm(forms.Form):
    """What an administrator does about one member; `act` names which."""

    role = forms.ChoiceField(choices=ROLES, label="Role", required=False)
    reason = forms.CharField(max_length=200, label="Reason", required=False)


@require_safe
@requires(Capability.MEMBER_MANAGE)
def member_list(request: MemberRequest) -> HttpResponse:
    return _page(request, InviteForm())


@require_http_methods(["POST"])
@requires(Capability.MEMBER_MANAGE)
def invite(request: MemberRequest) -> HttpResponse:
    form = InviteForm(request.POST)
    if form.is_valid():
        try:
            member = members.invite(
                site=request.site,
                email=form.cleaned_data["email"],
                name=form.cleaned_data["name"],
                role=Role(form.cleaned_data["role"]),
                by=request.user,
                now=timezone.now(),
            )
        except Refusal as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            messages.success(request, f"{member.account.name} is invited.")
            return redirect("clinic:members")
    return _page(request, form, status=422)


def _page(request: MemberRequest, form: forms.Form, status: int = 200) -> HttpResponse:
    found = (
        Member.objects.visible_to(request.user)
        .select_related("account")
        .prefetch_related("account__authenticator_set")
    )
    context = {"members": found, "form": form, "nav": "settings"}
    return render(request, "clinic/members.html", context, status=status)


@require_http_methods(["GET", "POST"])
@requires(Capability.MEMBER_MANAGE)
def member(request: MemberRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(
        Member.objects.visible_to(request.user).select_related("account", "site"), pk=pk
    )
    form = MemberForm(request.POST or None, initial={"role": found.role})
    if form.is_valid() and request.method == "POST":
        try:
            said = _act(request, found, form.cleaned_data)
        except Refusal as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            messages.success(request, said)
            return redirect("clinic:members")
    context = {
        "found": found,
        "form": form,
        "grants": sorted(GRANTS[Role(found.role)]),
        "nav": "settings",
    }
    return render(request, "clinic/member.html", context, status=422 if form.errors else 200)


def _act(request: MemberRequest, found: Member, data: dict[str, Any]) -> str:
    act, reason, by, now = request.POST.get("act"), data["reason"], request.user, timezone.now()
    if act == "role":
        members.change_role(member=found, role=Role(data["role"]), reason=reason, by=by)
        return f"{found.account} has another role from now on."
    if act == "deactivate":
        members.deactivate(member=found, reason=reason, by=by, now=now)
        return f"{found.account} no longer works here."
    if act == "second_factor":
        members.reset_second_factor(member=found, reason=reason, by=by)
        return f"{found.account} sets up a new second step at the next sign-in."
    members.send_link_again(member=found, by=by, now=now)
    return f"A new link is on its way to {found.account}."
