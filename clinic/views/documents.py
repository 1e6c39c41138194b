"""Opening a document, and telling a stranger who holds a page whether it is genuine."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from clinic import audit
from clinic.access import Capability, requires
from clinic.models import Document
from clinic.pages import MemberRequest


def pdf_response(document: Document) -> HttpResponse:
    """The bytes as they were stored, to be shown in the browser and never cached."""
    response = HttpResponse(bytes(document.content), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="report-{document.pk}.pdf"'
    response["Cache-Control"] = "private, no-store"
    return response


@require_safe
@requires(Capability.DOCUMENT_READ)
def document(request: MemberRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Document.objects.visible_to(request.user), pk=pk)
    audit.record(actor=request.user, action="document.opened", subject=found, person=found.person)
    return pdf_response(found)


@require_safe
@requires(Capability.ACCOUNT_OWN)
def check(request: MemberRequest) -> HttpResponse:
    """Says only genuine or superseded, with hash and date: nothing about anybody."""
    code = request.GET.get("code", "").strip().upper()
    found = Document.objects.filter(check_code=code).defer("content").first() if code else None
    return render(request, "clinic/check.html", {"code": code, "found": found})
