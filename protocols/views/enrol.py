"""The way to the first capsule, one page a man: each step where it stands, and its one verb."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from clinic import audit
from clinic.access import Capability, may, requires
from clinic.refusal import Refusal
from patients.models import Patient
from protocols.actions import enrolment as actions
from protocols.actions import screening
from protocols.forms.enrolment import (
    CounsellingForm,
    EligibilityForm,
    FirstDoseForm,
    PreparationForm,
    ReferralForm,
    StepForm,
)
from protocols.models import TERMINAL, Enrolment, Visit
from protocols.queries.banner import banner
from protocols.queries.definitions import offered
from protocols.queries.enrolment import definition_of, with_version
from protocols.queries.known_history import known_history
from protocols.queries.life import earlier_of
from protocols.queries.start_facts import start_facts
from protocols.rules import gates
from protocols.rules.status_words import PAGES
from protocols.rules.vocabulary import Status
from protocols.views.enrol_panels import (
    KEYS,
    against,
    conditions,
    eligible_until,
    open_step,
    steps,
    summary,
)

Forms = dict[str, StepForm]
#: The forms of the last step stand together on the page.
ALONGSIDE = {"start": {"start", "counselling", "preparation"}}


@require_safe
@requires(Capability.ENROLMENT_WRITE)
def enrol(request, pk: int) -> HttpResponse:
    enrolment = newest(request, pk)
    patient = enrolment.patient if enrolment else patient_or_404(request, pk)
    return page(request, patient, enrolment, {})


@require_POST
@requires(Capability.ENROLMENT_WRITE)
def refer(request, pk: int) -> HttpResponse:
    patient = patient_or_404(request, pk)
    form = ReferralForm(request.POST, offered=offered(patient.site_id))
    try:
        if form.is_valid():
            actions.refer(
                patient=patient,
                on=timezone.localdate(),
                by=request.user,
                now=timezone.now(),
                version=form.chosen,
            )
    except Refusal as refusal:
        form.refuse(refusal)
    if form.errors:
        return page(request, patient, newest(request, pk), {"referral": form}, status=422)
    messages.success(request, f"{patient} is referred to the programme.")
    return redirect("protocols:enrol", patient.pk)


@require_POST
@requires(Capability.ENROLMENT_WRITE)
def start_screening(request, pk: int) -> HttpResponse:
    return take(
        request,
        pk,
        "screening",
        lambda enrolment: StepForm(request.POST),
        lambda enrolment, form: screening.start_screening(
            enrolment=enrolment, on=timezone.localdate(), by=request.user
        ),
        "Screening has begun; the first two visits can be booked.",
    )


@require_POST
@requires(Capability.ELIGIBILITY_SIGN)
def sign_eligibility(request, pk: int) -> HttpResponse:
    return take(
        request,
        pk,
        "eligibility",
        lambda enrolment: EligibilityForm(
            request.POST, account=request.user, against=against(screening_of(enrolment))
        ),
        lambda enrolment, form: screening.decide_eligibility(
            enrolment=enrolment,
            eligible=form.eligible,
            reason=form.cleaned_data["reason"],
            reason_code=form.cleaned_data["reason_code"],
            on=timezone.localdate(),
            by=request.user,
        ),
        lambda form: "Eligibility is signed." if form.eligible else "Signed: he cannot take part.",
    )


@require_POST
@requires(Capability.ENROLMENT_WRITE)
def link_consent(request, pk: int) -> HttpResponse:
    return take(
        request,
        pk,
        "consent",
        lambda enrolment: StepForm(request.POST),
        lambda enrolment, form: screening.link_consent(
            enrolment=enrolment, on=timezone.localdate(), by=request.user
        ),
        "His consent to treatment counts.",
    )


@require_POST
@requires(Capability.ENROLMENT_WRITE)
def record_counselling(request, pk: int) -> HttpResponse:
    return take(
        request,
        pk,
        "counselling",
        lambda enrolment: CounsellingForm(
            request.POST, definition=definition_of(enrolment.version)
        ),
        lambda enrolment, form: screening.record_counselling(
            enrolment=enrolment,
            codes=form.cleaned_data["codes"],
            on=timezone.localdate(),
            by=request.user,
        ),
        "The counselling list is kept.",
    )


@require_POST
@requires(Capability.ENROLMENT_WRITE)
def prepare(request, pk: int) -> HttpResponse:
    return take(
        request,
        pk,
        "preparation",
        lambda enrolment: PreparationForm(request.POST),
        lambda enrolment, form: screening.record_baseline(
            enrolment=enrolment,
            ipledge_id=form.cleaned_data["ipledge_id"],
            weight_kg=form.cleaned_data["weight_kg"],
            by=request.user,
        ),
        "Kept.",
    )


@require_POST
@requires(Capability.ENROLMENT_WRITE)
def record_first_dose(request, pk: int) -> HttpResponse:
    return take(
        request,
        pk,
        "start",
        lambda enrolment: FirstDoseForm(request.POST),
        lambda enrolment, form: actions.record_first_dose(
            enrolment=enrolment,
            on=form.cleaned_data["on"],
            by=request.user,
            today=timezone.localdate(),
        ),
        "Day 1 is recorded and every visit has its window.",
    )


def take(
    request,
    pk: int,
    key: str,
    read: Callable[[Enrolment], Any],
    act: Callable[[Enrolment, Any], object],
    done: str | Callable[[Any], str],
) -> HttpResponse:
    """Read the form, let the action decide, go back to the chain; say why when refused."""
    enrolment = get_object_or_404(enrolments(request), pk=pk)
    form = read(enrolment)
    if form.is_valid():
        try:
            act(enrolment, form)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, done if isinstance(done, str) else done(form))
            return redirect("protocols:enrol", enrolment.patient_id)
    return page(request, enrolment.patient, enrolment, {key: form}, status=422)


def enrolments(request) -> QuerySet[Enrolment]:
    """Those this member may see, with the screening visit at which his mood is asked."""
    first = Visit.objects.filter(enrolment=OuterRef("pk"), planned__position=1).values("pk")[:1]
    return with_version(Enrolment.objects.visible_to(request.user)).annotate(
        first_visit_id=Subquery(first)
    )


def newest(request, patient_pk: int) -> Enrolment | None:
    """His last enrolment: while one is live there is none after it."""
    found = enrolments(request).filter(patient=patient_pk)
    return found.order_by("-opened_at", "-pk").first()


def patient_or_404(request, pk: int) -> Patient:
    return get_object_or_404(Patient.objects.visible_to(request.user).select_related("site"), pk=pk)


def page(
    request,
    patient: Patient,
    enrolment: Enrolment | None,
    forms: Forms,
    *,
    status: int = 200,
) -> HttpResponse:
    """The chain as it stands, and a line in the trail that it was opened."""
    today = timezone.localdate()
    audit.viewed(request.user, patient, "protocols:enrol")
    current = open_step(enrolment, today)
    over = enrolment is not None and enrolment.status in TERMINAL
    shown = ALONGSIDE.get(current, {current}) | ({"referral"} if over else set())
    drawn: Forms = {key: StepForm() for key in KEYS} | forms
    if "referral" in shown and "referral" not in forms:
        drawn["referral"] = ReferralForm(offered=offered(patient.site_id))
    context: dict[str, Any] = {
        "nav": "patients",
        "patient": patient,
        "enrolment": enrolment,
        "banner": banner(patient, today),
        "steps": steps(enrolment, today),
        "current": current,
        "today": today,
        "unfit": PAGES[Status(enrolment.status)].unfit if enrolment else "",
        "over": over,
        "earlier": earlier_of(patient, request.user, None if over else enrolment),
        "forms": drawn,
        "unseen": unseen(forms, shown),
        "may_sign": may(request.user, Capability.ELIGIBILITY_SIGN),
    }
    build = PANELS.get(current)
    if build is not None and enrolment is not None:
        context |= build(request, enrolment, drawn)
    return render(request, "protocols/enrolment/enrol.html", context, status=status)


def unseen(forms: Forms, shown: set[str]) -> list[str]:
    """Why a step was refused that is not on the page any more: somebody else was faster."""
    return [
        str(sentence)
        for key, form in forms.items()
        if key not in shown
        for sentences in form.errors.values()
        for sentence in sentences
    ]


def consents_panel(request, enrolment: Enrolment, forms: Forms) -> dict[str, Any]:
    history = known_history(enrolment)
    wanted = "screening" if enrolment.status == Enrolment.Status.REFERRED else "treatment"
    old = [text for text in history.outdated(timezone.localdate()) if text.kind == wanted]
    return {"consent": history.consent(wanted), "outdated": old}


def fresh(forms: Forms, key: str, form: StepForm) -> None:
    """An empty form, unless the page answers one that was refused."""
    if key not in forms or not forms[key].is_bound:
        forms[key] = form


def eligibility_panel(request, enrolment: Enrolment, forms: Forms) -> dict[str, Any]:
    assessed = screening_of(enrolment)
    fresh(forms, "eligibility", EligibilityForm(account=request.user, against=against(assessed)))
    lasts = definition_of(enrolment.version).gates.eligible_for_days
    return summary(assessed) | {"until": eligible_until(enrolment), "lasts": lasts}


def screening_of(enrolment: Enrolment) -> screening.Assessed:
    return screening.assess_enrolment(enrolment, timezone.localdate())


def start_panel(request, enrolment: Enrolment, forms: Forms) -> dict[str, Any]:
    today, definition = timezone.localdate(), definition_of(enrolment.version)
    history = known_history(enrolment)
    facts = start_facts(enrolment, today, history)
    gate = gates.start(definition, facts)
    ticked = {"codes": enrolment.counselling}
    fresh(forms, "counselling", CounsellingForm(definition=definition, initial=ticked))
    prepared = {"ipledge_id": enrolment.ipledge_id, "weight_kg": enrolment.baseline_weight_kg}
    fresh(forms, "preparation", PreparationForm(initial=prepared))
    fresh(forms, "start", FirstDoseForm(initial={"on": today}))
    rows = conditions(gate, facts, history, enrolment)
    return {
        "gate": gate,
        "conditions": rows,
        "missing": sum(bool(row.against) for row in rows),
        "dose": definition.dose,
    }


PANELS: dict[str, Callable[[Any, Enrolment, Forms], dict[str, Any]]] = {
    "screening": consents_panel,
    "eligibility": eligibility_panel,
    "consent": consents_panel,
    "start": start_panel,
}
