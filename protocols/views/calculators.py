"""The calculators: ask a rule with a form. Nothing is stored, no address says what was asked."""

from itertools import groupby

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from clinic.access import Capability, requires
from protocols.forms.calculators import CalculatorForm
from protocols.models import PublishedDefault
from protocols.queries.enrolment import definition_of
from protocols.rules.ask import RULES, RefusedError, answer_to
from protocols.rules.ask.shown import shown
from protocols.rules.definition import Definition, shipped

REFUSED = 422


@require_safe
@requires(Capability.PROTOCOL_READ)
def calculators(request) -> HttpResponse:
    """Every rule that can be asked, by what it is about."""
    rules = sorted(RULES.values(), key=lambda rule: rule.group)
    groups = [(name, list(found)) for name, found in groupby(rules, key=lambda rule: rule.group)]
    return render(
        request, "protocols/calculators/list.html", {"nav": "calculators", "groups": groups}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.PROTOCOL_READ)
def calculator(request, name: str) -> HttpResponse:
    """One rule: its question, and below it what the rule says."""
    rule = RULES.get(name)
    if rule is None:
        raise Http404
    definition = default_of(request.site)
    form = CalculatorForm(rule, definition, request.POST or None)
    context = {"nav": "calculators", "rule": rule, "form": form, "definition": definition}
    status = 200
    if request.method == "POST" and not request.POST.get("more"):
        form = context["form"] = CalculatorForm(rule, definition, request.POST)
        try:
            answer = answer_to(rule, form.question(), definition)
            context["said"] = shown(answer)
        except RefusedError as why:
            form.refuse(why)
            status = REFUSED
    return render(request, "protocols/calculators/calculator.html", context, status=status)


def default_of(site) -> Definition:
    """The programme that new enrolments of this site take, or the one that was shipped."""
    chosen = PublishedDefault.objects.filter(site=site).select_related("version").first()
    return definition_of(chosen.version) if chosen else shipped()
