"""When a man counts as lost to follow-up, and what is still to be tried (domain reference §7.5)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from protocols.rules.definition import Definition
from protocols.rules.programme import LostRule


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to reach him: a call, a message, an e-mail, a letter."""

    on: date
    channel: str


@dataclass(frozen=True, slots=True)
class Lost:
    """`reasons` says what is still missing, one sentence each; empty when he is lost."""

    lost: bool
    reasons: tuple[str, ...]


class Code(StrEnum):
    MISSED = "MISSED"
    ATTEMPTS = "ATTEMPTS"
    CHANNELS = "CHANNELS"
    SPAN = "SPAN"
    LETTER = "LETTER"
    SILENCE = "SILENCE"


@dataclass(frozen=True, slots=True)
class Condition:
    """One rung: whether it is reached, by what number, and from which day it can be."""

    code: Code
    met: bool
    title: str
    found: str
    #: What is said when he is called lost without it.
    sentence: str
    #: The day on which waiting alone would meet it; None where something must be done.
    from_on: date | None = None
    #: The day it was last moved by: the last attempt, the last contact.
    since_on: date | None = None


class Step(StrEnum):
    """What to do next for a man who does not come."""

    NOTHING = "nothing"
    TRY = "try"
    TRY_ANOTHER_WAY = "try another way"
    LETTER = "letter"
    WAIT = "wait"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Ladder:
    """Every rung, and the next step with the day from which it makes sense."""

    conditions: tuple[Condition, ...]
    step: Step
    due_on: date | None = None

    @property
    def lost(self) -> bool:
        return all(row.met for row in self.conditions)

    @property
    def reasons(self) -> tuple[str, ...]:
        return tuple(row.sentence for row in self.conditions if not row.met)


def lost_to_follow_up(
    definition: Definition,
    *,
    missed: Collection[str],
    attempts: Sequence[Attempt],
    last_contact_on: date | None,
    as_of: date,
) -> Lost:
    """Missed visits in a row, enough tries by enough ways, the last a letter, and long silence."""
    found = ladder(
        definition, missed=missed, attempts=attempts, last_contact_on=last_contact_on, as_of=as_of
    )
    return Lost(lost=found.lost, reasons=found.reasons)


def ladder(
    definition: Definition,
    *,
    missed: Collection[str],
    attempts: Sequence[Attempt],
    last_contact_on: date | None,
    as_of: date,
) -> Ladder:
    """The same with every rung, met or not, and what comes next."""
    rule = definition.lost
    tries = sorted((row for row in attempts if row.on <= as_of), key=lambda row: row.on)
    rungs = (
        visits_missed(rule, in_a_row(definition, missed)),
        *tried(rule, tries),
        silence(rule, last_contact_on, as_of),
    )
    step, due_on = next_step(rule, rungs, tries, as_of)
    return Ladder(rungs, step, due_on)


def visits_missed(rule: LostRule, run: int) -> Condition:
    return Condition(
        Code.MISSED,
        run >= rule.missed_in_a_row,
        f"{rule.missed_in_a_row} visits missed in a row",
        f"{run} of {rule.missed_in_a_row}",
        f"He has not missed {rule.missed_in_a_row} visits in a row.",
    )


def tried(rule: LostRule, tries: Sequence[Attempt]) -> tuple[Condition, ...]:
    span = (tries[-1].on - tries[0].on).days if tries else 0
    ways = sorted({row.channel for row in tries})
    last_day = {row.channel for row in tries if row.on == tries[-1].on}
    return (
        Condition(
            Code.ATTEMPTS,
            len(tries) >= rule.attempts,
            f"{rule.attempts} attempts to reach him",
            f"{len(tries)} of {rule.attempts}",
            f"There are {len(tries)} of {rule.attempts} attempts to reach him.",
            since_on=tries[-1].on if tries else None,
        ),
        Condition(
            Code.CHANNELS,
            len(ways) >= rule.channels,
            f"by {rule.channels} different ways",
            ", ".join(ways) or "none yet",
            f"He was not tried by {rule.channels} different ways.",
        ),
        Condition(
            Code.SPAN,
            span >= rule.over_days,
            f"over {rule.over_days} days",
            f"{span} of {rule.over_days} days",
            f"The attempts do not span {rule.over_days} days.",
            tries[0].on + timedelta(days=rule.over_days) if tries else None,
            tries[0].on if tries else None,
        ),
        Condition(
            Code.LETTER,
            rule.last_channel in last_day,
            f"the last of them by {rule.last_channel}",
            f"the last by {tries[-1].channel}" if tries else "none yet",
            f"The last attempt was not a {rule.last_channel}.",
        ),
    )


def silence(rule: LostRule, last_contact_on: date | None, as_of: date) -> Condition:
    days = (as_of - last_contact_on).days if last_contact_on else None
    known = last_contact_on + timedelta(days=rule.silent_days) if last_contact_on else None
    return Condition(
        Code.SILENCE,
        days is not None and days >= rule.silent_days,
        f"{rule.silent_days} days since the last contact",
        "no contact is known" if days is None else f"{days} of {rule.silent_days} days",
        f"The last contact is not known to be {rule.silent_days} days ago.",
        known,
        last_contact_on,
    )


def next_step(
    rule: LostRule, rungs: Sequence[Condition], tries: Sequence[Attempt], as_of: date
) -> tuple[Step, date | None]:
    """Calls and messages first; the letter when it can be the last attempt; then the silence."""
    met = {row.code for row in rungs if row.met}
    if len(met) == len(rungs):
        return Step.LOST, as_of
    if not tries:
        return Step.TRY, as_of
    # The letter counts itself: it may be the last try that is needed, and a second way.
    letter_on = tries[0].on + timedelta(days=rule.over_days)
    others = {row.channel for row in tries} - {rule.last_channel}
    if len(tries) < rule.attempts - 1:
        return Step.TRY, as_of
    if len(others | {rule.last_channel}) < rule.channels:
        return Step.TRY_ANOTHER_WAY, as_of
    if not {Code.ATTEMPTS, Code.CHANNELS, Code.SPAN, Code.LETTER} <= met:
        return (Step.LETTER, letter_on) if as_of >= letter_on else (Step.WAIT, letter_on)
    if Code.MISSED not in met:
        return Step.NOTHING, None
    return Step.WAIT, next(row.from_on for row in rungs if row.code is Code.SILENCE)


def in_a_row(definition: Definition, missed: Collection[str]) -> int:
    """The longest run of missed visits, in the order of the plan."""
    longest = run = 0
    for visit in definition.visits:
        run = run + 1 if visit.code in missed else 0
        longest = max(longest, run)
    return longest
