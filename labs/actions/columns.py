"""Say what the columns of an uploaded table mean, for it and for the next one like it."""

from datetime import datetime

from django.db import transaction

from clinic import audit
from clinic.models import Account
from clinic.refusal import Refusal
from labs.actions import inbound
from labs.actions.reading import judge
from labs.models import ColumnMapping, InboundMessage
from labs.rules.table_columns import Columns, missing

State = InboundMessage.State
STOPPED = "The program stopped three times while reading it."
#: So many rows are judged while the member waits; a longer table is judged by the worker.
JUDGED_AT_ONCE = 2_000


@transaction.atomic
def set_columns(
    *,
    message: InboundMessage,
    columns: Columns,
    fingerprint: str,
    rows: int,
    by: Account,
    now: datetime,
) -> InboundMessage:
    """Keep the meaning of each column with the file, and with its laboratory for the next time."""
    locked = inbound.locked_open(message)
    if locked.state != State.STAGED or locked.laboratory is None:
        raise Refusal("This file does not wait for a look any more.")
    if wrong := missing(columns):
        raise Refusal(wrong[0][1])
    locked.options = locked.options | {
        "columns": columns.as_json(),
        "unjudged": rows > JUDGED_AT_ONCE,
    }
    locked.save(update_fields=["options"])
    ColumnMapping.objects.update_or_create(
        laboratory=locked.laboratory,
        fingerprint=fingerprint,
        defaults={"columns": columns.as_json(), "set_by": by, "set_at": now},
    )
    audit.record(
        actor=by,
        action="message.columns_set",
        subject=locked,
        site=locked.site_id,
        columns=sorted({meaning for meaning in columns.meanings.values() if meaning}),
    )
    return locked


def judge_next(*, now: datetime) -> InboundMessage | None:
    """Judge one long table that waits for it; None when none does.

    Killed in the middle, nothing of it is judged and the next turn begins anew; what stops the
    program each time is set aside for a person.
    """
    claimed = _claimed()
    if claimed is None:
        return None
    with transaction.atomic():
        message = InboundMessage.objects.select_for_update(of=("self",)).get(pk=claimed)
        if not message.options.get("unjudged"):
            return message
        message.options = message.options | {"unjudged": False}
        message.attempts = 0
        message.save(update_fields=["options", "attempts"])
        judge_or_set_aside(message=message, now=now)
    return message


@transaction.atomic
def judge_or_set_aside(*, message: InboundMessage, now: datetime) -> None:
    """Say what would become of each row; a file that cannot be read is kept with why."""
    try:
        with transaction.atomic():
            judge(message, now=now)
    except Refusal as refusal:
        inbound.set_aside(message=message, state=State.REFUSED, explanation=str(refusal))


@transaction.atomic
def _claimed() -> int | None:
    waiting = InboundMessage.objects.stuck().filter(state=State.STAGED, options__unjudged=True)
    message = waiting.select_for_update(of=("self",), skip_locked=True).order_by("pk").first()
    if message is None:
        return None
    if message.attempts >= inbound.MOST_ATTEMPTS:
        inbound.set_aside(message=message, state=State.REFUSED, explanation=STOPPED)
        return None
    message.attempts += 1
    message.save(update_fields=["attempts"])
    return message.pk
