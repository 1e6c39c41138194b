"""Holding one result back from its man, two clinicians together, and letting it go."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth import authenticate
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.access import Capability, requires
from clinic.refusal import Refusal
from clinic.views.second import add_refusal, second_member
from labs.actions import withholding
from labs.forms.release import AgreeForm, LiftForm, WithholdForm
from labs.models import Draw, SemenAnalysis, Withholding
from labs.queries.held import held_back
from labs.rules.release import LONGEST_HELD, UNCONFIRMED
from labs.views.person import page, refuse
from labs.views.results import draw_or_404
from labs.views.semen import analysis_or_404


@require_http_methods(["GET", "POST"])
@requires(Capability.RESULT_WITHHOLD)
def withhold_draw(request, pk: int) -> HttpResponse:
    return withhold(request, draw_or_404(request, pk))


@require_http_methods(["GET", "POST"])
@requires(Capability.RESULT_WITHHOLD)
def withhold_semen(request, pk: int) -> HttpResponse:
    return withhold(request, analysis_or_404(request, pk))


def withhold(request, result: Draw | SemenAnalysis) -> HttpResponse:
    in_three_days = timezone.localtime(timezone.now() + timedelta(days=3))
    form = WithholdForm(request.POST or None, initial={"ends_at": in_three_days})
    if form.is_bound and form.is_valid() and (made := hold_back(request, form, result)):
        messages.success(request, said(made))
        return redirect("labs:withholding", made.pk)
    return page(
        request,
        result.patient,
        "withhold",
        {
            "result": result,
            "is_blood": isinstance(result, Draw),
            "form": form,
            "alone_hours": int(UNCONFIRMED.total_seconds() // 3600),
            "longest_days": LONGEST_HELD.days,
        },
        status=422 if form.errors else 200,
    )


def said(made: Withholding) -> str:
    if made.confirmed_at:
        return "Held back. He reads that a result waits and by when you speak with him."
    return "Held back for a day: a second clinician agrees until then, or it opens."


def hold_back(request, form: WithholdForm, result: Draw | SemenAnalysis) -> Withholding | None:
    given = form.cleaned_data
    try:
        return withholding.withhold(
            result=result,
            harm=given["harm"],
            ends_at=given["ends_at"],
            second=second_member(request, given) if form.signed_by_two else None,
            by=request.user,
            now=timezone.now(),
        )
    except Refusal as refusal:
        add_refusal(form, refusal)
        return None


@require_safe
@requires(Capability.RESULT_WITHHOLD)
def withheld(request) -> HttpResponse:
    """Everything that is held back here or was: there is nothing of it elsewhere."""
    now = timezone.now()
    rows = held_back(request.user)
    standing = [row for row in rows if stands(row, now)]
    over = [row for row in rows if not stands(row, now)]
    context = {"standing": standing, "over": over, "now": now, "nav": "laboratory"}
    return render(request, "labs/withheld.html", context)


def stands(row: Withholding, now: Any) -> bool:
    return row.lifted_at is None and row.held.stands(now)


def withholding_or_404(request, pk: int) -> Withholding:
    rows = Withholding.objects.visible_to(request.user).select_related(
        "patient__site", "draw", "analysis", "placed_by", "confirmed_by", "lifted_by"
    )
    return get_object_or_404(rows, pk=pk)


@require_safe
@requires(Capability.RESULT_WITHHOLD)
def one(request, pk: int) -> HttpResponse:
    return one_page(request, withholding_or_404(request, pk))


def one_page(
    request,
    row: Withholding,
    *,
    agree: AgreeForm | None = None,
    lift: LiftForm | None = None,
) -> HttpResponse:
    now = timezone.now()
    standing = stands(row, now)
    return page(
        request,
        row.patient,
        "withholding",
        {
            "row": row,
            "standing": standing,
            "agree": agree or AgreeForm(),
            "lift": lift or LiftForm(),
            "may_agree": standing
            and row.confirmed_at is None
            and row.placed_by_id != request.user.pk,
        },
        status=422 if agree or lift else 200,
    )


@require_POST
@requires(Capability.RESULT_WITHHOLD)
def confirm(request, pk: int) -> HttpResponse:
    """A second clinician agrees, with his own password."""
    row = withholding_or_404(request, pk)
    form = AgreeForm(request.POST)
    if form.is_valid():
        try:
            refuse_password(request, form.cleaned_data["password"])
            withholding.confirm(withholding=row, by=request.user, now=timezone.now())
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, "You have agreed; it is held back until the day named.")
            return redirect("labs:withholding", row.pk)
    return one_page(request, row, agree=form)


def refuse_password(request, password: str) -> None:
    """His password again; a wrong one counts towards his lock-out."""
    user = request.user
    if authenticate(request, username=user.email, email=user.email, password=password) != user:
        raise Refusal("That is not your password.", field="password")


@require_POST
@requires(Capability.RESULT_WITHHOLD)
def lift(request, pk: int) -> HttpResponse:
    row = withholding_or_404(request, pk)
    form = LiftForm(request.POST)
    if form.is_valid():
        try:
            withholding.lift(
                withholding=row, because=form.cleaned_data["because"], by=request.user,
                now=timezone.now(),
            )  # fmt: skip
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, "He can read it now.")
            return redirect("labs:withholding", row.pk)
    return one_page(request, row, lift=form)
