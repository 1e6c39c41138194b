"""Containers on their way: taken, received, rejected so that they are taken again."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from clinic.access import Capability, requires
from clinic.refusal import Refusal
from labs.actions.specimens import collect, receive, reject
from labs.forms.specimens import CollectForm, RejectForm
from labs.models import Order, Specimen
from labs.queries.orders import asked
from labs.views.person import page, patient_or_404
from labs.views.results import try_to
from patients.models import Patient


def specimen_or_404(request, pk: int) -> Specimen:
    rows = Specimen.objects.visible_to(request.user).select_related("patient__site")
    return get_object_or_404(rows, pk=pk)


@require_http_methods(["GET", "POST"])
@requires(Capability.RESULT_ENTER)
def take(request, pk: int) -> HttpResponse:
    patient = patient_or_404(request, pk)
    waiting = asked(Order.objects.open().filter(patient=patient).order_by("due_on", "pk"))
    form = CollectForm(request.POST or None, asked=waiting, now=timezone.now())
    if form.is_bound and form.is_valid():
        made = try_to(take_one, form, patient, request.user)
        if made is not None:
            messages.success(request, f"Taken: write {made.number} on it.")
            return redirect("labs:person", patient.pk)
    context = {"form": form, "waiting": waiting}
    return page(request, patient, "collect", context, status=422 if form.errors else 200)


def take_one(form: CollectForm, patient: Patient, by: Any) -> Specimen:
    return collect(
        patient=patient, orders=form.orders(), collected_at=form.cleaned_data["collected_at"],
        by=by, now=timezone.now(),
    )  # fmt: skip


@require_POST
@requires(Capability.RESULT_ENTER)
def received(request, pk: int) -> HttpResponse:
    found = specimen_or_404(request, pk)
    try:
        receive(specimen=found, by=request.user, now=timezone.now())
        messages.success(request, f"{found.number} is received.")
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("labs:person", found.patient_id)


@require_http_methods(["GET", "POST"])
@requires(Capability.RESULT_ENTER)
def rejected(request, pk: int) -> HttpResponse:
    found = specimen_or_404(request, pk)
    form = RejectForm(request.POST or None)
    if form.is_bound and form.is_valid() and try_to(reject_one, form, found, request.user):
        messages.success(request, f"{found.number} is rejected; it is to be taken again.")
        return redirect("labs:person", found.patient_id)
    return page(
        request,
        found.patient,
        "reject_specimen",
        {"form": form, "specimen": found},
        status=422 if form.errors else 200,
    )


def reject_one(form: RejectForm, found: Specimen, by: Any) -> Specimen:
    said = form.cleaned_data
    return reject(
        specimen=found, rejection=said["rejection"], note=said["note"], by=by, now=timezone.now()
    )
