"""What every page of the portal shares: whose it is, what stands around it, and its trail."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from clinic import audit
from clinic.pages import render_part
from protocols.models import Enrolment
from protocols.queries.portal_owner import Owner, owner_of

View = Callable[..., HttpResponse]


def owned(view: View) -> View:
    """Give the view its owner, on his own clock; a closed or a dead man's portal shows nothing."""

    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        owner = owner_of(request.user, timezone.now())  # type: ignore[arg-type]
        if owner is None:
            return kept_private(render(request, "portal/closed.html", status=403))
        timezone.activate(owner.zone)
        return view(request, owner, *args, **kwargs)

    return opened


def page(
    request: HttpRequest,
    owner: Owner,
    template: str,
    context: dict[str, Any],
    *,
    parts: tuple[str, ...] = (),
    status: int = 200,
) -> HttpResponse:
    """The page in its frame, or the one of its parts that a swap asks for."""
    given = {
        "owner": owner,
        "site": owner.site,
        "discreet": owner.discreet,
        "badges": {"results": len(owner.news), "messages": owner.unread},
        **context,
    }
    name = f"portal/{template}.html"
    target = getattr(request.htmx, "target", None)  # type: ignore[attr-defined]
    if target in parts:
        return kept_private(render_part(request, name, target, given, status=status))
    return kept_private(render(request, name, given, status=status))


def kept_private(response: HttpResponse) -> HttpResponse:
    """Nothing of it stays in the browser of a borrowed phone."""
    response["Cache-Control"] = "private, no-store"
    return response


def opened(owner: Owner, action: str, subject: str, **detail: Any) -> None:
    """One row a page: he has read this himself."""
    audit.record(
        actor=owner.account,
        action=action,
        subject=subject,
        person=owner.patient,
        site=owner.site,
        **detail,
    )


def own_enrolment(owner: Owner) -> Enrolment | None:
    """The enrolment that is not over."""
    return (
        Enrolment.objects.visible_to(owner.account)
        .live()
        .filter(patient=owner.patient)
        .select_related("patient__site", "version")
        .defer("version__definition")
        .first()
    )
