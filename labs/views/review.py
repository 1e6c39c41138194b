"""Reading many results in a row: those in range are signed together."""

from collections.abc import Sequence
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from clinic.access import Capability, requires
from clinic.refusal import Refusal
from labs.actions.results import review_draws, unreview_draws
from labs.models import Draw
from labs.queries import unreviewed


@require_safe
@requires(Capability.RESULT_REVIEW)
def review(request) -> HttpResponse:
    return review_page(request)


def review_page(request, refusal: str = "", status: int = 200) -> HttpResponse:
    waiting = unreviewed(request.user)
    return render(
        request,
        "labs/review.html",
        {
            "waiting": waiting,
            "signable": any(draw.wholly_in_range for draw in waiting.draws),
            "refusal": refusal,
            "nav": "laboratory",
            "back_url": reverse("labs:bench"),
        },
        status=status,
    )


@require_POST
@requires(Capability.RESULT_REVIEW)
def review_together(request) -> HttpResponse:
    """Sign the chosen ones, all or none."""
    chosen = [pk for pk in request.POST.getlist("draw") if pk.isdecimal()]
    mine = Draw.objects.visible_to(request.user).select_related("patient")
    draws = list(mine.filter(pk__in=chosen).with_results())
    try:
        refuse_out_of_range(draws)
        signed = review_draws(draws=draws, by=request.user, now=timezone.now())
    except Refusal as refusal:
        return review_page(request, str(refusal), status=422)
    messages.success(request, signed_words(signed), extra_tags=undo_url(signed))
    return redirect("labs:review")


def signed_words(signed: Sequence[Draw]) -> str:
    many = "s" if len(signed) > 1 else ""
    return f"{len(signed)} result{many} reviewed. For a minute you can take it back."


def undo_url(signed: Sequence[Draw]) -> str:
    """Where the button of the note that says so posts to."""
    query = urlencode({"draw": [draw.pk for draw in signed]}, doseq=True)
    return f"{reverse('labs:undo_review')}?{query}"


@require_POST
@requires(Capability.RESULT_REVIEW)
def undo(request) -> HttpResponse:
    """Take back what was signed together, within a minute; all or none."""
    chosen = [pk for pk in request.GET.getlist("draw") if pk.isdecimal()]
    draws = list(Draw.objects.visible_to(request.user).filter(pk__in=chosen))
    try:
        undone = unreview_draws(draws=draws, by=request.user, now=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        if undone:
            messages.success(request, "Taken back: they wait to be reviewed again.")
    return redirect("labs:review")


def refuse_out_of_range(draws: list[Draw]) -> None:
    """What is out of range is opened and read by itself."""
    if odd := [draw for draw in draws if not draw.wholly_in_range]:
        raise Refusal(f"Not everything of {odd[0].patient} is in range. Open it and read it.")
