"""A partner's pregnancy: on the record, counselled, followed to its outcome."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from clinic import audit
from clinic.access import Capability, requires
from clinic.refusal import Refusal
from patients.models import Patient
from protocols.actions import pregnancy as actions
from protocols.forms.pregnancy import (
    CounselForm,
    DatesForm,
    FollowUpForm,
    OutcomeForm,
    PregnancyForm,
)
from protocols.models import Enrolment, PartnerPregnancy
from protocols.queries.banner import banner_of
from protocols.queries.story import story_of
from protocols.rules.pregnancy import exposure_words


@require_safe
@requires(Capability.PATIENT_READ)
def pregnancies(request, pk: int) -> HttpResponse:
    return page(request, patient_or_404(request, pk))


@require_POST
@requires(Capability.EVENT_RECORD)
def record_pregnancy(request, pk: int) -> HttpResponse:
    patient = patient_or_404(request, pk)
    form = PregnancyForm(request.POST)

    def do(data: dict[str, Any]) -> str:
        enrolment = latest_enrolment(patient)
        if enrolment is None:
            raise Refusal("He was never enrolled: there is no treatment to follow her for.")
        actions.record_pregnancy(enrolment=enrolment, by=request.user, now=timezone.now(), **data)
        return "Recorded. Counselling is on the work queue for today."

    return carried_out(request, patient, form, do) or page(request, patient, new=form)


@require_POST
@requires(Capability.EVENT_RECORD)
def counsel(request, pk: int) -> HttpResponse:
    said = "The counselling is recorded; the next call is planned."
    return step(request, pk, "counsel", CounselForm(request.POST), actions.counsel, said)


@require_POST
@requires(Capability.EVENT_RECORD)
def follow_up(request, pk: int) -> HttpResponse:
    said = "The call is noted; the next one is planned."
    return step(request, pk, "follow_up", FollowUpForm(request.POST), actions.follow_up, said)


@require_POST
@requires(Capability.EVENT_RECORD)
def outcome(request, pk: int) -> HttpResponse:
    said = "The outcome is recorded; no further call is planned."
    return step(request, pk, "outcome", OutcomeForm(request.POST), actions.record_outcome, said)


@require_POST
@requires(Capability.EVENT_RECORD)
def correct_dates(request, pk: int) -> HttpResponse:
    said = "The dates are corrected; the next call follows them."
    return step(request, pk, "dates", DatesForm(request.POST), actions.correct_dates, said)


def step(
    request, pk: int, name: str, form: forms.Form, act: Callable[..., object], said: str
) -> HttpResponse:
    """One step of the pregnancy that is followed: done and said, or refused beside its field."""
    found = pregnancy_or_404(request, pk)

    def do(data: dict[str, Any]) -> str:
        act(pregnancy=found, by=request.user, now=timezone.now(), **data)
        return said

    patient = found.enrolment.patient
    return carried_out(request, patient, form, do) or page(request, patient, **{name: form})


def patient_or_404(request, pk: int) -> Patient:
    return get_object_or_404(Patient.objects.visible_to(request.user).select_related("site"), pk=pk)


def pregnancy_or_404(request, pk: int) -> PartnerPregnancy:
    rows = PartnerPregnancy.objects.visible_to(request.user)
    return get_object_or_404(rows.select_related("enrolment__patient__site"), pk=pk)


def latest_enrolment(patient: Patient) -> Enrolment | None:
    """The course she may have been exposed to: the running one, else the last."""
    return Enrolment.objects.filter(patient=patient).order_by("-opened_at", "-pk").first()


def carried_out(
    request, patient: Patient, form: forms.Form, do: Callable[[dict[str, Any]], str]
) -> HttpResponse | None:
    """What was wished for, done and said; None when the form says why not."""
    if not form.is_valid():
        return None
    try:
        said = do(form.cleaned_data)
    except Refusal as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return None
    messages.success(request, said)
    return redirect("protocols:pregnancies", patient.pk)


def page(request, patient: Patient, **given: forms.Form) -> HttpResponse:
    audit.viewed(request.user, patient, "side_effects")
    story = story_of(patient)
    today = patient.site.localdate(timezone.now())
    rows = list(
        PartnerPregnancy.objects.visible_to(request.user)
        .filter(enrolment__patient=patient)
        .select_related("enrolment", "recorded_by", "counselled_by", "closed_by")
        .prefetch_related("follow_ups__noted_by")
    )
    running = next((row for row in rows if not row.outcome), None)
    known = {name: getattr(running, name, None) for name in DatesForm.base_fields}
    fresh = {
        "dates": DatesForm(initial=known),
        "new": PregnancyForm(initial={"told_on": today}),
        "counsel": CounselForm(initial={"on": today}),
        "follow_up": FollowUpForm(initial={"on": today}),
        "outcome": OutcomeForm(),
    }
    context = {
        "patient": patient,
        "banner": banner_of(story, today),
        "tab": "side_effects",
        "nav": "patients",
        "rows": [(row, exposure(row)) for row in rows],
        "running": running,
        "forms": fresh | given,
    }
    return render(request, "protocols/pregnancy/page.html", context, status=422 if given else 200)


def exposure(row: PartnerPregnancy) -> str:
    return exposure_words(
        first_dose_on=row.enrolment.first_dose_on,
        last_dose_on=row.enrolment.last_dose_on,
        last_period_on=row.last_period_on,
    )
