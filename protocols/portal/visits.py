"""Where he stands in the programme, visit by visit, and his appointments for his own calendar."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from clinic.access import Capability, requires
from clinic.models import Booking
from clinic.rules.entries import Entry, calendar_file
from protocols.models import Appointment, Visit
from protocols.portal.home import ring_of
from protocols.portal.owner import owned, page
from protocols.queries.portal_course import KEPT, course_of
from protocols.queries.portal_home import standing_of
from protocols.queries.portal_owner import Owner
from protocols.queries.portal_visits import next_visit, plan_of
from protocols.rules.vocabulary import Status


@require_safe
@requires(Capability.PORTAL_OWN)
@owned
def visits(request: HttpRequest, owner: Owner) -> HttpResponse:
    course = course_of(owner)
    context = {
        "course": course,
        "coming": next_visit(course),
        "lines": plan_of(course),
        "ring": ring_of(course),
        "standing": None if course.status is Status.ACTIVE else standing_of(course),
        "nav": "visits",
    }
    return page(request, owner, "visits", context)


@require_safe
@requires(Capability.PORTAL_OWN)
@owned
def entry(request: HttpRequest, owner: Owner, pk: int) -> HttpResponse:
    """An appointment as an .ics file with a neutral title (domain reference §9.4)."""
    visit = get_object_or_404(Visit.objects.visible_to(owner.account), appointments=pk)
    appointment = get_object_or_404(
        Appointment.objects.select_related("booking__site"),
        pk=pk,
        visit=visit,
        booking__status__in=KEPT,
    )
    response = HttpResponse(
        calendar_file(entry_of(appointment.booking)), content_type="text/calendar; charset=utf-8"
    )
    response["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    response["Cache-Control"] = "private, no-store"
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
        written_at=booking.booked_at,
    )
