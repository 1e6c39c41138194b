"""Asking about capsules: what was taken, how long they last, and whether more may go out."""

from typing import Annotated

from pydantic import BeforeValidator, Field, StrictBool, WithJsonSchema

from protocols.rules.ask.fields import Answer, Day, Given, Name, Number, Whole, key, needed
from protocols.rules.ask.rule import Asked
from protocols.rules.definition import Definition
from protocols.rules.dosing import (
    Adherence,
    AdherenceClass,
    PillCount,
    adherence,
    blood_donation_blocked_until,
    cumulative,
    expected_from_days,
    re_treatment_earliest,
    supply,
)
from protocols.rules.gates import DispenseFacts, Gate, Obstacle, dispense
from protocols.rules.interactions import check
from protocols.rules.vocabulary import Ruleset, Status

MOST = 100_000
Count = Annotated[Whole, Field(ge=0, le=MOST)]
DOSING = "Programme default; domain reference §7.3"


class AdherenceGiven(Given):
    days: Count = needed("Days in the period")
    hold_days: Count = key("Of these on hold", default=0)
    daily_capsules: Count = needed("Capsules a day")
    dispensed: Count = needed("Dispensed")
    carried_in: Count = key("Carried in", default=0)
    returned: Count | None = key("Returned")
    lost: Count = key("Reported lost", default=0)


class AdherenceAnswer(Answer):
    expected: int
    actual: int | None
    percent: Number | None
    category: AdherenceClass | None = Field(alias="class")
    sentence: str


class SupplyGiven(Given):
    on_hand: Count = needed("Capsules on hand")
    on: Day = needed("Counted on")
    daily_capsules: Count = needed("Capsules a day")


class SupplyAnswer(Answer):
    run_out_on: Day | None
    remind_on: tuple[Day, ...]


class SegmentGiven(Given):
    capsules: Count = needed("Capsules taken")
    strength_mg: Annotated[Whole, Field(gt=0, le=1000)] = needed("Strength", "mg")


class CumulativeGiven(Given):
    segments: tuple[SegmentGiven, ...] = needed("What was taken", max_length=1000)
    weight_kg: Number | None = key("Weight at baseline", "kg", gt=0, le=700)


class CumulativeAnswer(Answer):
    mg: int
    mg_per_kg: Number | None


class DatesGiven(Given):
    last_dose_on: Day = needed("Last dose on")


class DatesAnswer(Answer):
    blood_donation_blocked_until: Day
    re_treatment_earliest: Day
    sentence: str


def medicines(value: object) -> object:
    """Medicines by name; true or false where only the outcome of the check is known."""
    if isinstance(value, bool):
        return ("*",) if value else ()
    return value


Interactions = Annotated[
    tuple[Name, ...],
    BeforeValidator(medicines),
    WithJsonSchema(
        {
            "type": "array",
            "items": {"type": "string"},
            "description": "the medicines on his list; an empty list when none interacts",
        }
    ),
]


class DispenseGiven(Given):
    status: Status = needed("Status")
    visit_done: StrictBool | None = key("Visit done")
    visit_in_window: StrictBool | None = key("Visit in its window")
    labs_resulted: StrictBool | None = key("Laboratory resulted")
    labs_reviewed: StrictBool | None = key("Laboratory reviewed")
    open_hold: StrictBool | None = key("A hold or stop is open")
    phq9_done: StrictBool | None = key("PHQ-9 done")
    interactions: Interactions | None = key(
        "His medicines", say="one a line; “none” when there are none"
    )
    ruleset: Ruleset | None = key("iPLEDGE rules")
    rx_on: Day | None = key("Prescribed on")
    pick_up_on: Day | None = key("Picked up on")
    attested: StrictBool | None = key("iPLEDGE attested")
    days_on_hand: Annotated[Whole, Field(ge=0, le=MOST)] | None = key("Days on hand", "days")


class DispenseAnswer(Answer):
    allowed: bool
    reasons: tuple[str, ...]
    codes: tuple[str, ...]


def ask_adherence(given: AdherenceGiven, definition: Definition) -> AdherenceAnswer:
    expected = expected_from_days(
        days=given.days, hold_days=given.hold_days, daily_capsules=given.daily_capsules
    )
    found = adherence(
        definition.dose,
        expected=expected,
        count=PillCount(
            dispensed=given.dispensed,
            returned=given.returned,
            carried_in=given.carried_in,
            lost=given.lost,
        ),
    )
    known = found.category is not AdherenceClass.UNKNOWN
    return AdherenceAnswer(
        expected=found.expected,
        actual=found.actual,
        percent=found.percent,
        category=found.category if known else None,
        sentence=adherence_words(found),
    )


