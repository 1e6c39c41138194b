"""The conversation with a patient, as the clinic sees it."""

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from clinic.access import Capability, requires
from clinic.pages import paginate
from clinic.refusal import Refusal
from patients.actions import letters as actions
from patients.forms.letters import LetterForm
from patients.models import Letter, Patient, PortalAccount
from patients.views.person import page, patient_or_404, refuse


@require_safe
@requires(Capability.MESSAGE_ANSWER)
def letters(request, pk: int) -> HttpResponse:
    return _page(request, patient_or_404(request, pk))


@require_POST
@requires(Capability.MESSAGE_ANSWER)
def write(request, pk: int) -> HttpResponse:
    patient = patient_or_404(request, pk)
    form = LetterForm(request.POST)
    if form.is_valid():
        try:
            actions.write_to_patient(
                patient=patient,
                body=form.cleaned_data["body"],
                by=request.user,
                now=timezone.now(),
            )
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, "Your message is in his portal.")
            return redirect("patients:letters", patient.pk)
    return _page(request, patient, form=form)


@require_POST
@requires(Capability.MESSAGE_ANSWER)
def read(request, pk: int) -> HttpResponse:
    patient = patient_or_404(request, pk)
    count = actions.mark_read(patient=patient, by=request.user, now=timezone.now())
    messages.success(request, "Marked as read." if count else "Everything was read already.")
    return redirect("patients:letters", patient.pk)


def _page(request, patient: Patient, form: BaseForm | None = None) -> HttpResponse:
    found = Letter.objects.filter(patient=patient).select_related("written_by", "read_by")
    shown = paginate(found, by="-written_at", after=request.GET.get("after", ""), size=20)
    return page(
        request,
        patient,
        "letters",
        {
            "letters": shown,
            "unread": sum(letter.from_patient and not letter.read_at for letter in shown.rows),
            "open": PortalAccount.objects.filter(patient=patient, revoked_at=None).exists(),
            "form": form or LetterForm(),
        },
        status=422 if form else 200,
    )
