"""Writing to the clinic, and reading what it answers."""

from django.contrib import messages as notes
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from clinic.access import Capability, requires
from clinic.pages import paginate
from clinic.refusal import Refusal
from patients.actions import letters as actions
from patients.models import Letter
from protocols.portal.forms import OwnLetterForm
from protocols.portal.owner import owned, page
from protocols.queries.portal_owner import Owner


@require_http_methods(["GET", "POST"])
@requires(Capability.PORTAL_OWN)
@owned
def messages(request: HttpRequest, owner: Owner) -> HttpResponse:
    """Opening the page is reading it: what was new is marked as such once."""
    form = OwnLetterForm(request.POST or None)
    if form.is_valid():
        try:
            actions.write_to_clinic(
                patient=owner.patient,
                body=form.cleaned_data["body"],
                by=owner.account,
                now=owner.now,
            )
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            notes.success(request, "Sent. Somebody at the clinic reads it.")
            return redirect("portal:messages")
    found = (
        Letter.objects.visible_to(owner.account)
        .filter(patient=owner.patient)
        .select_related("written_by")
    )
    shown = paginate(found, by="-written_at", after=request.GET.get("after", ""), size=20)
    if owner.unread:
        actions.mark_read(patient=owner.patient, by=owner.account, now=owner.now)
        owner.unread = 0
    context = {"page": shown, "form": form, "nav": "messages"}
    return page(request, owner, "messages", context, status=422 if form.errors else 200)
