"""The programmes of the house, for reading: every version, and what each of them says."""

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from clinic.access import Capability, requires
from protocols.models import PublishedDefault, RulesetChoice, Version
from protocols.queries.definitions import sign_offs
from protocols.queries.enrolment import definition_of
from protocols.views.definition_tables import as_context


@require_safe
@requires(Capability.PROTOCOL_READ)
def definitions(request) -> HttpResponse:
    """Every version, with how many men of this site are on it; drafts above them."""
    site = request.user.member.site_id
    versions = (
        Version.objects.select_related("protocol", "saved_by", "discarded_by", "based_on")
        .defer("definition", "source", "based_on__definition", "based_on__source")
        .annotate(enrolled=Count("enrolments", filter=Q(enrolments__patient__site=site)))
        .order_by("protocol__name", "-number", "-saved_at")
    )
    chosen = PublishedDefault.objects.filter(site=site).values_list("version_id", flat=True)
    rows = list(versions)
    context = {
        "nav": "protocols",
        "versions": [row for row in rows if not row.is_draft],
        "drafts": [row for row in rows if row.is_draft and row.discarded_at is None],
        "discarded": [row for row in rows if row.discarded_at is not None],
        "chosen": chosen.first(),
    }
    return render(request, "protocols/definitions/list.html", context)


@require_safe
@requires(Capability.PROTOCOL_READ)
def definition(request, pk: int) -> HttpResponse:
    """One version, part by part, each line with its source and whether it is signed off."""
    version = get_object_or_404(
        Version.objects.select_related("protocol", "published_by", "retired_by").defer(
            "definition", "source"
        ),
        pk=pk,
    )
    if version.is_draft:
        return redirect("protocols:draft", pk)
    found = definition_of(version)
    site = request.user.member.site_id
    context = {
        "nav": "protocols",
        "version": version,
        "definition": found,
        "ipledge": RulesetChoice.Ruleset(found.rulesets.ipledge).label.partition(":")[0].lower(),
        "is_chosen": PublishedDefault.objects.filter(site=site, version=version).exists(),
    }
    context |= as_context(found, sign_offs(version, request.user))
    return render(request, "protocols/definitions/version.html", context)
