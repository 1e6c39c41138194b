"""Is the house alive: one line for a machine, one page for a person."""

from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic.access import Capability, requires
from clinic.pages import MemberRequest
from clinic.queries import health as waiting
from clinic.queries import heartbeat
from clinic.rules.health import SILENT_AFTER, Pulse, pulse
from clinic.views.settings import tabs


@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """For a load balancer: 200 when the database answers; says nothing about anybody."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"alive": True})


alive.login_required = False  # type: ignore[attr-defined]


@require_safe
@requires(Capability.AUDIT_READ)
def health(request: MemberRequest) -> HttpResponse:
    """Beat and worker, what waits and since when, and whether the trail was found whole."""
    now = timezone.now()
    queued, heard_at = heartbeat.queued(), heartbeat.last_heartbeat()
    worker = queued is not None and heartbeat.worker_answers()
    found = pulse(heard_at=heard_at, redis=queued is not None, worker=worker, now=now)
    queues = waiting.queues(now)
    context: dict[str, Any] = {
        "pulse": found,
        "well": found is Pulse.BEATING,
        "heard_at": heard_at,
        "worker": worker,
        "queued": queued,
        "queues": [(queue, queue.late(now)) for queue in queues],
        "late": any(queue.late(now) for queue in queues),
        "walked": heartbeat.trail_walked(),
        "line": (line_at := heartbeat.line_heard()),
        "line_open": line_at is not None and now - line_at <= SILENT_AFTER,
        "now": now,
        **tabs(request, "clinic:health"),
    }
    return render(request, "clinic/health.html", context)
