"""The letter to a man who does not come, from his record and from his row on Today."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from clinic.access import Capability, requires
from clinic.pages import MemberRequest
from clinic.refusal import Refusal
from protocols.models import Enrolment
from protocols.queries.enrolment import with_version
from protocols.reports.reach_letter import print_letter
from protocols.views.today import asked_post_day, back_to


@require_POST
@requires(Capability.CONTACT_RECORD)
def letter(request: MemberRequest, pk: int) -> HttpResponse:
    """Print it; the attempt is written down with it."""
    enrolment = get_object_or_404(with_version(Enrolment.objects.visible_to(request.user)), pk=pk)
    try:
        made = print_letter(enrolment=enrolment, by=request.user, now=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(
            request, f"“{made.title}” stands among his documents: print it and post it today."
        )
    if "day" in request.POST:
        return back_to(asked_post_day(request), request.POST.get("show", ""))
    return redirect(enrolment.patient.record_url)
