"""Which iPLEDGE rules are in force on a day, and what they ask for (domain reference §2.6)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from protocols.rules.vocabulary import Ruleset


@dataclass(frozen=True, slots=True)
class Choice:
    """From a day on a site works by these rules; a later choice of the same day counts."""

    ruleset: Ruleset
    effective_on: date
    number: int = 0


def in_force(choices: Iterable[Choice], on: date, default: Ruleset) -> Ruleset:
    """The last choice in effect by that day, or what the programme says when there is none."""
    made = [choice for choice in choices if choice.effective_on <= on]
    if not made:
        return default
    return max(made, key=lambda choice: (choice.effective_on, choice.number)).ruleset


def months_to_confirm(ruleset: Ruleset, bottle: int, confirmed: Iterable[int]) -> tuple[int, ...]:
    """The confirmations a bottle still waits for: each month its own, or one for all."""
    done = set(confirmed)
    if ruleset is Ruleset.MOD_2026:
        return () if done else (1,)
    return () if bottle in done else (bottle,)


def month_begins_on(month: int, days: Iterable[date | None]) -> date | None:
    """From when a month may be confirmed, by the days that open it; None is any day.

    The first belongs to his start. A later one is counselled at its visit, so before the window
    opens, before he comes and before its prescription is written there is nothing to confirm.
    """
    known = [day for day in days if day is not None]
    return None if month == 1 else min(known, default=None)
