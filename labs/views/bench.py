"""The laboratory's home: what waits for somebody here."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic.access import Capability, may, requires
from clinic.pages import render_part
from labs.queries.bench import waiting_at
from patients.queries import find_patients


@require_safe
@requires(Capability.RESULT_READ)
def bench(request) -> HttpResponse:
    today = timezone.localdate()
    return render(
        request,
        "labs/bench.html",
        {
            "waiting": waiting_at(request.user, timezone.now()),
            "today": today,
            "nav": "laboratory",
            "may_enter": may(request.user, Capability.RESULT_ENTER),
            "may_enter_semen": may(request.user, Capability.SEMEN_ENTER),
            "may_verify": may(request.user, Capability.SEMEN_VERIFY),
            "may_review": may(request.user, Capability.RESULT_REVIEW),
            "may_match": may(request.user, Capability.INBOUND_MATCH),
        },
    )


@require_safe
@requires(Capability.RESULT_READ)
def find(request) -> HttpResponse:
    """For whom a result is entered: any fragment of what is known of him."""
    text = request.GET.get("find", "").strip()
    found = find_patients(request.user, text, size=12) if text else None
    return render_part(
        request,
        "labs/find.html",
        "found",
        {
            "text": text,
            "page": found,
            "back_url": reverse("labs:bench"),
            "nav": "laboratory",
            "may_enter": may(request.user, Capability.RESULT_ENTER),
            "may_enter_semen": may(request.user, Capability.SEMEN_ENTER),
        },
    )
