"""Signing a visit, opening it again, and what became of its report."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.access import Capability, requires
from clinic.pages import MemberRequest
from clinic.refusal import Refusal
from protocols.actions import signing
from protocols.forms.visits import AmendForm, SignForm
from protocols.models import Visit
from protocols.queries.banner import banner_of
from protocols.queries.visit_content import content_of
from protocols.queries.visit_sections import missing
from protocols.views.inbox import add_refusal
from protocols.views.visit_page import page, viewed, work_or_404


@require_http_methods(["GET", "POST"])
@requires(Capability.VISIT_SIGN)
def sign_visit(request: MemberRequest, pk: int) -> HttpResponse:
    """Exactly what is signed, and the password for it."""
    work = work_or_404(request, pk)
    if not work.is_open:
        return redirect("protocols:visit", pk)
    lacking = missing(work)
    form = SignForm(request.POST or None, missing=lacking)
    if form.is_valid():
        try:
            signing.sign(
                visit=work.visit,
                by=request.user,
                password=form.cleaned_data["password"],
                meaning=form.cleaned_data["meaning"],
                reasons=form.reasons,
                now=timezone.now(),
            )
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, "Signed. The report is being made.")
            return redirect("protocols:visit", pk)
    if request.method == "GET":
        viewed(request, work)
    context = {
        "work": work,
        "visit": work.visit,
        "patient": work.story.patient,
        "banner": banner_of(work.story, work.today),
        "content": content_of(work),
        "missing": lacking,
        "form": form,
        "nav": "patients",
    }
    status = 422 if form.errors else 200
    return render(request, "protocols/visits/sign.html", context, status=status)


@require_POST
@requires(Capability.VISIT_RECORD)
def amend(request: MemberRequest, pk: int) -> HttpResponse:
    """Take the signature back with a reason, so that something can be changed."""
    work = work_or_404(request, pk)
    form = AmendForm(request.POST)
    if form.is_valid():
        try:
            signing.void_signature(
                visit=work.visit,
                because=form.cleaned_data["because"],
                by=request.user,
                now=timezone.now(),
            )
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            return redirect("protocols:visit", pk)
    return page(request, work, {"amend": form})


@require_safe
@requires(Capability.PATIENT_READ)
def report_state(request: MemberRequest, pk: int) -> HttpResponse:
    """The report as soon as there is one; asked again and again while it is being made."""
    visit = get_object_or_404(Visit.objects.visible_to(request.user), pk=pk)
    standing = visit.signatures.filter(voided_at=None).defer("content").first()
    if standing is None:
        return redirect("protocols:visit", pk)
    if not request.htmx:
        target = standing.document_id
        return redirect("clinic:document", target) if target else redirect("protocols:visit", pk)
    context = {"visit": visit, "work": {"signature": standing}}
    return render(request, "protocols/visits/_report.html", context)
