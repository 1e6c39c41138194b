"""What departed from the plan, how much it weighs and what follows (domain reference §7.5)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from protocols.rules.definition import Definition
from protocols.rules.dosing import Adherence, AdherenceClass
from protocols.rules.gaps import Gap
from protocols.rules.lab_facts import LabFact, was_fasting
from protocols.rules.schedule import Assignment, LaidVisit
from protocols.rules.schedule import missed as visit_missed
from protocols.rules.vocabulary import DeviationClass
from protocols.rules.windows import Timing, Window

#: What each is called in a list; a programme may have codes of its own, which speak for themselves.
TITLES = {
    "VISIT_EARLY": "Visit early",
    "VISIT_LATE": "Visit late",
    "VISIT_MISSED": "Visit missed",
    "LAB_LATE": "Results late",
    "LAB_NOT_FASTING": "Not fasting",
    "SEMEN_INVALID": "Sample not valid",
    "SEMEN_PREP": "Sample not as asked",
    "DOSE_MISSED": "Capsules missed",
    "GAP": "Days without capsules",
    "DISPENSE_WITHOUT_LABS": "Dispensed against the gate",
    "PROHIBITED_MED": "Prohibited medicine",
}


def title_of(code: str) -> str:
    return TITLES.get(code, code.replace("_", " ").capitalize())


@dataclass(frozen=True, slots=True)
class Deviation:
    """One departure, ready to be drafted for the coordinator."""

    code: str
    weight: DeviationClass
    sentence: str
    repeat_within_days: int | None = None
    contact_within_hours: int | None = None
    needs_second_signature: bool = False
    #: What it was found from: (what, value), ready to be read.
    evidence: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SemenFacts:
    """How a sample was given; None is not known, and what is not known is no deviation."""

    first_fraction_lost: bool | None = None
    other_fraction_lost: bool | None = None
    minutes_to_analysis: Decimal | None = None
    pellet_missing: bool | None = None
    abstinence_days: Decimal | None = None


@dataclass(frozen=True, slots=True)
class LabTimes:
    visit_on: date
    collected_on: date | None = None
    resulted_on: date | None = None
    needed_before_dispense: bool = False


Evidence = tuple[tuple[str, str], ...]


def deviation(
    definition: Definition,
    code: str,
    detail: str = "",
    weight: DeviationClass | None = None,
    evidence: Evidence = (),
) -> Deviation:
    """The rule of that code with what happened this time."""
    rule = definition.deviation(code)
    return Deviation(
        code=code,
        weight=weight or rule.weight,
        sentence=f"{rule.sentence} {detail}".strip(),
        repeat_within_days=rule.repeat_within_days,
        contact_within_hours=rule.contact_within_hours,
        needs_second_signature=code == "DISPENSE_WITHOUT_LABS",
        evidence=evidence,
    )


def of_visit(
    definition: Definition, assignment: Assignment, window: Window | None = None
) -> tuple[Deviation, ...]:
    """Early or late by so many days; an unscheduled visit departs from nothing."""
    if assignment.deviation is None or assignment.offset_days is None:
        return ()
    days = abs(assignment.offset_days)
    side = "before" if assignment.timing is Timing.EARLY else "after"
    detail = f"{assignment.code} was {days} days {side} its target."
    evidence: Evidence = ()
    if window is not None:
        came_on = window.due_on + timedelta(days=assignment.offset_days)
        evidence = (
            ("Came", spoken(came_on)),
            ("Target", spoken(window.due_on)),
            ("Window", f"{spoken(window.opens_on)} to {spoken(window.closes_on)}"),
        )
    return (deviation(definition, assignment.deviation, detail, evidence=evidence),)


def of_missed(
    definition: Definition, visit: LaidVisit, *, as_of: date, attended: bool
) -> tuple[Deviation, ...]:
    """Nothing was assigned to the visit and its last day is over."""
    found = visit_missed(visit, as_of=as_of, attended=attended)
    if not found.missed:
        return ()
    evidence = (
        ("Target", spoken(visit.window.due_on)),
        ("Last day it counted", spoken(visit.window.latest_on)),
    )
    return (deviation(definition, "VISIT_MISSED", f"{visit.title}.", found.weight, evidence),)


def of_fasting(definition: Definition, facts: tuple[LabFact, ...]) -> tuple[Deviation, ...]:
    """A lipid panel that is not known to be fasting."""
    rule = definition.safety.fasting
    lipids = [fact for fact in facts if fact.analyte in rule.lipids]
    if all(was_fasting(fact, rule) for fact in lipids):
        return ()
    return (deviation(definition, "LAB_NOT_FASTING"),)


def of_lab(definition: Definition, times: LabTimes, *, as_of: date) -> tuple[Deviation, ...]:
    """Collected more than a week after the visit, or not resulted two weeks after collection."""
    rule = definition.lab_lateness
    weight = DeviationClass.MAJOR if times.needed_before_dispense else None
    detail = ""
    if ((times.collected_on or as_of) - times.visit_on).days > rule.collected_within_days:
        detail = f"It was not collected within {rule.collected_within_days} days of the visit."
    elif times.collected_on is not None:
        waited = ((times.resulted_on or as_of) - times.collected_on).days
        if waited > rule.resulted_within_days:
            detail = f"It was not resulted within {rule.resulted_within_days} days of collection."
    if not detail:
        return ()
    evidence = (
        ("Visit", spoken(times.visit_on)),
        ("Collected", spoken(times.collected_on)),
        ("Resulted", spoken(times.resulted_on)),
        ("Needed before a dispense", "yes" if times.needed_before_dispense else "no"),
    )
    return (deviation(definition, "LAB_LATE", detail, weight, evidence),)


def of_semen(definition: Definition, facts: SemenFacts) -> tuple[Deviation, ...]:
    """An analysis that cannot be used for the response, or one not prepared as asked."""
    found = []
    if faults := tuple(invalidating(definition, facts)):
        found.append(deviation(definition, "SEMEN_INVALID", " ".join(faults)))
    if faults := tuple(preparing(definition, facts)):
        found.append(deviation(definition, "SEMEN_PREP", " ".join(faults)))
    return tuple(found)


def invalidating(definition: Definition, facts: SemenFacts) -> Iterator[str]:
    limit = definition.semen_preparation.start_within_minutes
    if facts.first_fraction_lost:
        yield "The first fraction was lost."
    if facts.minutes_to_analysis is not None and facts.minutes_to_analysis > limit:
        yield f"The analysis started more than {limit} minutes after collection."
    if facts.pellet_missing:
        yield "No sperm were seen and the pellet was not examined."


def preparing(definition: Definition, facts: SemenFacts) -> Iterator[str]:
    rule = definition.semen_preparation
    low, high = rule.abstinence_min_days, rule.abstinence_max_days
    if facts.abstinence_days is not None and not low <= facts.abstinence_days <= high:
        yield f"The abstinence was not {low:f} to {high:f} days."
    if facts.other_fraction_lost:
        yield "A part other than the first was lost."


def of_adherence(definition: Definition, adherence: Adherence) -> tuple[Deviation, ...]:
    """Fewer capsules than ordered; over-use is a safety alert, not a missed dose."""
    weights = {
        AdherenceClass.MINOR: DeviationClass.MINOR,
        AdherenceClass.MAJOR: DeviationClass.MAJOR,
    }
    weight = weights.get(adherence.category)
    if weight is None:
        return ()
    detail = f"{adherence.actual} of {adherence.expected} capsules."
    evidence = (
        ("Ordered", f"{adherence.expected} capsules"),
        ("Taken by the count", f"{adherence.actual} capsules"),
        ("Adherence", f"{adherence.percent:.1f} %"),
    )
    return (deviation(definition, "DOSE_MISSED", detail, weight, evidence),)


def of_gap(definition: Definition, gap: Gap) -> tuple[Deviation, ...]:
    """A week or more without the drug, although it was ordered."""
    if gap.days < definition.dose.gap_days:
        return ()
    evidence = (
        ("First day without", spoken(gap.first_on)),
        ("Last day without", spoken(gap.last_on)),
    )
    return (deviation(definition, "GAP", f"{gap.days} days.", evidence=evidence),)


def spoken(day: date | None) -> str:
    return f"{day.day} {day:%b %Y}" if day else "not yet"
