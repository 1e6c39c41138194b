"""A clinician declares that what was frozen of a sample is enough, or takes that back."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from clinic import audit
from clinic.access import Capability, requires
from clinic.pages import MemberRequest
from clinic.refusal import Refusal
from labs.models import SemenAnalysis
from protocols.actions import response as actions
from protocols.models import Enrolment, ResponseAdjudication


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="Why", max_length=300, widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say why."},
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Capability.FINDING_DECIDE)
def adjudicate(request: MemberRequest, pk: int) -> HttpResponse:
    rows = SemenAnalysis.objects.visible_to(request.user).final().select_related("patient__site")
    analysis = get_object_or_404(rows, pk=pk)
    his = Enrolment.objects.visible_to(request.user).filter(patient=analysis.patient_id)
    begun = his.filter(first_dose_on__isnull=False).order_by("-opened_at", "-pk")
    form = ReasonForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            enrolment = begun.select_related("patient__site").first()
            if enrolment is None:
                raise Refusal("He has not begun the treatment.")
            actions.adjudicate(
                enrolment=enrolment,
                analysis=analysis,
                reason=form.cleaned_data["reason"],
                by=request.user,
                now=timezone.now(),
            )
        except Refusal as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            messages.success(request, "Kept. The response is confirmed by it.")
            return redirect("protocols:record_semen", analysis.patient_id)
    return decision_page(request, analysis, form, enough=True)


@require_http_methods(["GET", "POST"])
@requires(Capability.FINDING_DECIDE)
def withdraw(request: MemberRequest, pk: int) -> HttpResponse:
    rows = ResponseAdjudication.objects.visible_to(request.user)
    made = get_object_or_404(rows.select_related("analysis__patient__site"), pk=pk)
    form = ReasonForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            actions.withdraw(
                adjudication=made,
                reason=form.cleaned_data["reason"],
                by=request.user,
                now=timezone.now(),
            )
        except Refusal as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            messages.success(request, "Taken back. The rule alone answers again.")
            return redirect("protocols:record_semen", made.analysis.patient_id)
    return decision_page(request, made.analysis, form, enough=False)


def decision_page(
    request: MemberRequest, analysis: SemenAnalysis, form: ReasonForm, *, enough: bool
) -> HttpResponse:
    audit.viewed(request.user, analysis.patient, "adjudicate")
    context = {
        "analysis": analysis,
        "patient": analysis.patient,
        "form": form,
        "enough": enough,
        "nav": "patients",
    }
    status = 422 if form.errors else 200
    return render(request, "protocols/record/adjudicate.html", context, status=status)
