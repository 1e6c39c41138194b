"""Asking about safety: results with symptoms and mood, the nine questions, who may take part."""

from collections.abc import Iterable, Iterator
from typing import Annotated

from pydantic import BeforeValidator, Field, StrictBool

from labs.rules.ctcae import published_grade_table
from protocols.rules.ask.fields import (
    AnalyteKey,
    Answer,
    DeviationCode,
    ExclusionCode,
    Given,
    Name,
    Piece,
    RuleId,
    SymptomCode,
    TaskCode,
    Whole,
    key,
    needed,
)
from protocols.rules.ask.results import ResultGiven, fact_of
from protocols.rules.ask.rule import Asked, RefusedError
from protocols.rules.definition import Definition
from protocols.rules.eligibility import EligibilityFacts
from protocols.rules.eligibility import assess as assess_eligibility
from protocols.rules.mood import MoodScore, score
from protocols.rules.safety import History, evaluate
from protocols.rules.verdicts import Reason, contact_words
from protocols.rules.vocabulary import Action

MOST_DAYS = 10_000
ItemAnswer = Annotated[Whole, Field(ge=0, le=3)]
Total = Annotated[Whole, Field(ge=0, le=27)]
HoldCount = Annotated[Whole, Field(ge=0, le=100)]


class MoodGiven(Given):
    items: tuple[ItemAnswer | None, ...] = needed(
        "Answers to the nine questions", say="0 to 3", min_length=9, max_length=9
    )
    baseline_total: Total | None = key("Total at baseline")


class MoodAnswer(Answer):
    total: int | None
    prorated: bool
    band: str | None
    action: Action
    crisis: bool
    contact_within_hours: int | None
    contact: str
    valid: bool
    reasons: tuple[str, ...]
    rules: tuple[RuleId, ...]
    tasks: tuple[TaskCode, ...]


class HistoryGiven(Given):
    holds: dict[AnalyteKey, HoldCount] = key(
        "Earlier holds by analyte", say="one a line, like alt 1", default={}
    )
    hold_days: Whole | None = key("Days on hold now", ge=0, le=MOST_DAYS)


class SafetyGiven(Given):
    results: tuple[ResultGiven, ...] = key("Results", default=(), max_length=200)
    symptoms: tuple[SymptomCode, ...] = key("Symptoms", default=())
    phq9: MoodGiven | None = key("PHQ-9")
    history: HistoryGiven | None = key("History of holds")
    medications: tuple[Name, ...] = key("Medicines", say="one a line", default=(), max_length=200)


class ReasonAnswer(Piece):
    rule: RuleId
    action: Action
    grade: int | None
    sentence: str


class SafetyAnswer(Answer):
    action: Action
    reasons: tuple[ReasonAnswer, ...]
    repeat_within_days: int | None
    contact_within_hours: int | None
    contact: str
    tasks: tuple[TaskCode, ...]
    deviations: tuple[DeviationCode, ...]


def by_analyte(value: object) -> object:
    """Results may also stand under their analytes: {"alt": {"value": 30, …}}."""
    if not isinstance(value, dict):
        return value
    return [
        {"analyte": key} | (row if isinstance(row, dict) else {"value": row})
        for key, row in value.items()
    ]


def sex_in_full(value: object) -> object:
    """M and F are how laboratory messages shorten it; anything else is taken as it stands."""
    if not isinstance(value, str):
        return value
    return {"m": "male", "f": "female"}.get(value.casefold(), value)


Sex = Annotated[Name, BeforeValidator(sex_in_full)]

Screening = Annotated[tuple[ResultGiven, ...], BeforeValidator(by_analyte)]


class EligibilityGiven(Given):
    age: Whole | None = key("Age", "years", ge=0, le=130)
    sex: Sex | None = key("Sex", say="male or female")
    azoospermia_confirmed: StrictBool | None = key("Azoospermia confirmed")
    cryptozoospermia: StrictBool | None = key("Cryptozoospermia")
    phq9_total: Total | None = key("PHQ-9 total")
    phq9_item9: ItemAnswer | None = key("PHQ-9 question 9")
    exclusions: tuple[ExclusionCode, ...] | None = key(
        "Exclusions that hold", say="an empty list says that none does"
    )
    labs: Screening | None = key("Screening results", max_length=200)


class CriterionAnswer(Piece):
    code: str
    met: bool | None
    value: str
    sentence: str


class EligibilityAnswer(Answer):
    eligible: bool
    criteria: tuple[CriterionAnswer, ...]
    needs_sign_off: bool


