"""Who may take part, criterion by criterion with the value used (domain reference §7.2)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from labs.rules.ctcae import GradeTable, published_grade_table
from protocols.rules.definition import Definition
from protocols.rules.lab_facts import CannotJudgeError, LabFact, gauge, was_fasting, within
from protocols.rules.tables import LabLimit

#: Why a man fails who meets every criterion that is known.
JUDGEMENT, HIS_WISH = "CLINICIAN_JUDGEMENT", "HIS_OWN_DECISION"
BESIDE: Mapping[str, str] = {
    JUDGEMENT: "The clinician’s judgement",
    HIS_WISH: "He does not want to take part",
}


@dataclass(frozen=True, slots=True)
class EligibilityFacts:
    """What is known of the man; None, or a key not given, is unknown and never assumed."""

    sex: str | None = None
    age: int | None = None
    azoospermia_confirmed: bool | None = None
    cryptozoospermia: bool | None = None
    phq9_total: int | None = None
    phq9_item_nine: int | None = None
    exclusions: Mapping[str, bool | None] = field(default_factory=dict)
    # What else there is to say of an exclusion: from when on it no longer counts.
    remarks: Mapping[str, str] = field(default_factory=dict)
    labs: tuple[LabFact, ...] = ()


@dataclass(frozen=True, slots=True)
class Criterion:
    """One condition: met, not met, or None when it is not known."""

    code: str
    title: str
    met: bool | None
    value: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Eligibility:
    eligible: bool
    criteria: tuple[Criterion, ...]
    needs_sign_off: bool

    @property
    def unmet(self) -> tuple[Criterion, ...]:
        return tuple(row for row in self.criteria if row.met is False)

    @property
    def unknown(self) -> tuple[Criterion, ...]:
        return tuple(row for row in self.criteria if row.met is None)


def assess(
    definition: Definition, facts: EligibilityFacts, grades: GradeTable | None = None
) -> Eligibility:
    """Eligible when every criterion is known and met; the clinician's signature comes after."""
    rule = definition.eligibility
    table = grades or published_grade_table()
    criteria = (
        sex(definition, facts),
        age(definition, facts),
        diagnosis(facts),
        phq9_total(definition, facts),
        phq9_item_nine(facts),
        *(lab(definition, limit, facts, table) for limit in rule.labs),
        *exclusions(definition, facts),
    )
    return Eligibility(
        eligible=all(row.met for row in criteria),
        criteria=criteria,
        needs_sign_off=facts.phq9_total == rule.phq9_sign_off_at,
    )


def sex(definition: Definition, facts: EligibilityFacts) -> Criterion:
    wanted = definition.eligibility.sex
    met = None if not facts.sex else facts.sex.casefold() == wanted
    return Criterion("SEX", "Sex", met, facts.sex or "", f"The programme is for {wanted} patients.")


def age(definition: Definition, facts: EligibilityFacts) -> Criterion:
    rule = definition.eligibility
    met = None if facts.age is None else rule.min_age <= facts.age <= rule.max_age
    says = f"The age must be {rule.min_age} to {rule.max_age} years."
    return Criterion("AGE", "Age", met, shown(facts.age), says)


def diagnosis(facts: EligibilityFacts) -> Criterion:
    """Two pellet-negative analyses a week apart, or sperm in the pellet only."""
    kinds = (facts.azoospermia_confirmed, facts.cryptozoospermia)
    met = True if any(kinds) else None if None in kinds else False
    value = ""
    if facts.azoospermia_confirmed:
        value = "confirmed azoospermia"
    elif facts.cryptozoospermia:
        value = "cryptozoospermia"
    return Criterion(
        "DIAGNOSIS",
        "Diagnosis",
        met,
        value,
        "Azoospermia confirmed by two pellet-negative analyses at least 7 days apart, "
        "or cryptozoospermia.",
    )


def phq9_total(definition: Definition, facts: EligibilityFacts) -> Criterion:
    rule = definition.eligibility
    total = facts.phq9_total
    met = None if total is None else total <= rule.phq9_max_total
    says = f"The PHQ-9 total must be at most {rule.phq9_max_total}."
    if total == rule.phq9_sign_off_at:
        says += " At exactly this total a clinician must sign for it."
    return Criterion("PHQ9_TOTAL", "PHQ-9 total", met, shown(total), says)


def phq9_item_nine(facts: EligibilityFacts) -> Criterion:
    answer = facts.phq9_item_nine
    met = None if answer is None else answer == 0
    says = "Question 9 of the PHQ-9 (thoughts of self-harm) must be answered with 0."
    return Criterion("PHQ9_ITEM9", "PHQ-9 question 9", met, shown(answer), says)


def lab(
    definition: Definition, limit: LabLimit, facts: EligibilityFacts, grades: GradeTable
) -> Criterion:
    """A screening result within its limit; a stated exclusion holds whatever the number."""
    tail = limit.units[0].unit if limit.units else "times the upper limit of normal"
    says = f"{limit.title} must be at most {limit.at_most:f} {tail}."
    fact = next((row for row in facts.labs if row.analyte == limit.analyte), None)
    met, value = None, ""
    if fact is not None:
        value = fact.reading.quantity.printed()
        met, why = lab_met(definition, limit, fact, grades)
        says = f"{says} {why}".strip()
    if facts.exclusions.get(limit.exclusion):
        met, says = False, f"{says} It is recorded as an exclusion."
    return Criterion(limit.code, limit.title, met, value, says)


def lab_met(
    definition: Definition, limit: LabLimit, fact: LabFact, grades: GradeTable
) -> tuple[bool | None, str]:
    try:
        met = within(limit.at_most, gauge(fact, limit.measure, limit.units, grades))
    except CannotJudgeError as why:
        return None, f"It cannot be judged: {why}."
    if limit.fasting and not was_fasting(fact, definition.safety.fasting):
        return None, "It must be a fasting result."
    if met is None:
        return None, "The comparator leaves it open: measure the number."
    return met, ""


def exclusions(definition: Definition, facts: EligibilityFacts) -> Iterator[Criterion]:
    for rule in definition.eligibility.exclusions:
        stated = facts.exclusions.get(rule.code)
        met = None if stated is None else not stated
        value = {True: "yes", False: "no", None: ""}[stated]
        says = f"{rule.sentence} {facts.remarks.get(rule.code, '')}".rstrip()
        yield Criterion(f"NO_{rule.code.upper()}", rule.title, met, value, says)


def expires_on(definition: Definition, eligible_on: date) -> date:
    """The last day on which signed eligibility still counts (domain reference §7.4)."""
    return date.fromordinal(eligible_on.toordinal() + definition.gates.eligible_for_days)


def shown(number: int | None) -> str:
    return "" if number is None else str(number)
