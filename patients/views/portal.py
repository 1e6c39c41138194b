"""The patient's portal as a member sees it: inviting him, mending his sign-in, closing it."""

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from clinic.access import Capability, requires
from clinic.actions import second_step
from clinic.refusal import Refusal
from patients.actions import portal as actions
from patients.forms.letters import RevocationForm, SecondStepForm
from patients.models import Patient, PortalAccount
from patients.queries.portal import portal_state
from patients.views.person import page, patient_or_404, refuse


@require_safe
@requires(Capability.PORTAL_INVITE)
def portal(request, pk: int) -> HttpResponse:
    return _page(request, patient_or_404(request, pk))


@require_POST
@requires(Capability.PORTAL_INVITE)
def invite(request, pk: int) -> HttpResponse:
    patient = patient_or_404(request, pk)
    try:
        actions.invite(patient=patient, by=request.user, now=timezone.now())
    except Refusal as refusal:
        return _page(request, patient, sentence=str(refusal))
    messages.success(request, f"A link is on its way to {patient.email}.")
    return redirect("patients:portal", patient.pk)


@require_POST
@requires(Capability.PORTAL_INVITE)
def revoke(request, pk: int) -> HttpResponse:
    patient = patient_or_404(request, pk)
    form = RevocationForm(request.POST)
    if form.is_valid():
        try:
            actions.revoke(
                portal=get_object_or_404(PortalAccount, patient=patient),
                reason=form.cleaned_data["reason"],
                by=request.user,
                now=timezone.now(),
            )
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, "His portal is closed.")
            return redirect("patients:portal", patient.pk)
    return _page(request, patient, form=form)


@require_POST
@requires(Capability.PORTAL_INVITE)
def reset_second_step(request, pk: int) -> HttpResponse:
    patient = patient_or_404(request, pk)
    form = SecondStepForm(request.POST, prefix="step")
    if form.is_valid():
        try:
            actions.reset_second_step(
                portal=get_object_or_404(
                    PortalAccount.objects.select_related("account", "patient"), patient=patient
                ),
                reason=form.cleaned_data["reason"],
                by=request.user,
            )
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, "He signs in with his password alone until he sets it up.")
            return redirect("patients:portal", patient.pk)
    return _page(request, patient, step=form)


def _page(
    request,
    patient: Patient,
    form: BaseForm | None = None,
    step: BaseForm | None = None,
    sentence: str = "",
) -> HttpResponse:
    state = portal_state(patient, timezone.now())
    return page(
        request,
        patient,
        "portal",
        {
            "state": state,
            "has_second_step": state.portal and second_step.has_one(state.portal.account),
            "step": step or SecondStepForm(prefix="step"),
            "form": form or RevocationForm(),
            "sentence": sentence,
        },
        status=422 if sentence or form or step else 200,
    )
