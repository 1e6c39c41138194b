"""Blood values that came in: putting on the record what the verdicts say."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from labs.actions.corrections import correct_draw
from labs.actions.results import file_draw
from labs.actions.taking_back import take_back
from labs.models import Draw, Laboratory
from labs.queries.collections import Collected
from labs.rules.judging import TAKEN, Fate, Verdict, judge_blood, value_of
from labs.rules.readings import Value
from labs.rules.reported import Group
from patients.models import Patient

REASON = "The laboratory sent a corrected report."


@transaction.atomic(savepoint=False)
def file_blood(
    *,
    group: Group,
    standing: Collected,
    patient: Patient,
    laboratory: Laboratory,
    source: str,
    now: datetime,
) -> tuple[list[Verdict], Draw | None]:
    """File the values that are understood; each of the others keeps its own reason."""
    draw = standing.draw
    reported_at = draw.reported_at if draw else None
    verdicts = judge_blood(group, standing.values, reported_at=reported_at)
    values, taken = outcome(verdicts)
    if draw is None:
        if not values:
            return verdicts, None
        filed = file_draw(
            patient=patient,
            laboratory=laboratory,
            collected_at=group.collected_at or now,
            values=values,
            fasting=group.fasting,
            specimen=group.specimen,
            source=source,
            reported_at=group.reported_at,
            note="\n".join(group.notes),
            by=None,
            now=now,
            confirmed=True,
        )
        return verdicts, filed
    if values or taken:
        remember_report(draw, group)
    if values:
        correct_draw(draw=draw, values=values, reason=REASON, by=None, now=now, confirmed=True)
    if taken:
        take_back(draw=draw, analytes=taken, reason=TAKEN, by=None, now=now)
    return verdicts, draw


def outcome(verdicts: Sequence[Verdict]) -> tuple[list[Value], set[str]]:
    """The last value of each analyte that is to stand, and those that are to go."""
    values: dict[str, Value] = {}
    taken: set[str] = set()
    for verdict in verdicts:
        if verdict.fate is Fate.TAKEN_BACK:
            values.pop(verdict.key, None)
            taken.add(verdict.key)
        elif verdict.written:
            values[verdict.key] = value_of(verdict.seen)
            taken.discard(verdict.key)
    return list(values.values()), taken


def remember_report(draw: Draw, group: Group) -> None:
    """When it was last reported and what was noted, so that an older report changes nothing."""
    if group.reported_at is not None:
        draw.reported_at = group.reported_at
    known = draw.note.splitlines()
    draw.note = "\n".join([*known, *(note for note in group.notes if note not in known)])
    draw.save(update_fields=["reported_at", "note"])
