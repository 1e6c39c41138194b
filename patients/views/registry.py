"""The registry: finding a patient, registering one, correcting his details."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from clinic.access import Capability, may, requires
from clinic.pages import render_part
from clinic.refusal import Refusal
from patients.actions import registration
from patients.forms.registration import CorrectionForm, RegistrationForm, first_guess
from patients.queries import find_patients
from patients.views.person import page, patient_or_404, refuse


@require_safe
@requires(Capability.PATIENT_READ)
def registry(request) -> HttpResponse:
    text = request.GET.get("q", "").strip()
    return render_part(
        request,
        "patients/registry.html",
        "found",
        {
            "text": text,
            "page": find_patients(request.user, text, after=request.GET.get("after", "")),
            "can_register": may(request.user, Capability.PATIENT_WRITE),
            "nav": "patients",
        },
    )


@require_http_methods(["GET", "POST"])
@requires(Capability.PATIENT_WRITE)
def register(request) -> HttpResponse:
    form = RegistrationForm(request.POST or None, initial=first_guess(request.GET.get("q", "")))
    alike = None
    if form.is_valid():
        try:
            patient = registration.register(
                site=request.site,
                details=form.details(),
                by=request.user,
                now=timezone.now(),
                somebody_else=form.cleaned_data["somebody_else"],
                own_number=form.cleaned_data["own_number"],
            )
        except Refusal as refusal:
            alike = refusal.alternatives
            refuse(form, refusal)
        else:
            messages.success(request, f"{patient} is registered as {patient.record_number}.")
            return redirect("patients:history", patient.pk)
    return render(
        request,
        "patients/register.html",
        {"form": form, "alike": alike, "nav": "patients"},
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "POST"])
@requires(Capability.PATIENT_WRITE)
def correct(request, pk: int) -> HttpResponse:
    patient = patient_or_404(request, pk)
    form = CorrectionForm(request.POST or None, patient=patient)
    if form.is_valid():
        try:
            registration.correct(
                patient=patient,
                details=form.details(),
                reason=form.cleaned_data["reason"],
                by=request.user,
                now=timezone.now(),
                seen=form.cleaned_data["seen"],
            )
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, "His details are corrected.")
            return redirect("patients:correct", patient.pk)
    return page(request, patient, "correct", {"form": form}, status=422 if form.errors else 200)
