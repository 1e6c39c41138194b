"""The booking drawer: choose a time, hold it, confirm it; move it, cancel it.

Each answer is the drawer for a swap and a page of its own for anyone else.
"""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from clinic import audit
from clinic.access import Capability, requires
from clinic.models import Booking
from clinic.pages import render_part
from clinic.refusal import Refusal
from clinic.rules.calendar import Span
from clinic.templatetags.moments import zone_word
from patients.models import Patient
from protocols.actions import booking as actions
from protocols.forms.booking import CancelForm, SlotForm
from protocols.graphs.window import WindowBar, window_bar
from protocols.models import TERMINAL, Appointment, Visit
from protocols.queries.booking import (
    Choice,
    Desk,
    asked_for,
    bookable,
    desk_of,
    desk_of_booking,
    grid,
    look,
    offers,
)
from protocols.queries.booking_told import Told, will_be_told
from protocols.queries.enrolment import live_enrolment

TEMPLATE = "protocols/booking/drawer.html"


@require_safe
@requires(Capability.BOOKING_WRITE)
def book(request, pk: int) -> HttpResponse:
    """Choose: `visit` goes to another visit's drawer, `task` and `grid` say what is shown."""
    other = request.GET.get("visit", "")
    if other.isdecimal() and int(other) != pk:
        task = request.GET.get("task", "")
        return redirect(
            f"{reverse('protocols:book', args=[int(other)])}?{urlencode({'task': task})}"
        )
    return drawer(request, desk_or_404(request, pk))


@require_POST
@requires(Capability.BOOKING_WRITE)
def hold(request, pk: int) -> HttpResponse:
    """Keep the chosen time for ten minutes."""
    desk = desk_or_404(request, pk, request.POST.get("task", ""))
    look(desk)
    form = SlotForm(request.POST, resources=list(desk.hours))
    if not form.is_valid():
        return drawer(request, desk, form=form, status=422)
    resource, starts_at = form.cleaned_data["slot"]
    try:
        actions.hold_visit(
            visit=desk.visit,
            resource=resource,
            starts_at=starts_at,
            minutes=resource.slot_minutes,
            task=desk.task,
            reason=form.cleaned_data["reason"],
            by=request.user,
            now=timezone.now(),
        )
    except Refusal as refusal:
        return refused(request, desk, form, refusal)
    return redirect(f"{reverse('protocols:book', args=[pk])}?{urlencode({'task': desk.task})}")


def refused(request, desk: Desk, form: SlotForm, refusal: Refusal) -> HttpResponse:
    """The sentence, and instead of the time that is gone the ones nearest to it as buttons."""
    resource, _ = form.cleaned_data["slot"]
    near = refusal.alternatives if isinstance(refusal.alternatives, list) else []
    instead = [Choice(resource, s.starts_at, s.ends_at) for s in near if isinstance(s, Span)]
    if refusal.field == "reason":
        form.add_error("reason", str(refusal))
    return drawer(
        request,
        desk_or_404(request, desk.visit.pk, desk.task),
        form=form,
        refusal=str(refusal),
        instead=instead,
        status=409 if instead or refusal.field == "starts_at" else 422,
    )


