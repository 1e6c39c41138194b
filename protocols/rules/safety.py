"""What results, symptoms, mood and medicines ask of the clinician (domain reference §2.4).

Advice only: a clinician takes every decision about the dose.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from labs.rules.ctcae import GradeTable, published_grade_table
from protocols.rules.bands import Look
from protocols.rules.contradiction import Contradiction
from protocols.rules.definition import Definition
from protocols.rules.interactions import Interaction, check
from protocols.rules.lab_facts import CannotJudgeError, LabFact, gauge, was_fasting, within
from protocols.rules.mood import MoodScore
from protocols.rules.tables import RestartLimit, SafetyTable
from protocols.rules.verdicts import Reason, Verdict, combine, reason_of
from protocols.rules.vocabulary import Action, Effect

PROHIBITED_MED = "PROHIBITED_MED"
LAB_NOT_FASTING = "LAB_NOT_FASTING"


@dataclass(frozen=True, slots=True)
class History:
    """Earlier holds that have ended, by analyte, and the days the present one has lasted.

    `repeating` are the analytes whose last result asked to be repeated until it is low enough.
    """

    holds: Mapping[str, int] = field(default_factory=dict)
    hold_days: int = 0
    repeating: Collection[str] = ()


def evaluate(
    definition: Definition,
    *,
    results: Iterable[LabFact] = (),
    symptoms: Collection[str] = (),
    mood: MoodScore | None = None,
    history: History | None = None,
    medicines: Iterable[str] = (),
    grades: GradeTable | None = None,
) -> Verdict:
    """The most severe action of all rules that fire, every reason, and the shortest times."""
    table, results = definition.safety, tuple(results)
    look = Look(table, frozenset(symptoms), grades or published_grade_table())
    labs = [reason for fact in results for reason in look.at(fact)]
    interactions = check(definition.medicines, medicines, on_treatment=True)
    reasons = [
        *labs,
        *look.at_liver_pattern(results),
        *look.repeating(results, (history or History()).repeating),
        *symptom_reasons(table, symptoms),
        *(mood.reasons if mood else ()),
        *medicine_reasons(definition, interactions),
        *hold_reasons(table, labs, history or History()),
    ]
    deviations = [LAB_NOT_FASTING] if any(look.lipids_not_fasting(row) for row in results) else []
    if any(row.prohibited for row in interactions):
        deviations.append(PROHIBITED_MED)
    return combine(reasons, table, deviations)


def medicine_reasons(
    definition: Definition, interactions: Iterable[Interaction]
) -> Iterator[Reason]:
    """What each medicine asks for; one that departs from the protocol is spoken of that day."""
    same_day = definition.deviation(PROHIBITED_MED).contact_within_hours
    for row in interactions:
        if row.action is not Action.CONTINUE:
            yield Reason(
                f"MEDICINE_{row.code.upper()}",
                row.action,
                row.sentence,
                contact_within_hours=same_day if row.prohibited else None,
            )


def before_start(definition: Definition, medicines: Iterable[str]) -> Verdict:
    """What a medicine list asks of a man who has not begun: a block is reviewed, nothing held."""
    blocks = [
        Reason(
            f"MEDICINE_{row.code.upper()}",
            Action.REVIEW,
            f"{row.sentence} Treatment does not start with it.",
        )
        for row in check(definition.medicines, medicines, on_treatment=False)
        if row.effect is Effect.BLOCK
    ]
    return combine(blocks, definition.safety)


def symptom_reasons(table: SafetyTable, symptoms: Collection[str]) -> Iterator[Reason]:
    """Each symptom's own rule; an unknown code is refused rather than overlooked."""
    for code in symptoms:
        rule = table.symptom(code)
        if rule is None:
            raise Contradiction("symptoms", f"There is no symptom called {code}.")
        yield reason_of(rule, f"{rule.title}: {rule.sentence}.")


def hold_reasons(table: SafetyTable, labs: Iterable[Reason], history: History) -> Iterator[Reason]:
    """A second hold for the same analyte, or a hold that has lasted too long, is a stop."""
    held = {reason.analyte: reason for reason in labs if reason.action is Action.HOLD}
    for analyte, reason in held.items():
        if analyte and history.holds.get(analyte, 0) >= 1:
            yield Reason(
                "SECOND_HOLD",
                Action.STOP,
                f"It was held once before for this: {reason.sentence} A second hold is a stop.",
                grade=reason.grade,
                analyte=analyte,
            )
    if history.hold_days > table.holds.max_hold_days:
        yield Reason(
            "HOLD_TOO_LONG",
            Action.STOP,
            f"Treatment has been on hold for {history.hold_days} days, "
            f"more than {table.holds.max_hold_days}.",
            tasks=("DISCONTINUE",),
        )


@dataclass(frozen=True, slots=True)
class Restart:
    """Whether the limits allow a clinician to order a restart, and how it begins."""

    allowed: bool
    reasons: tuple[str, ...]
    daily_capsules: int
    repeat_within_days: int


def restart(
    definition: Definition,
    *,
    held_for: Collection[str],
    results: Iterable[LabFact],
    grades: GradeTable | None = None,
) -> Restart:
    """Restart limits after a hold: what was held for must be known and low enough (§2.4)."""
    holds, results = definition.safety.holds, tuple(results)
    reasons = []
    for limit in holds.restart:
        needed = bool(set(limit.analytes) & set(held_for))
        for analyte in limit.analytes:
            facts = [fact for fact in results if fact.analyte == analyte]
            if needed and not facts:
                reasons.append(f"{limit.title}: there is no result since the hold.")
            reasons += [
                why for fact in facts if (why := too_high(definition, limit, fact, grades, needed))
            ]
    return Restart(
        allowed=not reasons,
        reasons=tuple(dict.fromkeys(reasons)),
        daily_capsules=definition.dose.reduced_daily_capsules,
        repeat_within_days=holds.repeat_within_days,
    )


def too_high(
    definition: Definition,
    limit: RestartLimit,
    fact: LabFact,
    grades: GradeTable | None,
    needed: bool,
) -> str | None:
    """Why this result stands against a restart, or None; an open question counts if needed."""
    shown = f"{fact.title} {fact.reading.quantity.printed()}"
    if limit.fasting and not was_fasting(fact, definition.safety.fasting):
        return f"{shown} is not known to be fasting." if needed else None
    try:
        scale = gauge(fact, limit.measure, limit.units, grades or published_grade_table())
    except CannotJudgeError as why:
        return f"{shown} cannot be judged: {why}." if needed else None
    tail = limit.units[0].unit if limit.units else f"times the upper limit of {scale.unit:f}"
    match within(limit.at_most, scale):
        case False:
            return f"{shown} is over {limit.at_most:f} {tail}."
        case None if needed:
            return f"{shown} does not say whether it is at most {limit.at_most:f} {tail}."
        case _:
            return None
