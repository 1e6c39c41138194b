"""Calls to a patient: a small form, from his page or from a row of the work queue."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from clinic.access import Capability, requires
from clinic.pages import paginate
from clinic.refusal import Refusal
from patients.actions.contacts import record_attempt
from patients.forms.contacts import ContactForm
from patients.models import ContactAttempt
from patients.views.person import page, patient_or_404, refuse


@require_http_methods(["GET", "POST"])
@requires(Capability.CONTACT_RECORD)
def contact(request, pk: int) -> HttpResponse:
    """GET with ?about=protocols.visit:7 names the cause; a swap gets the form alone."""
    patient = patient_or_404(request, pk)
    first = {"at": timezone.localtime(), "about": request.GET.get("about", "")}
    form = ContactForm(request.POST or None, initial=first)
    if form.is_valid():
        try:
            attempt = record_attempt(
                patient=patient, by=request.user, now=timezone.now(), **form.cleaned_data
            )
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            if request.htmx:
                return page(request, patient, "contact", {"attempt": attempt, "form": None})
            messages.success(request, f"Written down: {attempt}.")
            return redirect("patients:contact", patient.pk)
    attempts = ContactAttempt.objects.filter(patient=patient).select_related("recorded_by")
    return page(
        request,
        patient,
        "contact",
        {
            "form": form,
            "attempt": None,
            "attempts": paginate(attempts, by="-at", after=request.GET.get("after", ""), size=20),
        },
        status=422 if form.errors else 200,
    )
