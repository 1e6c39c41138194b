"""A clinician lets a sample count that the rules leave out, or no longer."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from clinic.access import Capability, requires
from labs.actions import semen_validity as actions
from labs.forms.results import ReasonForm
from labs.models import SemenAnalysis
from labs.rules.semen import INVALID_SENTENCES
from labs.views.person import page
from labs.views.results import try_to
from labs.views.semen import analysis_or_404, reading_of


@require_http_methods(["GET", "POST"])
@requires(Capability.RESULT_REVIEW)
def include(request, pk: int) -> HttpResponse:
    analysis = analysis_or_404(request, pk)
    return decide(request, analysis, act=actions.include, done="The sample counts now.")


@require_http_methods(["GET", "POST"])
@requires(Capability.RESULT_REVIEW)
def leave_out(request, pk: int) -> HttpResponse:
    analysis = analysis_or_404(request, pk)
    return decide(request, analysis, act=actions.leave_out, done="The rules decide again.")


def decide(request, analysis: SemenAnalysis, *, act: Any, done: str) -> HttpResponse:
    """Ask why, and do it; the response is worked out anew at once."""
    form = ReasonForm(request.POST or None)

    def decided(form: ReasonForm) -> SemenAnalysis:
        reason = form.cleaned_data["reason"]
        made: SemenAnalysis = act(
            analysis=analysis, reason=reason, by=request.user, now=timezone.now()
        )
        return made

    if form.is_bound and form.is_valid() and try_to(decided, form):
        messages.success(request, done)
        return redirect("labs:semen", analysis.pk)
    reasons = reading_of(analysis).assessment.invalid_reasons
    return page(
        request,
        analysis.patient,
        "include_semen",
        {
            "analysis": analysis,
            "form": form,
            "includes": act is actions.include,
            "why_left_out": [INVALID_SENTENCES[reason] for reason in reasons],
        },
        status=422 if form.errors else 200,
    )
