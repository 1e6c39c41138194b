"""The people who work at this site, and what each may do."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from clinic.access import Capability, Role, requires
from clinic.actions import members, second_step
from clinic.models import Member
from clinic.pages import MemberRequest
from clinic.refusal import Refusal
from clinic.views.settings import granted, tabs

ROLES = [(role.value, role.value.title()) for role in Role]
WHY = "Kept in the trail."


class InviteForm(forms.Form):
    name = forms.CharField(max_length=120, label="Name")
    email = forms.EmailField(label="E-mail", help_text="The sign-in, and where the link goes.")
    role = forms.ChoiceField(choices=ROLES, label="Role", initial=Role.COORDINATOR.value)


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=ROLES, label="New role")
    reason = forms.CharField(
        max_length=200, label="Why", help_text=WHY, error_messages={"required": "Say why."}
    )


class ResetForm(forms.Form):
    reason = forms.CharField(
        max_length=200,
        label="Why, and how you know who asks",
        help_text=f"“Phone stolen; I know her voice.” {WHY}",
        error_messages={"required": "Say why, and how you know who asks."},
    )


class EndForm(forms.Form):
    reason = forms.CharField(
        max_length=200, label="Why", help_text=WHY, error_messages={"required": "Say why."}
    )


class SiteForm(forms.Form):
    site = forms.ChoiceField(label="Site")
    role = forms.ChoiceField(choices=ROLES, label="Role there")


@require_safe
@requires(Capability.MEMBER_MANAGE)
def member_list(request: MemberRequest) -> HttpResponse:
    return _list(request, InviteForm(prefix="invite"))


@require_POST
@requires(Capability.MEMBER_MANAGE)
def invite(request: MemberRequest) -> HttpResponse:
    form = InviteForm(request.POST, prefix="invite")

    def do(data: dict[str, Any]) -> str:
        member = members.invite(
            site=request.site,
            email=data["email"],
            name=data["name"],
            role=Role(data["role"]),
            by=request.user,
            now=timezone.now(),
        )
        if member.account.has_usable_password():
            return f"{member.account.name} works here too from now on, with the same sign-in."
        return f"{member.account.name} is invited; the link is on its way to {data['email']}."

    return _carried_out(request, form, do) or _list(request, form)


def _list(request: MemberRequest, form: forms.Form) -> HttpResponse:
    found = (
        Member.objects.visible_to(request.user)
        .select_related("account")
        .prefetch_related("account__authenticator_set")
        .order_by("account__name", "pk")
    )
    here = [member for member in found if member.deactivated_at is None]
    context = {
        "here": here,
        "gone": [member for member in found if member.deactivated_at is not None],
        "form": form,
        **tabs(request, "clinic:members"),
    }
    return render(request, "clinic/members.html", context, status=422 if form.errors else 200)


@require_safe
@requires(Capability.MEMBER_MANAGE)
def member(request: MemberRequest, pk: int) -> HttpResponse:
    return _one(request, _found(request, pk))


@require_POST
@requires(Capability.MEMBER_MANAGE)
def change_role(request: MemberRequest, pk: int) -> HttpResponse:
    found = _found(request, pk)
    form = RoleForm(request.POST, prefix="role")

    def do(data: dict[str, Any]) -> str:
        role = Role(data["role"])
        members.change_role(member=found, role=role, reason=data["reason"], by=request.user)
        return f"{found.account} is {role.value} from now on."

    return _carried_out(request, form, do, found) or _one(request, found, role=form)


@require_POST
@requires(Capability.MEMBER_MANAGE)
def reset_second_factor(request: MemberRequest, pk: int) -> HttpResponse:
    found = _found(request, pk)
    form = ResetForm(request.POST, prefix="reset")

    def do(data: dict[str, Any]) -> str:
        members.reset_second_factor(member=found, reason=data["reason"], by=request.user)
        return f"{found.account} sets up a new second step at the next sign-in."

    return _carried_out(request, form, do, found) or _one(request, found, reset=form)


@require_POST
@requires(Capability.MEMBER_MANAGE)
def end_role(request: MemberRequest, pk: int) -> HttpResponse:
    found = _found(request, pk)
    form = EndForm(request.POST, prefix="end")

    def do(data: dict[str, Any]) -> str:
        members.deactivate(member=found, reason=data["reason"], by=request.user, now=timezone.now())
        return f"{found.account} no longer works here."

    return _carried_out(request, form, do) or _one(request, found, end=form)


@require_POST
@requires(Capability.MEMBER_MANAGE)
def send_link(request: MemberRequest, pk: int) -> HttpResponse:
    found = _found(request, pk)
    form = forms.Form(request.POST)

    def do(data: dict[str, Any]) -> str:
        members.send_link_again(member=found, by=request.user, now=timezone.now())
        return f"A new link is on its way to {found.account.email}."

    return _carried_out(request, form, do, found) or _one(request, found, link=form)


@require_POST
@requires(Capability.MEMBER_MANAGE)
def add_site(request: MemberRequest, pk: int) -> HttpResponse:
    """A role for the same person at another site that the administrator looks after too."""
    found = _found(request, pk)
    form = _site_form(request, found, request.POST)

    def do(data: dict[str, Any]) -> str:
        mine = next(m for m in request.memberships if str(m.site_id) == data["site"])
        members.invite(
            site=mine.site,
            email=found.account.email,
            name=found.account.name,
            role=Role(data["role"]),
            by=request.user,
            now=timezone.now(),
        )
        return f"{found.account} is {data['role']} at {mine.site} too from now on."

    return _carried_out(request, form, do, found) or _one(request, found, site=form)


def _found(request: MemberRequest, pk: int) -> Member:
    return get_object_or_404(
        Member.objects.visible_to(request.user).select_related("account", "site"), pk=pk
    )


def _carried_out(
    request: MemberRequest,
    form: forms.Form,
    do: Callable[[dict[str, Any]], str],
    stay: Member | None = None,
) -> HttpResponse | None:
    """What was wished for, done, and said on the next page; None when the form says why not."""
    if not form.is_valid():
        return None
    try:
        said = do(form.cleaned_data)
    except Refusal as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return None
    messages.success(request, said)
    return redirect("clinic:member", stay.pk) if stay else redirect("clinic:members")


def _one(request: MemberRequest, found: Member, **given: forms.Form) -> HttpResponse:
    """One member and everything an administrator can do about him, each with its own button."""
    fresh = {
        "role": RoleForm(prefix="role", initial={"role": found.role}),
        "reset": ResetForm(prefix="reset"),
        "end": EndForm(prefix="end"),
        "link": forms.Form(),
        "site": _site_form(request, found),
    }
    context = {
        "found": found,
        "is_me": found.account_id == request.user.pk,
        "has_second_step": second_step.has_one(found.account),
        "elsewhere": Member.objects.active()
        .filter(account=found.account_id)
        .exclude(pk=found.pk)
        .select_related("site"),
        "forms": fresh | given,
        "grants": granted(Role(found.role)),
        **tabs(request, "clinic:members"),
    }
    return render(request, "clinic/member.html", context, status=422 if given else 200)


def _site_form(request: MemberRequest, found: Member, data: Any = None) -> SiteForm:
    """Only sites the administrator looks after himself, and the member is not at yet."""
    taken = Member.objects.active().filter(account=found.account_id).values_list("site", flat=True)
    there = set(taken)
    form = SiteForm(data, prefix="site", initial={"role": found.role})
    form.fields["site"].choices = [  # type: ignore[attr-defined]
        (str(mine.site_id), mine.site.name)
        for mine in request.memberships
        if mine.role == Role.ADMINISTRATOR and mine.site_id not in there
    ]
    return form
