"""The calendar by day and by week, and one booking as an entry for somebody's own calendar."""

from datetime import date, timedelta

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic.access import Capability, may, requires
from clinic.models import Booking
from clinic.pages import render_part
from clinic.rules.entries import Entry, calendar_file
from protocols.queries.calendar import entries_of, sheet, week_of

#: Nobody books ten years ahead; an address that says so is taken for today.
FARTHEST = timedelta(days=3660)


@require_safe
@requires(Capability.CALENDAR_READ)
def calendar(request) -> HttpResponse:
    """`day` and `view` (day or week) and `with` (a resource) are in the address."""
    now = timezone.now()
    today = request.site.localdate(now)
    on = asked_day(request, today)
    week = request.GET.get("view") == "week"
    chosen = request.GET.get("with", "")
    days = week_of(on) if week else [on]
    shown = sheet(
        user=request.user,
        site=request.site,
        days=days,
        chosen=int(chosen) if chosen.isdecimal() else None,
        now=now,
    )
    step = timedelta(days=7 if week else 1)
    context = {
        "nav": "calendar",
        "sheet": shown,
        "on": on,
        "days": days,
        "week": week,
        "today": today,
        "before": on - step,
        "after": on + step,
        "may_book": may(request.user, Capability.BOOKING_WRITE),
    }
    return render_part(request, "protocols/calendar/calendar.html", "calendar", context)


def asked_day(request, today: date) -> date:
    try:
        asked = date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return today
    return asked if abs(asked - today) < FARTHEST else today


@require_safe
@requires(Capability.CALENDAR_READ)
def entry(request, pk: int) -> HttpResponse:
    """The booking as an .ics file with a neutral title (domain reference §9.4)."""
    booking = get_object_or_404(entries_of(request.user), pk=pk)
    response = HttpResponse(
        calendar_file(entry_of(booking)), content_type="text/calendar; charset=utf-8"
    )
    response["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    return response


def entry_of(booking: Booking) -> Entry:
    site = booking.site
    return Entry(
        uid=f"booking-{booking.pk}@{site.code}.halfyear",
        sequence=booking.sequence,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        title=f"Appointment, {site.neutral_name}",
        place=site.address,
        written_at=booking.cancelled_at or booking.booked_at,
        cancelled=booking.status == Booking.Status.CANCELLED,
    )
