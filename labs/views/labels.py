"""Labels to print: a small one for a container, a long one for its cane. Never a diagnosis."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic import audit, pdf
from clinic.access import Capability, requires
from clinic.pages import MemberRequest
from labs.models import Container, Tank
from labs.rules.storage import Spot
from labs.views.storage import container_or_404


def printed(template: str, context: dict[str, Any], title: str) -> HttpResponse:
    """A page of the size of the label, opened in the browser and kept nowhere."""
    html = render_to_string(f"labs/storage/{template}.html", context | {"title": title})
    response = HttpResponse(pdf.render(html, title=title).content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="label-{title.replace(" ", "-")}.pdf"'
    response["Cache-Control"] = "private, no-store"
    return response


@require_safe
@requires(Capability.STORAGE_READ)
def container(request: MemberRequest, pk: int) -> HttpResponse:
    found = container_or_404(request, pk)
    audit.record(
        actor=request.user,
        action="container.labelled",
        subject=found,
        person=found.patient,
        site=found.patient.site_id,
    )
    return printed("label", {"container": found, "patient": found.patient}, found.spoken)


@require_safe
@requires(Capability.STORAGE_READ)
def cane(request: MemberRequest, pk: int, canister: int, cane: int) -> HttpResponse:
    """Where the cane hangs, and whose it is while only one man's containers are on it."""
    tank = get_object_or_404(Tank.objects.visible_to(request.user), pk=pk)
    if Spot(canister, cane, 1) not in tank.size:
        raise Http404
    rows = list(
        Container.objects.kept()
        .filter(tank=tank, canister=canister, cane=cane)
        .select_related("patient")
    )
    for row in rows:
        audit.record(
            actor=request.user,
            action="container.labelled",
            subject=row,
            person=row.patient,
            site=tank.site_id,
        )
    men = {row.patient for row in rows}
    alone = men.pop() if len(men) == 1 else None
    context = {
        "tank": tank,
        "canister": canister,
        "cane": cane,
        "number": len(rows),
        "patient": alone,
        "code": f"T{tank.pk}-{canister}-{cane}",
        "on": timezone.localdate(),
    }
    return printed("cane", context, f"{tank} {canister}-{cane}")