def ask_phq9(given: MoodGiven, definition: Definition) -> MoodAnswer:
    found = scored(given, definition)
    return MoodAnswer(
        total=found.total,
        prorated=found.prorated,
        band=found.band,
        action=found.action,
        crisis=found.crisis,
        contact_within_hours=found.contact_within_hours,
        contact=contact_words(found.contact_within_hours),
        valid=found.valid,
        reasons=tuple(reason.sentence for reason in found.reasons),
        rules=tuple(reason.rule for reason in found.reasons),
        tasks=found.tasks,
    )


def scored(given: MoodGiven, definition: Definition) -> MoodScore:
    return score(definition.mood, given.items, baseline_total=given.baseline_total)


def ask_safety(given: SafetyGiven, definition: Definition) -> SafetyAnswer:
    history = given.history or HistoryGiven()
    found = evaluate(
        definition,
        results=[
            fact_of(result, f"results[{number}].") for number, result in enumerate(given.results)
        ],
        symptoms=tuple(dict.fromkeys(given.symptoms)),
        mood=scored(given.phq9, definition) if given.phq9 else None,
        history=History(holds=history.holds, hold_days=history.hold_days or 0),
        medicines=given.medications,
    )
    return SafetyAnswer(
        action=found.action,
        reasons=tuple(reasons_of(found.reasons)),
        repeat_within_days=found.repeat_within_days,
        contact_within_hours=found.contact_within_hours,
        contact=found.contact,
        tasks=found.tasks,
        deviations=found.deviations,
    )


def reasons_of(reasons: Iterable[Reason]) -> Iterator[ReasonAnswer]:
    for row in reasons:
        yield ReasonAnswer(rule=row.rule, action=row.action, grade=row.grade, sentence=row.sentence)


def ask_eligibility(given: EligibilityGiven, definition: Definition) -> EligibilityAnswer:
    if (given.phq9_item9 or 0) > (27 if given.phq9_total is None else given.phq9_total):
        raise RefusedError(
            ("phq9_item9", "One answer cannot be more than the total of all the answers.")
        )
    found = assess_eligibility(
        definition,
        EligibilityFacts(
            sex=given.sex,
            age=given.age,
            azoospermia_confirmed=given.azoospermia_confirmed,
            cryptozoospermia=given.cryptozoospermia,
            phq9_total=given.phq9_total,
            phq9_item_nine=given.phq9_item9,
            exclusions=stated(given, definition),
            labs=tuple(
                fact_of(result, f"labs[{number}].")
                for number, result in enumerate(given.labs or ())
            ),
        ),
    )
    return EligibilityAnswer(
        eligible=found.eligible,
        criteria=tuple(
            CriterionAnswer(code=row.code, met=row.met, value=row.value, sentence=row.sentence)
            for row in found.criteria
        ),
        needs_sign_off=found.needs_sign_off,
    )


def stated(given: EligibilityGiven, definition: Definition) -> dict[str, bool]:
    """A list that is given was gone through: what is not on it does not hold."""
    if given.exclusions is None:
        return {}
    rule = definition.eligibility
    codes = {*(row.code for row in rule.exclusions), *(row.exclusion for row in rule.labs)}
    return {code: code in given.exclusions for code in codes}


def ctcae(_: object) -> str:
    return f"CTCAE {published_grade_table().version}, PHQ9 1"


RULES = (
    Asked(
        name="safety",
        title="Safety of results and symptoms",
        line="what results, symptoms, mood, medicines and earlier holds together ask for",
        source="Programme default, to be signed by the medical lead; CTCAE 5.0 for grades; "
        "domain reference §2.4 and §2.5",
        given=SafetyGiven,
        answer=SafetyAnswer,
        ask=ask_safety,
        group="Safety",
        table=ctcae,
    ),
    Asked(
        name="phq9",
        title="PHQ-9",
        line="what nine answers of the PHQ-9 mean and ask for",
        source="PHQ-9 bands; the actions are programme defaults; domain reference §2.5",
        given=MoodGiven,
        answer=MoodAnswer,
        ask=ask_phq9,
        group="Safety",
        table=lambda _: "PHQ9 1",
    ),
    Asked(
        name="eligibility",
        title="Eligibility",
        line="whether a man may take part, criterion by criterion",
        source="Trial NCT03323801 and programme defaults; domain reference §2.2 and §7.2",
        given=EligibilityGiven,
        answer=EligibilityAnswer,
        ask=ask_eligibility,
        group="Safety",
    ),
)
