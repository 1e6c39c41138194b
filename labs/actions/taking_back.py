"""A laboratory takes back what it sent: the value is struck out on the record, with why."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from clinic import events
from clinic.models import Account
from clinic.refusal import Refusal
from labs.actions.corrections import (
    after_correction,
    current_rows,
    derive_again,
    locked_draw,
    strike_draw,
)
from labs.actions.ordering import reopen
from labs.actions.rows import Filing
from labs.models import Draw, Result


@transaction.atomic
def take_back(
    *, draw: Draw, analytes: Collection[str], reason: str, by: Account | None, now: datetime
) -> Draw:
    """Strike these values out; with the last of them the whole draw goes.

    What was calculated from them goes with them, and the order they answered waits again.
    """
    if not reason.strip():
        raise Refusal("Say why it is taken back.", field="reason")
    locked = locked_draw(draw)
    reported = [row for row in current_rows(locked) if not row.formula]
    taken = [row for row in reported if row.analyte.key in analytes]
    if not taken:
        raise Refusal("Nothing of it stands on the record.")
    if len(taken) == len(reported):
        return strike_draw(draw=locked, reason=reason, by=by, now=now)
    Result.objects.filter(pk__in=[row.pk for row in taken]).update(
        status=Result.Status.ENTERED_IN_ERROR, correction_reason=reason.strip()
    )
    derive_again(Filing.into(locked, [], by=by, now=now), reason)
    reopen(locked.order)
    locked.order = None
    locked.save(update_fields=["order"])
    after_correction(locked, taken, reason=reason, by=by)
    events.report("result.corrected", draw=locked, results=taken)
    return locked
