"""A check-in that was wrong, corrected from the page of its visit."""

from collections.abc import Callable

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from clinic.access import Capability, requires
from clinic.pages import MemberRequest
from clinic.refusal import Refusal
from protocols.actions import attendance
from protocols.forms.visits import DayForm, TakeBackForm
from protocols.models import Visit
from protocols.views.inbox import add_refusal
from protocols.views.visit_page import page, work_or_404


@require_POST
@requires(Capability.VISIT_RECORD)
def correct_day(request: MemberRequest, pk: int) -> HttpResponse:
    """He came on another day."""
    form = DayForm(request.POST, prefix="day")
    said = "The day is corrected; early and late were judged anew."
    return mend(request, pk, "day", form, attendance.correct_day, said)


@require_POST
@requires(Capability.VISIT_RECORD)
def take_back(request: MemberRequest, pk: int) -> HttpResponse:
    """Nobody came: the visit is awaited again."""
    form = TakeBackForm(request.POST, prefix="back")
    return mend(request, pk, "back", form, attendance.take_back, "The check-in is taken back.")


def mend(
    request: MemberRequest, pk: int, key: str, form: Form, act: Callable[..., Visit], said: str
) -> HttpResponse:
    work = work_or_404(request, pk)
    if form.is_valid():
        try:
            act(visit=work.visit, by=request.user, now=timezone.now(), **form.cleaned_data)
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, said)
            return redirect("protocols:visit", pk)
    return page(request, work, {key: form})
