"""His reports, and who looked at his record."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from clinic.access import Capability, requires
from clinic.models import Document
from clinic.pages import paginate
from protocols.portal.owner import kept_private, opened, owned, page
from protocols.queries.portal_looked import events_about, glances
from protocols.queries.portal_owner import Owner

#: Events read for one page of the list; they fold into fewer lines.
EVENTS = 200


@require_safe
@requires(Capability.PORTAL_OWN)
@owned
def documents(request: HttpRequest, owner: Owner) -> HttpResponse:
    """Newest first; one that was replaced stays, and says so."""
    found = Document.objects.of(owner.patient.label).filter(for_patient=True)
    context = {"documents": list(found), "nav": "documents"}
    return page(request, owner, "documents", context)


@require_safe
@requires(Capability.PORTAL_OWN)
@owned
def document(request: HttpRequest, owner: Owner, pk: int) -> HttpResponse:
    """The PDF as it was stored; each opening is in the trail."""
    found = get_object_or_404(
        Document.objects.filter(person=owner.patient.label, for_patient=True), pk=pk
    )
    opened(owner, "document.opened", f"clinic.document:{found.pk}")
    response = HttpResponse(bytes(found.content), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="report-{found.pk}.pdf"'
    return kept_private(response)


@require_safe
@requires(Capability.PORTAL_OWN)
@owned
def who_looked(request: HttpRequest, owner: Owner) -> HttpResponse:
    """From the trail: by role, in words, without what he did himself."""
    found = paginate(
        events_about(owner), by="-at", after=request.GET.get("after", ""), size=EVENTS
    )  # fmt: skip
    context = {"glances": glances(found.rows, owner.zone), "page": found, "nav": "who_looked"}
    return page(request, owner, "who_looked", context)
