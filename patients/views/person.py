"""What every page about one patient shares: fetching him, his tabs, the trail of who looked."""

from typing import Any

from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from clinic import audit
from clinic.access import Capability, may
from clinic.pages import render_part
from clinic.refusal import Refusal
from patients.models import Patient

#: The pages of this floor about one man, in the order a new patient goes through them.
TABS = (
    ("history", "History", Capability.PATIENT_READ),
    ("consents", "Consents", Capability.PATIENT_READ),
    ("portal", "Portal", Capability.PORTAL_INVITE),
    ("letters", "Letters", Capability.MESSAGE_ANSWER),
    ("contact", "Calls", Capability.CONTACT_RECORD),
    ("correct", "Details", Capability.PATIENT_WRITE),
)


def patient_or_404(request, pk: int) -> Patient:
    """The patient, if he is at the site this member works at; another site's is not found."""
    return get_object_or_404(Patient.objects.visible_to(request.user).select_related("site"), pk=pk)


def page(
    request,
    patient: Patient,
    tab: str,
    context: dict[str, Any],
    *,
    template: str = "",
    status: int = 200,
) -> HttpResponse:
    """Draw a page about one patient, and write down that it was opened."""
    audit.viewed(request.user, patient, f"patients:{tab}")
    return render_part(
        request,
        template or f"patients/{tab}.html",
        "body",
        {"patient": patient, "tabs": tabs(request, patient, tab), "nav": "patients"} | context,
        status=status,
    )


def tabs(request, patient: Patient, current: str) -> list[dict[str, Any]]:
    mine = [
        {
            "label": label,
            "url": reverse(f"patients:{name}", args=[patient.pk]),
            "current": name == current,
            "count": None,
        }
        for name, label, capability in TABS
        if may(request.user, capability)
    ]
    return [{"label": "Record", "url": patient.record_url, "current": False, "count": None}, *mine]


def refuse(form: BaseForm, refusal: Refusal) -> None:
    """Put the sentence beside the field it is about, or above the form."""
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
