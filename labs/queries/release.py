"""Which of his results a patient may see now, by the preference he set himself."""

from datetime import datetime

from labs.models import Draw, SemenAnalysis
from labs.rules.release import Preference, Release, released
from patients.models import PortalAccount

FINAL = frozenset({"final", "corrected"})


def release_of(result: Draw | SemenAnalysis, portal: PortalAccount, *, now: datetime) -> Release:
    """The release of one draw or one analysis to the owner of this portal."""
    return released(
        final_at=final_at(result),
        reviewed_at=result.reviewed_at,
        preference=Preference(portal.release),
        delay_days=portal.release_days,
        now=now,
    )


def final_at(result: Draw | SemenAnalysis) -> datetime | None:
    """When it became final here; None while it is preliminary or was struck out."""
    if result.status not in FINAL:
        return None
    if isinstance(result, Draw):
        return result.filed_at
    return result.verified_at or result.entered_at
