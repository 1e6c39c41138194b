"""Which of his results a patient may see now, by the preference he set himself."""

from datetime import datetime

from django.db.models import Max

from labs.models import Draw, Result, SemenAnalysis
from labs.rules.release import Held, Preference, Release, released
from patients.models import PortalAccount

FINAL = frozenset({"final", "corrected"})


def release_of(
    result: Draw | SemenAnalysis, portal: PortalAccount, *, held: Held | None = None, now: datetime
) -> Release:
    """The release of one draw or one analysis to the owner of this portal."""
    return released(
        final_at=final_at(result),
        reviewed_at=result.reviewed_at,
        preference=Preference(portal.release),
        delay_days=portal.release_days,
        held=held,
        now=now,
    )


def final_at(result: Draw | SemenAnalysis) -> datetime | None:
    """When it became final here; None while it is preliminary or was struck out."""
    if result.status not in FINAL:
        return None
    if isinstance(result, Draw):
        return result.filed_at
    return result.verified_at or result.entered_at


def changed(result: Draw | SemenAnalysis) -> datetime:
    """Since when it stands as it does: when the last of it was filed."""
    if isinstance(result, SemenAnalysis):
        return result.verified_at or result.entered_at
    last = Result.objects.filter(draw=result).aggregate(last=Max("filed_at"))["last"]
    return last or result.filed_at
