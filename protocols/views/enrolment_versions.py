"""Which version a man was on and since when, the way back, and the pins of his visits."""

from typing import Any

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic import audit
from clinic.access import Capability, may, requires
from clinic.pages import MemberRequest
from clinic.refusal import Refusal
from protocols.actions import migration, pins
from protocols.forms.what_if import PinForm, ReasonForm
from protocols.models import Enrolment, Pin, VersionChange, Visit
from protocols.queries.enrolment import with_version

NO_DEFINITIONS = ("was__definition", "was__source", "became__definition", "became__source")


@require_safe
@requires(Capability.PATIENT_READ)
def enrolment_versions(request: MemberRequest, pk: int) -> HttpResponse:
    """His versions, newest first, each with who moved him and why."""
    row = get_object_or_404(with_version(Enrolment.objects.visible_to(request.user)), pk=pk)
    audit.viewed(request.user, row.patient, "protocols:enrolment_versions")
    return history(request, row, ReasonForm())


def history(
    request: MemberRequest, row: Enrolment, form: ReasonForm, status: int = 200
) -> HttpResponse:
    changes = list(
        VersionChange.objects.visible_to(request.user)
        .filter(enrolment=row)
        .select_related("was__protocol", "became__protocol", "by", "undoes")
        .defer(*NO_DEFINITIONS)
        .order_by("-pk")
    )
    last = changes[0] if changes else None
    context = {
        "nav": "patients",
        "enrolment": row,
        "patient": row.patient,
        "changes": changes,
        "last": last if last and not last.undoes_id and row.version_id == last.became_id else None,
        "may_move": may(request.user, Capability.PROTOCOL_SIGN),
        "pins": Pin.objects.visible_to(request.user)
        .standing()
        .filter(visit__enrolment=row)
        .select_related("visit", "pinned_by")
        .order_by("visit__target_on"),
        "awaited": Visit.objects.visible_to(request.user)
        .filter(
            ~Exists(Pin.objects.standing().filter(visit=OuterRef("pk"))),
            enrolment=row,
            status=Visit.Status.PLANNED,
            target_on__isnull=False,
        )
        .order_by("target_on", "pk"),
        "may_pin": may(request.user, Capability.BOOKING_WRITE),
        "form": form,
    }
    return render(request, "protocols/what_if/versions.html", context, status=status)


@require_POST
@requires(Capability.PROTOCOL_SIGN)
def undo_move(request: MemberRequest, pk: int) -> HttpResponse:
    """Take the last change of version back, with a reason."""
    change = get_object_or_404(
        VersionChange.objects.visible_to(request.user)
        .select_related("enrolment", "was__protocol", "became")
        .defer(*NO_DEFINITIONS),
        pk=pk,
    )
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            back = migration.undo(
                change=change,
                reason=form.cleaned_data["reason"],
                by=request.user,
                now=timezone.now(),
            )
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field == "reason" else None, str(refusal))
        else:
            messages.success(request, f"He is back on {back.became}.")
            return redirect("protocols:enrolment_versions", change.enrolment_id)
    row = with_version(Enrolment.objects.visible_to(request.user)).get(pk=change.enrolment_id)
    return history(request, row, form, status=422)


@require_http_methods(["GET", "POST"])
@requires(Capability.BOOKING_WRITE)
def pin_visit(request: MemberRequest, pk: int) -> HttpResponse:
    """Keep the days of a visit where they are, as agreed with him."""
    visit = get_object_or_404(
        Visit.objects.visible_to(request.user).select_related("enrolment__patient__site"), pk=pk
    )
    form = PinForm(request.POST or None)
    if form.is_valid():
        try:
            pins.pin(
                visit=visit,
                reason=form.cleaned_data["reason"],
                by=request.user,
                now=timezone.now(),
            )
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field == "reason" else None, str(refusal))
        else:
            messages.success(request, f"{visit.code} stays where it is.")
            return redirect("protocols:enrolment_versions", visit.enrolment_id)
    context: dict[str, Any] = {
        "nav": "patients", "visit": visit, "patient": visit.enrolment.patient, "form": form,
    }  # fmt: skip
    status = 422 if form.errors else 200
    return render(request, "protocols/what_if/pin.html", context, status=status)


@require_POST
@requires(Capability.BOOKING_WRITE)
def lift_pin(request: MemberRequest, pk: int) -> HttpResponse:
    """Let the visit follow its plan again."""
    row = get_object_or_404(
        Pin.objects.visible_to(request.user).select_related("visit__enrolment__patient"), pk=pk
    )
    try:
        pins.unpin(pin=row, by=request.user, now=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{row.visit.code} follows the plan again.")
    return redirect("protocols:enrolment_versions", row.visit.enrolment_id)
