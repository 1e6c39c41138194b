"""What laboratories sent: what waits for a person, why, and what to do about it."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from clinic import audit, hl7
from clinic.access import Capability, may, requires
from clinic.pages import MemberRequest, paginate
from clinic.refusal import Refusal
from labs.actions import inbound
from labs.actions.reading import file_next, judge, laboratory_of, reports_of
from labs.models import InboundMessage, StagedRow
from labs.queries.inbound import MOST_SHOWN, Stranger, Tally, fileable, strangers, tallies
from labs.queries.progress import rows_done
from patients.models import Patient

#: So many values are filed while the member waits; a longer file is filed by the worker.
FILED_AT_ONCE = 200
State = InboundMessage.State
TABLES = (InboundMessage.Format.CSV, InboundMessage.Format.XLSX)


class SettleForm(forms.Form):
    reason = forms.CharField(
        max_length=200, label="Why nothing more is to be done", help_text="Kept in the trail."
    )


class ThrowAwayForm(forms.Form):
    reason = forms.CharField(
        max_length=200, label="Why it is thrown away", help_text="Kept in the trail, with the file."
    )


@require_safe
@requires(Capability.RESULT_READ)
def message_list(request: MemberRequest) -> HttpResponse:
    """What waits for a person first; behind it everything received, newest first."""
    mine = InboundMessage.objects.visible_to(request.user).select_related("laboratory").defer("raw")
    stuck = mine.stuck().order_by("-received_at", "-pk")[:100]
    page = paginate(mine, by="-received_at", after=request.GET.get("after", ""), size=50)
    context = {
        "stuck": list(stuck),
        "page": page,
        "upload_url": reverse("labs:upload") if may(request.user, Capability.INBOUND_MATCH) else "",
        "may_map": may(request.user, Capability.CATALOGUE_WRITE),
        "nav": "laboratory",
    }
    return render(request, "labs/inbound.html", context)


@require_safe
@requires(Capability.RESULT_READ)
def message(request: MemberRequest, pk: int) -> HttpResponse:
    found = _mine(request, pk)
    if "X-Background" in request.headers:
        return _how_far(request, found)
    if found.state == State.STAGED and found.options.get("unjudged"):
        return redirect("labs:looking", pk)
    return _page(request, found)


def _how_far(request: MemberRequest, found: InboundMessage) -> HttpResponse:
    """The bar of a file being filed; once it is over, the page itself comes anew."""
    if found.state != State.RECEIVED:
        return HttpResponse(headers={"HX-Refresh": "true"})
    context = {"found": found, "rows_in_all": found.rows.count(), "done": rows_done(found.pk)}
    return render(request, "labs/_filing.html", context)


def _mine(request: MemberRequest, pk: int) -> InboundMessage:
    visible = InboundMessage.objects.visible_to(request.user)
    return get_object_or_404(
        visible.select_related("site", "laboratory__site", "uploaded_by", "settled_by"), pk=pk
    )


def _page(
    request: MemberRequest, found: InboundMessage, form: forms.Form | None = None, status: int = 200
) -> HttpResponse:
    """The message as it came, what became of each value, and whose it might be."""
    audit.record(actor=request.user, action="message.opened", subject=found)
    counted, state = tallies(found), request.GET.get("state", "")
    rows = found.rows.filter(state=state) if state in StagedRow.State.values else found.rows.all()
    staged = found.state == State.STAGED
    context = {
        "found": found,
        "lines": _lines(found),
        "tabs": _tabs(counted, state),
        "fileable": fileable(counted),
        "left": sum(tally.rows for tally in counted if tally.waits),
        "page": paginate(rows, by="position", after=request.GET.get("after", ""), size=100),
        "strangers": _strangers(found),
        "form": form or (ThrowAwayForm() if staged else SettleForm()),
        "staged": staged,
        "is_table": found.format in TABLES,
        "unexplained": staged and found.format in TABLES and "columns" not in found.options,
        "open": found.is_open,
        "may_map": may(request.user, Capability.CATALOGUE_WRITE),
        "rows_in_all": sum(tally.rows for tally in counted),
        "done": rows_done(found.pk) if found.state == State.RECEIVED else 0,
        "nav": "laboratory",
    }
    return render(request, "labs/inbound_message.html", context, status=status)


def _tabs(counted: list[Tally], state: str) -> list[dict[str, object]]:
    """All rows, or only those of one state."""
    if len(counted) == 1:
        return []
    every = sum(tally.rows for tally in counted)
    some = [
        {"label": t.name, "url": f"?state={t.state}", "current": t.state == state, "count": t.rows}
        for t in counted
    ]
    return [{"label": "All", "url": "?", "current": not state, "count": every}, *some]


def _lines(found: InboundMessage) -> list[str]:
    """The text of a message; a table shows its rows instead."""
    if found.format == InboundMessage.Format.FHIR:
        return bytes(found.raw)[:MOST_SHOWN].decode(errors="replace").splitlines()
    if found.format != InboundMessage.Format.HL7:
        return []
    text = hl7.decoded(bytes(found.raw)[:MOST_SHOWN])
    return text.replace("\r\n", "\r").replace("\n", "\r").strip("\r").split("\r")


def _strangers(found: InboundMessage) -> list[Stranger]:
    """Whom to match by hand, while it is open and can be read."""
    if not (found.is_open and found.rows.filter(state=StagedRow.State.UNMATCHED).exists()):
        return []
    try:
        laboratory = laboratory_of(found)
        if isinstance(laboratory, str):
            return []
        return strangers(found, reports_of(found, laboratory))
    except Refusal:
        return []


@require_POST
@requires(Capability.INBOUND_MATCH)
def match(request: MemberRequest, pk: int) -> HttpResponse:
    """A person says whose it is; what waits for that is filed on his record."""
    found, whose = _mine(request, pk), request.POST.get("patient", "")
    key = request.POST.get("person", "")
    if not whose.isdecimal() or not key:
        messages.error(request, "Say whose it is.")
        return redirect("labs:inbound_message", pk)
    patient = get_object_or_404(Patient.objects.visible_to(request.user), pk=whose)
    try:
        inbound.match(message=found, person=key, patient=patient, by=request.user)
        if found.state == State.STAGED:
            judge(InboundMessage.objects.get(pk=pk), now=timezone.now())
            messages.success(request, f"It will be filed on the record of {patient}.")
        else:
            inbound.try_again(message=found, by=request.user)
            _file(request, pk)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("labs:inbound_message", pk)


def _file(request: MemberRequest, pk: int) -> None:
    """File a short one at once; a long one is filed beside, and its page shows how far it is."""
    if StagedRow.objects.filter(message=pk).count() > FILED_AT_ONCE:
        messages.info(request, "It is being filed. You can leave this page.")
        return
    done = file_next(now=timezone.now(), pk=pk)
    if done is not None and done.state == State.FILED:
        messages.success(request, "Everything in it is filed.")


@require_POST
@requires(Capability.INBOUND_MATCH)
def file_staged(request: MemberRequest, pk: int) -> HttpResponse:
    """A person has looked at it: file what can be filed, and leave the rest with its reasons."""
    found = _mine(request, pk)
    try:
        inbound.release(message=found, by=request.user)
        _file(request, pk)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("labs:inbound_message", pk)


@require_POST
@requires(Capability.INBOUND_MATCH)
def again(request: MemberRequest, pk: int) -> HttpResponse:
    """Read it anew, now that the patient is registered or the code is known."""
    found = _mine(request, pk)
    try:
        if found.state == State.STAGED:
            judge(found, now=timezone.now())
        else:
            inbound.try_again(message=found, by=request.user)
            _file(request, pk)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("labs:inbound_message", pk)


@require_POST
@requires(Capability.INBOUND_MATCH)
def throw_away(request: MemberRequest, pk: int) -> HttpResponse:
    found, form = _mine(request, pk), ThrowAwayForm(request.POST)
    if form.is_valid():
        try:
            inbound.throw_away(
                message=found,
                reason=form.cleaned_data["reason"],
                by=request.user,
                now=timezone.now(),
            )
        except Refusal as refusal:
            form.add_error("reason", str(refusal))
        else:
            messages.success(request, "Thrown away; nothing of it was filed.")
            return redirect("labs:inbound")
    return _page(request, found, form, status=422)


@require_POST
@requires(Capability.INBOUND_MATCH)
def settle(request: MemberRequest, pk: int) -> HttpResponse:
    found, form = _mine(request, pk), SettleForm(request.POST)
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


@require_safe
@requires(Capability.RESULT_READ)
def raw(request: MemberRequest, pk: int) -> HttpResponse:
    """The bytes as they came."""
    found = _mine(request, pk)
    audit.record(actor=request.user, action="message.opened", subject=found, downloaded=True)
    name = found.file_name or f"message-{found.pk}.{found.format}"
    return HttpResponse(
        bytes(found.raw),
        content_type="application/octet-stream",
        headers={"Content-Disposition": content_disposition_header(True, name) or "attachment"},
    )
