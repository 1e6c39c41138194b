"""Findings: the evidence beside the decision, and the decision itself."""

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from clinic.access import Capability, requires
from clinic.pages import render_part
from clinic.refusal import Refusal
from protocols.actions import letters
from protocols.actions.safety import decide, note_not_reached
from protocols.forms.safety import LetterForm
from protocols.models import Finding
from protocols.views.inbox import add_refusal, onward, refused
from protocols.views.items import decision_form, opened


def finding_or_404(request, pk: int) -> Finding:
    rows = (
        Finding.objects.visible_to(request.user)
        .select_related("enrolment__patient__site", "enrolment__version")
        .defer("enrolment__version__definition")
    )
    return get_object_or_404(rows, pk=pk)


@require_safe
@requires(Capability.FINDING_READ)
def finding(request, pk: int) -> HttpResponse:
    return page(request, pk)


def page(request, pk: int, form: Form | None = None, name: str = "form") -> HttpResponse:
    detail = opened(request, "finding", pk, {name: form} if form else None)
    context: dict[str, Any] = {
        "detail": detail,
        "banner": detail["banner"],
        "patient": detail["patient"],
        "nav": "patients",
        "now": timezone.localtime(),
        "today": timezone.localdate(),
    }
    status = 422 if form else 200
    return render_part(request, "protocols/safety/finding.html", "finding", context, status=status)


@require_POST
@requires(Capability.FINDING_DECIDE)
def decide_finding(request, pk: int) -> HttpResponse:
    found = finding_or_404(request, pk)
    form = decision_form(request, found, request.POST)
    if form.is_valid():
        try:
            done = decide(finding=found, by=request.user, now=timezone.now(), **form.decision)
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, outcome(done))
            return after(request, done)
    if "next" in request.POST:
        return refused(request, "finding", pk, form)
    return page(request, pk, form)


def outcome(done: Finding) -> str:
    name = done.enrolment.patient
    if done.state == Finding.State.DECLINED:
        return f"{name}: declined, with your reason."
    return f"{name}: {done.get_decided_action_display().lower()}."


def after(request, done: Finding) -> HttpResponse:
    """On to the next item of the inbox, or back to where it was decided: the record, its page."""
    if "next" in request.POST:
        return onward(request, "finding", done.pk)
    if request.POST.get("back") == "record":
        return redirect("protocols:record", done.enrolment.patient_id)
    return redirect("protocols:finding", done.pk)


@require_POST
@requires(Capability.FINDING_DECIDE)
def write_about(request, pk: int) -> HttpResponse:
    """The letter of a decision: kept for later, or sent."""
    found = finding_or_404(request, pk)
    form = LetterForm(request.POST)
    send = "send" in request.POST
    if form.is_valid():
        try:
            letters.write_about(
                finding=found,
                body=form.cleaned_data["letter"],
                send=send,
                by=request.user,
                now=timezone.now(),
            )
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            sent = "Your message is in his portal." if send else "Kept; it has not been sent."
            messages.success(request, sent)
            return redirect("protocols:finding", pk)
    return page(request, pk, form, "letter_form")


@require_POST
@requires(Capability.CONTACT_RECORD)
def not_reached(request, pk: int) -> HttpResponse:
    found = finding_or_404(request, pk)
    try:
        note_not_reached(finding=found, by=request.user, now=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Not reached, written down. Try again in 30 minutes.")
    if "next" in request.POST:
        return redirect("protocols:inbox_item", "finding", pk)
    return redirect("protocols:finding", pk)
