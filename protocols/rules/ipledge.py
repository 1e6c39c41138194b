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
