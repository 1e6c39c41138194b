"""A wrong end, or Day 1, put right by two people; an administrator may be one of them (§7.6)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from clinic import audit
from clinic.access import Capability, may, requires
from clinic.refusal import Refusal
from clinic.views.second import second_member
from protocols.actions import corrections
from protocols.actions.passwords import wrong_password
from protocols.forms.enrolment import CorrectionForm, DayOneForm
from protocols.models import ON_TREATMENT, Enrolment
from protocols.queries.bookings_again import cut_short
from protocols.queries.enrolment import with_version


@require_http_methods(["GET", "POST"])
@requires(Capability.ENROLMENT_CORRECT)
def correct(request, pk: int) -> HttpResponse:
    """Nothing of what he is treated with: who may correct need not be one who treats him."""
    found = get_object_or_404(with_version(Enrolment.objects.visible_to(request.user)), pk=pk)
    day_one = found.status in ON_TREATMENT
    shape = DayOneForm if day_one else CorrectionForm
    form = shape(request.POST or None)
    if form.is_valid() and own_password(request, found, form):
        try:
            put_right(request, found, form)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            done = "Day 1 is put right." if day_one else "The end is put right."
            messages.success(request, f"{done} Look at his bookings.")
            return redirect(after(request, found))
    audit.viewed(request.user, found.patient, "protocols:correct_enrolment")
    context = {
        "nav": "patients",
        "enrolment": found,
        "patient": found.patient,
        "form": form,
        "again": corrections.corrected_to(found),
        "day_one": day_one,
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
    given = {
        "enrolment": found,
        "reason": form.cleaned_data["reason"],
        "now": timezone.now(),
        "by": request.user,
    }
    try:
        second = second_member(request, form.cleaned_data)
        if isinstance(form, DayOneForm):
            corrections.correct_first_dose(on=form.cleaned_data["on"], second=second, **given)
        else:
            corrections.correct_error(second=second, **given)
    except Refusal as refusal:
        if refusal.field == "second":
            raise Refusal(str(refusal), field="second_email") from refusal
        raise


def after(request, found: Enrolment) -> str:
    """To the bookings that went with the end, where there are any for him who may book."""
    if may(request.user, Capability.BOOKING_WRITE):
        found.refresh_from_db(fields=["status"])
        if cut_short(found, timezone.now()).exists():
            return redirect("protocols:book_again", found.pk).url
    if may(request.user, Capability.PATIENT_READ):
        return redirect("protocols:enrolment", found.pk).url
    return redirect("protocols:correct_enrolment", found.pk).url
