"""A critical value pages a clinician, whatever its patient may see (domain reference §9.3).

The page is answered by opening the result and signing it; until then it goes on to the next.
"""

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import Max

from clinic import audit
from clinic.actions import on_call
from clinic.models import Page
from labs.models import Draw, Result
from protocols.models import Finding

#: What was drawn longer ago is read from the inbox: nobody is rung up about an old file.
RECENT = timedelta(days=14)


@transaction.atomic
def page_for_draw(draw: Draw, results: Sequence[Result] = ()) -> Page | None:
    """Page for what is critical now, once for each time a critical value comes in."""
    about = audit.label(draw)
    rows = Result.objects.current().filter(draw=draw, critical=True)
    known_at = rows.aggregate(at=Max("filed_at"))["at"]
    if draw.status == Draw.Status.ENTERED_IN_ERROR or known_at is None:
        on_call.withdraw(about=about)
        return None
    if draw.reviewed_at is not None or draw.collected_at < known_at - RECENT:
        return None
    if Page.objects.filter(about=about, raised_at__gte=known_at).exists() or has_finding_page(
        about
    ):
        return None
    return on_call.page(
        site=draw.patient.site, about=about, person=audit.label(draw.patient), now=known_at,
        acting=draw.filed_by,
    )  # fmt: skip


def has_finding_page(evidence: str) -> bool:
    """Somebody is being paged already about what the rules propose for these values."""
    findings = Finding.objects.open().filter(evidence=evidence)
    labels = [audit.label(finding) for finding in findings.only("pk")]
    return Page.objects.open().filter(about__in=labels).exists()


def reviewed(draw: Draw) -> None:
    """Whoever signs the result has answered."""
    if draw.reviewed_by is not None and draw.reviewed_at is not None:
        on_call.answered(about=audit.label(draw), by=draw.reviewed_by, now=draw.reviewed_at)
