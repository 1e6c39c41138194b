"""How he is in between: he ticks what he notices, and reads at once what to do and whom to call."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_safe

from clinic.access import Capability, requires
from clinic.refusal import Refusal
from protocols.actions import told as actions
from protocols.forms.told import OwnSymptomsForm
from protocols.models import SymptomReport
from protocols.portal.owner import own_enrolment, owned, page
from protocols.queries.enrolment import definition_of
from protocols.queries.portal_owner import Owner
from protocols.rules.told_words import words_for
from protocols.rules.vocabulary import Status


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.PORTAL_OWN)
@owned
def symptoms(request: HttpRequest, owner: Owner) -> HttpResponse:
    enrolment = own_enrolment(owner)
    if enrolment is None:
        return page(request, owner, "symptoms", {"form": None, "nav": "diary"})
    asked = request.POST if request.method == "POST" else None
    form = OwnSymptomsForm(asked, table=definition_of(enrolment.version).safety)
    if form.is_valid():
        try:
            kept = actions.tell(
                enrolment=enrolment,
                codes=form.codes,
                channel=SymptomReport.Channel.PORTAL,
                told_at=owner.now,
                words=form.cleaned_data["words"],
                by=owner.account,
                now=owner.now,
            )
        except Refusal as refusal:
            field = {"codes": "grave"}.get(refusal.field or "", refusal.field)
            form.add_error(field if field in form.fields else None, own_words(refusal))
        else:
            return redirect("portal:symptoms_kept", kept.pk)
    context = {"form": form, "nav": "diary"}
    return page(request, owner, "symptoms", context, status=422 if form.errors else 200)


def own_words(refusal: Refusal) -> str:
    """The sentence as it is said to himself."""
    if refusal.field == "codes":
        return "Tick what you notice, or write it in your own words."
    return str(refusal)


@require_safe
@requires(Capability.PORTAL_OWN)
@owned
def kept(request: HttpRequest, owner: Owner, pk: int) -> HttpResponse:
    """What to do now, whom to call, and by when he hears from us."""
    report = get_object_or_404(
        SymptomReport.objects.visible_to(owner.account)
        .filter(channel=SymptomReport.Channel.PORTAL)
        .select_related("enrolment__version")
        .defer("enrolment__version__definition"),
        pk=pk,
    )
    definition = definition_of(report.enrolment.version)
    context = {
        "report": report,
        "say": words_for(
            definition.safety,
            report.codes,
            takes_it=report.enrolment.status == Status.ACTIVE,
            called=actions.promised(report, owner.site.zone, owner.now),
        ),
        "crisis_text": definition.mood.crisis_text,
        "nav": "diary",
    }
    return page(request, owner, "symptoms_kept", context)
