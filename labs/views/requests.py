"""Request forms on paper: of one order, of one man, of everybody who comes on a day."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic import audit
from clinic.access import Capability, requires
from labs.models import Order
from labs.queries.orders import Asked, asked, of_day
from labs.reports.requests import request_forms
from labs.views.person import patient_or_404

NONE = "There is nothing to print: no order is open."


@require_safe
@requires(Capability.RESULT_READ)
def of_order(request, pk: int) -> HttpResponse:
    rows = Order.objects.visible_to(request.user)
    get_object_or_404(rows, pk=pk)
    return printed(request, asked(rows.filter(pk=pk)), "order")


@require_safe
@requires(Capability.RESULT_READ)
def of_person(request, pk: int) -> HttpResponse:
    patient = patient_or_404(request, pk)
    rows = asked(Order.objects.open().filter(patient=patient).order_by("due_on", "pk"))
    if not rows:
        messages.info(request, NONE)
        return redirect("labs:person", patient.pk)
    return printed(request, rows, "person")


@require_safe
@requires(Capability.RESULT_READ)
def of_everybody(request) -> HttpResponse:
    """All of one day at once; without one, of tomorrow."""
    day = asked_day(request.GET.get("day", ""))
    rows = of_day(request.user, request.site, day)
    if not rows:
        messages.info(request, f"Nothing is to be taken on {day:%a} {day.day} {day:%b}.")
        return redirect("labs:bench")
    return printed(request, rows, "day")


def asked_day(text: str) -> date:
    if not text:
        return timezone.localdate() + timedelta(days=1)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Http404 from None


def printed(request, rows: Sequence[Asked], what: str) -> HttpResponse:
    """The file, and in the trail of each man that it was printed."""
    for patient in {row.order.patient_id: row.order.patient for row in rows}.values():
        orders = [row.order for row in rows if row.order.patient_id == patient.pk]
        audit.record_each(
            actor=request.user, action="requests.printed", subjects=orders, person=patient,
            site=request.site,
        )  # fmt: skip
    file = request_forms(rows, site=request.site, by=request.user, now=timezone.now())
    response = HttpResponse(file.content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="requests-{what}.pdf"'
    return response
