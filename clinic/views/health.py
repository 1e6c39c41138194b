"""Is the house alive: one line for a machine, one page for a person."""

from datetime import timedelta
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic.access import Capability, requires
from clinic.models import AuditEvent, Drawing, Message
from clinic.queries.heartbeat import last_heartbeat

SILENT_AFTER = timedelta(minutes=2)


@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """For a load balancer: 200 when the database answers; says nothing about anybody."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"alive": True})


alive.login_required = False  # type: ignore[attr-defined]


@require_safe
@requires(Capability.AUDIT_READ)
def health(request: HttpRequest) -> HttpResponse:
    """Beat and worker, the queues and the oldest thing that waits."""
    now = timezone.now()
    beat = last_heartbeat()
    due = Message.objects.due(now)
    context: dict[str, Any] = {
        "heartbeat": beat,
        "silent": beat is None or now - beat > SILENT_AFTER,
        "due": due.count(),
        "oldest_due": due.order_by("not_before").values_list("not_before", flat=True).first(),
        "failed": Message.objects.failed().count(),
        "undrawn": Drawing.objects.filter(drawn_at=None).count(),
        "unsealed": AuditEvent.objects.filter(seal=None).count(),
        "now": now,
        "nav": "settings",
    }
    return render(request, "clinic/health.html", context)
