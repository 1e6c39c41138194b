"""Moving a result that stands on the wrong man's record to the right one."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from clinic.access import Capability, requires
from clinic.refusal import Refusal
from labs.actions import moving
from labs.forms.release import MoveForm
from labs.models import Draw, SemenAnalysis
from labs.views.person import page, refuse
from labs.views.results import draw_or_404
from labs.views.semen import analysis_or_404
from patients.models import Patient
from patients.queries import find_patients

MOST = 8


@require_http_methods(["GET", "POST"])
@requires(Capability.RESULT_MOVE)
def move_draw(request, pk: int) -> HttpResponse:
    return move(request, draw_or_404(request, pk), "labs:draw")


@require_http_methods(["GET", "POST"])
@requires(Capability.RESULT_MOVE)
def move_semen(request, pk: int) -> HttpResponse:
    return move(request, analysis_or_404(request, pk), "labs:semen")


def move(request, result: Draw | SemenAnalysis, there: str) -> HttpResponse:
    """Find the man by any fragment, choose him beside the one it stands with now, say why."""
    found = candidates(request, result)
    form = MoveForm(request.POST or None, found=found)
    if form.is_bound and form.is_valid():
        try:
            new = moved(result, form.cleaned_data, request.user)
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, f"It stands on the record of {new.patient} now.")
            return redirect(there, new.pk)
    return page(
        request,
        result.patient,
        "move",
        {
            "result": result,
            "is_blood": isinstance(result, Draw),
            "form": form,
            "found": list(found),
            "text": text_of(request),
        },
        status=422 if form.errors else 200,
    )


def text_of(request) -> str:
    given: str = request.POST.get("find") or request.GET.get("find", "")
    return given.strip()


def candidates(request, result: Draw | SemenAnalysis) -> QuerySet[Patient]:
    """Whom the text may mean at this site, never the man it stands with."""
    here = Patient.objects.visible_to(request.user).exclude(pk=result.patient_id)
    text = text_of(request)
    if not text:
        return here.none()
    keys = [patient.pk for patient in find_patients(request.user, text, size=MOST).rows]
    return here.filter(pk__in=keys).order_by("sort_name", "pk")


def moved(result: Draw | SemenAnalysis, given: dict[str, Any], by: Any) -> Draw | SemenAnalysis:
    told = {"to": given["patient"], "reason": given["reason"], "by": by, "now": timezone.now()}
    if isinstance(result, Draw):
        return moving.move_draw(draw=result, **told)
    return moving.move_semen(analysis=result, **told)
