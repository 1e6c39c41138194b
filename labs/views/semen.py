"""The semen sheet: typing it, a second person's reading, corrections, the analysis itself."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.access import Capability, may, requires
from labs.actions import semen as actions
from labs.forms.results import ReasonForm, ReviewForm
from labs.forms.semen import SheetForm, initial_of
from labs.forms.semen_reading import listed, reading_of, versions_of
from labs.models import ControlStanding, SemenAnalysis
from labs.queries.storage import frozen_already
from labs.views.person import page, patient_or_404
from labs.views.results import try_to
from labs.views.standing import around
from patients.models import Patient


def analysis_or_404(request, pk: int) -> SemenAnalysis:
    rows = SemenAnalysis.objects.visible_to(request.user).select_related(
        "patient__site", "laboratory", "entered_by", "verified_by", "reviewed_by", "sent_back_by",
        "included_by", "superseded_by", "moved_from",
    )  # fmt: skip
    return get_object_or_404(rows, pk=pk)


def sheet_page(request, patient: Patient, form: SheetForm, context: dict[str, Any]) -> HttpResponse:
    refused = form.is_bound and bool(form.errors or form.wrong_number or context.get("asked"))
    return page(
        request,
        patient,
        "semen_form",
        {"form": form, "analysis": None, "asked": False, **context},
        status=422 if refused else 200,
    )


def accepted(form: SheetForm, act: Any, *given: Any) -> Any:
    """What the action made of an acceptable sheet; None when there is something to mend."""
    if not form.is_bound or not form.is_acceptable:
        return None
    return try_to(act, form, *given)


@require_http_methods(["GET", "POST"])
@requires(Capability.SEMEN_ENTER)
def enter(request, pk: int) -> HttpResponse:
    patient = patient_or_404(request, pk)
    form = SheetForm(request.POST or None, patient=patient, now=timezone.now())
    if made := accepted(form, enter_sheet, patient, request.user):
        messages.success(request, "The sheet is kept. A second person verifies it.")
        return redirect("labs:semen", made.pk)
    return sheet_page(request, patient, form, {})


def enter_sheet(form: SheetForm, patient: Patient, by: Any) -> SemenAnalysis:
    cleaned = form.cleaned_data
    return actions.enter(
        patient=patient,
        laboratory=cleaned["laboratory"],
        collected_at=cleaned["collected_at"],
        specimen=cleaned["specimen"],
        sheet=form.answers(),
        confirmed=cleaned["confirmed"],
        by=by,
        now=timezone.now(),
    )


@require_POST
@requires(Capability.SEMEN_ENTER)
def preview(request, pk: int) -> HttpResponse:
    """What the rules make of the sheet so far; nothing is kept."""
    patient = patient_or_404(request, pk)
    form = SheetForm(request.POST, patient=patient, now=timezone.now())
    form.is_valid()
    return render(request, "labs/semen_form.html#said", {"form": form})


@require_safe
@requires(Capability.RESULT_READ)
def semen(request, pk: int) -> HttpResponse:
    return analysis_page(request, analysis_or_404(request, pk), ReviewForm())


def analysis_page(
    request, analysis: SemenAnalysis, review: ReviewForm, *, status: int = 200
) -> HttpResponse:
    stands = analysis.superseded_by_id is None and analysis.status != "entered_in_error"
    preliminary = analysis.status == SemenAnalysis.Status.PRELIMINARY
    own = analysis.entered_by_id == request.user.pk
    enters, user = may(request.user, Capability.SEMEN_ENTER), request.user
    return page(
        request,
        analysis.patient,
        "semen",
        {
            **around(request, analysis, analysis.verified_at or analysis.entered_at),
            "analysis": analysis,
            "reading": reading_of(analysis),
            "sections": listed(analysis),
            "versions": versions_of(analysis),
            "review": review,
            "own": own,
            "asks_review": stands and not preliminary and not analysis.reviewed_at
            and may(user, Capability.RESULT_REVIEW),
            "asks_verify": stands and preliminary and not own and not analysis.sent_back_at
            and may(user, Capability.SEMEN_VERIFY),
            "may_include": stands and not preliminary and may(user, Capability.RESULT_REVIEW),
            "asks_store": stands and bool(analysis.motile_seen) and not frozen_already(analysis),
            "may_amend": stands and preliminary and enters,
            "may_correct": stands and not preliminary and enters,
        },
        part="analysis",
        status=status,
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Capability.SEMEN_VERIFY)
def verify(request, pk: int) -> HttpResponse:
    """A second person reads the sheet as it was written, and signs it or sends it back."""
    analysis = analysis_or_404(request, pk)
    form = ReasonForm(request.POST) if request.method == "POST" else ReasonForm()
    form.fields["reason"].required = False
    if form.is_bound and form.is_valid() and try_to(verify_sheet, form, analysis, request.user):
        messages.success(request, "The sheet is final.")
        return redirect("labs:semen", analysis.pk)
    return verify_page(request, analysis, form)


def verify_sheet(form: ReasonForm, analysis: SemenAnalysis, by: Any) -> SemenAnalysis:
    return actions.verify(analysis=analysis, by=by, now=timezone.now())


def verify_page(request, analysis: SemenAnalysis, form: ReasonForm) -> HttpResponse:
    return page(
        request,
        analysis.patient,
        "verify",
        {
            "analysis": analysis,
            "form": form,
            "reading": reading_of(analysis),
            "sections": listed(analysis),
            "versions": versions_of(analysis),
            "author": standing_of(request, analysis),
        },
        status=422 if form.errors else 200,
    )


def standing_of(request, analysis: SemenAnalysis) -> ControlStanding | None:
    """Where its author stands in quality control, for whoever reads the sheet after him."""
    rows = ControlStanding.objects.visible_to(request.user).select_related("technologist")
    return rows.filter(technologist=analysis.entered_by_id).first()


@require_POST
@requires(Capability.SEMEN_VERIFY)
def send_back(request, pk: int) -> HttpResponse:
    analysis = analysis_or_404(request, pk)
    form = ReasonForm(request.POST)
    if form.is_valid() and try_to(send_sheet_back, form, analysis, request.user):
        messages.success(request, "The sheet is sent back.")
        return redirect("labs:semen", analysis.pk)
    return verify_page(request, analysis, form)


def send_sheet_back(form: ReasonForm, analysis: SemenAnalysis, by: Any) -> SemenAnalysis:
    reason = form.cleaned_data["reason"]
    return actions.send_back(analysis=analysis, reason=reason, by=by, now=timezone.now())


def form_about(request, analysis: SemenAnalysis, *, corrects: bool) -> SheetForm:
    """The form filled with a kept sheet; when, where and whose it was is not asked again."""
    known = initial_of(
        analysis.sheet, laboratory=analysis.laboratory_id, specimen=analysis.specimen
    )
    form = SheetForm(
        request.POST or None,
        initial=known,
        patient=analysis.patient,
        now=timezone.now(),
        corrects=corrects,
    )
    for name in ("collected_at", "laboratory", "specimen"):
        form.fields[name].disabled = True
        form.fields[name].required = False
    return form


@require_http_methods(["GET", "POST"])
@requires(Capability.SEMEN_ENTER)
def amend(request, pk: int) -> HttpResponse:
    analysis = analysis_or_404(request, pk)
    form = form_about(request, analysis, corrects=False)
    if accepted(form, amend_sheet, analysis, request.user):
        messages.success(request, "The sheet is kept. A second person verifies it.")
        return redirect("labs:semen", analysis.pk)
    return sheet_page(request, analysis.patient, form, {"analysis": analysis})


def amend_sheet(form: SheetForm, analysis: SemenAnalysis, by: Any) -> SemenAnalysis:
    return actions.amend(
        analysis=analysis,
        sheet=form.answers(),
        confirmed=form.cleaned_data["confirmed"],
        by=by,
        now=timezone.now(),
    )


@require_http_methods(["GET", "POST"])
@requires(Capability.SEMEN_ENTER)
def correct(request, pk: int) -> HttpResponse:
    analysis = analysis_or_404(request, pk)
    form = form_about(request, analysis, corrects=True)
    if made := accepted(form, correct_sheet, analysis, request.user):
        messages.success(request, "The correction is kept. A second person verifies it.")
        return redirect("labs:semen", made.pk)
    return sheet_page(request, analysis.patient, form, {"analysis": analysis})


def correct_sheet(form: SheetForm, analysis: SemenAnalysis, by: Any) -> SemenAnalysis:
    return actions.correct(
        analysis=analysis,
        sheet=form.answers(),
        reason=form.cleaned_data["reason"],
        confirmed=form.cleaned_data["confirmed"],
        by=by,
        now=timezone.now(),
    )


@require_POST
@requires(Capability.RESULT_REVIEW)
def review(request, pk: int) -> HttpResponse:
    analysis = analysis_or_404(request, pk)
    form = ReviewForm(request.POST)
    if form.is_valid() and try_to(review_sheet, form, analysis, request.user):
        return redirect("labs:semen", analysis.pk)
    return analysis_page(request, analysis, form, status=422)


def review_sheet(form: ReviewForm, analysis: SemenAnalysis, by: Any) -> SemenAnalysis:
    comment = form.cleaned_data["comment"]
    return actions.review(analysis=analysis, comment=comment, by=by, now=timezone.now())


@require_http_methods(["GET", "POST"])
@requires(Capability.SEMEN_ENTER)
def strike(request, pk: int) -> HttpResponse:
    analysis = analysis_or_404(request, pk)
    form = ReasonForm(request.POST or None)
    if form.is_bound and form.is_valid() and try_to(strike_sheet, form, analysis, request.user):
        messages.success(request, "The sheet is struck out.")
        return redirect("labs:semen", analysis.pk)
    return page(
        request,
        analysis.patient,
        "strike_semen",
        {"analysis": analysis, "form": form},
        status=422 if form.errors else 200,
    )


def strike_sheet(form: ReasonForm, analysis: SemenAnalysis, by: Any) -> SemenAnalysis:
    reason = form.cleaned_data["reason"]
    return actions.strike(analysis=analysis, reason=reason, by=by, now=timezone.now())
