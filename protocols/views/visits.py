"""The visit: check in, and write its sections down one by one, each with its own address."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.access import Capability, requires
from clinic.pages import MemberRequest
from clinic.refusal import Refusal
from protocols.actions import adverse_events, dosing, mood, visits
from protocols.actions.safety import decide
from protocols.forms.visits import OpenForm, PrescribeForm, UnscheduledForm
from protocols.models import Enrolment, Finding, Prescription, Visit
from protocols.queries.banner import banner
from protocols.queries.enrolment import definition_of, with_version
from protocols.queries.workspace import Workspace
from protocols.views.inbox import add_refusal
from protocols.views.visit_page import (
    bottle_form,
    decision,
    form_of,
    kept,
    onward,
    page,
    viewed,
    work_or_404,
)

Act = Callable[[Workspace, Any], object]


@require_safe
@requires(Capability.PATIENT_READ)
def visit(request: MemberRequest, pk: int) -> HttpResponse:
    work = work_or_404(request, pk)
    viewed(request, work)
    return page(request, work)


@require_POST
@requires(Capability.VISIT_RECORD)
def open_visit(request: MemberRequest, pk: int) -> HttpResponse:
    """He is there: from Today, the calendar, the record or the page itself."""
    found = get_object_or_404(
        Visit.objects.visible_to(request.user).select_related("enrolment__patient__site"), pk=pk
    )
    now = timezone.now()
    today = found.enrolment.patient.site.localdate(now)
    form = OpenForm(request.POST if "on" in request.POST else {"on": today.isoformat()})
    if form.is_valid():
        try:
            visits.open_visit(visit=found, by=request.user, now=now, **form.cleaned_data)
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            return redirect("protocols:visit", pk)
    return page(request, work_or_404(request, pk), {"open": form})


@require_http_methods(["GET", "POST"])
@requires(Capability.VISIT_RECORD)
def unscheduled(request: MemberRequest, pk: int) -> HttpResponse:
    """A visit nobody planned, for the enrolment with this key."""
    enrolment = get_object_or_404(with_version(Enrolment.objects.visible_to(request.user)), pk=pk)
    patient, now = enrolment.patient, timezone.now()
    today = patient.site.localdate(now)
    form = UnscheduledForm(request.POST or None, initial={"on": today})
    if form.is_valid():
        try:
            made = visits.open_unscheduled(
                enrolment=enrolment, by=request.user, now=now, **form.cleaned_data
            )
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            return redirect("protocols:visit", made.pk)
    context = {
        "form": form,
        "awaited": visits.visit_of_day(definition_of(enrolment.version), enrolment, today),
        "patient": patient,
        "enrolment": enrolment,
        "banner": banner(patient, today=today),
        "nav": "patients",
    }
    status = 422 if form.errors else 200
    return render(request, "protocols/visits/unscheduled.html", context, status=status)


def keep(request: MemberRequest, pk: int, key: str, act: Act) -> HttpResponse:
    """Read the form of a section, let its action write, and answer."""
    work = work_or_404(request, pk)
    form = form_of(key, work, request.POST)
    return attempt(request, work, key, form, act) or kept(request, pk, key)


def attempt(
    request: MemberRequest, work: Workspace, key: str, form: BaseForm, act: Act
) -> HttpResponse | None:
    """None when it was done; else the page with what was refused and all that was typed."""
    if form.is_valid():
        try:
            act(work, form)
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            return None
    return page(request, work_or_404(request, work.visit.pk), {key: form})


def doer(request: MemberRequest) -> dict[str, Any]:
    return {"by": request.user, "now": timezone.now()}


@require_POST
@requires(Capability.VISIT_RECORD)
def identity(request: MemberRequest, pk: int) -> HttpResponse:
    def act(work: Workspace, form: Any) -> None:
        visits.check_identity(
            visit=work.visit, identifiers=form.cleaned_data["identifiers"], **doer(request)
        )

    return keep(request, pk, "identity", act)


@require_POST
@requires(Capability.VISIT_RECORD)
def since(request: MemberRequest, pk: int) -> HttpResponse:
    def act(work: Workspace, form: Any) -> None:
        visits.note_since_last_time(visit=work.visit, text=form.words, **doer(request))

    return keep(request, pk, "since", act)


@require_POST
@requires(Capability.VISIT_RECORD)
def capsules(request: MemberRequest, pk: int) -> HttpResponse:
    def act(work: Workspace, form: Any) -> None:
        read = form.cleaned_data
        dosing.count_return(
            visit=work.visit,
            returned=None if read["not_brought"] else read["returned"],
            lost=read["lost"] or 0,
            handed_in=read["handed_in"] or 0,
            **doer(request),
        )

    return keep(request, pk, "capsules", act)


@require_POST
@requires(Capability.VISIT_RECORD)
def side_effects(request: MemberRequest, pk: int) -> HttpResponse:
    def act(work: Workspace, form: Any) -> None:
        adverse_events.record_symptoms(visit=work.visit, grades=form.grades, **doer(request))

    return keep(request, pk, "side", act)


@require_POST
@requires(Capability.VISIT_RECORD)
def mood_answers(request: MemberRequest, pk: int) -> HttpResponse:
    def act(work: Workspace, form: Any) -> None:
        mood.answer(
            enrolment=work.enrolment,
            visit=work.visit,
            answers=form.answers,
            difficulty=form.cleaned_data["difficulty"],
            words=form.cleaned_data["words"],
            wants_call=form.cleaned_data["wants_call"],
            **doer(request),
        )

    return keep(request, pk, "mood", act)


@require_POST
@requires(Capability.VISIT_RECORD)
def crisis(request: MemberRequest, pk: int) -> HttpResponse:
    """What he is told at once when question 9 is answered with anything but “not at all”.

    Posted, so that no answer stands in an address.
    """
    work = work_or_404(request, pk)
    there = request.POST.get("item_9") in ("1", "2", "3")
    words = work.definition.mood.crisis_text if there else ""
    return render(request, "protocols/visits/_crisis.html", {"crisis": words})


@require_POST
@requires(Capability.VISIT_RECORD)
def measure(request: MemberRequest, pk: int) -> HttpResponse:
    def act(work: Workspace, form: Any) -> None:
        visits.record_vitals(visit=work.visit, measured=form.measured, **doer(request))

    return keep(request, pk, "vitals", act)


@require_POST
@requires(Capability.VISIT_RECORD)
def plan(request: MemberRequest, pk: int) -> HttpResponse:
    def act(work: Workspace, form: Any) -> None:
        visits.write_plan(visit=work.visit, **form.cleaned_data, **doer(request))

    return keep(request, pk, "plan", act)


@require_POST
@requires(Capability.FINDING_DECIDE)
def decide_here(request: MemberRequest, pk: int, finding: int) -> HttpResponse:
    """A finding decided in the plan of the visit."""
    work = work_or_404(request, pk)
    found = get_object_or_404(
        Finding.objects.visible_to(request.user).select_related("enrolment__patient__site"),
        pk=finding,
        enrolment=work.enrolment,
    )

    def act(_: Workspace, form: Any) -> None:
        decide(finding=found, **form.decision, **doer(request))

    form = decision(request, found, request.POST)
    return attempt(request, work, f"finding-{finding}", form, act) or onward(pk, "results")


@require_POST
@requires(Capability.DOSE_PRESCRIBE)
def prescribe(request: MemberRequest, pk: int) -> HttpResponse:
    def act(work: Workspace, form: Any) -> None:
        made = dosing.prescribe(
            enrolment=work.enrolment,
            visit=work.visit,
            days=form.cleaned_data["days"],
            **doer(request),
        )
        messages.success(request, f"{made}: {made.capsules} capsules for {made.days} days.")

    work = work_or_404(request, pk)
    form = PrescribeForm(request.POST)
    return attempt(request, work, "prescribe", form, act) or onward(pk, "results")


@require_POST
@requires(Capability.DOSE_DISPENSE)
def hand_out(request: MemberRequest, pk: int, prescription: int) -> HttpResponse:
    work = work_or_404(request, pk)
    written = get_object_or_404(
        Prescription.objects.visible_to(request.user), pk=prescription, enrolment=work.enrolment
    )

    def act(work: Workspace, form: Any) -> None:
        bottle = form.bottle_of(work.today)
        dosing.dispense(prescription=written, bottle=bottle, **doer(request))

    form = bottle_form(request, written, work.today, request.POST)
    return attempt(request, work, "dispense", form, act) or onward(pk, "results")
