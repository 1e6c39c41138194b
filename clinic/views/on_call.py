"""Who is on call, and the pages: whom they went to, and taking one."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from clinic.access import Capability, requires
from clinic.actions import on_call
from clinic.forms import MomentInput
from clinic.models import Channel, Member, OnCallShift, Page
from clinic.pages import MemberRequest, person_url
from clinic.queries import on_call as reading
from clinic.refusal import Refusal
from clinic.views.settings import tabs


class ShiftForm(forms.Form):
    member = forms.ModelChoiceField(Member.objects.none(), label="Who", empty_label="Choose …")
    rank = forms.TypedChoiceField(
        choices=OnCallShift.Rank.choices, coerce=int, label="Paged", initial=1
    )
    starts_at = forms.DateTimeField(label="From", widget=MomentInput())
    ends_at = forms.DateTimeField(label="Until", widget=MomentInput())
    channel = forms.ChoiceField(
        choices=Channel.choices,
        label="Reached by",
        help_text="An e-mail goes in any case.",
        initial=Channel.EMAIL,
    )
    phone = forms.CharField(max_length=30, required=False, label="Telephone")

    def __init__(self, *args: Any, members: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["member"].queryset = members  # type: ignore[attr-defined]


class NumbersForm(forms.Form):
    minutes = forms.IntegerField(
        min_value=1,
        max_value=240,
        label="Minutes to answer before the next one is paged",
        help_text="Shipped as 15: a default that the medical lead signs off.",
    )
    crisis_line = forms.CharField(
        max_length=16,
        label="The line for a man in danger, open at any hour",
        help_text="He reads it at once in the portal: 988 in the United States.",
    )


@require_safe
@requires(Capability.ON_CALL_MANAGE)
def rota(request: MemberRequest) -> HttpResponse:
    return _rota(request)


@require_POST
@requires(Capability.ON_CALL_MANAGE)
def add_shift(request: MemberRequest) -> HttpResponse:
    form = ShiftForm(request.POST, members=_members(request))
    if form.is_valid():
        try:
            shift = on_call.add_shift(
                site=request.site, by=request.user, now=timezone.now(), **form.cleaned_data
            )
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, f"{shift.member.account} is on the rota.")
            return redirect("clinic:on_call")
    return _rota(request, shift=form)


@require_POST
@requires(Capability.ON_CALL_MANAGE)
def withdraw_shift(request: MemberRequest, pk: int) -> HttpResponse:
    found = (
        OnCallShift.objects.visible_to(request.user).standing().select_related("member__account")
    )
    shift = get_object_or_404(found, pk=pk)
    on_call.withdraw_shift(shift=shift, by=request.user, now=timezone.now())
    messages.success(request, f"{shift.member.account} is taken off this turn.")
    return redirect("clinic:on_call")


@require_POST
@requires(Capability.ON_CALL_MANAGE)
def copy_week(request: MemberRequest) -> HttpResponse:
    copied = on_call.copy_week(site=request.site, by=request.user, now=timezone.now())
    if copied:
        messages.success(request, f"{copied} turn{'s' if copied > 1 else ''} copied.")
    else:
        messages.info(request, "There was nothing to copy that is not on the rota already.")
    return redirect("clinic:on_call")


@require_POST
@requires(Capability.ON_CALL_MANAGE)
def set_numbers(request: MemberRequest) -> HttpResponse:
    form = NumbersForm(request.POST)
    if form.is_valid():
        try:
            on_call.set_numbers(site=request.site, by=request.user, **form.cleaned_data)
        except Refusal as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, "Saved.")
            return redirect("clinic:on_call")
    return _rota(request, numbers=form)


@require_safe
@requires(Capability.FINDING_READ)
def pages(request: MemberRequest) -> HttpResponse:
    """What was paged lately, whom it went to, and who answered."""
    return render(request, "clinic/pages.html", {"pages": reading.pages(request.user)})


@require_safe
@requires(Capability.FINDING_READ)
def page(request: MemberRequest, pk: int) -> HttpResponse:
    """One page: what for, who was called when, and the button that takes it."""
    found = get_object_or_404(
        Page.objects.visible_to(request.user)
        .select_related("answered_by")
        .prefetch_related("calls__member__account", "calls__message"),
        pk=pk,
    )
    return render(request, "clinic/page.html", {"page": found, "now": timezone.now()})


@require_POST
@requires(Capability.FINDING_READ)
def answer(request: MemberRequest, pk: int) -> HttpResponse:
    """Take it, and go on to the man it is about."""
    found = get_object_or_404(Page.objects.visible_to(request.user), pk=pk)
    try:
        taken = on_call.answer(page=found, by=request.user, now=timezone.now())
    except Refusal as refusal:
        messages.info(request, str(refusal))
        return redirect("clinic:page", pk)
    messages.success(request, "You have taken this page: nobody else is called.")
    return redirect(person_url(taken.person) if taken.person else "clinic:pages")


def _members(request: MemberRequest) -> Any:
    colleagues = Member.objects.visible_to(request.user).active()
    able = colleagues.filter(role__in=on_call.roles_with(Capability.FINDING_READ))
    return able.select_related("account").order_by("account__name")


def _rota(request: MemberRequest, **given: forms.Form) -> HttpResponse:
    now = timezone.now()
    shifts = reading.rota(request.user, now=now)
    fresh = {
        "shift": ShiftForm(members=_members(request), initial=_coming_night(now)),
        "numbers": NumbersForm(
            initial={
                "minutes": request.site.page_answer_minutes,
                "crisis_line": request.site.crisis_line,
            }
        ),
    }
    context = {
        "shifts": shifts,
        "here": reading.on_call_now(shifts, now=now),
        "gaps": reading.gaps(shifts, now=now),
        "forms": fresh | given,
        "now": now,
        **tabs(request, "clinic:on_call"),
    }
    return render(request, "clinic/on_call.html", context, status=422 if given else 200)


def _coming_night(now: datetime) -> dict[str, Any]:
    """From this evening to the next morning, on the clinic's clock: what a rota is mostly for."""
    local = timezone.localtime(now)
    evening = local.replace(hour=17, minute=0, second=0, microsecond=0)
    return {
        "starts_at": evening,
        "ends_at": (evening + timedelta(days=1)).replace(hour=8),
    }
