"""Opening a document, and telling a stranger who holds a page whether it is genuine."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic import audit
from clinic.access import Capability, requires
from clinic.models import Document
from clinic.pages import MemberRequest
from clinic.rules.check_codes import meant


def pdf_response(document: Document) -> HttpResponse:
    """The bytes as they were stored, to be shown in the browser and never cached."""
    response = HttpResponse(bytes(document.content), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="report-{document.pk}.pdf"'
    response["Cache-Control"] = "private, no-store"
    return response


@require_safe
@requires(Capability.DOCUMENT_READ)
def document(request: MemberRequest, pk: int) -> HttpResponse:
    """One that was changed underneath is not shown: a page that lies is worse than none."""
    found = get_object_or_404(Document.objects.visible_to(request.user), pk=pk)
    audit.record(actor=request.user, action="document.opened", subject=found, person=found.person)
    if not found.intact:
        reason = (
            "This document is not as it was stored, so it is not shown. "
            "Tell whoever runs the program; the backups have it."
        )
        return render(request, "errors/409.html", {"reason": reason}, status=409)
    return pdf_response(found)


@require_safe
def check(request: HttpRequest) -> HttpResponse:
    """Says only genuine or replaced, with hash and date: nothing about anybody."""
    typed = request.GET.get("code", "").strip()
    code = meant(typed)
    found = (
        Document.objects.filter(check_code=code).select_related("site").first() if code else None
    )
    if found is not None:
        timezone.activate(found.site.zone)
    context = {"typed": typed, "code": code, "found": found}
    return render(request, "clinic/check.html", context)


check.login_required = False  # type: ignore[attr-defined]
