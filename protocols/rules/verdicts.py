"""What rules say together: every reason, the most severe action, the shortest time."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from protocols.rules.tables import Consequence, SafetyTable
from protocols.rules.vocabulary import Action, worst

CONTACT_WORDS = {
    1: "at once",
    8: "the same business day",
    24: "within 1 business day",
    48: "within 2 business days",
    168: "within 7 days",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule that fired, with the sentence that explains it."""

    rule: str
    action: Action
    sentence: str
    grade: int | None = None
    analyte: str | None = None
    repeat_within_days: int | None = None
    contact_within_hours: int | None = None
    tasks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The proposal of the safety rule; a clinician decides (domain reference §0)."""

    action: Action
    reasons: tuple[Reason, ...]
    repeat_within_days: int | None
    contact_within_hours: int | None
    contact: str
    tasks: tuple[str, ...]
    deviations: tuple[str, ...]


def reason_of(
    consequence: Consequence,
    sentence: str,
    *,
    grade: int | None = None,
    analyte: str | None = None,
) -> Reason:
    """What a row of a table says, in the words for this patient."""
    return Reason(
        rule=consequence.rule,
        action=consequence.action,
        sentence=sentence,
        grade=grade,
        analyte=analyte,
        repeat_within_days=consequence.repeat_within_days,
        contact_within_hours=consequence.contact_within_hours,
        tasks=consequence.tasks,
    )


def combine(
    reasons: Iterable[Reason], table: SafetyTable, deviations: Iterable[str] = ()
) -> Verdict:
    """All reasons, most severe first; the worst action and the shortest times hold (§2.4)."""
    timed = [with_contact(reason, table) for reason in reasons]
    ordered = sorted(timed, key=lambda reason: -reason.action.severity)
    hours = shortest(reason.contact_within_hours for reason in ordered)
    return Verdict(
        action=worst(reason.action for reason in ordered),
        reasons=tuple(ordered),
        repeat_within_days=shortest(reason.repeat_within_days for reason in ordered),
        contact_within_hours=hours,
        contact=contact_words(hours),
        tasks=tuple(dict.fromkeys(task for reason in ordered for task in reason.tasks)),
        deviations=tuple(dict.fromkeys(deviations)),
    )


def with_contact(reason: Reason, table: SafetyTable) -> Reason:
    if reason.contact_within_hours is not None:
        return reason
    return replace(reason, contact_within_hours=table.contact_hours(reason.action))


def shortest(times: Iterable[int | None]) -> int | None:
    return min((time for time in times if time is not None), default=None)


def contact_words(hours: int | None) -> str:
    """How soon a clinician acts, as a person says it."""
    if hours is None:
        return "at the next visit"
    return CONTACT_WORDS.get(hours, f"within {hours} hours")
