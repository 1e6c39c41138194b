"""A semen analysis that came in: what its values would become, and putting them on the record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction

from clinic.refusal import Refusal
from labs.actions import semen
from labs.actions.semen_columns import read_or_refuse
from labs.models import Laboratory, SemenAnalysis
from labs.rules.catalogue import published_catalogue
from labs.rules.judging import NOTHING_STANDS, TAKEN, Fate, Verdict, fault
from labs.rules.reported import CANNOT, PRELIMINARY, TAKEN_BACK, Group, Observation
from labs.rules.semen_answers import (
    REMARKS,
    STANDS_FOR,
    answers_of,
    is_preliminary,
    merged,
    remark_of,
    why_no_answer,
)
from patients.models import Patient

REASON = "The laboratory sent a corrected report."
Status = SemenAnalysis.Status


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdicts, and the answers the sheet has once they are carried out; None: no change."""

    verdicts: list[Verdict]
    answers: dict[str, object] | None = None


def judge_semen(group: Group, standing: SemenAnalysis | None, *, now: datetime) -> Judged:
    """What would become of each value; a sheet that contradicts itself is none of it filed."""
    faults = {seen.position: why for seen in group.observations if (why := semen_fault(seen))}
    if standing is not None and standing.source == "form" and standing.status == Status.PRELIMINARY:
        return Judged([faults.get(s.position) or typed(s) for s in group.observations])
    before: Mapping[str, object] = standing.sheet if standing else {}
    while good := [seen for seen in group.observations if seen.position not in faults]:
        answers = merged(before, answers_of(group, good))
        try:
            _, kept = read_or_refuse(
                answers, collected_at=taken_at(group, standing), now=now, confirmed=True
            )
        except Refusal as refusal:
            wrong = [seen for seen in good if _unreadable(seen, refusal)] or good
            faults |= {s.position: Verdict(s, Fate.IMPLAUSIBLE, str(refusal)) for s in wrong}
            continue
        verdicts = [
            faults.get(seen.position) or compared(seen, standing, kept)
            for seen in group.observations
        ]
        if _changes(standing, kept, good):
            return Judged(verdicts, answers)
        return Judged([unwritten(verdict) for verdict in verdicts])
    return Judged([faults[seen.position] for seen in group.observations])


def semen_fault(seen: Observation) -> Verdict | None:
    if found := fault(seen):
        return found
    why = why_no_answer(seen)
    return Verdict(seen, Fate.IMPLAUSIBLE, why) if why else None


def typed(seen: Observation) -> Verdict:
    why = "A sheet typed here waits for its second person under this number; compare them by hand."
    return Verdict(seen, Fate.IMPLAUSIBLE, why)


def taken_at(group: Group, standing: SemenAnalysis | None) -> datetime:
    at = standing.collected_at if standing else group.collected_at
    assert at is not None  # noqa: S101 -- a group without a time was turned away before
    return at.astimezone(UTC)


def _unreadable(seen: Observation, refusal: Refusal) -> bool:
    """Is it this one value that cannot be read? A contradiction of several names them all."""
    key = seen.analyte.key if seen.analyte else ""
    return refusal.alternatives is None and refusal.field in (key, STANDS_FOR.get(key))


def _changes(
    standing: SemenAnalysis | None, kept: Mapping[str, object], good: Sequence[Observation]
) -> bool:
    if standing is None:
        return True
    if standing.status != Status.PRELIMINARY:
        return not is_preliminary(good) and dict(kept) != dict(standing.sheet)
    return not is_preliminary(good) or dict(kept) != dict(standing.sheet)


def unwritten(verdict: Verdict) -> Verdict:
    if not verdict.written:
        return verdict
    return Verdict(verdict.seen, Fate.DUPLICATE, "A final sheet stands already.")


def compared(
    seen: Observation, standing: SemenAnalysis | None, kept: Mapping[str, object]
) -> Verdict:
    """New, already there, a correction or taken back, by the sheet as it would then be."""
    was: Mapping[str, object] = standing.sheet if standing else {}
    key = seen.analyte.key if seen.analyte else ""
    field = STANDS_FOR.get(key, key)
    if seen.status == TAKEN_BACK:
        if field not in was:
            return Verdict(seen, Fate.DUPLICATE, NOTHING_STANDS)
        return Verdict(seen, Fate.TAKEN_BACK, TAKEN)
    if key in REMARKS or seen.status == CANNOT:
        there = remark_of(seen) in str(was.get("remark", ""))
        return Verdict(seen, Fate.DUPLICATE if there else Fate.NEW, "Kept in the remarks.")
    if field not in was:
        return Verdict(seen, Fate.NEW)
    return Verdict(seen, Fate.DUPLICATE if was[field] == kept.get(field) else Fate.CORRECTION)


@transaction.atomic(savepoint=False)
def file_semen(
    *,
    group: Group,
    standing: SemenAnalysis | None,
    patient: Patient,
    laboratory: Laboratory,
    source: str,
    now: datetime,
) -> tuple[list[Verdict], SemenAnalysis | None]:
    """Put the sheet on the record, or the new answers in the place of the ones that stand."""
    judged = judge_semen(group, standing, now=now)
    answers = judged.answers
    if answers is None:
        return judged.verdicts, standing
    if standing is None:
        if not any(verdict.fate is Fate.NEW for verdict in judged.verdicts):
            return judged.verdicts, None
        entered = semen.enter(
            patient=patient,
            laboratory=laboratory,
            collected_at=taken_at(group, None),
            sheet=answers,
            specimen=group.specimen,
            source=source,
            by=None,
            now=now,
            confirmed=True,
        )
        return judged.verdicts, entered
    if _all_taken_back(judged.verdicts, answers):
        return judged.verdicts, semen.strike(analysis=standing, reason=TAKEN, by=None, now=now)
    if standing.status == Status.PRELIMINARY:
        return judged.verdicts, completed(standing, answers, now=now)
    corrected = semen.correct(
        analysis=standing, sheet=answers, reason=REASON, by=None, now=now, confirmed=True
    )
    return judged.verdicts, corrected


def _all_taken_back(verdicts: Sequence[Verdict], answers: Mapping[str, object]) -> bool:
    measured = {analyte.key for analyte in published_catalogue().analytes} | {"im", "immunobead"}
    gone = any(verdict.fate is Fate.TAKEN_BACK for verdict in verdicts)
    return gone and not measured & answers.keys()


def completed(
    standing: SemenAnalysis, answers: Mapping[str, object], *, now: datetime
) -> SemenAnalysis:
    """The laboratory has more to say about a sheet it sent as preliminary, or is done with it."""
    locked = semen.locked_analysis(standing)
    final = answers.get("status") != PRELIMINARY
    locked.status = Status.FINAL if final else Status.PRELIMINARY
    semen.write_sheet(locked, answers, now=now, confirmed=True)
    locked.entered_at = now
    locked.save()
    semen.trail(locked, "semen.amended", None, final=final)
    if final:
        semen.settled_final(locked)
    return locked
