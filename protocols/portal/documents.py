"""His reports, and who looked at his record."""

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from clinic.access import Capability, requires
from clinic.models import Document
from clinic.pages import paginate
from protocols.models import Signature
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
    found = his(owner)
    context = {"documents": list(found), "nav": "documents"}
    return page(request, owner, "documents", context)


def his(owner: Owner) -> QuerySet[Document]:
    """His documents, without those that show a result which is held back from him now."""
    found = Document.objects.of(owner.patient.label).filter(for_patient=True)
    hidden = visits_showing(owner)
    return found.exclude(subject__in=hidden) if hidden else found


def visits_showing(owner: Owner) -> list[str]:
    """The visits whose reports show what is held back; nothing is asked where nothing is."""
    held = [row for row in owner.collected if row.held]
    if not held:
        return []
    shows = Q()
    for row in held:
        kind = "draws" if row.is_blood else "semen"
        shows |= Q(**{f"content__shown__{kind}__contains": [row.pk]})
    signed = Signature.objects.filter(shows, visit__enrolment__patient=owner.patient)
    return [f"protocols.visit:{pk}" for pk in signed.values_list("visit", flat=True)]


@require_safe
@requires(Capability.PORTAL_OWN)
@owned
def document(request: HttpRequest, owner: Owner, pk: int) -> HttpResponse:
    """The PDF as it was stored; each opening is in the trail."""
    found = get_object_or_404(his(owner), pk=pk)
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
