"""The programmes of the house, for reading: every version, and what each of them says."""

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from clinic.access import Capability, requires
from protocols.models import PublishedDefault, Version
from protocols.queries.enrolment import definition_of
from protocols.views.definition_tables import as_context


@require_safe
@requires(Capability.PROTOCOL_READ)
def definitions(request) -> HttpResponse:
    """Every version, with how many men of this site are on it."""
    site = request.user.member.site_id
    versions = (
        Version.objects.select_related("protocol")
        .defer("definition")
        .annotate(enrolled=Count("enrolments", filter=Q(enrolments__patient__site=site)))
        .order_by("protocol__name", "-number")
    )
    chosen = PublishedDefault.objects.filter(site=site).values_list("version_id", flat=True)
    return render(
        request,
        "protocols/definitions/list.html",
        {"nav": "protocols", "versions": versions, "chosen": chosen.first()},
    )


@require_safe
@requires(Capability.PROTOCOL_READ)
def definition(request, pk: int) -> HttpResponse:
    """One version, part by part, each line with its source and whether it is signed off."""
    version = get_object_or_404(
        Version.objects.select_related("protocol", "published_by").defer("definition"), pk=pk
    )
    found = definition_of(version)
    return render(
        request,
        "protocols/definitions/version.html",
        {"nav": "protocols", "version": version, "definition": found} | as_context(found),
    )
