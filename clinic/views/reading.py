"""Who reads results while somebody is away, and how long one may wait unread."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from clinic.access import Capability, may, requires
from clinic.actions import reading as actions
from clinic.forms import DayInput
from clinic.models import Cover, Member
from clinic.models.reading import SEVERITIES
from clinic.pages import MemberRequest
from clinic.queries import reading
from clinic.refusal import Refusal
from clinic.rules.reading import MOST_HOURS, PROPOSED, STEP_WORDS, STEPS, Severity
from clinic.views.settings import tabs

#: The fields of the hours, in the order of the steps.
NAMES = ("responsible", "on_call", "everybody")


class CoverForm(forms.Form):
    member = forms.ModelChoiceField(
        Member.objects.none(), label="Who is away", empty_label="Choose …"
    )
    cover = forms.ModelChoiceField(
        Member.objects.none(), label="Who reads for her", empty_label="Choose …"
    )
    first_on = forms.DateField(label="First day", widget=DayInput())
    last_on = forms.DateField(label="Last day", widget=DayInput())

    def __init__(self, *args: Any, members: Any, own: Member | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["member"].queryset = members.filter(pk=own.pk) if own else members  # type: ignore[attr-defined]
        self.fields["cover"].queryset = members.exclude(pk=own.pk) if own else members  # type: ignore[attr-defined]
        if own:
            self.fields["member"].initial = own.pk


class HoursForm(forms.Form):
    """Three numbers of one severity."""

    responsible = forms.IntegerField(label="Whoever looks after him", min_value=1)
    on_call = forms.IntegerField(label="Cover and on call", min_value=1)
    everybody = forms.IntegerField(label="Every clinician", min_value=1, max_value=MOST_HOURS)

    @property
    def hours(self) -> list[int]:
        return [self.cleaned_data[name] for name in NAMES]


@require_safe
@requires(Capability.ON_CALL_MANAGE)
def who_reads(request: MemberRequest) -> HttpResponse:
    return _page(request)


@require_POST
@requires(Capability.ON_CALL_MANAGE)
def arrange(request: MemberRequest) -> HttpResponse:
    """She herself, or an administrator for somebody who cannot."""
    form = _cover_form(request, request.POST)
    if form.is_valid():
        try:
            cover = actions.arrange_cover(by=request.user, now=timezone.now(), **form.cleaned_data)
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, f"{cover.by.account} reads until {spoken(cover.last_day)}.")
            return redirect("clinic:who_reads")
    return _page(request, cover=form)


@require_POST
@requires(Capability.ON_CALL_MANAGE)
def end(request: MemberRequest, pk: int) -> HttpResponse:
    found = Cover.objects.visible_to(request.user).standing().select_related("member__account")
    cover = get_object_or_404(found, pk=pk)
    try:
        actions.end_cover(cover=cover, by=request.user, now=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{cover.member.account} reads herself again.")
    return redirect("clinic:who_reads")


@require_POST
@requires(Capability.ON_CALL_MANAGE)
def set_hours(request: MemberRequest, severity: str) -> HttpResponse:
    wanted = _severity_or_404(severity)
    form = HoursForm(request.POST, prefix=severity)
    if form.is_valid():
        try:
            actions.set_hours(
                site=request.site, severity=wanted, hours=form.hours, by=request.user,
                now=timezone.now(),
            )  # fmt: skip
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Kept. It holds from now on.")
            return redirect("clinic:who_reads")
    return _page(request, hours={wanted: form})


def spoken(day: date) -> str:
    return f"{day.day} {day:%b}"


def _severity_or_404(text: str) -> Severity:
    if text not in set(Severity):
        raise Http404
    return Severity(text)


def _cover_form(request: MemberRequest, data: Any = None) -> CoverForm:
    colleagues = Member.objects.visible_to(request.user).active()
    able = colleagues.filter(role__in=reading.REVIEWERS)
    chief = may(request.user, Capability.MEMBER_MANAGE)
    member = request.user.member
    own = member if not chief and member and member.role in reading.REVIEWERS else None
    return CoverForm(
        data,
        members=able.select_related("account").order_by("account__name"),
        own=own,
        initial={"first_on": timezone.localdate()},
    )


def _page(
    request: MemberRequest,
    *,
    cover: CoverForm | None = None,
    hours: dict[Severity, HoursForm] | None = None,
) -> HttpResponse:
    today = timezone.localdate()
    limits = reading.limits_of(request.site)
    given = hours or {}
    chief = may(request.user, Capability.MEMBER_MANAGE)
    own = may(request.user, Capability.RESULT_REVIEW)
    member = request.user.member
    rows = [
        {
            "severity": severity,
            "words": dict(SEVERITIES)[severity.value],
            "limit": limit,
            "proposed": PROPOSED[severity],
            "form": given.get(severity) or HoursForm(
                prefix=severity.value,
                initial=dict(zip(NAMES, limit.hours, strict=True)),
            ),
        }
        for severity, limit in limits.items()
    ]  # fmt: skip
    context = {
        "covers": reading.covers(request.user, today),
        "form": cover or (_cover_form(request) if chief or own else None),
        "rows": rows,
        "steps": [STEP_WORDS[step] for step in STEPS],
        "today": today,
        "mine": member.pk if member else None,
        "chief": chief,
        **tabs(request, "clinic:who_reads"),
    }
    status = 422 if cover or hours else 200
    return render(request, "clinic/who_reads.html", context, status=status)
