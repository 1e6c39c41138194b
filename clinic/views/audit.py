"""The trail, for those who may read it."""

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic.access import Capability, requires
from clinic.audit import first_break, seal
from clinic.models import AuditEvent
from clinic.pages import MemberRequest, paginate, render_part


@require_safe
@requires(Capability.AUDIT_READ)
def trail(request: MemberRequest) -> HttpResponse:
    """What happened at this site, newest first; filtered by what and by whom."""
    events = AuditEvent.objects.visible_to(request.user).select_related("actor")
    action = request.GET.get("action", "").strip()
    person = request.GET.get("person", "").strip()
    if action:
        events = events.filter(action__startswith=action)
    if person.isdigit():
        events = events.about(f"patients.patient:{person}")
    page = paginate(events, by="-at", after=request.GET.get("after", ""), size=100)
    context = {"page": page, "action": action, "person": person, "nav": "settings"}
    return render_part(request, "clinic/audit.html", "trail", context)


@require_safe
@requires(Capability.AUDIT_READ)
def verify(request: MemberRequest) -> HttpResponse:
    """Walk the whole chain now and say what was found."""
    seal()
    context = {"broken": first_break(), "checked_at": timezone.now(), "nav": "settings"}
    return render_part(request, "clinic/audit_verified.html", "verdict", context)
