"""The bookings that a mistaken end cancelled: once it is put right they are offered back."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from clinic import audit
from clinic.access import Capability, requires
from protocols.actions.booking import Again
from protocols.actions.booking import book_again as make_anew
from protocols.models import Appointment, Enrolment
from protocols.queries.banner import banner
from protocols.queries.bookings_again import cut_short
from protocols.views.enrolment import enrolment_or_404


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.BOOKING_WRITE)
def book_again(request, pk: int) -> HttpResponse:
    """Each with whether its time is still free; one button books all that are."""
    found = enrolment_or_404(request, pk)
    if request.method != "POST":
        return page(request, found)
    made = make_anew(enrolment=found, by=request.user, now=timezone.now())
    messages.success(request, said(made))
    if made.refused:
        return page(request, found, made)
    return redirect("protocols:enrolment", found.pk)


def said(made: Again) -> str:
    booked, all_of_them = len(made.booked), len(made.booked) + len(made.refused)
    if not all_of_them:
        return "Nothing was left to book."
    if booked == all_of_them:
        return "It stands again." if booked == 1 else f"All {booked} stand again."
    return f"{booked} of {all_of_them} stand{'s' if booked == 1 else ''} again."


def page(request, found: Enrolment, made: Again | None = None) -> HttpResponse:
    now = timezone.now()
    audit.viewed(request.user, found.patient, "protocols:book_again")
    why = {row.pk: sentence for row, sentence in made.refused} if made else {}
    rows = [(row, why.get(row.pk) or taken(row)) for row in cut_short(found, now)]
    context = {
        "nav": "patients",
        "patient": found.patient,
        "enrolment": found,
        "banner": banner(found.patient, timezone.localdate()),
        "rows": rows,
        "free": sum(not sentence for _, sentence in rows),
    }
    return render(request, "protocols/enrolment/book_again.html", context)


def taken(row: Appointment) -> str:
    return "Somebody else has that time now." if row.taken else ""  # type: ignore[attr-defined]
