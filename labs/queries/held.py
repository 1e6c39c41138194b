"""What is held back from patients of a site, and whether one of them has read a result."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import OuterRef, Subquery

from clinic import audit
from clinic.models import Account, AuditEvent
from labs.models import Draw, SemenAnalysis, Withholding
from labs.queries.release import changed
from patients.models import PortalAccount

OPENED = "result.opened"
MOST = 100


def held_back(user: Account) -> Sequence[Withholding]:
    """Every one of this site, the newest first."""
    rows = Withholding.objects.visible_to(user).select_related(
        "patient", "draw", "analysis", "placed_by", "confirmed_by", "lifted_by"
    )
    return list(rows[:MOST])


def standing_on(result: Draw | SemenAnalysis, now: datetime) -> Withholding | None:
    """What holds this result back now; one query."""
    rows = Withholding.objects.standing(now).select_related("placed_by", "confirmed_by")
    return rows.filter(**of(result)).first()


def of(result: Draw | SemenAnalysis) -> dict[str, int]:
    return {"draw" if isinstance(result, Draw) else "analysis": result.pk}


def read_by_him(result: Draw | SemenAnalysis) -> datetime | None:
    """When he opened it in his portal as it stands now; None when he has not. Two queries."""
    portal = portal_of(result)
    seen = vars(portal)["seen"] if portal else None
    return seen if seen and seen >= changed(result) else None


def portal_of(result: Draw | SemenAnalysis) -> PortalAccount | None:
    """His open portal, with when he last opened this result there (`seen`); one query."""
    opened = AuditEvent.objects.filter(
        actor=OuterRef("account"), action=OPENED, subject=audit.label(result)
    )
    rows = PortalAccount.objects.filter(patient=result.patient_id, revoked_at=None)
    return rows.annotate(seen=Subquery(opened.order_by("-at").values("at")[:1])).first()
