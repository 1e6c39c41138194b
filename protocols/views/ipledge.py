"""iPLEDGE: by which rules the site works, and the confirmation of a man's month."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from clinic.access import Capability, may, requires
from clinic.refusal import Refusal
from protocols.actions import ipledge
from protocols.forms.enrolment import AttestationForm, RulesetForm
from protocols.models import RulesetChoice
from protocols.views.enrolment import ATTEST, enrolment_or_404, page


@require_http_methods(["GET"])
@requires(Capability.PROTOCOL_READ)
def rules(request) -> HttpResponse:
    return rules_page(request, RulesetForm(initial={"effective_on": timezone.localdate()}))


@require_POST
@requires(Capability.PROTOCOL_SIGN)
def choose(request) -> HttpResponse:
    form = RulesetForm(request.POST)
    if form.is_valid():
        try:
            chosen = ipledge.choose_ruleset(
                site=request.site, by=request.user, now=timezone.now(), **form.cleaned_data
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, f"{chosen.get_ruleset_display()}: kept.")
            return redirect("protocols:ipledge_rules")
    return rules_page(request, form, status=422)


def rules_page(request, form: RulesetForm, *, status: int = 200) -> HttpResponse:
    choices = RulesetChoice.objects.visible_to(request.user).select_related("chosen_by")
    today = timezone.localdate()
    context = {
        "nav": "protocols",
        "choices": choices,
        "ruleset": RulesetChoice.Ruleset(ipledge.ruleset_of(request.site, today)),
        "form": form,
        "may_choose": may(request.user, Capability.PROTOCOL_SIGN),
        "today": today,
    }
    return render(request, "protocols/ipledge/rules.html", context, status=status)


@require_POST
@requires(Capability.ENROLMENT_WRITE)
def attest(request, pk: int) -> HttpResponse:
    found = enrolment_or_404(request, pk)
    form = AttestationForm(request.POST, prefix=ATTEST)
    if form.is_valid():
        try:
            given = ipledge.attest(
                enrolment=found, on=form.cleaned_data["on"], by=request.user, now=timezone.now()
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, f"Month {given.month} is confirmed.")
            return redirect("protocols:enrolment", found.pk)
    return page(request, found, {ATTEST: form}, status=422)
