"""The clinician's home: one list, most dangerous first; deciding moves to the next."""

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.access import Capability, requires
from clinic.models import Account, Cover
from clinic.pages import render_part
from clinic.refusal import Refusal
from labs.actions.results import review_draws
from labs.actions.semen import review as review_sheet
from labs.models import Draw, SemenAnalysis
from labs.views.review import refuse_out_of_range, signed_words, undo_url
from patients.actions.letters import mark_read, write_to_patient
from patients.models import Letter
from protocols.actions import event_review
from protocols.forms.safety import AnswerForm, ReviewForm
from protocols.forms.side_effects import EventReviewForm
from protocols.models import AdverseEvent
from protocols.queries.inbox import Inbox
from protocols.queries.inbox import inbox as everything
from protocols.views.items import opened

PAGE = "protocols/inbox/page.html"


@require_safe
@requires(Capability.FINDING_READ)
def inbox(request) -> HttpResponse:
    """The list, with its first item open beside it."""
    waiting = everything(request.user, timezone.now())
    first = waiting.first
    detail = opened(request, first.kind, first.ref) if first else None
    return page(request, waiting, detail)


@require_safe
@requires(Capability.FINDING_READ)
def item(request, kind: str, pk: int) -> HttpResponse:
    waiting = everything(request.user, timezone.now())
    return page(request, waiting, opened(request, kind, pk), open_item=True)


def page(
    request,
    waiting: Inbox,
    detail: dict[str, Any] | None,
    *,
    open_item: bool = False,
    status: int = 200,
) -> HttpResponse:
    following = waiting.after(detail["key"]) if detail else None
    request.inbox_count = len(waiting.items)
    context = {
        "inbox": waiting,
        "detail": detail,
        "open_item": open_item,
        "following": following,
        "total": request.inbox_count,
        "on_the_phone": sum(item.band == 0 for item in waiting.items),
        "now": timezone.localtime(),
        "today": timezone.localdate(),
        "covers": covers_of(request.user),
        "nav": "inbox",
    }
    response = render_part(request, PAGE, "inbox", context, status=status)
    if request.method == "GET" and request.htmx:
        response["HX-Push-Url"] = request.get_full_path()
    return response


def covers_of(user: Account) -> list[Cover]:
    """Whom this member reads for today, and who reads for him."""
    member = user.member
    if member is None:
        return []
    rows = Cover.objects.visible_to(user).on(timezone.localdate())
    return list(
        rows.filter(Q(member=member) | Q(by=member)).select_related(
            "member__account", "by__account"
        )
    )


def refused(request, kind: str, pk: int, form: BaseForm) -> HttpResponse:
    """The item again, with the sentence on its form and everything typed kept."""
    waiting = everything(request.user, timezone.now())
    detail = opened(request, kind, pk, {"form": form})
    return page(request, waiting, detail, open_item=True, status=422)


def onward(request, kind: str, pk: int) -> HttpResponse:
    """To what comes after the item that has just been decided."""
    following = request.POST.get("next", "")
    next_kind, _, ref = following.partition("/")
    if next_kind and ref.isdecimal() and f"{kind}/{pk}" != following:
        return redirect("protocols:inbox_item", next_kind, int(ref))
    return redirect("protocols:inbox")


def add_refusal(form: BaseForm, refusal: Refusal) -> None:
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))


@require_POST
@requires(Capability.RESULT_REVIEW)
def review_draw(request, pk: int) -> HttpResponse:
    draw = get_object_or_404(Draw.objects.visible_to(request.user), pk=pk)
    form = ReviewForm(request.POST)
    if form.is_valid():
        try:
            review_draws(draws=[draw], by=request.user, now=timezone.now(), **form.cleaned_data)
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, "The results are reviewed.")
            return onward(request, "draw", pk)
    return refused(request, "draw", pk, form)


@require_POST
@requires(Capability.RESULT_REVIEW)
def review_semen(request, pk: int) -> HttpResponse:
    analysis = get_object_or_404(SemenAnalysis.objects.visible_to(request.user), pk=pk)
    form = ReviewForm(request.POST)
    if form.is_valid():
        try:
            review_sheet(
                analysis=analysis, by=request.user, now=timezone.now(), **form.cleaned_data
            )
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, "The sample is reviewed.")
            return onward(request, "semen", pk)
    return refused(request, "semen", pk, form)


@require_POST
@requires(Capability.FINDING_DECIDE)
def grade_event(request, pk: int) -> HttpResponse:
    event = get_object_or_404(AdverseEvent.objects.visible_to(request.user), pk=pk)
    form = EventReviewForm(request.POST, event=event, known=event_review.initial_of(event))
    if form.is_valid():
        try:
            event_review.review(
                event=event, by=request.user, now=timezone.now(), **form.cleaned_data
            )
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, f"{event.title}: graded.")
            return onward(request, "event", pk)
    return refused(request, "event", pk, form)


@require_POST
@requires(Capability.MESSAGE_ANSWER)
def answer_letter(request, pk: int) -> HttpResponse:
    letter = get_object_or_404(
        Letter.objects.visible_to(request.user).select_related("patient__site"), pk=pk
    )
    form = AnswerForm(request.POST)
    if form.is_valid():
        try:
            write_to_patient(
                patient=letter.patient, by=request.user, now=timezone.now(), **form.cleaned_data
            )
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, "Your answer is in his portal.")
            return onward(request, "letter", pk)
    return refused(request, "letter", pk, form)


@require_POST
@requires(Capability.MESSAGE_ANSWER)
def read_letter(request, pk: int) -> HttpResponse:
    letter = get_object_or_404(
        Letter.objects.visible_to(request.user).select_related("patient__site"), pk=pk
    )
    mark_read(patient=letter.patient, by=request.user, now=timezone.now())
    messages.success(request, "Marked as read.")
    return onward(request, "letter", pk)


@require_http_methods(["GET", "POST"])
@requires(Capability.RESULT_REVIEW)
def normal(request) -> HttpResponse:
    """Look through results that are all in range, and sign those that are ticked at once."""
    refusal_text = ""
    if request.method == "POST":
        try:
            signed = sign(request.user, request.POST.getlist("draw"))
        except Refusal as refusal:
            refusal_text = str(refusal)
        else:
            messages.success(request, signed_words(signed), extra_tags=undo_url(signed))
            return redirect("protocols:inbox")
    waiting = everything(request.user, timezone.now())
    draws = (
        Draw.objects.visible_to(request.user)
        .filter(pk__in=[row.ref for row in waiting.normal])
        .select_related("patient", "laboratory")
        .prefetch_related("results__analyte")
        .order_by("collected_at", "pk")
    )
    return render_part(
        request,
        "protocols/inbox/normal.html",
        "normal",
        {"draws": list(draws), "refusal": refusal_text, "nav": "inbox"},
        status=422 if refusal_text else 200,
    )


def sign(user: Account, ticked: list[str]) -> list[Draw]:
    """Review the ticked draws of this site, all or none, and none that is not in range."""
    pks = [int(pk) for pk in ticked if pk.isdecimal()]
    mine = Draw.objects.visible_to(user).select_related("patient")
    draws = list(mine.filter(pk__in=pks).with_results())
    refuse_out_of_range(draws)
    return review_draws(draws=draws, by=user, now=timezone.now())
