"""When a result allows the dose again: a proposal, never more (domain reference §2.4).

After a hold the limits allow a restart at the reduced dose; a fortnight after it, a result still
within them allows the full dose.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from clinic import audit
from labs.models import Draw
from protocols.actions.findings import ROUTINE, Evidence, Proposal, settle
from protocols.actions.treatment import hold_before, repeat_tests, restart_answer
from protocols.models import ON_TREATMENT, DoseSegment, Enrolment, Finding
from protocols.queries.dosing import DoseRecord, dose_record
from protocols.queries.enrolment import definition_of
from protocols.queries.findings import causes_of
from protocols.rules.deadlines import contact_by
from protocols.rules.lab_facts import LabFact

SOON_HOURS = 48


@dataclass(frozen=True, slots=True)
class Again:
    """What could follow the dose he has now, and the analytes that must allow it."""

    action: str
    causes: Collection[str]
    since: date
    from_on: date
    repeat_days: int = 0


def evaluate_dose_again(
    draw: Draw, enrolment: Enrolment, facts: Sequence[LabFact]
) -> Finding | None:
    """Propose to restart, or to go back to the full dose, where this collection allows it."""
    if enrolment.first_dose_on is None:
        return None
    at = draw.filed_at
    return settle(
        enrolment=enrolment,
        kind=Finding.Kind.DOSE,
        evidence=Evidence(audit.label(draw), draw.collected_at, at),
        proposal=dose_again(enrolment, draw, facts),
    )


def dose_again(enrolment: Enrolment, draw: Draw, facts: Sequence[LabFact]) -> Proposal | None:
    if enrolment.status not in ON_TREATMENT:
        return None
    site = enrolment.patient.site
    today = site.localdate(draw.filed_at)
    collected_on = site.localdate(draw.collected_at)
    again = what_again(enrolment, dose_record(enrolment), today)
    measured = [fact for fact in facts if again and fact.analyte in again.causes]
    if again is None or not measured or not limited(enrolment, again.causes):
        return None
    if collected_on < again.from_on:
        measure_again(enrolment, again, draw)
        return None
    if not restart_answer(enrolment, again.causes, again.since, today).allowed:
        return None
    return Proposal(
        action=again.action,
        urgency=ROUTINE,
        headline=f"{listed(measured)}: {WORDS[again.action]}",
        reasons=[reason_of(again.action, fact) for fact in measured],
        repeat_by=today + timedelta(days=again.repeat_days) if again.repeat_days else None,
        contact_by=contact_by(SOON_HOURS, draw.filed_at, site.zone),
    )


def limited(enrolment: Enrolment, causes: Collection[str]) -> bool:
    """Does every analyte it was for have a restart limit? Without one a clinician decides alone."""
    limits = definition_of(enrolment.version).safety.holds.restart
    return set(causes) <= {analyte for limit in limits for analyte in limit.analytes}


def measure_again(enrolment: Enrolment, again: Again, draw: Draw) -> None:
    """The repeat came before its fortnight was over: it is still wanted on its day."""
    if again.action == RAISE:
        repeat_tests(
            enrolment=enrolment,
            reasons=[{"analyte": key, "repeat_within_days": 0} for key in again.causes],
            due_on=max(again.from_on, enrolment.patient.site.localdate(draw.filed_at)),
            about=audit.label(draw),
            why="Fourteen days after the restart; the last one came before.",
            by=None,
            now=draw.filed_at,
        )


RESTART, RAISE = Finding.Action.RESTART.value, Finding.Action.RAISE.value
WORDS = {RESTART: "he may restart at 20 mg a day", RAISE: "he may go back to 40 mg a day"}


def what_again(enrolment: Enrolment, record: DoseRecord, today: date) -> Again | None:
    """After a hold a restart; on the reduced dose the full one, a fortnight after its beginning."""
    now = record.segment_on(today)
    if now is None:
        return None
    began = now.during.lower
    fortnight = definition_of(enrolment.version).safety.holds.repeat_within_days
    if now.kind == DoseSegment.Kind.HOLD:
        return Again(RESTART, causes_of(now), began, began + timedelta(days=1), fortnight)
    if now.kind != DoseSegment.Kind.REDUCED or record.plan is not now:
        return None
    held = hold_before(record.segments, now)
    causes = causes_of(now) | causes_of(held)
    after_hold = held is not None and held.kind == DoseSegment.Kind.HOLD
    wait = fortnight if after_hold else 1
    return Again(RAISE, causes, began, began + timedelta(days=wait))


def listed(facts: Sequence[LabFact]) -> str:
    return ", ".join(f"{fact.title} {fact.reading.quantity.printed()}" for fact in facts)


def reason_of(action: str, fact: LabFact) -> dict[str, object]:
    return {
        "rule": f"{action}_ALLOWED",
        "action": action,
        "grade": None,
        "analyte": fact.analyte,
        "sentence": f"{fact.title} {fact.reading.quantity.printed()} is within the limit "
        f"for it: {WORDS[action]}.",
        "repeat_within_days": None,
        "contact_within_hours": SOON_HOURS,
        "tasks": [],
    }
