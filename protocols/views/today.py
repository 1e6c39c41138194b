"""Today: the coordinator's home. Who is here, who needs somebody, and the next step in the row."""

from collections.abc import Callable
from datetime import date

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from clinic import audit
from clinic.access import Capability, requires
from clinic.actions import bookings
from clinic.actions.outbox import send_again
from clinic.models import Booking, Message
from clinic.pages import MemberRequest, render_part
from clinic.refusal import Refusal
from patients.actions.contacts import record_attempt
from patients.models import ContactAttempt, Patient
from protocols.forms.today import CalledForm, CancelForm
from protocols.models import Visit
from protocols.queries.desk import expected, sentence, tiles
from protocols.queries.ladder import REACHED, is_lost
from protocols.queries.today import PERSON, day_of
from protocols.queries.worklist import DEVIATIONS, EXPECTED, FILTERS, worklist

DAY = date.resolution


@require_safe
@requires(Capability.TODAY_READ)
def today(request: MemberRequest) -> HttpResponse:
    """The page, or what a filter or a step leaves of it. `day` and `show` are in the address."""
    now = timezone.now()
    site = request.site
    this_day = site.localdate(now)
    on = asked_day(request, this_day)
    show = request.GET.get("show", "")
    show = show if show in FILTERS else ""
    shown_day = day_of(request.user, site, on, now)
    work = worklist(request.user, site, this_day)
    response = render_part(
        request,
        "protocols/today/today.html",
        "today",
        {
            "nav": "today",
            "day": shown_day,
            "on": on,
            "is_today": on == this_day,
            "before": on - DAY,
            "after": on + DAY,
            "tiles": tiles(shown_day, work, show),
            "show": show,
            "work": work.shown(show),
            "expected": expected(shown_day) if show == EXPECTED else None,
            "deviations": work.counts[DEVIATIONS],
            "sentence": sentence(work, now.astimezone(site.zone)),
            "outcomes": ContactAttempt.Outcome.choices,
        },
    )
    if request.htmx and "done" in request.GET:
        response["HX-Trigger"] = "drawer:close"
    return response


def asked_day(request: MemberRequest, this_day: date) -> date:
    """The day of the address, today when it names none; one nobody can mean is today, too."""
    try:
        asked = date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return this_day
    return asked if abs((asked - this_day).days) < 3660 else this_day


@require_safe
@requires(Capability.CALENDAR_READ)
def booking(request: MemberRequest, pk: int) -> HttpResponse:
    """One booking, in the drawer or as a page of its own."""
    return drawer(request, found(request, pk), CancelForm())


def drawer(
    request: MemberRequest, row: Booking, form: CancelForm, refusal: str = "", status: int = 200
) -> HttpResponse:
    visit = getattr(getattr(row, "appointment", None), "visit", None)
    patient = person_of(request, row)
    if patient is not None:
        audit.viewed(request.user, patient, "booking")
    context = {
        "nav": "today",
        "booking": row,
        "visit": visit,
        "patient": patient,
        "outside": outside(visit, row),
        "form": form,
        "refusal": refusal,
        "about": audit.label(row),
        "in_drawer": bool(request.htmx),
        "outcomes": ContactAttempt.Outcome.choices,
        "on": request.site.localdate(row.starts_at),
        "show": "",
    }
    response = render_part(
        request, "protocols/today/booking.html", "booking", context, status=status
    )
    if status != 200:
        response["HX-Retarget"], response["HX-Reswap"] = "#drawer", "innerHTML"
    return response


def outside(visit: Visit | None, row: Booking) -> bool:
    if visit is None or visit.opens_on is None or visit.closes_on is None:
        return False
    on = row.site.localdate(row.starts_at)
    return not visit.opens_on <= on <= visit.closes_on


def found(request: MemberRequest, pk: int) -> Booking:
    rows = Booking.objects.visible_to(request.user)
    return get_object_or_404(rows.select_related("site", "resource", "appointment__visit"), pk=pk)


def person_of(request: MemberRequest, row: Booking) -> Patient | None:
    tail = row.attendee.removeprefix(PERSON)
    if not tail.isdecimal():
        return None
    return Patient.objects.visible_to(request.user).filter(pk=int(tail)).first()


