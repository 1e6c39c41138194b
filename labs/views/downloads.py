"""Tables to take away: templates to fill in, and the rows that were refused."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from clinic import audit
from clinic.access import Capability, requires
from clinic.pages import MemberRequest
from labs.models import InboundMessage
from labs.tables.downloads import KINDS, refused, template, written

LAYOUTS = ("long", "wide", "semen")


@require_safe
@requires(Capability.INBOUND_MATCH)
def table_template(request: MemberRequest, layout: str, kind: str) -> HttpResponse:
    if layout not in LAYOUTS or kind not in KINDS:
        raise Http404
    return attachment(written(template(layout), kind, title="Results"), kind, f"results-{layout}")


@require_safe
@requires(Capability.RESULT_READ)
def refused_rows(request: MemberRequest, pk: int) -> HttpResponse:
    """The rows that were not filed, as they came, with one more column that says why."""
    found = get_object_or_404(InboundMessage.objects.visible_to(request.user), pk=pk)
    body, kind = refused(found)
    audit.record(actor=request.user, action="message.opened", subject=found, downloaded=True)
    return attachment(body, kind, f"refused-{found.pk}")


def attachment(body: bytes, kind: str, name: str) -> HttpResponse:
    disposition = content_disposition_header(True, f"{name}.{kind}") or "attachment"
    return HttpResponse(
        body, content_type=KINDS[kind], headers={"Content-Disposition": disposition}
    )
