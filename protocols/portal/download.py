"""His results to take along: for another clinic, or for a spreadsheet of his own."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from clinic import fhir
from clinic.access import Capability, requires
from clinic.tables import writing
from protocols.portal.owner import kept_private, opened, owned
from protocols.queries.portal_course import course_of
from protocols.queries.portal_download import own_bundle, own_table
from protocols.queries.portal_owner import Owner

DOWNLOADED = "results.downloaded"
#: Says nothing of what it is about: it lies in the downloads of a phone.
NAME = "my-results"


@require_safe
@requires(Capability.PORTAL_OWN)
@owned
def as_fhir(request: HttpRequest, owner: Owner) -> HttpResponse:
    """A bundle another clinic, or an app of his, can read in."""
    content = fhir.written(own_bundle(owner, base=settings.BASE_URL))
    return taken_along(owner, content.encode(), f"{fhir.MEDIA_TYPE}; charset=utf-8", "json")


@require_safe
@requires(Capability.PORTAL_OWN)
@owned
def as_table(request: HttpRequest, owner: Owner) -> HttpResponse:
    """A table a spreadsheet opens, in which nothing runs."""
    content = writing.csv_file(own_table(course_of(owner)))
    return taken_along(owner, content, writing.CSV_TYPE, "csv")


def taken_along(owner: Owner, content: bytes, kind: str, ending: str) -> HttpResponse:
    """The file, and one line in the trail; what he has not opened yet stays news."""
    opened(owner, DOWNLOADED, owner.patient.label, format=ending)
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{NAME}.{ending}"'
    return kept_private(response)
