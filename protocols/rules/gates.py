"""What must be true before a man starts, gets a bottle, or is done (domain reference §7.2)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from protocols.rules.consents import Outdated
from protocols.rules.definition import Definition
from protocols.rules.dosing import re_treatment_earliest
from protocols.rules.interactions import Interaction
from protocols.rules.vocabulary import Ruleset, Status


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing that stands against passing, as a sentence for the person at the screen."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Gate:
    allowed: bool
    reasons: tuple[Obstacle, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        return tuple(reason.sentence for reason in self.reasons)

    @property
    def brief(self) -> str:
        """The same in one paragraph: where many items are not ticked they are counted."""
        unticked = [row for row in self.reasons if row.code == "COUNSELLING_INCOMPLETE"]
        if len(unticked) < 2:
            return " ".join(self.sentences)
        counted = f"{len(unticked)} of the counselling items are not ticked."
        said = (counted if row in unticked else row.sentence for row in self.reasons)
        return " ".join(dict.fromkeys(said))


@dataclass(frozen=True, slots=True)
class StartFacts:
    """What is known on the day of the first dose; None is not known and does not pass."""

    on: date
    eligible_on: date | None = None
    consents: frozenset[str] = frozenset()
    ipledge_id: str = ""
    oldest_baseline_lab_on: date | None = None
    missing_baseline_labs: tuple[str, ...] = ()
    counselling_done: frozenset[str] = frozenset()
    first_semen_on: date | None = None
    second_semen_on: date | None = None
    contact_preferences: bool = False
    interactions: tuple[Interaction, ...] = ()
    outdated: tuple[Outdated, ...] = ()
    earlier_dose_on: date | None = None


@dataclass(frozen=True, slots=True)
class DispenseFacts:
    """What is known when the next bottle is asked for; None is not known and does not pass."""

    status: Status
    visit_code: str = ""
    visit_done: bool | None = None
    visit_in_window: bool | None = None
    labs_resulted: bool | None = None
    labs_reviewed: bool | None = None
    open_hold: bool | None = None
    phq9_done: bool | None = None
    interactions: tuple[Interaction, ...] | None = None
    ruleset: Ruleset | None = None
    rx_on: date | None = None
    pick_up_on: date | None = None
    attested: bool | None = None
    attested_ever: bool | None = None
    outdated: tuple[Outdated, ...] = ()
    days_on_hand: int | None = None


@dataclass(frozen=True, slots=True)
class CompleteFacts:
    on: date
    eot_visit_done: bool
    last_dose_on: date | None
    accountability_closed: bool
    last_semen_valid: bool | None
    #: What is missing in the account of his capsules, as a sentence.
    capsules_missing: str = ""


def start(definition: Definition, facts: StartFacts) -> Gate:
    """May the first capsule be taken on this day?"""
    return gate(
        (
            *eligibility_obstacles(definition, facts),
            *re_treatment_obstacles(definition, facts),
            *paper_obstacles(definition, facts),
            *baseline_obstacles(definition, facts),
            *interaction_obstacles(facts.interactions),
        )
    )


def gate(reasons: Iterable[Obstacle]) -> Gate:
    found = tuple(reasons)
    return Gate(allowed=not found, reasons=found)


def eligibility_obstacles(definition: Definition, facts: StartFacts) -> Iterator[Obstacle]:
    days = definition.gates.eligible_for_days
    if facts.eligible_on is None:
        yield Obstacle("NOT_ELIGIBLE", "Eligibility has not been signed.")
    elif facts.on > facts.eligible_on + timedelta(days=days):
        yield Obstacle(
            "ELIGIBILITY_EXPIRED",
            f"Eligibility was signed on {day(facts.eligible_on)} and lasts {days} days.",
        )


def paper_obstacles(definition: Definition, facts: StartFacts) -> Iterator[Obstacle]:
    for consent in definition.gates.consents:
        if consent not in facts.consents:
            yield Obstacle("CONSENT_MISSING", f"The {consent} consent is not signed.")
    yield from consent_obstacles(definition, facts.outdated)
    if not facts.ipledge_id.strip():
        yield Obstacle("IPLEDGE_ID_MISSING", "The iPLEDGE number is not recorded.")
    for item in definition.counselling:
        if item.code not in facts.counselling_done:
            yield Obstacle("COUNSELLING_INCOMPLETE", f"Counselling is not ticked: {item.text}")
    if not facts.contact_preferences:
        yield Obstacle("CONTACT_PREFERENCES_MISSING", "How he wants to be reached is not recorded.")


def consent_obstacles(definition: Definition, outdated: Iterable[Outdated]) -> Iterator[Obstacle]:
    """New words of a text the treatment stands on: they are gone through with him first."""
    for text in outdated:
        if text.kind in definition.gates.consents:
            yield Obstacle("CONSENT_OUTDATED", text.sentence)


def re_treatment_obstacles(definition: Definition, facts: StartFacts) -> Iterator[Obstacle]:
    """A course does not begin within eight weeks of the end of another (domain reference §2.1)."""
    last_on = facts.earlier_dose_on
    if last_on is not None and facts.on < re_treatment_earliest(definition.dose, last_on):
        yield Obstacle("RE_TREATMENT_TOO_SOON", re_treatment_sentence(definition, last_on))


def re_treatment_sentence(definition: Definition, last_on: date) -> str:
    again_on = re_treatment_earliest(definition.dose, last_on)
    return (
        f"His last capsule of an earlier course was on {day(last_on)}: "
        f"the next course can begin on {day(again_on)} at the earliest."
    )


def baseline_obstacles(definition: Definition, facts: StartFacts) -> Iterator[Obstacle]:
    limit = definition.gates.baseline_labs_max_age_days
    for name in facts.missing_baseline_labs:
        yield Obstacle("BASELINE_LABS_MISSING", f"There is no baseline result for {name}.")
    oldest_on = facts.oldest_baseline_lab_on
    if oldest_on is None and not facts.missing_baseline_labs:
        yield Obstacle("BASELINE_LABS_MISSING", "There are no baseline laboratory results.")
    if oldest_on is not None and oldest_on > facts.on:
        yield Obstacle("BASELINE_LABS_LATE", "The baseline laboratory was after the first dose.")
    if oldest_on is not None and (facts.on - oldest_on).days > limit:
        yield Obstacle(
            "BASELINE_LABS_STALE",
            f"The baseline laboratory of {day(oldest_on)} is older than {limit} days: repeat it.",
        )
    yield from semen_obstacles(definition, facts)


def semen_obstacles(definition: Definition, facts: StartFacts) -> Iterator[Obstacle]:
    rule = definition.gates
    first_on, second_on = facts.first_semen_on, facts.second_semen_on
    if second_on is None or first_on is None:
        yield Obstacle("SECOND_SEMEN_MISSING", "There are not yet two semen analyses.")
        return
    if (second_on - first_on).days < rule.semen_gap_days:
        yield Obstacle(
            "SECOND_SEMEN_TOO_SOON",
            f"The two semen analyses are less than {rule.semen_gap_days} days apart.",
        )
    if not 0 <= (facts.on - second_on).days <= rule.semen_max_age_days:
        yield Obstacle(
            "SECOND_SEMEN_STALE",
            f"The second semen analysis is not in the {rule.semen_max_age_days} days before Day 1.",
        )


def dispense(definition: Definition, facts: DispenseFacts) -> Gate:
    """May a further bottle leave the dispensary?"""
    return gate(
        (
            *visit_obstacles(facts),
            *consent_obstacles(definition, facts.outdated),
            *lab_obstacles(facts),
            *interaction_obstacles(facts.interactions),
            *ipledge_obstacles(definition, facts),
            *stock_obstacles(definition, facts),
        )
    )


def visit_obstacles(facts: DispenseFacts) -> Iterator[Obstacle]:
    if facts.status != Status.ACTIVE:
        words = facts.status.replace("_", " ").lower()
        yield Obstacle("NOT_ACTIVE", f"Treatment is not active: the enrolment is {words}.")
    if not (facts.visit_done or facts.visit_in_window):
        visit = facts.visit_code or "The visit"
        yield Obstacle("VISIT_NOT_DONE", f"{visit} is neither done nor in its window.")
    if facts.open_hold is not False:
        known = "A hold or stop is not resolved." if facts.open_hold else "Holds are not checked."
        yield Obstacle("OPEN_HOLD", known)
    if not facts.phq9_done:
        yield Obstacle("PHQ9_MISSING", "The PHQ-9 of this visit is not answered.")


def lab_obstacles(facts: DispenseFacts) -> Iterator[Obstacle]:
    if not facts.labs_resulted:
        yield Obstacle("LABS_NOT_RESULTED", "The laboratory results of this visit are not all in.")
    elif not facts.labs_reviewed:
        yield Obstacle("LABS_NOT_REVIEWED", "The laboratory results have not been reviewed.")


def interaction_obstacles(interactions: tuple[Interaction, ...] | None) -> Iterator[Obstacle]:
    if interactions is None:
        yield Obstacle("INTERACTIONS_NOT_CHECKED", "The medicines have not been checked.")
        return
    for row in interactions:
        if row.blocks_dispensing:
            yield Obstacle("INTERACTION", row.sentence)


def ipledge_obstacles(definition: Definition, facts: DispenseFacts) -> Iterator[Obstacle]:
    """PRE_2026: a pick-up window from the visit as day 1, confirmed monthly; MOD_2026: once."""
    ruleset = facts.ruleset or definition.rulesets.ipledge
    if ruleset is Ruleset.MOD_2026:
        if facts.attested_ever is False:
            yield Obstacle("IPLEDGE_NOT_ATTESTED", "The iPLEDGE counselling is not attested.")
        return
    if facts.rx_on is None or facts.pick_up_on is None:
        yield Obstacle("PRESCRIPTION_MISSING", "The prescription or the pick-up day is not known.")
        return
    last_on = pick_up_until(definition, facts.rx_on)
    if not facts.rx_on <= facts.pick_up_on <= last_on:
        yield Obstacle(
            "PICK_UP_WINDOW", f"The prescription can be picked up until {day(last_on)} only."
        )
    if facts.attested is False:
        yield Obstacle("IPLEDGE_NOT_ATTESTED", "The monthly iPLEDGE counselling is not attested.")


def pick_up_until(definition: Definition, rx_on: date) -> date:
    """The last day of the iPLEDGE pick-up window, the prescription being its day 1 (§2.6)."""
    return rx_on + timedelta(days=definition.gates.pick_up_days - 1)


def stock_obstacles(definition: Definition, facts: DispenseFacts) -> Iterator[Obstacle]:
    limit = definition.dose.max_days_on_hand
    if facts.days_on_hand is None:
        yield Obstacle("STOCK_UNKNOWN", "How many capsules he still has is not known.")
    elif facts.days_on_hand > limit:
        yield Obstacle(
            "STOCK_TOO_HIGH",
            f"He still has capsules for {facts.days_on_hand} days; at most {limit} are allowed.",
        )


def complete(definition: Definition, facts: CompleteFacts) -> Gate:
    """May the treatment be called complete?"""
    return gate(completion_obstacles(definition, facts))


def completion_obstacles(definition: Definition, facts: CompleteFacts) -> Iterator[Obstacle]:
    days = definition.gates.complete_after_days
    waited = facts.last_dose_on is not None and (facts.on - facts.last_dose_on).days > days
    if not (facts.eot_visit_done or waited):
        yield Obstacle(
            "END_VISIT_MISSING",
            f"The end-of-treatment visit is not done and {days} days have not passed "
            "since the last dose.",
        )
    if not facts.accountability_closed:
        words = f"The capsules are not all accounted for. {facts.capsules_missing}"
        yield Obstacle("ACCOUNTABILITY_OPEN", words.strip())
    if not facts.last_semen_valid:
        yield Obstacle("LAST_SEMEN_INVALID", "The last semen analysis is missing or not valid.")


def day(on: date) -> str:
    return f"{on.day} {on:%b %Y}"
