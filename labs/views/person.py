"""What every laboratory page about one patient shares: fetching him, and who looked."""

from typing import Any

from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic import audit
from clinic.access import Capability, may, requires
from clinic.pages import render_part
from clinic.refusal import Refusal
from labs.models import Draw, Order, SemenAnalysis
from labs.queries.orders import asked
from labs.rules.catalogue import published_catalogue
from patients.models import Patient


def patient_or_404(request, pk: int) -> Patient:
    """The patient, if he is at the site this member works at; another site's is not found."""
    return get_object_or_404(Patient.objects.visible_to(request.user).select_related("site"), pk=pk)


def page(
    request,
    patient: Patient,
    template: str,
    context: dict[str, Any],
    *,
    part: str = "",
    status: int = 200,
) -> HttpResponse:
    """One page about one man, written into the trail."""
    audit.viewed(request.user, patient, f"labs:{template}")
    given = {"patient": patient, "nav": "laboratory", **context}
    name = f"labs/{template}.html"
    if part:
        return render_part(request, name, part, given, status=status)
    return render(request, name, given, status=status)


def refuse(form: BaseForm, refusal: Refusal) -> None:
    """Put the sentence beside the field it is about, or above the form."""
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))


@require_safe
@requires(Capability.RESULT_READ)
def person(request, pk: int) -> HttpResponse:
    """Everything the laboratory knows of one man, newest first."""
    patient = patient_or_404(request, pk)
    draws = Draw.objects.filter(patient=patient).select_related("laboratory")
    analyses = SemenAnalysis.objects.filter(patient=patient, superseded_by=None)
    waiting = Order.objects.open().filter(patient=patient).order_by("due_on", "pk")
    return page(
        request,
        patient,
        "person",
        {
            "draws": list(draws.with_results()[:50]),
            "analyses": list(analyses.select_related("laboratory")[:50]),
            "orders": asked(waiting),
            "panels": [panel for panel in published_catalogue().panels if panel.key != "semen"],
            "today": timezone.localdate(),
            "may_enter": may(request.user, Capability.RESULT_ENTER),
            "may_enter_semen": may(request.user, Capability.SEMEN_ENTER),
            "may_order": may(request.user, Capability.VISIT_RECORD),
        },
    )
