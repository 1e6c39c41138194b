"""Typing a report in, reading a draw, correcting it and striking it out."""

from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.access import Capability, may, requires
from clinic.refusal import Refusal
from labs.actions.results import (
    correct_draw,
    file_draw,
    review_draws,
    say_fasting,
    strike_draw,
)
from labs.forms.results import (
    CorrectionForm,
    ReasonForm,
    ReportForm,
    ReviewForm,
    SayFastingForm,
    ValuesForm,
)
from labs.models import Draw, Order
from labs.queries.draws import history_of, ldl_of, standing_rows
from labs.rules.catalogue import CatalogueError, Panel, published_catalogue
from labs.rules.display import units_of
from labs.views.person import page, patient_or_404, refuse
from labs.views.standing import around
from patients.models import Patient


def draw_or_404(request, pk: int) -> Draw:
    rows = Draw.objects.visible_to(request.user).select_related(
        "patient__site", "laboratory", "order__panel", "filed_by", "reviewed_by", "struck_by",
        "moved_from",
    )  # fmt: skip
    return get_object_or_404(rows, pk=pk)


def blood_panels() -> list[Panel]:
    return [panel for panel in published_catalogue().panels if panel.key != "semen"]


def chosen_panel(request, orders: list[Order]) -> Panel:
    """The panel asked for, else the one somebody waits for, else the first."""
    first = next((order.panel.key for order in orders if order.panel), blood_panels()[0].key)
    try:
        return published_catalogue().panel(request.GET.get("panel", first))
    except CatalogueError:
        return published_catalogue().panel(first)


def open_orders(patient: Patient) -> list[Order]:
    waiting = Order.objects.open().filter(patient=patient, semen=False)
    return list(waiting.select_related("panel").order_by("due_on", "pk"))


@require_http_methods(["GET", "POST"])
@requires(Capability.RESULT_ENTER)
def enter_results(request, pk: int) -> HttpResponse:
    patient = patient_or_404(request, pk)
    orders = open_orders(patient)
    panel = chosen_panel(request, orders)
    form = report_form(request, patient, panel)
    if form.is_bound and form.is_valid():
        draw = try_to(file_report, form, patient, request.user)
        if draw is not None:
            messages.success(request, "The results are filed.")
            return redirect("labs:draw", draw.pk)
    elif not form.is_bound:
        form.show_fallbacks()
    return page(
        request,
        patient,
        "enter_results",
        {"form": form, "panel": panel, "panels": blood_panels(), "orders": orders},
        status=422 if form.errors else 200,
    )


def report_form(request, patient: Patient, panel: Panel) -> ReportForm:
    return ReportForm(
        request.POST or None, patient=patient, analytes=panel.analytes, now=timezone.now()
    )


def file_report(form: ReportForm, patient: Patient, by: Any) -> Draw:
    cleaned = form.cleaned_data
    return file_draw(
        patient=patient,
        laboratory=cleaned["laboratory"],
        collected_at=cleaned["collected_at"],
        values=form.values(),
        specimen=cleaned["specimen"],
        note=cleaned["note"],
        confirmed=cleaned["confirmed"],
        by=by,
        now=timezone.now(),
        **form.said(),
    )


def try_to(act: Any, form: BaseForm, *given: Any) -> Any:
    """What the action made, or None with its refusal on the form."""
    try:
        return act(form, *given)
    except Refusal as refusal:
        if isinstance(form, ValuesForm):
            form.add_error(form.field_of(refusal.field), str(refusal))
        else:
            refuse(form, refusal)
        return None


@require_POST
@requires(Capability.RESULT_ENTER)
def preview_results(request, pk: int) -> HttpResponse:
    """What the rules read in the rows so far; nothing is kept."""
    patient = patient_or_404(request, pk)
    panel = chosen_panel(request, [])
    form = report_form(request, patient, panel)
    form.is_valid()
    return render(request, "labs/enter_results.html#read", {"form": form})


@require_safe
@requires(Capability.RESULT_READ)
def draw(request, pk: int) -> HttpResponse:
    found = draw_or_404(request, pk)
    return draw_page(request, found, ReviewForm(), SayFastingForm(prefix="said"))


