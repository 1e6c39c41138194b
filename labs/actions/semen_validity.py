"""A clinician lets a sample count for the response that the rules leave out, and takes it back."""

from datetime import datetime

from django.db import transaction

from clinic import events
from clinic.models import Account
from clinic.refusal import Refusal
from labs.actions.semen import fill, locked_analysis, trail
from labs.actions.semen_columns import columns_of, earlier_sperm, sheet_of
from labs.models import SemenAnalysis
from labs.rules.semen_class import SemenClass

COUNTING = frozenset({SemenAnalysis.Status.FINAL, SemenAnalysis.Status.CORRECTED})


@transaction.atomic
def include(*, analysis: SemenAnalysis, reason: str, by: Account, now: datetime) -> SemenAnalysis:
    """Let a final sample count although the rules leave it out; the reason stays beside it."""
    locked = locked_analysis(analysis)
    if locked.status not in COUNTING or locked.superseded_by_id is not None:
        raise Refusal("Only a final sheet that stands can count.")
    if locked.valid:
        raise Refusal("This sample counts already.")
    if locked.result_class == SemenClass.ASPERMIA:
        raise Refusal("There was no sample to look at.")
    if not reason.strip():
        raise Refusal("Say why it counts all the same.", field="reason")
    locked.valid = True
    locked.included_at, locked.included_by, locked.included_reason = now, by, reason.strip()
    locked.save(update_fields=["valid", "included_at", "included_by", "included_reason"])
    trail(locked, "semen.included", by, reason=reason)
    events.report("semen.included", analysis=locked)
    return locked


@transaction.atomic
def leave_out(*, analysis: SemenAnalysis, reason: str, by: Account, now: datetime) -> SemenAnalysis:
    """No longer let a sample count that a clinician had let count; the rules decide again."""
    locked = locked_analysis(analysis)
    if locked.included_at is None:
        raise Refusal("No clinician has let this sample count.")
    if not reason.strip():
        raise Refusal("Say why it no longer counts.", field="reason")
    locked.included_at = locked.included_by = None
    locked.included_reason = ""
    sheet = sheet_of(locked.sheet, collected_at=locked.collected_at)
    fill(locked, columns_of(sheet, status=locked.status, before=earlier_sperm(locked)))
    locked.save()
    trail(locked, "semen.inclusion_withdrawn", by, reason=reason, at=now)
    events.report("semen.included", analysis=locked)
    return locked
