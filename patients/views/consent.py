"""Consents: the words in force, what he said to them, and changing his mind."""

from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.access import Capability, may, requires
from clinic.refusal import Refusal
from patients.actions import consent as actions
from patients.forms.consent import ConsentForm, WithdrawalForm
from patients.models import Consent, Patient
from patients.queries.consents import agreements, texts_in_force
from patients.views.person import page, patient_or_404, refuse


@require_safe
@requires(Capability.PATIENT_READ)
def consents(request, pk: int) -> HttpResponse:
    return _page(request, patient_or_404(request, pk))


@require_POST
@requires(Capability.CONSENT_RECORD)
def give(request, pk: int, text: int) -> HttpResponse:
    patient = patient_or_404(request, pk)
    words = next((one for one in texts_in_force(timezone.localdate()) if one.pk == text), None)
    if words is None:
        raise Http404
    form = ConsentForm(request.POST, prefix=f"text{words.pk}")
    if form.is_valid():
        try:
            actions.give(
                patient=patient,
                text=words,
                on=form.cleaned_data["given_on"],
                method=form.cleaned_data["method"],
                witness=form.cleaned_data["witness"],
                by=request.user,
                now=timezone.now(),
            )
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, f"Recorded: he agrees to “{words}”.")
            return redirect("patients:consents", patient.pk)
    return _page(request, patient, refused={words.pk: form})


@require_http_methods(["GET", "POST"])
@requires(Capability.CONSENT_RECORD)
def withdraw(request, pk: int, consent: int) -> HttpResponse:
    patient = patient_or_404(request, pk)
    agreed = get_object_or_404(Consent.objects.select_related("text"), pk=consent, patient=patient)
    form = WithdrawalForm(request.POST or None, initial={"on": timezone.localdate()})
    if form.is_valid():
        try:
            actions.withdraw(
                consent=agreed,
                on=form.cleaned_data["on"],
                reason=form.cleaned_data["reason"],
                by=request.user,
                now=timezone.now(),
            )
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, f"Recorded: he withdrew “{agreed.text}”.")
            return redirect("patients:consents", patient.pk)
    return page(
        request,
        patient,
        "consents",
        {"form": form, "consent": agreed},
        template="patients/withdraw.html",
        status=422 if form.errors else 200,
    )


def _page(request, patient: Patient, refused: dict[int, BaseForm] | None = None) -> HttpResponse:
    today = timezone.localdate()
    refused = refused or {}
    rows: list[dict[str, Any]] = [
        {
            "agreement": agreement,
            "form": refused.get(agreement.text.pk)
            or ConsentForm(prefix=f"text{agreement.text.pk}", initial={"given_on": today}),
        }
        for agreement in agreements(patient, today)
    ]
    return page(
        request,
        patient,
        "consents",
        {
            "rows": rows,
            "drafts": any(not row["agreement"].text.signed_off for row in rows),
            "can_record": may(request.user, Capability.CONSENT_RECORD),
        },
        status=422 if refused else 200,
    )