@require_POST
@requires(Capability.BOOKING_WRITE)
def check_in(request: MemberRequest, pk: int) -> HttpResponse:
    return step(request, pk, Booking.Status.ARRIVED, "Checked in.")


@require_POST
@requires(Capability.BOOKING_WRITE)
def did_not_come(request: MemberRequest, pk: int) -> HttpResponse:
    return step(request, pk, Booking.Status.NO_SHOW, "Written down that he did not come.")


@require_POST
@requires(Capability.BOOKING_WRITE)
def undo(request: MemberRequest, pk: int) -> HttpResponse:
    return step(request, pk, Booking.Status.BOOKED, "Put back to booked.")


def step(request: MemberRequest, pk: int, status: str, said: str) -> HttpResponse:
    """One step of a booking's day; a step that was wrong can be taken back."""

    def take(row: Booking) -> None:
        bookings.mark(booking=row, status=status, by=request.user, now=timezone.now())
        back = (
            ""
            if status == Booking.Status.BOOKED
            else reverse("protocols:undo_booking_step", args=[pk])
        )
        messages.success(request, said, extra_tags=back)

    return done(request, found(request, pk), CancelForm(), take)


@require_POST
@requires(Capability.BOOKING_WRITE)
def cancel(request: MemberRequest, pk: int) -> HttpResponse:
    row, form = found(request, pk), CancelForm(request.POST)
    if not form.is_valid():
        return drawer(request, row, form, status=422)

    def take(row: Booking) -> None:
        reason = form.cleaned_data["reason"]
        bookings.cancel(booking=row, reason=reason, by=request.user, now=timezone.now())
        messages.success(request, "Cancelled; the time is free again.")

    return done(request, row, form, take)


def done(
    request: MemberRequest, row: Booking, form: CancelForm, take: Callable[[Booking], None]
) -> HttpResponse:
    """Back to the day it was on; a refusal stays in the drawer, with what was typed."""
    try:
        take(row)
    except Refusal as refusal:
        return drawer(request, row, form, refusal=str(refusal), status=422)
    return back_to(request.site.localdate(row.starts_at))


@require_POST
@requires(Capability.CONTACT_RECORD)
def called(request: MemberRequest, pk: int) -> HttpResponse:
    """How a call ended, from its row or from the drawer."""
    patient = get_object_or_404(Patient.objects.visible_to(request.user), pk=pk)
    form = CalledForm(request.POST)
    if not form.is_valid():
        return render(
            request, "errors/422.html", {"reason": "Choose how the call ended."}, status=422
        )
    now = timezone.now()
    attempt = record_attempt(
        patient=patient,
        channel=ContactAttempt.Channel.PHONE,
        outcome=form.cleaned_data["outcome"],
        about=form.cleaned_data["about"],
        at=now,
        by=request.user,
        now=now,
    )
    messages.success(request, f"{patient}: {attempt.get_outcome_display().lower()}.")
    back = attempt.outcome in REACHED and is_lost(patient)
    if back or request.POST.get("to") == "record":
        return redirect(f"{patient.record_url}#reach")
    return back_to(asked_post_day(request), request.POST.get("show", ""))


@require_POST
@requires(Capability.REMINDER_READ)
def again(request: MemberRequest, pk: int) -> HttpResponse:
    """Try a message once more that did not leave."""
    message = get_object_or_404(Message.objects.visible_to(request.user), pk=pk)
    send_again(message=message, by=request.user, now=timezone.now())
    messages.success(request, "It is on its way again.")
    return back_to(asked_post_day(request), request.POST.get("show", ""))


def asked_post_day(request: MemberRequest) -> date | None:
    try:
        return date.fromisoformat(request.POST.get("day", ""))
    except ValueError:
        return None


def back_to(on: date | None, show: str = "") -> HttpResponse:
    asked = {"day": on.isoformat()} if on else {}
    if show in FILTERS:
        asked["show"] = show
    return redirect(f"{reverse('protocols:today')}?{urlencode(asked | {'done': 1})}")
