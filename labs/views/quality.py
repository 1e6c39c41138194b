"""Quality control: who counts as he should, the controls, and what was done."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.access import Capability, may, requires
from clinic.graphs import svgs
from clinic.models import Account
from clinic.pages import MemberRequest
from labs.actions import quality as actions
from labs.forms.quality import ActionForm, LotForm, ReadingForm
from labs.forms.results import ReasonForm
from labs.graphs.control import Control, levey_jennings
from labs.models import ControlLot, ControlReading, ControlStanding
from labs.queries.quality import Run, actions_at, control_is_due, every_run, lots_of
from labs.rules.quality import STANDING_WORDS, QualityRule, Standing
from labs.views.results import try_to

KINDS = {
    Standing.OUT: ("critical", "stop"),
    Standing.DRIFTING: ("critical", "pulse"),
    Standing.WARNING: ("warning", "warn"),
    Standing.IN_CONTROL: ("good", "check"),
    Standing.NOT_KNOWN: ("", "circle"),
}


@dataclass(frozen=True, slots=True)
class Stands:
    """A technologist's standing, in word, icon and colour."""

    standing: ControlStanding
    runs: list[Run]
    due: bool

    @property
    def word(self) -> str:
        return STANDING_WORDS[Standing(self.standing.standing)]

    @property
    def kind(self) -> str:
        return KINDS[Standing(self.standing.standing)][0]

    @property
    def icon(self) -> str:
        return KINDS[Standing(self.standing.standing)][1]

    @property
    def readings(self) -> int:
        return sum(len(run.points) for run in self.runs)


@dataclass(frozen=True, slots=True)
class Drawn:
    """One run with its drawing; None while the worker has yet to draw it."""

    run: Run
    svg: str | None


def stands_of(standing: ControlStanding, runs: list[Run], now: datetime) -> Stands:
    return Stands(standing, runs, control_is_due(runs, now))


def allowed(request: MemberRequest) -> dict[str, Any]:
    return {
        "nav": "laboratory",
        "may_count": may(request.user, Capability.SEMEN_ENTER),
        "may_lead": may(request.user, Capability.SEMEN_VERIFY),
    }


@require_safe
@requires(Capability.RESULT_READ)
def quality(request: MemberRequest) -> HttpResponse:
    """Everybody who counts, beside each other."""
    now = timezone.now()
    runs = every_run(request.site, actions_at(request.site))
    standings = ControlStanding.objects.visible_to(request.user).select_related("technologist")
    people = [
        stands_of(row, runs.get(row.technologist_id, []), now)
        for row in standings.order_by("technologist__name", "pk")
    ]
    lots = lots_of(request.site, now)
    return render(
        request, "labs/quality.html", {"people": people, "lots": lots, **allowed(request)}
    )


def technologist_or_404(request: MemberRequest, pk: int) -> Account:
    """Somebody who counts, or has counted, at this site."""
    here = ControlStanding.objects.visible_to(request.user).filter(technologist=pk)
    rows = Account.objects.filter(Q(pk__in=here.values("technologist")), pk=pk)
    return get_object_or_404(rows, pk=pk)


def specification_of(run: Run, request: MemberRequest) -> dict[str, Any]:
    site = request.site
    readings = [
        Control(
            on=site.localdate(point.at),
            z=round(float(point.z), 2),
            shown=point.shown,
            breaks=", ".join(point.rules),
            rejected=any(rule is not QualityRule.WARN_1_2S for rule in point.rules),
        )
        for point in run.points
    ]
    return levey_jennings(run.title, readings)


@require_safe
@requires(Capability.RESULT_READ)
def technologist(request: MemberRequest, pk: int) -> HttpResponse:
    return technologist_page(request, technologist_or_404(request, pk), ActionForm())


def technologist_page(
    request: MemberRequest, person: Account, form: ActionForm, *, status: int = 200
) -> HttpResponse:
    """His Levey-Jennings graphs, each with its table, and what was done."""
    done = actions_at(request.site, person)
    runs = every_run(request.site, done, person).get(person.pk, [])
    drawings = svgs([specification_of(run, request) for run in runs])
    standing = get_object_or_404(
        ControlStanding.objects.visible_to(request.user), technologist=person
    )
    context = {
        "person": person,
        "stands": stands_of(standing, runs, timezone.now()),
        "drawn": [Drawn(run, svg) for run, svg in zip(runs, drawings, strict=True)],
        "actions": list(reversed(done)),
        "form": form,
        "own": person.pk == request.user.pk,
        **allowed(request),
    }
    return render(request, "labs/technologist.html", context, status=status)


