"""A rule tried on everything stored: asked for, looked through step by step, and read."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.access import Capability, Role, may, requires
from clinic.models import Member
from clinic.pages import MemberRequest, paginate, render_part
from clinic.refusal import Refusal
from protocols.actions import back_test as actions
from protocols.forms.what_if import TryForm
from protocols.graphs.weeks import bars_of
from protocols.models import BackTest, BackTestHit
from protocols.queries.enrolment import definition_of
from protocols.rules.back_test import not_tried, triables
from protocols.rules.back_test_load import load_of
from protocols.views.what_if import version_or_404

FIRED = [fate for fate in BackTestHit.Fate.values if fate not in ("another", "not_fired")]


@require_http_methods(["GET", "POST"])
@requires(Capability.PROTOCOL_WRITE)
def try_rule(request: MemberRequest, pk: int) -> HttpResponse:
    """Choose a rule of this version, and perhaps another number for it."""
    version = version_or_404(request, pk)
    definition = definition_of(version) if version.sha256 else None
    found = triables(definition) if definition else ()
    form = TryForm(
        request.POST or None,
        rules=[(rule.code, f"{rule.code}: {rule.title}") for rule in found],
        initial={"rule": request.GET.get("rule", "")},
    )
    if form.is_valid():
        try:
            run = actions.begin(
                version=version,
                rule=form.cleaned_data["rule"],
                threshold=form.cleaned_data["threshold"],
                by=request.user,
                now=timezone.now(),
            )
        except Refusal as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            return redirect("protocols:back_test", run.pk)
    runs = BackTest.objects.visible_to(request.user).filter(version=version)
    context = {
        "nav": "protocols",
        "version": version,
        "form": form,
        "not_tried": not_tried(definition) if definition else (),
        "runs": runs.select_related("asked_by").order_by("-pk")[: actions.KEPT],
    }
    status = 422 if form.errors else 200
    return render(request, "protocols/back_test/try.html", context, status=status)


@require_safe
@requires(Capability.PROTOCOL_WRITE)
def back_test(request: MemberRequest, pk: int) -> HttpResponse:
    """How far it has come; once done, the load and each time it would have fired."""
    run = run_or_404(request, pk)
    context: dict[str, Any] = {"nav": "protocols", "run": run, "version": run.version}
    if run.done:
        context |= told(request, run)
    return render_part(request, "protocols/back_test/back_test.html", "run", context)


def run_or_404(request: MemberRequest, pk: int) -> BackTest:
    rows = BackTest.objects.visible_to(request.user).select_related("version__protocol", "asked_by")
    return get_object_or_404(rows.defer("version__definition", "version__source"), pk=pk)


def told(request: MemberRequest, run: BackTest) -> dict[str, Any]:
    """Numbers for everybody who may read this; men only for who may see findings."""
    counted = list(
        BackTestHit.objects.filter(run=run).values_list("on", "would_fire", "fate", "enrolment")
    )
    clinicians = Member.objects.filter(
        site=run.site_id, role=Role.CLINICIAN, deactivated_at=None
    ).count()
    would = [on for on, fires, _, _ in counted if fires]
    did = [on for on, _, fate, _ in counted if fate in FIRED]
    load = None
    if run.first_on and run.last_on:
        load = load_of(
            would, did, first_on=run.first_on, last_on=run.last_on, clinicians=clinicians
        )
    named = may(request.user, Capability.FINDING_READ)
    page = None
    if named:
        hits = BackTestHit.objects.visible_to(request.user).filter(run=run)
        page = paginate(
            hits.select_related("enrolment__patient"),
            by="-on",
            after=request.GET.get("after", ""),
            size=25,
        )
    return {
        "would": len(would),
        "did": len(did),
        "men": len({man for _, fires, _, man in counted if fires}),
        "fresh": sum(fires and fate not in FIRED for _, fires, fate, _ in counted),
        "gone": sum(not fires for _, fires, _, _ in counted),
        "load": load,
        "graph": bars_of(load.weeks) if load else None,
        "named": named,
        "page": page,
    }


@require_POST
@requires(Capability.PROTOCOL_WRITE)
def go_on(request: MemberRequest, pk: int) -> HttpResponse:
    """Look at the next men; the page asks for it by itself until everybody was looked at."""
    run = run_or_404(request, pk)
    try:
        actions.go_on(run=run, by=request.user, now=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("protocols:back_test", pk)
