"""What is stored: the laboratory's list, one man's page, one container with all that was done."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic.access import Capability, may, requires
from clinic.pages import MemberRequest, render_part
from labs.models import Container
from labs.queries.storage import (
    cleared,
    containers_of,
    found_containers,
    screening_of,
    tanks_of,
    to_ask,
    to_freeze,
    with_code,
    word_of,
)
from labs.rules.storage import Status, verbs_from
from labs.rules.storage_numbers import code_refusal, scanned
from labs.views.person import page, patient_or_404
from patients.queries import find_patients


@require_safe
@requires(Capability.STORAGE_READ)
def storage(request: MemberRequest) -> HttpResponse:
    """The tanks, what is to be frozen and asked today, and a scanner's way to one container."""
    text = request.GET.get("find", "").strip()
    if text and not code_refusal(text):
        hit = with_code(request.user, scanned(text))
        if hit is not None:
            return redirect("labs:container", hit.pk)
    men = find_patients(request.user, text, size=12).rows if text else []
    now = timezone.now()
    today = request.site.localdate(now)
    context = {
        "nav": "laboratory",
        "text": text,
        "men": men,
        "found": list(found_containers(request.user, men)[:50]) if men else [],
        "tanks": tanks_of(request.user, today),
        "asked": list(to_ask(request.user, today)),
        "to_freeze": list(to_freeze(request.user, now)[:50]),
        "may_record": may(request.user, Capability.STORAGE_RECORD),
    }
    return render_part(request, "labs/storage/home.html", "found", context)


@require_safe
@requires(Capability.STORAGE_READ)
def person(request: MemberRequest, pk: int) -> HttpResponse:
    """Everything that was ever stored of one man, with his word and his tests."""
    patient = patient_or_404(request, pk)
    today = request.site.localdate(timezone.now())
    screening = screening_of(patient)
    return page(
        request,
        patient,
        "storage/person",
        {
            "word": word_of(patient, today),
            "screening": screening,
            "cleared": cleared(screening, today),
            "containers": list(containers_of(patient)),
            "may_record": may(request.user, Capability.STORAGE_RECORD),
        },
    )


@require_safe
@requires(Capability.STORAGE_READ)
def container(request: MemberRequest, pk: int) -> HttpResponse:
    """One container: what is in it, where it stands, and every movement with its two people."""
    found = container_or_404(request, pk)
    today = request.site.localdate(timezone.now())
    moves = found.movements.select_related("tank", "by", "witness").order_by("-number")
    records = may(request.user, Capability.STORAGE_RECORD)
    test = getattr(found, "thaw_test", None)
    return page(
        request,
        found.patient,
        "storage/container",
        {
            "container": found,
            "movements": list(moves),
            "word": word_of(found.patient, today),
            "verbs": [verb.value for verb in verbs_from(Status(found.status))] if records else [],
            "test": test,
            "asks_test": records and test is None and found.status in (Status.THAWED, Status.USED),
        },
    )


def container_or_404(request: MemberRequest, pk: int) -> Container:
    rows = Container.objects.visible_to(request.user).select_related(
        "patient__site", "tank", "analysis", "terms", "screening", "thaw_test"
    )
    return get_object_or_404(rows, pk=pk)
