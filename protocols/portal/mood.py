"""The nine questions about mood, answered by himself; help stands on every one of these pages."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.access import Capability, requires
from clinic.refusal import Refusal
from protocols.actions import mood as actions
from protocols.models import MoodQuestionnaire
from protocols.portal.forms import OwnMoodForm
from protocols.portal.owner import kept_private, own_enrolment, owned, page
from protocols.queries.enrolment import definition_of
from protocols.queries.portal_owner import Owner
from protocols.rules.deadlines import promise
from protocols.rules.mood import score

SAME_DAY = 8


@require_http_methods(["GET", "POST"])
@requires(Capability.PORTAL_OWN)
@owned
def mood(request: HttpRequest, owner: Owner) -> HttpResponse:
    enrolment = own_enrolment(owner)
    if enrolment is None:
        return page(request, owner, "mood", {"form": None, "nav": "diary"})
    table = definition_of(enrolment.version).mood
    form = OwnMoodForm(request.POST or None, max_missing=table.max_missing)
    if form.is_valid():
        try:
            kept = actions.answer(
                enrolment=enrolment,
                answers=form.answers,
                by=owner.account,
                now=owner.now,
                difficulty=form.cleaned_data["difficulty"],
                words=form.cleaned_data["words"],
                wants_call=form.cleaned_data["wants_call"],
            )
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return redirect("portal:mood_kept", kept.pk)
    context = {"form": form, "nav": "diary", "asks_help": asks_help(request)}
    context["soon"] = promise(SAME_DAY, owner.now, owner.site.zone, owner.now)
    return page(request, owner, "mood", context, status=422 if form.errors else 200)


@require_safe
@requires(Capability.PORTAL_OWN)
@owned
def kept(request: HttpRequest, owner: Owner, pk: int) -> HttpResponse:
    """What he reads after his answers: whom to call at once, or by when he hears from us."""
    questionnaire = get_object_or_404(
        MoodQuestionnaire.objects.visible_to(owner.account)
        .select_related("enrolment__version")
        .defer("enrolment__version__definition"),
        pk=pk,
    )
    context = {
        "questionnaire": questionnaire,
        "crisis": actions.crisis_words(questionnaire),
        "soon": soon_words(questionnaire, owner),
        "nav": "diary",
    }
    return page(request, owner, "mood_kept", context)


@require_POST
@requires(Capability.PORTAL_OWN)
@owned
def crisis(request: HttpRequest, owner: Owner) -> HttpResponse:
    """What stands under question 9 the moment it is answered, before anything is kept.

    Posted, so that no answer stands in an address.
    """
    context = {
        "asks_help": asks_help(request),
        "site": owner.site,
        "soon": promise(SAME_DAY, owner.now, owner.site.zone, owner.now),
    }
    return kept_private(render(request, "portal/_crisis.html", context))


def asks_help(request: HttpRequest) -> bool:
    return request.POST.get("item_9", "") in {"1", "2", "3"}


def soon_words(questionnaire: MoodQuestionnaire, owner: Owner) -> str:
    """By when somebody calls, or "" where nobody needs to."""
    table = definition_of(questionnaire.enrolment.version).mood
    hours = score(table, questionnaire.answers).contact_within_hours
    if questionnaire.wants_call:
        hours = min(hours or actions.WANTS_CALL.contact_within_hours or 24, 24)
    return promise(hours, questionnaire.answered_at, owner.site.zone, owner.now)