def draw_page(
    request, found: Draw, review: ReviewForm, said: SayFastingForm, *, status: int = 200
) -> HttpResponse:
    final = found.status in {Draw.Status.FINAL, Draw.Status.CORRECTED}
    stands = found.status != Draw.Status.ENTERED_IN_ERROR
    user = request.user
    units = units_of(user.units)
    lines = history_of(found, units)
    since = max((line.result.filed_at for line in lines), default=found.filed_at)
    return page(
        request,
        found.patient,
        "draw",
        {
            **around(request, found, since),
            "draw": found,
            "rows": lines,
            "ldl": ldl_of(found, lines, units) if stands else None,
            "review": review,
            "said": said,
            "asks_review": final and not found.reviewed_at
            and may(user, Capability.RESULT_REVIEW),
            "asks_fasting": stands and found.fasting is None
            and may(user, Capability.VISIT_RECORD),
            "may_correct": stands and may(user, Capability.RESULT_ENTER),
        },
        part="draw",
        status=status,
    )  # fmt: skip


@require_POST
@requires(Capability.RESULT_REVIEW)
def review_draw(request, pk: int) -> HttpResponse:
    found = draw_or_404(request, pk)
    form = ReviewForm(request.POST)
    if form.is_valid() and try_to(review_one, form, found, request.user):
        return redirect("labs:draw", found.pk)
    return draw_page(request, found, form, SayFastingForm(prefix="said"), status=422)


def review_one(form: ReviewForm, found: Draw, by: Any) -> list[Draw]:
    comment = form.cleaned_data["comment"]
    return review_draws(draws=[found], comment=comment, by=by, now=timezone.now())


@require_POST
@requires(Capability.VISIT_RECORD)
def state_fasting(request, pk: int) -> HttpResponse:
    found = draw_or_404(request, pk)
    form = SayFastingForm(request.POST, prefix="said")
    if form.is_valid() and try_to(say_one, form, found, request.user):
        return redirect("labs:draw", found.pk)
    return draw_page(request, found, ReviewForm(), form, status=422)


def say_one(form: SayFastingForm, found: Draw, by: Any) -> Draw:
    return say_fasting(draw=found, by=by, now=timezone.now(), **form.said())


@require_http_methods(["GET", "POST"])
@requires(Capability.RESULT_ENTER)
def correct(request, pk: int) -> HttpResponse:
    found = draw_or_404(request, pk)
    standing = standing_rows(found)
    form = CorrectionForm(
        request.POST or None,
        analytes=[row.analyte.key for row in standing],
        laboratory=found.laboratory,
        patient=found.patient,
        collected_at=found.collected_at,
        standing=standing,
    )
    if form.is_bound and form.is_valid() and try_to(correct_one, form, found, request.user):
        messages.success(request, "The correction is filed; the old values stay readable.")
        return redirect("labs:draw", found.pk)
    return page(
        request,
        found.patient,
        "correct_draw",
        {"draw": found, "form": form},
        status=422 if form.errors else 200,
    )


def correct_one(form: CorrectionForm, found: Draw, by: Any) -> Draw:
    cleaned = form.cleaned_data
    return correct_draw(
        draw=found,
        values=form.values(),
        reason=cleaned["reason"],
        confirmed=cleaned["confirmed"],
        by=by,
        now=timezone.now(),
    )


@require_http_methods(["GET", "POST"])
@requires(Capability.RESULT_ENTER)
def strike(request, pk: int) -> HttpResponse:
    found = draw_or_404(request, pk)
    form = ReasonForm(request.POST or None)
    if form.is_bound and form.is_valid() and try_to(strike_one, form, found, request.user):
        messages.success(request, "The results are struck out.")
        return redirect("labs:draw", found.pk)
    return page(
        request,
        found.patient,
        "strike_draw",
        {"draw": found, "form": form},
        status=422 if form.errors else 200,
    )


def strike_one(form: ReasonForm, found: Draw, by: Any) -> Draw:
    reason = form.cleaned_data["reason"]
    return strike_draw(draw=found, reason=reason, by=by, now=timezone.now())
