"""Say what a laboratory's own code or spelling of a unit means, and take that back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from clinic import audit
from clinic.models import Account
from clinic.refusal import Refusal
from labs.actions import inbound, reading
from labs.models import Analyte, AnalyteCode, InboundMessage, Laboratory, StagedRow, UnitAlias
from labs.queries.codes import messages_waiting_for, published
from labs.rules.catalogue import published_catalogue
from labs.rules.dictionary import code_refusal, folded_unit, unit_refusal

State = InboundMessage.State
#: So many are read again at once; those behind them by the worker.
AT_ONCE = 20


@transaction.atomic
def map_code(
    *, laboratory: Laboratory, system: str, code: str, analyte: str, by: Account, now: datetime
) -> AnalyteCode:
    """This laboratory means this analyte by its code; from now on, and for what waits."""
    system, code = system.strip(), code.strip()
    meant = published(analyte)
    if meant is None:
        raise Refusal("Choose what is measured.", field="analyte")
    if why := code_refusal(system, code, meant, published_catalogue()):
        raise Refusal(why, field="analyte")
    try:
        with transaction.atomic():
            row = AnalyteCode.objects.create(
                analyte=Analyte.objects.get(key=analyte),
                laboratory=laboratory,
                system=system,
                code=code,
                mapped_at=now,
                mapped_by=by,
            )
    except IntegrityError as taken:
        raise Refusal(
            "Somebody has said already what this code means. Take that back first.",
            field="analyte",
        ) from taken
    trail(row, "code.mapped", by, code=f"{system} {code}".strip(), analyte=analyte)
    return row


@transaction.atomic
def unmap_code(*, row: AnalyteCode, reason: str, by: Account) -> None:
    """Nobody knows any more what the code means; what was filed by it stays on the records."""
    locked = AnalyteCode.objects.select_for_update(of=("self",)).filter(pk=row.pk).first()
    if locked is None:
        raise Refusal("Somebody has taken it back already.")
    if locked.laboratory_id is None:
        raise Refusal("This code holds for every laboratory; it is kept in the definition files.")
    if not reason.strip():
        raise Refusal("Say why it is taken back.", field="reason")
    words = f"{locked.system} {locked.code}".strip()
    trail(row, "code.unmapped", by, reason=reason.strip(), code=words, analyte=row.analyte.key)
    locked.delete()


@transaction.atomic
def map_unit(
    *, laboratory: Laboratory, text: str, unit: str, by: Account, now: datetime
) -> UnitAlias:
    """This laboratory means this unit by its spelling; from now on, and for what waits."""
    if why := unit_refusal(text, unit):
        raise Refusal(why, field="unit")
    try:
        with transaction.atomic():
            row = UnitAlias.objects.create(
                laboratory=laboratory,
                text=folded_unit(text)[:60],
                unit=unit,
                mapped_at=now,
                mapped_by=by,
            )
    except IntegrityError as taken:
        raise Refusal(
            "Somebody has said already what this unit is. Take that back first.", field="unit"
        ) from taken
    trail(row, "unit.mapped", by, text=text, unit=unit)
    return row


@transaction.atomic
def unmap_unit(*, row: UnitAlias, reason: str, by: Account) -> None:
    """Nobody knows any more what the spelling means; what was filed by it stays."""
    locked = UnitAlias.objects.select_for_update(of=("self",)).filter(pk=row.pk).first()
    if locked is None:
        raise Refusal("Somebody has taken it back already.")
    if not reason.strip():
        raise Refusal("Say why it is taken back.", field="reason")
    trail(row, "unit.unmapped", by, reason=reason.strip(), text=locked.text, unit=locked.unit)
    locked.delete()


def trail(
    row: AnalyteCode | UnitAlias, action: str, by: Account, *, reason: str = "", **detail: str
) -> None:
    laboratory = row.laboratory
    site = laboratory.site_id if laboratory else None
    audit.record(
        actor=by,
        action=action,
        subject=row,
        site=site,
        reason=reason,
        laboratory=str(laboratory),
        **detail,
    )


@dataclass(frozen=True, slots=True)
class ReadAgain:
    """What came of reading the waiting messages again."""

    messages: int
    filed: int
    left: int
    later: int


def read_again_for_code(row: AnalyteCode, *, by: Account, now: datetime) -> ReadAgain:
    """Read every message again in which a value waited for this code."""
    assert row.laboratory is not None  # noqa: S101
    messages = messages_waiting_for(
        row.laboratory, state=StagedRow.State.UNKNOWN_CODE, codes=[(row.system, row.code)]
    )
    return read_again(messages, by=by, now=now)


def read_again_for_unit(row: UnitAlias, *, by: Account, now: datetime) -> ReadAgain:
    """Read every message again in which a value came in this spelling."""
    messages = messages_waiting_for(
        row.laboratory, state=StagedRow.State.UNKNOWN_UNIT, unit=row.text
    )
    return read_again(messages, by=by, now=now)


def read_again(messages: Sequence[InboundMessage], *, by: Account, now: datetime) -> ReadAgain:
    """A message is filed again, a file that waits for a look is looked at again."""
    filed = left = 0
    for message in messages[:AT_ONCE]:
        before = waiting_in(message)
        again(message, by=by, now=now)
        after = waiting_in(message)
        filed, left = filed + max(before - after, 0), left + after
    for message in messages[AT_ONCE:]:
        if message.state != State.STAGED:
            inbound.try_again(message=message, by=by)
    return ReadAgain(len(messages), filed, left, len(messages[AT_ONCE:]))


def again(message: InboundMessage, *, by: Account, now: datetime) -> None:
    if message.state == State.STAGED:
        try:
            reading.judge(message, now=now)
        except Refusal as refusal:
            inbound.set_aside(message=message, state=State.REFUSED, explanation=str(refusal))
        return
    inbound.try_again(message=message, by=by)
    reading.file_next(now=now, pk=message.pk)


def waiting_in(message: InboundMessage) -> int:
    """How many of its values nobody can file yet for want of a code or a unit."""
    states = [StagedRow.State.UNKNOWN_CODE, StagedRow.State.UNKNOWN_UNIT]
    return message.rows.filter(state__in=states).count()
