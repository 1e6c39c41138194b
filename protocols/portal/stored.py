"""What is stored for him, in plain words, and until when he has agreed to it."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic.access import Capability, requires
from labs.queries.storage import kept_by_day, word_of
from protocols.portal.owner import owned, page
from protocols.queries.portal_owner import Owner


@require_safe
@requires(Capability.PORTAL_OWN)
@owned
def stored(request: HttpRequest, owner: Owner) -> HttpResponse:
    """How many, from which day, and whom to ask; never a count that could frighten."""
    context = {
        "kept": kept_by_day(owner.patient),
        "word": word_of(owner.patient, owner.site.localdate(timezone.now())),
        "nav": "stored",
    }
    return page(request, owner, "stored", context)
