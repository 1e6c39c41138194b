"""One side effect on a page of its own: what it is, its whole course, and every way to go on."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic import audit
from clinic.access import Capability, may, requires
from clinic.refusal import Refusal
from patients.models import Patient
from protocols.actions import event_review as actions
from protocols.forms.side_effects import (
    EventCorrectForm,
    EventReviewForm,
    FollowUpForm,
    NewEventForm,
    StrikeForm,
)
from protocols.models import AdverseEvent, AdverseEventEntry, Duty, Enrolment
from protocols.queries.banner import banner_of
from protocols.queries.evidence import told_of
from protocols.queries.story import story_of
from protocols.rules.adverse_events import shipped_clinical_grades


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.EVENT_RECORD)
def record_event(request, pk: int) -> HttpResponse:
    """A side effect that is told at any time."""
    patient = get_object_or_404(
        Patient.objects.visible_to(request.user).select_related("site"), pk=pk
    )
    enrolment = (
        Enrolment.objects.visible_to(request.user)
        .filter(patient=patient)
        .order_by("-opened_at", "-pk")
        .first()
    )
    if enrolment is None:
        messages.error(request, f"{patient} is not in the programme.")
        return redirect("protocols:record_side_effects", patient.pk)
    form = NewEventForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.record_event(
                enrolment=enrolment,
                term=form.cleaned_data["term"],
                title=form.cleaned_data["title"],
                said=form.said,
                reviewed=may(request.user, Capability.FINDING_DECIDE),
                by=request.user,
                now=timezone.now(),
            )
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, f"{made.title}: written down.")
            return redirect("protocols:side_effect", made.pk)
    context = frame(request, patient) | {"form": form}
    status = 422 if form.errors else 200
    return render(request, "protocols/side_effects/new.html", context, status=status)


def event_or_404(request, pk: int) -> AdverseEvent:
    rows = AdverseEvent.objects.visible_to(request.user).select_related(
        "enrolment__patient__site", "recorded_by", "reviewed_by", "struck_by", "visit"
    )
    return get_object_or_404(rows, pk=pk)


@require_safe
@requires(Capability.FINDING_READ)
def side_effect(request, pk: int) -> HttpResponse:
    return page(request, event_or_404(request, pk))


@require_POST
@requires(Capability.FINDING_DECIDE)
def review(request, pk: int) -> HttpResponse:
    found = event_or_404(request, pk)
    form = EventReviewForm(request.POST, event=found, known=actions.initial_of(found))

    def do() -> str:
        actions.review(event=found, by=request.user, now=timezone.now(), **form.cleaned_data)
        return f"{found.title}: graded."

    return carried_out(request, found, form, do) or page(request, found, review=form)


@require_POST
@requires(Capability.FINDING_DECIDE)
def correct(request, pk: int) -> HttpResponse:
    found = event_or_404(request, pk)
    form = EventCorrectForm(request.POST, event=found, known=actions.initial_of(found))

    def do() -> str:
        actions.correct(
            event=found, said=form.said, because=form.cleaned_data["because"], by=request.user,
            now=timezone.now(),
        )  # fmt: skip
        return f"{found.title}: corrected."

    return carried_out(request, found, form, do) or page(request, found, correct=form)


@require_POST
@requires(Capability.EVENT_RECORD)
def follow_up(request, pk: int) -> HttpResponse:
    found = event_or_404(request, pk)
    form = FollowUpForm(request.POST, event=found)

    def do() -> str:
        actions.follow_up(
            event=found, by=request.user, now=timezone.now(),
            reviewed=may(request.user, Capability.FINDING_DECIDE), **form.cleaned_data,
        )  # fmt: skip
        return f"{found.title}: written down."

    return carried_out(request, found, form, do) or page(request, found, follow_up=form)


@require_POST
@requires(Capability.FINDING_DECIDE)
def strike(request, pk: int) -> HttpResponse:
    found = event_or_404(request, pk)
    form = StrikeForm(request.POST)

    def do() -> str:
        actions.strike(
            event=found, because=form.cleaned_data["because"], by=request.user, now=timezone.now()
        )
        return f"{found.title}: struck out; it stays to be read."

    return carried_out(request, found, form, do) or page(request, found, strike=form)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.EVENT_RECORD)
def strike_entry(request, pk: int) -> HttpResponse:
    """One entry of the course that was wrong, on a page of its own."""
    events = AdverseEvent.objects.visible_to(request.user)
    entry = get_object_or_404(
        AdverseEventEntry.objects.select_related(
            "event__enrolment__patient__site", "recorded_by"
        ).filter(event__in=events),
        pk=pk,
    )
    form = StrikeForm(request.POST or None)

    def do() -> str:
        actions.strike_follow_up(
            entry=entry, because=form.cleaned_data["because"], by=request.user, now=timezone.now()
        )
        return "Struck out; it stays to be read."

    if request.method == "POST":
        answered = carried_out(request, entry.event, form, do)
        if answered is not None:
            return answered
    context = frame(request, entry.event.enrolment.patient) | {"entry": entry, "form": form}
    status = 422 if form.errors else 200
    return render(request, "protocols/side_effects/strike_entry.html", context, status=status)


def carried_out(
    request, found: AdverseEvent, form: forms.Form, do: Callable[[], str]
) -> HttpResponse | None:
    """What was wished for, done and said; None when the form says why not."""
    if not form.is_valid():
        return None
    try:
        said = do()
    except Refusal as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return None
    messages.success(request, said)
    return redirect("protocols:side_effect", found.pk)


def frame(request, patient: Patient) -> dict[str, Any]:
    story = story_of(patient)
    audit.viewed(request.user, patient, "side_effects")
    return {
        "patient": patient,
        "story": story,
        "banner": banner_of(story, story.local(timezone.now())),
        "tab": "side_effects",
        "nav": "patients",
        "now": timezone.now(),
    }


def page(request, found: AdverseEvent, **given: forms.Form) -> HttpResponse:
    """Everything about it; a form that was refused keeps what was typed."""
    today = found.enrolment.patient.site.localdate(timezone.now())
    entries = told_of(found)
    known = actions.initial_of(found, [entry for entry, _ in entries])
    reports = Duty.objects.filter(about=found.label).select_related("owner__account", "done_by")
    fresh = {
        "review": EventReviewForm(event=found, known=known),
        "correct": EventCorrectForm(event=found, known=known),
        "follow_up": FollowUpForm(event=found, initial={"on": today}),
        "strike": StrikeForm(),
    }
    to_review = not found.reviewed_at or found.news_at or found.proposed_end_on
    context = frame(request, found.enrolment.patient) | {
        "event": found,
        "entries": entries,
        "duties": list(reports) if found.serious else [],
        "reporting": shipped_clinical_grades().reporting,
        "to_review": bool(to_review),
        "may_decide": may(request.user, Capability.FINDING_DECIDE),
        "may_record": may(request.user, Capability.EVENT_RECORD),
        "forms": fresh | given,
        "given": next(iter(given), ""),
    }
    status = 422 if given else 200
    return render(request, "protocols/side_effects/page.html", context, status=status)
