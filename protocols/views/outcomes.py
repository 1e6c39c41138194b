"""Outcomes: what the programme has done so far, beside what the study reports."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clinic.access import Capability, requires
from clinic.pages import MemberRequest
from protocols.queries.cohort import cohort_of


@require_safe
@requires(Capability.OUTCOME_READ)
def outcomes(request: MemberRequest) -> HttpResponse:
    """Numbers of men, never names: nobody's record is opened here."""
    cohort = cohort_of(request.user, request.site)
    return render(
        request, "protocols/outcomes/outcomes.html", {"nav": "outcomes", "cohort": cohort}
    )
