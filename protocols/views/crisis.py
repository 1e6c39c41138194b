"""The assessment of the risk of self-harm: asked, answered, and what follows at once."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from clinic.access import Capability, requires
from clinic.refusal import Refusal
from protocols.actions import crisis as actions
from protocols.forms.crisis import AssessmentForm
from protocols.models import Finding
from protocols.views import duties
from protocols.views.inbox import add_refusal, onward, refused


@require_POST
@requires(Capability.FINDING_DECIDE)
def assess(request, pk: int) -> HttpResponse:
    """Kept; a plan or an intent leads to the proposal to stop, everything else onward."""
    found = duties.duty_or_404(request, pk)
    form = AssessmentForm(request.POST)
    if form.is_valid():
        try:
            kept = actions.assess(
                duty=found,
                plan=form.said_yes("plan"),
                intent=form.said_yes("intent"),
                done=form.cleaned_data["done"],
                by=request.user,
                now=timezone.now(),
            )
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            if kept.plan or kept.intent:
                return to_stop(request, kept)
            messages.success(request, f"{found.enrolment.patient}: the assessment is kept.")
            if "next" in request.POST:
                return onward(request, "duty", pk)
            return redirect("protocols:duty", pk)
    if "next" in request.POST:
        return refused(request, "duty", pk, form)
    return duties.page(request, found, form, status=422)


def to_stop(request, kept) -> HttpResponse:
    label = f"protocols.riskassessment:{kept.pk}"
    finding = Finding.objects.visible_to(request.user).filter(evidence=label).first()
    messages.error(request, "Plan or intent: follow the emergency pathway now, and decide to stop.")
    if finding is None:
        return redirect("protocols:duty", kept.duty_id)
    if "next" in request.POST:
        return redirect("protocols:inbox_item", "finding", finding.pk)
    return redirect("protocols:finding", finding.pk)
