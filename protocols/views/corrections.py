"""A wrong end is put right by two people; an administrator may be one of them (§7.4, §7.6)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from clinic import audit
from clinic.access import Capability, may, requires
from clinic.refusal import Refusal
from protocols.actions import corrections
from protocols.actions.passwords import wrong_password
from protocols.forms.enrolment import CorrectionForm
from protocols.models import Enrolment
from protocols.queries.enrolment import with_version
from protocols.views.second import second_member


@require_http_methods(["GET", "POST"])
@requires(Capability.ENROLMENT_CORRECT)
def correct(request, pk: int) -> HttpResponse:
    """Nothing of what he is treated with: who may correct need not be one who treats him."""
    found = get_object_or_404(with_version(Enrolment.objects.visible_to(request.user)), pk=pk)
    form = CorrectionForm(request.POST or None)
    if form.is_valid() and own_password(request, found, form):
        try:
            put_right(request, found, form)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "The end is put right. Book his visits anew.")
            return redirect(after(request, found))
    audit.viewed(request.user, found.patient, "protocols:correct_enrolment")
    context = {
        "nav": "patients",
        "enrolment": found,
        "patient": found.patient,
        "form": form,
        "again": corrections.corrected_to(found),
        "may_read": may(request.user, Capability.PATIENT_READ),
    }
    status = 422 if form.errors else 200
    return render(request, "protocols/enrolment/correct.html", context, status=status)


def own_password(request, found: Enrolment, form: CorrectionForm) -> bool:
    wrong = wrong_password(
        subject=found,
        by=request.user,
        password=form.cleaned_data["password"],
        now=timezone.now(),
        person=found.patient,
        site=found.patient.site_id,
    )
    if wrong:
        form.add_error("password", wrong)
    return not wrong


def put_right(request, found: Enrolment, form: CorrectionForm) -> None:
    try:
        corrections.correct_error(
            enrolment=found,
            reason=form.cleaned_data["reason"],
            on=timezone.localdate(),
            by=request.user,
            second=second_member(request, form.cleaned_data),
        )
    except Refusal as refusal:
        if refusal.field == "second":
            raise Refusal(str(refusal), field="second_email") from refusal
        raise


def after(request, found: Enrolment) -> str:
    if may(request.user, Capability.PATIENT_READ):
        return redirect("protocols:enrolment", found.pk).url
    return redirect("protocols:correct_enrolment", found.pk).url