def drawer(
    request,
    desk: Desk,
    *,
    form: SlotForm | None = None,
    moving: Appointment | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """The drawer of one visit: its window, the times that suit, what is held, what he will get."""
    if not desk.free:
        look(desk)
    audit.viewed(request.user, desk.patient, "protocols:book")
    best = offers(desk)
    shown = moving or desk.held
    context = {
        "nav": "today",
        "title": f"Move {desk.visit.code}" if moving else f"Book {desk.visit.code}",
        "desk": desk,
        "visit": desk.visit,
        "patient": desk.patient,
        "choices": [(v, asked_for(desk.definition, v.code)) for v in bookable(desk)],
        "bar": bar_of(desk, best, shown),
        "offers": best,
        "chosen": chosen_of(shown, best) if not moving else "",
        "held": None if moving else desk.held,
        "booked": None if moving else desk.booked,
        "moving": moving,
        **what_he_gets(desk),
        "grid": grid(desk) if "grid" in request.GET or "grid" in request.POST else None,
        "form": form or SlotForm(resources=list(desk.hours)),
        "over": desk.enrolment.status in TERMINAL,
        "refusal": "",
        "instead": [],
        "post_url": reverse("protocols:move_booking", args=[moving.booking_id])
        if moving
        else reverse("protocols:hold", args=[desk.visit.pk]),
        **more,
    }
    return render_part(request, TEMPLATE, "drawer", context, status=status)


def chosen_of(shown: Appointment | None, best: list[Choice]) -> str:
    """The value of the held time, which then stands first among the offers."""
    if shown is None:
        return ""
    booking = shown.booking
    held = Choice(booking.resource, booking.starts_at, booking.ends_at, "")
    if all(choice.value != held.value for choice in best):
        best.insert(0, held)
    return held.value


def what_he_gets(desk: Desk) -> dict[str, Any]:
    """What he will be sent about the held or booked time, on his own clock."""
    told: list[Told] = []
    if desk.standing is not None:
        told = will_be_told(
            enrolment=desk.enrolment,
            definition=desk.definition,
            booking=desk.standing.booking,
            now=desk.now,
        )
    zone = desk.patient.time_zone
    return {
        "told": told if desk.patient.email else [],
        "waits": any(row.waits for row in told),
        "elsewhere": zone_word(ZoneInfo(zone)) if zone else "",
        "silent": desk.enrolment.status not in desk.definition.reminders.statuses,
    }


def bar_of(desk: Desk, best: list[Choice], shown: Appointment | None) -> WindowBar:
    opens_on, closes_on = desk.visit.opens_on, desk.visit.closes_on
    if opens_on is None or closes_on is None:
        opens_on, closes_on = desk.days[0], desk.days[-1]
    target = desk.proposed_on
    zone = desk.zone
    free = {s.starts_at.astimezone(zone).weekday() for row in desk.free.values() for s in row}
    span = [opens_on + date.resolution * n for n in range((closes_on - opens_on).days + 1)]
    served = {h.weekday for r in desk.free for h in desk.hours[r]} or free
    return window_bar(
        opens_on=opens_on,
        closes_on=closes_on,
        ideal_on=min(max(target, opens_on), closes_on),
        today=desk.today,
        shut=[day for day in span if day in desk.shut or day.weekday() not in served],
        offered=[choice.starts_at.astimezone(zone).date() for choice in best],
        chosen=desk.site.localdate(shown.booking.starts_at) if shown else None,
    )


def desk_or_404(request, pk: int, task: str = "") -> Desk:
    asked = task or request.GET.get("task", "")
    desk = desk_of(user=request.user, pk=pk, task=asked, now=timezone.now())
    if desk is None:
        raise Http404
    return desk


def appointment_or_404(request, pk: int) -> Appointment:
    rows = Appointment.objects.filter(
        booking__in=Booking.objects.visible_to(request.user)
    ).select_related("booking__resource", "booking__site", "visit__enrolment__patient__site")
    return get_object_or_404(rows, booking=pk)


@require_POST
@requires(Capability.BOOKING_WRITE)
def confirm(request, pk: int) -> HttpResponse:
    """Make the hold a booking; what he will get is planned in the same step."""
    appointment = appointment_or_404(request, pk)
    try:
        actions.confirm_visit(appointment=appointment, by=request.user, now=timezone.now())
    except Refusal as refusal:
        desk = desk_or_404(request, appointment.visit_id, appointment.task)
        return drawer(request, desk, refusal=str(refusal), status=409)
    booking = appointment.booking
    at = timezone.localtime(booking.starts_at)
    messages.success(
        request,
        f"{appointment.visit.code} booked for {at:%a} {at.day} {at:%b}, {at:%H:%M},"
        f" {booking.resource.name}.",
    )
    return onward(request, appointment)


@require_POST
@requires(Capability.BOOKING_WRITE)
def let_go(request, pk: int) -> HttpResponse:
    """Give the held time back and look at the others again."""
    appointment = appointment_or_404(request, pk)
    try:
        actions.let_go(appointment=appointment, by=request.user, now=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
    again = {"task": appointment.task}
    return redirect(f"{reverse('protocols:book', args=[appointment.visit_id])}?{urlencode(again)}")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.BOOKING_WRITE)
def move(request, pk: int) -> HttpResponse:
    """Choose another time for what is booked; the old one is kept until the new one is his."""
    found = desk_of_booking(user=request.user, pk=pk, now=timezone.now())
    if found is None:
        raise Http404
    desk, appointment = found
    look(desk, besides=[appointment.booking_id])
    form = SlotForm(request.POST or None, resources=list(desk.hours))
    if not form.is_valid():
        return drawer(
            request, desk, form=form, moving=appointment, status=422 if form.errors else 200
        )
    resource, starts_at = form.cleaned_data["slot"]
    try:
        actions.move_visit(
            appointment=appointment,
            resource=resource,
            starts_at=starts_at,
            reason=form.cleaned_data["reason"],
            by=request.user,
            now=timezone.now(),
        )
    except Refusal as refusal:
        return refused_move(request, appointment, form, refusal)
    at = timezone.localtime(starts_at)
    messages.success(
        request, f"{appointment.visit.code} moved to {at:%a} {at.day} {at:%b}, {at:%H:%M}."
    )
    return onward(request, appointment)


def refused_move(
    request, appointment: Appointment, form: SlotForm, refusal: Refusal
) -> HttpResponse:
    resource, _ = form.cleaned_data["slot"]
    near = refusal.alternatives if isinstance(refusal.alternatives, list) else []
    if refusal.field == "reason":
        form.add_error("reason", str(refusal))
    desk = desk_or_404(request, appointment.visit_id, appointment.task)
    look(desk, besides=[appointment.booking_id])
    return drawer(
        request,
        desk,
        form=form,
        moving=appointment_or_404(request, appointment.booking_id),
        refusal=str(refusal),
        instead=[Choice(resource, s.starts_at, s.ends_at) for s in near],
        status=409 if refusal.field == "starts_at" else 422,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.BOOKING_WRITE)
def cancel(request, pk: int) -> HttpResponse:
    """Cancel with a reason."""
    appointment = appointment_or_404(request, pk)
    form = CancelForm(request.POST or None)
    refusal = ""
    if form.is_valid():
        try:
            actions.cancel_visit(
                appointment=appointment,
                reason=form.cleaned_data["reason"],
                by=request.user,
                now=timezone.now(),
            )
        except Refusal as refused_because:
            refusal = str(refused_because)
        else:
            messages.success(request, f"{appointment.visit.code} cancelled; the time is free.")
            return onward(request, appointment)
    context = {
        "nav": "today",
        "appointment": appointment,
        "booking": appointment.booking,
        "visit": appointment.visit,
        "patient": appointment.visit.enrolment.patient,
        "form": form,
        "refusal": refusal,
    }
    status = 409 if refusal else 422 if form.errors else 200
    return render_part(request, "protocols/booking/cancel.html", "drawer", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.BOOKING_WRITE)
def book_patient(request, pk: int) -> HttpResponse:
    """From a man to the drawer of the visit he comes to next; POST plans one beside the plan."""
    patient = get_object_or_404(Patient.objects.visible_to(request.user), pk=pk)
    enrolment = live_enrolment(patient)
    if enrolment is None:
        messages.error(request, f"{patient} is not in the programme; enrol him first.")
        return redirect(patient.record_url)
    if request.method == "POST":
        visit = actions.plan_unscheduled(enrolment=enrolment, by=request.user, now=timezone.now())
        return redirect("protocols:book", visit.pk)
    coming = Visit.objects.filter(enrolment=enrolment, status=Visit.Status.PLANNED).order_by(
        "target_on", "pk"
    )
    following = coming.unbooked().first() or coming.first()
    if following is not None:
        return redirect("protocols:book", following.pk)
    context = {"nav": "today", "patient": patient}
    return render_part(request, "protocols/booking/none.html", "drawer", context)


def onward(request, appointment: Appointment) -> HttpResponse:
    """A drawer closes and the page beneath is read anew; without one, the day of the booking."""
    if request.htmx:
        return HttpResponseClientRefresh()
    on = appointment.booking.site.localdate(appointment.booking.starts_at)
    return redirect(f"{reverse('protocols:calendar')}?{urlencode({'day': on.isoformat()})}")
