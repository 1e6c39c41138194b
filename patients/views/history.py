"""His history on one page: what stands there, and a small form for each kind of entry."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.access import Capability, may, requires
from clinic.refusal import Refusal
from patients import queries
from patients.actions import history as actions
from patients.forms.history import (
    AllergyForm,
    ConditionsForm,
    EndMedicineForm,
    GeneticTestForm,
    MedicineForm,
    RetrievalForm,
    StrikeForm,
)
from patients.models import (
    Allergy,
    Condition,
    GeneticTest,
    Medicine,
    Patient,
    RetrievalProcedure,
)
from patients.rules.conditions import QUESTIONS, RISK_KEYS
from patients.views.person import page, patient_or_404, refuse

FORMS = {
    "retrieval": RetrievalForm,
    "genetic_test": GeneticTestForm,
    "medicine": MedicineForm,
    "allergy": AllergyForm,
}


@require_safe
@requires(Capability.PATIENT_READ)
def history(request, pk: int) -> HttpResponse:
    return _page(request, patient_or_404(request, pk), {})


@require_POST
@requires(Capability.PATIENT_WRITE)
def add_retrieval(request, pk: int) -> HttpResponse:
    return _add(request, pk, "retrieval", actions.add_retrieval)


@require_POST
@requires(Capability.PATIENT_WRITE)
def add_genetic_test(request, pk: int) -> HttpResponse:
    return _add(request, pk, "genetic_test", actions.add_genetic_test)


@require_POST
@requires(Capability.PATIENT_WRITE)
def add_medicine(request, pk: int) -> HttpResponse:
    return _add(request, pk, "medicine", actions.add_medicine)


@require_POST
@requires(Capability.PATIENT_WRITE)
def add_allergy(request, pk: int) -> HttpResponse:
    return _add(request, pk, "allergy", actions.add_allergy)


@require_POST
@requires(Capability.PATIENT_WRITE)
def answer_conditions(request, pk: int) -> HttpResponse:
    patient = patient_or_404(request, pk)
    standing = {row.key: row for row in queries.history(patient).conditions}
    form = ConditionsForm(request.POST, standing=standing)
    if form.is_valid():
        try:
            written = actions.answer_conditions(
                patient=patient, answers=form.answers(), by=request.user, now=timezone.now()
            )
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            count = len(written)
            messages.success(request, f"{count} answer{'s' if count > 1 else ''} written down.")
            return redirect("patients:history", patient.pk)
    return _page(request, patient, {"conditions": form})


@require_http_methods(["GET", "POST"])
@requires(Capability.PATIENT_WRITE)
def end_medicine(request, pk: int, entry: int) -> HttpResponse:
    patient = patient_or_404(request, pk)
    medicine = get_object_or_404(Medicine, pk=entry, patient=patient)
    form = EndMedicineForm(request.POST or None, initial={"on": timezone.localdate()})
    if form.is_valid():
        try:
            actions.end_medicine(
                medicine=medicine,
                on=form.cleaned_data["on"],
                by=request.user,
                now=timezone.now(),
            )
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, f"{medicine.name} has ended.")
            return redirect("patients:history", patient.pk)
    return _entry_page(request, patient, medicine, form, "end_medicine")


@require_http_methods(["GET", "POST"])
@requires(Capability.PATIENT_WRITE)
def strike_retrieval(request, pk: int, entry: int) -> HttpResponse:
    return _strike(request, pk, RetrievalProcedure, entry)


@require_http_methods(["GET", "POST"])
@requires(Capability.PATIENT_WRITE)
def strike_genetic_test(request, pk: int, entry: int) -> HttpResponse:
    return _strike(request, pk, GeneticTest, entry)


@require_http_methods(["GET", "POST"])
@requires(Capability.PATIENT_WRITE)
def strike_medicine(request, pk: int, entry: int) -> HttpResponse:
    return _strike(request, pk, Medicine, entry)


@require_http_methods(["GET", "POST"])
@requires(Capability.PATIENT_WRITE)
def strike_allergy(request, pk: int, entry: int) -> HttpResponse:
    return _strike(request, pk, Allergy, entry)


@require_http_methods(["GET", "POST"])
@requires(Capability.PATIENT_WRITE)
def strike_condition(request, pk: int, entry: int) -> HttpResponse:
    return _strike(request, pk, Condition, entry)


def _add(request, pk: int, noun: str, action: Callable[..., object]) -> HttpResponse:
    patient = patient_or_404(request, pk)
    form = FORMS[noun](request.POST, prefix=noun)
    if form.is_valid():
        try:
            entry = action(
                patient=patient, by=request.user, now=timezone.now(), **form.cleaned_data
            )
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, f"Written down: {entry}.")
            return redirect("patients:history", patient.pk)
    return _page(request, patient, {noun: form})


def _strike(request, pk: int, model: Any, entry_pk: int) -> HttpResponse:
    patient = patient_or_404(request, pk)
    entry = get_object_or_404(model, pk=entry_pk, patient=patient)
    form = StrikeForm(request.POST or None)
    if form.is_valid():
        try:
            actions.strike(
                entry=entry,
                reason=form.cleaned_data["reason"],
                by=request.user,
                now=timezone.now(),
            )
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, f"Struck out: {entry}.")
            return redirect("patients:history", patient.pk)
    return _entry_page(request, patient, entry, form, "strike")


def _entry_page(request, patient: Patient, entry: Any, form: BaseForm, verb: str) -> HttpResponse:
    return page(
        request,
        patient,
        "history",
        {"entry": entry, "form": form, "verb": verb},
        template="patients/history_entry.html",
        status=422 if form.errors else 200,
    )


def _page(request, patient: Patient, bound: dict[str, BaseForm]) -> HttpResponse:
    """The whole history; `bound` holds the one form that was just refused."""
    found = queries.history(patient, timezone.localdate())
    standing = {row.key: row for row in found.conditions}
    forms: dict[str, BaseForm] = {noun: form(prefix=noun) for noun, form in FORMS.items()}
    return page(
        request,
        patient,
        "history",
        {
            "history": found,
            "present": [
                (QUESTIONS[row.key], row, row.key in RISK_KEYS)
                for row in found.conditions
                if row.present
            ],
            "denied": [(QUESTIONS[row.key], row) for row in found.conditions if not row.present],
            "open_questions": [q for key, q in QUESTIONS.items() if key not in standing],
            "forms": forms | {"conditions": ConditionsForm(standing=standing)} | bound,
            "can_write": may(request.user, Capability.PATIENT_WRITE),
        },
        status=422 if bound else 200,
    )
