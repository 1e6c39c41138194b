"""What a rule asks somebody to do: looked at, ticked off, or said not to be needed."""

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from clinic import audit
from clinic.access import Capability, may, requires
from clinic.refusal import Refusal
from protocols.actions import duties as actions
from protocols.forms.duties import TickForm
from protocols.models import Duty
from protocols.queries.banner import banner_of
from protocols.queries.story import story_of
from protocols.rules.duties import ASSESSMENT
from protocols.views.inbox import add_refusal, onward, refused
from protocols.views.items import form_of
from protocols.views.today import asked_post_day, back_to


def duty_or_404(request, pk: int) -> Duty:
    rows = Duty.objects.visible_to(request.user).select_related(
        "enrolment__patient__site", "finding", "owner__account", "done_by"
    )
    return get_object_or_404(rows, pk=pk)


@require_safe
@requires(Capability.FINDING_READ)
def duty(request, pk: int) -> HttpResponse:
    found = duty_or_404(request, pk)
    return page(request, found, form_of(found))


def page(request, found: Duty, form: Form, status: int = 200) -> HttpResponse:
    patient = found.enrolment.patient
    story = story_of(patient)
    audit.viewed(request.user, patient, "protocols:duty")
    context = {
        "duty": found,
        "form": form,
        "patient": patient,
        "banner": banner_of(story, story.local(timezone.now())),
        "now": timezone.now(),
        "may_decide": may(request.user, Capability.FINDING_DECIDE),
        "nav": "today",
    }
    return render(request, "protocols/duties/duty.html", context, status=status)


@require_POST
@requires(Capability.CONTACT_RECORD)
def tick(request, pk: int) -> HttpResponse:
    """Done or not needed; from the work queue, from the inbox or from its own page."""
    found = duty_or_404(request, pk)
    if found.code == ASSESSMENT:
        messages.error(request, "A clinician records the assessment; it is not ticked off.")
        return redirect("protocols:duty", pk)
    form = TickForm(request.POST)
    if form.is_valid():
        try:
            actions.complete(duty=found, by=request.user, now=timezone.now(), **form.cleaned_data)
        except Refusal as refusal:
            if request.POST.get("back") == "today":
                messages.error(request, str(refusal))
                return back_to(asked_post_day(request), request.POST.get("show", ""))
            add_refusal(form, refusal)
        else:
            messages.success(request, f"{found.enrolment.patient}: ticked off.")
            return after(request, found)
    if "next" in request.POST:
        return refused(request, "duty", pk, form)
    return page(request, found, form, status=422)


def after(request, found: Duty) -> HttpResponse:
    if "next" in request.POST:
        return onward(request, "duty", found.pk)
    if request.POST.get("back") == "today":
        return back_to(asked_post_day(request), request.POST.get("show", ""))
    return redirect("protocols:duty", found.pk)