@require_safe
@requires(Capability.RESULT_READ)
def control_graph(request: MemberRequest, pk: int, key: str) -> HttpResponse:
    """One graph by itself: what the page asks for until the worker has drawn it."""
    person = technologist_or_404(request, pk)
    runs = every_run(request.site, actions_at(request.site, person), person)
    run = next((run for run in runs.get(pk, []) if run.key == key), None)
    if run is None:
        raise Http404
    drawing = svgs([specification_of(run, request)])[0]
    return render(
        request, "labs/_control_graph.html", {"drawn": Drawn(run, drawing), "person": person}
    )


@require_POST
@requires(Capability.SEMEN_VERIFY)
def act_on_technologist(request: MemberRequest, pk: int) -> HttpResponse:
    person = technologist_or_404(request, pk)
    form = ActionForm(request.POST)
    if form.is_valid() and try_to(take_action, form, person, request):
        messages.success(request, "Noted. What is counted from now on is judged anew.")
        return redirect("labs:technologist", pk)
    return technologist_page(request, person, form, status=422)


def take_action(form: ActionForm, person: Account, request: MemberRequest) -> Any:
    return actions.take_action(
        site=request.site,
        technologist=person,
        words=form.cleaned_data["words"],
        by=request.user,
        now=timezone.now(),
    )


def form_page(request: MemberRequest, form: Any, *, title: str, say: str, act: str) -> HttpResponse:
    context = {"form": form, "title": title, "say": say, "act": act, **allowed(request)}
    return render(request, "labs/control_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@requires(Capability.SEMEN_VERIFY)
def add_lot(request: MemberRequest) -> HttpResponse:
    form = LotForm(request.POST or None)
    if form.is_bound and form.is_valid() and try_to(keep_lot, form, request):
        messages.success(request, "The control can be counted now.")
        return redirect("labs:quality")
    return form_page(
        request, form, title="A new control", act="Add the control",
        say="Its target never changes; if the maker assigns another, it is added anew.",
    )  # fmt: skip


def keep_lot(form: LotForm, request: MemberRequest) -> ControlLot:
    return actions.add_lot(
        site=request.site, given=form.given(), by=request.user, now=timezone.now()
    )


@require_POST
@requires(Capability.SEMEN_VERIFY)
def close_lot(request: MemberRequest, pk: int) -> HttpResponse:
    rows = ControlLot.objects.visible_to(request.user).in_use()
    actions.close_lot(lot=get_object_or_404(rows, pk=pk), by=request.user, now=timezone.now())
    messages.success(request, "The control is closed. What was counted in it stays.")
    return redirect("labs:quality")


@require_http_methods(["GET", "POST"])
@requires(Capability.SEMEN_ENTER)
def count_control(request: MemberRequest) -> HttpResponse:
    now = timezone.now()
    lots = list(ControlLot.objects.visible_to(request.user).in_use())
    form = ReadingForm(request.POST or None, lots=lots, now=now)
    if form.is_bound and form.is_valid() and (made := try_to(keep_reading, form, request)):
        messages.success(request, f"Kept: {made.z:+.1f} SD from the target.")
        return redirect("labs:technologist", request.user.pk)
    return form_page(
        request, form, title="Count a control", act="Keep what I counted",
        say="It is kept as yours, and where you stand is judged at once.",
    )  # fmt: skip


def keep_reading(form: ReadingForm, request: MemberRequest) -> ControlReading:
    return actions.record_reading(**form.cleaned_data, by=request.user, now=timezone.now())


@require_http_methods(["GET", "POST"])
@requires(Capability.SEMEN_VERIFY)
def strike_reading(request: MemberRequest, pk: int) -> HttpResponse:
    rows = ControlReading.objects.visible_to(request.user).standing().select_related("lot")
    reading = get_object_or_404(rows, pk=pk)
    form = ReasonForm(request.POST or None)
    if form.is_bound and form.is_valid() and try_to(strike, form, reading, request.user):
        messages.success(request, "The reading is struck out.")
        return redirect("labs:technologist", reading.technologist_id)
    return form_page(
        request, form, title="Strike out a reading", act="Strike out",
        say=f"{reading.lot}: {reading.value.normalize():f} {reading.lot.unit}. For a slip of the "
        "pen only; a reading that is far off is what the control is for.",
    )  # fmt: skip


def strike(form: ReasonForm, reading: ControlReading, by: Account) -> ControlReading:
    return actions.strike_reading(
        reading=reading, reason=form.cleaned_data["reason"], by=by, now=timezone.now()
    )
