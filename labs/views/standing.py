"""What stands around one result: what its man sees of it, who has looked, where it was moved."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from clinic import audit
from clinic.access import Capability, may
from clinic.queries.reading import unread
from labs.models import Draw, SemenAnalysis
from labs.queries.held import portal_of, standing_on
from labs.queries.release import final_at, release_of

FINAL = {"final", "corrected"}


def reason_of(struck: Draw | SemenAnalysis | None) -> str:
    """Why it was struck out where it stood before."""
    if isinstance(struck, Draw):
        return struck.struck_reason
    return struck.correction_reason if struck else ""


def around(request, result: Draw | SemenAnalysis, since: datetime) -> dict[str, Any]:
    """Three queries; `since` is when the last of it was filed."""
    now, user = timezone.now(), request.user
    stands = result.status != "entered_in_error" and not getattr(result, "superseded_by_id", None)
    portal = portal_of(result)
    held = standing_on(result, now) if stands else None
    seen = vars(portal)["seen"] if portal else None
    origin = getattr(result, "moved_from", None)
    waits = stands and result.status in FINAL and result.reviewed_at is None
    return {
        "stands": stands,
        "moved_from": origin,
        "moved_from_reason": reason_of(origin),
        "portal": portal,
        "held": held,
        "release": release_of(result, portal, held=held.held if held else None, now=now)
        if portal
        else None,
        "final_at": final_at(result),
        "seen": seen if seen and seen >= since else None,
        "unread": unread(audit.label(result), since, now) if waits else None,
        "may_withhold": stands
        and not held
        and not (seen and seen >= since)
        and may(user, Capability.RESULT_WITHHOLD),
        "may_open_held": may(user, Capability.RESULT_WITHHOLD),
        "may_move": stands and may(user, Capability.RESULT_MOVE),
        "is_blood": isinstance(result, Draw),
        "result": result,
    }
