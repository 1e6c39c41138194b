"""What laboratories sent: what waits for a person, why, and what to do about it."""

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from clinic import audit, hl7
from clinic.access import Capability, requires
from clinic.pages import MemberRequest, paginate
from clinic.refusal import Refusal
from labs.actions import inbound
from labs.hl7 import filing, meaning
from labs.models import InboundMessage
from labs.queries.collections import candidates
from patients.models import Patient


class SettleForm(forms.Form):
    reason = forms.CharField(
        max_length=200, label="Why nothing more is to be done", help_text="Kept in the trail."
    )


@require_safe
@requires(Capability.RESULT_READ)
def message_list(request: MemberRequest) -> HttpResponse:
    """What waits for a person first; behind it everything received, newest first."""
    mine = InboundMessage.objects.visible_to(request.user).defer("raw")
    stuck = mine.stuck().order_by("-received_at", "-pk")[:100]
    page = paginate(mine, by="-received_at", after=request.GET.get("after", ""), size=50)
    context = {"stuck": list(stuck), "page": page, "nav": "laboratory"}
    return render(request, "labs/inbound.html", context)


@require_safe
@requires(Capability.RESULT_READ)
def message(request: MemberRequest, pk: int) -> HttpResponse:
    return _page(request, _mine(request, pk), SettleForm())


def _mine(request: MemberRequest, pk: int) -> InboundMessage:
    return get_object_or_404(InboundMessage.objects.visible_to(request.user), pk=pk)


def _page(
    request: MemberRequest, found: InboundMessage, form: forms.Form, status: int = 200
) -> HttpResponse:
    """The message as it came, what became of each value, and whose it might be."""
    raw = bytes(found.raw)
    person, near = None, []
    try:
        parsed = hl7.parse(raw)
    except hl7.Malformed:
        lines = [hl7.decoded(raw)]
    else:
        lines = hl7.decoded(raw).replace("\r\n", "\r").replace("\n", "\r").strip("\r").split("\r")
        laboratory = filing.laboratory_of(parsed)
        reports = meaning.understood(parsed, zone=timezone.get_current_timezone())
        if len(reports) == 1 and found.state == InboundMessage.State.UNMATCHED:
            person = reports[0].person
            near = candidates(person, laboratory.site if laboratory else None)
    audit.record(actor=request.user, action="message.opened", subject=found)
    context = {
        "found": found,
        "lines": lines,
        "rows": found.rows.all(),
        "person": person,
        "near": near,
        "form": form,
        "open": found.state in ("unmatched", "partly", "refused") and found.settled_at is None,
        "nav": "laboratory",
    }
    return render(request, "labs/inbound_message.html", context, status=status)


@require_POST
@requires(Capability.INBOUND_MATCH)
def match(request: MemberRequest, pk: int) -> HttpResponse:
    """A person says whose it is; the message is filed on that record."""
    found = _mine(request, pk)
    whose = request.POST.get("patient", "")
    if not whose.isdecimal():
        messages.error(request, "Say whose it is.")
        return redirect("labs:inbound_message", pk)
    patient = get_object_or_404(Patient.objects.visible_to(request.user), pk=whose)
    try:
        with transaction.atomic():
            done = filing.file_message(found, now=timezone.now(), patient=patient)
            audit.record(
                actor=request.user, action="message.matched", subject=found, person=patient
            )
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("labs:inbound_message", pk)
    if done.state in (InboundMessage.State.FILED, InboundMessage.State.PARTLY):
        messages.success(request, f"Filed on the record of {patient}.")
    return redirect("labs:inbound_message", pk)


@require_POST
@requires(Capability.INBOUND_MATCH)
def again(request: MemberRequest, pk: int) -> HttpResponse:
    """Read it anew, now that the patient is registered or the code is known."""
    found = _mine(request, pk)
    try:
        inbound.try_again(message=found, by=request.user)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        filing.file_next(now=timezone.now(), pk=found.pk)
    return redirect("labs:inbound_message", pk)


@require_POST
@requires(Capability.INBOUND_MATCH)
def settle(request: MemberRequest, pk: int) -> HttpResponse:
    found = _mine(request, pk)
    form = SettleForm(request.POST)
    if form.is_valid():
        try:
            inbound.settle(
                message=found,
                reason=form.cleaned_data["reason"],
                by=request.user,
                now=timezone.now(),
            )
        except Refusal as refusal:
            form.add_error("reason", str(refusal))
        else:
            messages.success(request, "Settled.")
            return redirect("labs:inbound")
    return _page(request, found, form, status=422)
