"""The capsules of one man: orders, prescriptions, bottles, counts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.forms import BaseForm
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic import audit
from clinic.access import Capability, may, requires
from clinic.pages import render_part
from clinic.refusal import Refusal
from clinic.views.second import add_refusal, second_member
from patients.models import Patient
from protocols.actions import dosing, treatment
from protocols.forms.dosing import (
    CancelForm,
    DispenseForm,
    OrderForm,
    OverrideForm,
    PrescribeForm,
    RestForm,
)
from protocols.models import ON_TREATMENT, DoseSegment, Enrolment, Prescription
from protocols.queries.adherence import compared, ticks_of
from protocols.queries.banner import banner_of
from protocols.queries.dispensing import dispense_gate
from protocols.queries.dosing import sheet_of, summarise
from protocols.queries.enrolment import definition_of
from protocols.queries.ipledge import with_confirmed
from protocols.queries.stock import offered
from protocols.queries.story import Story, story_of
from protocols.rules.dosing import blood_donation_blocked_until, re_treatment_earliest
from protocols.rules.gates import Gate


@dataclass(frozen=True, slots=True)
class Verb:
    """An order that changes the dose: how it is asked for, and what it brings."""

    name: str
    title: str
    button: str
    follows: str
    act: Callable[..., object]


VERBS = {
    verb.name: verb
    for verb in (
        Verb("reduce", "Reduce to 20 mg a day", "Reduce from tomorrow",
             "One capsule a day from tomorrow. A bottle prescribed at 40 mg is cancelled.",
             treatment.reduce),
        Verb("hold", "Hold treatment", "Hold from today",
             "No capsules from today. The visits keep their days, a waiting prescription is "
             "cancelled, and a hold of more than 28 days ends the treatment.", treatment.hold),
        Verb("resume", "Restart treatment", "Restart at 20 mg a day",
             "One capsule a day from today, if the results since the hold are within the limits. "
             "They are measured again after 14 days.", treatment.resume),
        Verb("restore", "Back to 40 mg a day", "Back to 40 mg from tomorrow",
             "Two capsules a day from tomorrow, if a result since the reduction is within the "
             "limits.", treatment.restore_full_dose),
        Verb("stop", "Stop treatment", "Stop for good",
             "Treatment ends for safety: today is the last day with capsules, the follow-up "
             "visits are laid, and it does not start again in this enrolment.", treatment.stop),
    )
}  # fmt: skip


def man(request, pk: int) -> Story:
    """His story; a man without an enrolment has no capsules."""
    patient = get_object_or_404(
        Patient.objects.visible_to(request.user).select_related("site"), pk=pk
    )
    return story_of(patient)


def enrolled(request, pk: int) -> tuple[Story, Enrolment]:
    story = man(request, pk)
    if story.enrolment is None:
        raise Http404
    return story, story.enrolment


def frame(request, story: Story, what: str) -> dict[str, Any]:
    """What every page about his capsules has around it; opening it is written down."""
    audit.viewed(request.user, story.patient, f"protocols:{what}")
    today = timezone.localdate()
    return {
        "patient": story.patient,
        "banner": banner_of(story, today),
        "enrolment": story.enrolment,
        "nav": "patients",
        "tab": "doses",
        "may_prescribe": may(request.user, Capability.DOSE_PRESCRIBE),
        "may_dispense": may(request.user, Capability.DOSE_DISPENSE),
        "today": today,
    }


@require_safe
@requires(Capability.PATIENT_READ)
def doses(request, pk: int) -> HttpResponse:
    return doses_page(request, man(request, pk))


def doses_page(
    request, story: Story, form: BaseForm | None = None, status: int = 200
) -> HttpResponse:
    context = frame(request, story, "doses") | {
        "prescribe_form": form if isinstance(form, PrescribeForm) else PrescribeForm(),
        "rest_form": form if isinstance(form, RestForm) else RestForm(),
    }
    if story.enrolment is not None and story.doses is not None:
        context |= capsules(story, context["today"])
    return render_part(request, "protocols/dosing/doses.html", "doses", context, status=status)


#: While he may be prescribed capsules; on hold the restart comes first.
PRESCRIBED = {Enrolment.Status.CONSENTED, Enrolment.Status.ACTIVE}


def capsules(story: Story, today: date) -> dict[str, Any]:
    """Orders, bottles and counts, oldest first, and what they add up to."""
    enrolment, record = story.enrolment, story.doses
    assert enrolment is not None  # noqa: S101 -- the caller has looked
    assert record is not None  # noqa: S101
    codes = {visit.pk: visit.code for visit in story.visits}
    segments = (
        DoseSegment.objects.filter(enrolment=enrolment)
        .select_related("ordered_by", "finding")
        .order_by("during")
    )
    prescriptions = (
        Prescription.objects.filter(enrolment=enrolment)
        .select_related(
            "written_by",
            "visit",
            "dispense__handed_by",
            "dispense__second_signature",
            "dispense__movement__lot",
        )
        .order_by("number")
    )
    return {
        "segments": list(segments),
        "prescriptions": [(row, getattr(row, "dispense", None)) for row in prescriptions],
        "waiting": any(is_waiting(row) for row in prescriptions),
        "next_may_come": enrolment.status in PRESCRIBED,
        "intervals": [
            (codes.get(row.interval.count.visit_id or 0, ""), row)
            for row in compared(record, ticks_of(enrolment))
        ],
        "sheet": sheet_of(record),
        "summary": summarise(record, today),
        "verbs": [VERBS[name] for name in verbs_for(enrolment, record.plan)],
        "ended": ended(enrolment),
    }


def is_waiting(prescription: Prescription) -> bool:
    """Written, not cancelled, and not handed out."""
    return prescription.cancelled_at is None and not hasattr(prescription, "dispense")


def verbs_for(enrolment: Enrolment, plan: DoseSegment | None) -> list[str]:
    """The orders that can be given as things stand."""
    if enrolment.status not in ON_TREATMENT or plan is None:
        return []
    if plan.kind == DoseSegment.Kind.HOLD:
        return ["resume", "stop"]
    if plan.kind == DoseSegment.Kind.REDUCED:
        return ["restore", "hold", "stop"]
    return ["reduce", "hold", "stop"]


def ended(enrolment: Enrolment) -> dict[str, date] | None:
    """The days that count from the last capsule (domain reference §2.6)."""
    if enrolment.last_dose_on is None:
        return None
    dose = definition_of(enrolment.version).dose
    return {
        "last_dose_on": enrolment.last_dose_on,
        "blood_until": blood_donation_blocked_until(dose, enrolment.last_dose_on),
        "again_from": re_treatment_earliest(dose, enrolment.last_dose_on),
    }


@require_http_methods(["GET", "POST"])
@requires(Capability.DOSE_PRESCRIBE)
def order_dose(request, pk: int, verb: str) -> HttpResponse:
    """Reduce, hold, restart, raise or stop, with a reason."""
    story, enrolment = enrolled(request, pk)
    chosen = VERBS[verb]
    form = OrderForm(request.POST or None)
    if form.is_valid():
        try:
            chosen.act(
                enrolment=enrolment, by=request.user, now=timezone.now(), **form.cleaned_data
            )
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, f"{chosen.title}: ordered.")
            return redirect("protocols:doses", pk)
    context = frame(request, story, verb) | {"verb": chosen, "form": form}
    status = 422 if form.errors else 200
    return render_part(request, "protocols/dosing/order.html", "order", context, status=status)


@require_POST
@requires(Capability.DOSE_PRESCRIBE)
def prescribe(request, pk: int) -> HttpResponse:
    story, enrolment = enrolled(request, pk)
    form = PrescribeForm(request.POST)
    if form.is_valid():
        try:
            written = dosing.prescribe(
                enrolment=enrolment, by=request.user, now=timezone.now(), **form.cleaned_data
            )
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, f"Rx {written.number}: {written.capsules} capsules.")
            return redirect("protocols:doses", pk)
    return doses_page(request, story, form, status=422)


@require_POST
@requires(Capability.DOSE_DISPENSE)
def count_rest(request, pk: int) -> HttpResponse:
    """What he brings without a visit, or says is lost: the account can be closed with it."""
    story, enrolment = enrolled(request, pk)
    form = RestForm(request.POST)
    if form.is_valid():
        try:
            dosing.count_rest(enrolment=enrolment, by=request.user, now=timezone.now(), **form.told)
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, "Counted.")
            return redirect("protocols:doses", pk)
    return doses_page(request, story, form, status=422)


def prescription_or_404(request, pk: int) -> Prescription:
    return get_object_or_404(prescriptions(request), pk=pk)


def prescriptions(request) -> QuerySet[Prescription]:
    return (
        Prescription.objects.visible_to(request.user)
        .select_related("enrolment__patient__site", "enrolment__version", "visit")
        .defer("enrolment__version__definition")
    )


@require_http_methods(["GET", "POST"])
@requires(Capability.DOSE_PRESCRIBE)
def cancel_prescription(request, pk: int) -> HttpResponse:
    prescription = prescription_or_404(request, pk)
    form = CancelForm(request.POST or None)
    if form.is_valid():
        try:
            dosing.cancel_prescription(
                prescription=prescription,
                by=request.user,
                now=timezone.now(),
                **form.cleaned_data,
            )
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, f"{prescription} is cancelled.")
            return redirect("protocols:doses", prescription.enrolment.patient_id)
    story = story_of(prescription.enrolment.patient)
    context = frame(request, story, "cancel_prescription")
    context |= {"prescription": prescription, "form": form}
    status = 422 if form.errors else 200
    return render_part(request, "protocols/dosing/cancel.html", "cancel", context, status=status)


@require_http_methods(["GET", "POST"])
@requires(Capability.DOSE_DISPENSE)
def dispense(request, pk: int) -> HttpResponse:
    """Hand over a bottle; where the gate says no, only with a reason and a second member.

    Gate and lots are those of the day that is asked for; `?on=` is how the page asks when another
    day is chosen, with the lot that was.
    """
    prescription = get_object_or_404(with_confirmed(prescriptions(request)), pk=pk)
    story = story_of(prescription.enrolment.patient)
    day = day_asked(request, prescription)
    gate = dispense_gate(prescription, day.on, story)
    against = not gate.allowed and can_be_overridden(gate)
    shape = OverrideForm if against else DispenseForm
    form = shape(
        request.POST or None,
        initial={"on": day.typed, "lot": request.GET.get("lot")},
        lots=offered(prescription, day.on, request.user),
        formulation=prescription.formulation,
    )
    if form.is_valid():
        try:
            hand_over(request, prescription, form, against=against)
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, f"{prescription}: {prescription.capsules} capsules out.")
            return redirect("protocols:doses", prescription.enrolment.patient_id)
    context = frame(request, story, "dispense") | {
        "prescription": prescription,
        "gate": gate,
        "day": day,
        "against": against,
        "form": form,
    }
    status = 422 if form.errors else 200
    return render_part(
        request, "protocols/dosing/dispense.html", "dispense", context, status=status
    )


@dataclass(frozen=True, slots=True)
class Day:
    """The day whose gate is shown; today, with the reason, if no bottle can be of the one typed."""

    on: date
    typed: date
    refused: str = ""


def day_asked(request, prescription: Prescription) -> Day:
    today = timezone.localdate()
    try:
        typed = date.fromisoformat(request.POST.get("on") or request.GET["on"])
    except (KeyError, ValueError):
        return Day(today, today)
    try:
        dosing.refuse_day(prescription, typed, today)
    except Refusal as refusal:
        return Day(today, typed, str(refusal))
    return Day(typed, typed)


def can_be_overridden(gate: Gate) -> bool:
    return not any(reason.code in dosing.ABSOLUTE for reason in gate.reasons)


def hand_over(request, prescription: Prescription, form: DispenseForm, *, against: bool) -> None:
    second: dict[str, Any] = {}
    if against:
        second = {
            "override_reason": form.cleaned_data["override_reason"],
            "second": second_member(request, form.cleaned_data),
        }
    dosing.dispense(
        prescription=prescription,
        bottle=form.bottle,
        by=request.user,
        now=timezone.now(),
        **second,
    )
