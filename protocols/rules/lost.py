"""When a man counts as lost to follow-up (domain reference §7.5)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from protocols.rules.definition import Definition


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


def lost_to_follow_up(
    definition: Definition,
    *,
    missed: Collection[str],
    attempts: Sequence[Attempt],
    last_contact_on: date | None,
    as_of: date,
) -> Lost:
    """Missed visits in a row, enough tries by enough ways, the last a letter, and long silence."""
    rule = definition.lost
    tries = sorted(
        (attempt for attempt in attempts if attempt.on <= as_of), key=lambda attempt: attempt.on
    )
    span = (tries[-1].on - tries[0].on).days if tries else 0
    ways = {attempt.channel for attempt in tries}
    silence = (as_of - last_contact_on).days if last_contact_on else None
    last_day = {attempt.channel for attempt in tries if attempt.on == tries[-1].on}
    wanting = (
        (
            in_a_row(definition, missed) < rule.missed_in_a_row,
            f"He has not missed {rule.missed_in_a_row} visits in a row.",
        ),
        (
            len(tries) < rule.attempts,
            f"There are {len(tries)} of {rule.attempts} attempts to reach him.",
        ),
        (len(ways) < rule.channels, f"He was not tried by {rule.channels} different ways."),
        (span < rule.over_days, f"The attempts do not span {rule.over_days} days."),
        (rule.last_channel not in last_day, f"The last attempt was not a {rule.last_channel}."),
        (
            silence is None or silence < rule.silent_days,
            f"The last contact is not known to be {rule.silent_days} days ago.",
        ),
    )
    reasons = tuple(sentence for missing, sentence in wanting if missing)
    return Lost(lost=not reasons, reasons=reasons)


def in_a_row(definition: Definition, missed: Collection[str]) -> int:
    """The longest run of missed visits, in the order of the plan."""
    longest = run = 0
    for visit in definition.visits:
        run = run + 1 if visit.code in missed else 0
        longest = max(longest, run)
    return longest