def adherence_words(found: Adherence) -> str:
    if found.actual is None:
        return "What came back is not known, so adherence is not known."
    if found.percent is None:
        return f"{found.actual} capsules were taken although none was expected."
    word = found.category.replace("_", "-").lower()
    return f"{found.actual} of {found.expected} capsules, {found.percent:.1f} %: {word}."


def ask_supply(given: SupplyGiven, definition: Definition) -> SupplyAnswer:
    found = supply(
        definition.dose,
        on_hand=given.on_hand,
        on=given.on,
        daily_capsules=given.daily_capsules,
    )
    return SupplyAnswer(run_out_on=found.run_out_on, remind_on=found.remind_on)


def ask_cumulative(given: CumulativeGiven, _: Definition) -> CumulativeAnswer:
    found = cumulative(
        ((row.capsules, row.strength_mg) for row in given.segments), weight_kg=given.weight_kg
    )
    return CumulativeAnswer(mg=found.mg, mg_per_kg=found.mg_per_kg)


def ask_dates(given: DatesGiven, definition: Definition) -> DatesAnswer:
    blocked_until = blood_donation_blocked_until(definition.dose, given.last_dose_on)
    earliest = re_treatment_earliest(definition.dose, given.last_dose_on)
    return DatesAnswer(
        blood_donation_blocked_until=blocked_until,
        re_treatment_earliest=earliest,
        sentence=f"No blood donation until {blocked_until} and on that day; "
        f"a new course from {earliest} at the earliest.",
    )


def ask_dispense(given: DispenseGiven, definition: Definition) -> DispenseAnswer:
    facts = DispenseFacts(
        status=given.status,
        visit_done=given.visit_done,
        visit_in_window=given.visit_in_window,
        labs_resulted=given.labs_resulted,
        labs_reviewed=given.labs_reviewed,
        open_hold=given.open_hold,
        phq9_done=given.phq9_done,
        interactions=None
        if given.interactions is None
        else check(definition.medicines, given.interactions, on_treatment=True),
        ruleset=given.ruleset,
        rx_on=given.rx_on,
        pick_up_on=given.pick_up_on,
        attested=given.attested,
        days_on_hand=given.days_on_hand,
    )
    found = dispense(definition, facts)
    if given.interactions == ("*",):
        unresolved = Obstacle("INTERACTION", "A medicine on his list is not resolved.")
        found = Gate(allowed=False, reasons=(*found.reasons, unresolved))
    return DispenseAnswer(
        allowed=found.allowed,
        reasons=found.sentences,
        codes=tuple(reason.code for reason in found.reasons),
    )


RULES = (
    Asked(
        name="adherence",
        title="Adherence",
        line="capsules taken over capsules ordered, and the class of the unrounded figure",
        source=DOSING,
        given=AdherenceGiven,
        answer=AdherenceAnswer,
        ask=ask_adherence,
        group="Capsules",
    ),
    Asked(
        name="supply",
        title="Supply",
        line="when the capsules run out, and when he is reminded",
        source=DOSING,
        given=SupplyGiven,
        answer=SupplyAnswer,
        ask=ask_supply,
        group="Capsules",
    ),
    Asked(
        name="cumulative",
        title="Cumulative dose",
        line="milligrams taken, and per kilogram at baseline",
        source="Domain reference §2.1",
        given=CumulativeGiven,
        answer=CumulativeAnswer,
        ask=ask_cumulative,
        group="Capsules",
    ),
    Asked(
        name="dispense",
        title="Dispensing gate",
        line="whether a further bottle may go out, with every reason against it",
        source="Programme default and iPLEDGE; domain reference §7.2 and §2.6",
        given=DispenseGiven,
        answer=DispenseAnswer,
        ask=ask_dispense,
        group="Capsules",
    ),
    Asked(
        name="dates",
        title="Dates after the last dose",
        line="until when no blood is donated, and when a new course may begin",
        source="Product label and programme default; domain reference §2.1 and §2.6",
        given=DatesGiven,
        answer=DatesAnswer,
        ask=ask_dates,
        group="Capsules",
    ),
)
