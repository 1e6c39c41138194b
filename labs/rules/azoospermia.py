"""Is azoospermia confirmed over several samples? (domain reference §4.5, a programme default)

Two samples with nothing in a proper pellet, at least seven days apart. A sample whose first
fraction was lost cannot show that there is no sperm.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from labs.rules.semen_class import SemenClass

APART = timedelta(days=7)


class AzoospermiaReason(StrEnum):
    TWO_NEGATIVE_PELLETS = "TWO_NEGATIVE_PELLETS"
    NO_NEGATIVE_PELLET = "NO_NEGATIVE_PELLET"
    ONE_NEGATIVE_PELLET = "ONE_NEGATIVE_PELLET"
    TOO_CLOSE_TOGETHER = "TOO_CLOSE_TOGETHER"
    PELLET_PENDING = "PELLET_PENDING"
    FIRST_FRACTION_LOST = "FIRST_FRACTION_LOST"
    SPERM_FOUND_IN_ANOTHER_SAMPLE = "SPERM_FOUND_IN_ANOTHER_SAMPLE"


@dataclass(frozen=True, slots=True)
class ClassedSample:
    collected_on: date
    name: SemenClass
    first_fraction_lost: bool = False
    sperm_seen: bool | None = None


@dataclass(frozen=True, slots=True)
class AzoospermiaVerdict:
    """`confirmed_on` is the collection of the sample that made it two."""

    confirmed: bool
    confirmed_on: date | None
    reasons: tuple[AzoospermiaReason, ...]
    sentence: str


def confirmed_azoospermia(samples: Sequence[ClassedSample]) -> AzoospermiaVerdict:
    """Confirmed by the first negative pellet that lies seven days or more after another."""
    negative = sorted(
        sample.collected_on
        for sample in samples
        if sample.name is SemenClass.AZOOSPERMIA_SAMPLE and not sample.first_fraction_lost
    )
    confirming = next((day for day in negative if day - negative[0] >= APART), None)
    reasons = (main_reason(negative, confirming), *side_reasons(samples))
    return AzoospermiaVerdict(
        confirmed=confirming is not None,
        confirmed_on=confirming,
        reasons=reasons,
        sentence=sentence(negative, confirming),
    )


def main_reason(negative: list[date], confirming: date | None) -> AzoospermiaReason:
    if confirming:
        return AzoospermiaReason.TWO_NEGATIVE_PELLETS
    if not negative:
        return AzoospermiaReason.NO_NEGATIVE_PELLET
    if len(negative) == 1:
        return AzoospermiaReason.ONE_NEGATIVE_PELLET
    return AzoospermiaReason.TOO_CLOSE_TOGETHER


def side_reasons(samples: Sequence[ClassedSample]) -> tuple[AzoospermiaReason, ...]:
    pending = SemenClass.NO_SPERM_SEEN_PELLET_PENDING
    applies = {
        AzoospermiaReason.PELLET_PENDING: any(sample.name is pending for sample in samples),
        AzoospermiaReason.FIRST_FRACTION_LOST: any(
            sample.first_fraction_lost and sample.name is SemenClass.AZOOSPERMIA_SAMPLE
            for sample in samples
        ),
        AzoospermiaReason.SPERM_FOUND_IN_ANOTHER_SAMPLE: any(
            sample.sperm_seen or sample.name is SemenClass.CRYPTOZOOSPERMIA for sample in samples
        ),
    }
    return tuple(reason for reason, holds in applies.items() if holds)


def sentence(negative: list[date], confirming: date | None) -> str:
    if confirming:
        days = (confirming - negative[0]).days
        return (
            f"No sperm in the pellets of {day_words(negative[0])} and {day_words(confirming)}, "
            f"{days} days apart: azoospermia is confirmed."
        )
    if not negative:
        return "No sample with a negative pellet yet."
    if len(negative) == 1:
        return (
            f"One negative pellet, {day_words(negative[0])}; a second is due 7 days later or more."
        )
    return "The negative pellets lie less than 7 days apart; one more is needed."


def day_words(day: date) -> str:
    """4 Aug 2026."""
    return f"{day.day} {day:%b %Y}"
