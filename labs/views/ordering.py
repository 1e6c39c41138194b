"""Asking for results, and no longer waiting for them."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from clinic.access import Capability, requires
from clinic.refusal import Refusal
from labs.actions.ordering import cancel_order, order_several, restore_order
from labs.forms.results import OrderForm, ReasonForm
from labs.models import Order
from labs.views.person import page, patient_or_404
from labs.views.results import try_to
from patients.models import Patient


@require_http_methods(["GET", "POST"])
@requires(Capability.VISIT_RECORD)
def place_order(request, pk: int) -> HttpResponse:
    patient = patient_or_404(request, pk)
    form = OrderForm(request.POST or None, initial={"due_on": timezone.localdate()})
    if form.is_bound and form.is_valid() and try_to(place, form, patient, request.user):
        messages.success(request, "Ordered.")
        return redirect("labs:person", patient.pk)
    return page(request, patient, "order", {"form": form}, status=422 if form.errors else 200)


def place(form: OrderForm, patient: Patient, by: Any) -> list[Order]:
    cleaned = form.cleaned_data
    return order_several(
        patient=patient,
        what=cleaned["what"],
        due_on=cleaned["due_on"],
        reason=cleaned["reason"],
        by=by,
        now=timezone.now(),
    )


@require_http_methods(["GET", "POST"])
@requires(Capability.VISIT_RECORD)
def cancel(request, pk: int) -> HttpResponse:
    rows = Order.objects.visible_to(request.user).select_related("patient__site", "panel")
    placed = get_object_or_404(rows, pk=pk)
    form = ReasonForm(request.POST or None)
    if form.is_bound and form.is_valid() and try_to(cancel_one, form, placed, request.user):
        back = reverse("labs:restore_order", args=[placed.pk])
        messages.success(request, "The order is cancelled.", extra_tags=back)
        return redirect("labs:person", placed.patient_id)
    return page(
        request,
        placed.patient,
        "cancel_order",
        {"order": placed, "form": form},
        status=422 if form.errors else 200,
    )


@require_POST
@requires(Capability.VISIT_RECORD)
def restore(request, pk: int) -> HttpResponse:
    """Undo of a cancelled order."""
    placed = get_object_or_404(Order.objects.visible_to(request.user), pk=pk)
    try:
        restore_order(order=placed, by=request.user)
        messages.success(request, "It is ordered again.")
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("labs:person", placed.patient_id)


def cancel_one(form: ReasonForm, placed: Order, by: Any) -> Order:
    return cancel_order(order=placed, reason=form.cleaned_data["reason"], by=by)
