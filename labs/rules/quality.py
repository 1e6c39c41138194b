"""Does a technologist count as he should? Westgard's rules over what is known beforehand.

A reading is a z-score: how many standard deviations a control material lies from its target, or
two counts of one sample from each other. The limits are programme defaults; a supervisor signs
what follows from them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

RULESET = "quality/1 (Westgard 1-2s, 1-3s, 2-2s, R-4s, 4-1s, 10x)"

WARN_BEYOND = Decimal(2)
REJECT_BEYOND = Decimal(3)
LEAN_BEYOND = Decimal(1)
LEANS_IN_A_ROW = 4
ONE_SIDE_IN_A_ROW = 10
MANY = Decimal(50)
FEWEST_COUNTED = 20
"""Below so many in both counts together their difference is no normal deviate."""
PERCENT_EDGES = (Decimal(5), Decimal(95))
CONTROL_WITHIN_DAYS = 35
"""A control is counted every month, with a few days' grace."""
FEWEST_COMPARED = 3
COMPARED_BEYOND = Decimal("1.96")


class QualityRule(StrEnum):
    """Which of Westgard's rules a reading breaks, with those before it."""

    WARN_1_2S = "1-2s"
    OUT_1_3S = "1-3s"
    OUT_2_2S = "2-2s"
    OUT_R_4S = "R-4s"
    DRIFT_4_1S = "4-1s"
    DRIFT_10X = "10x"


class Standing(StrEnum):
    """Where somebody stands, from fine to worst."""

    NOT_KNOWN = "not_known"
    IN_CONTROL = "in_control"
    WARNING = "warning"
    DRIFTING = "drifting"
    OUT = "out"


RULE_SENTENCES = {
    QualityRule.WARN_1_2S: "One reading lies beyond 2 SD: look at the next one.",
    QualityRule.OUT_1_3S: "One reading lies beyond 3 SD.",
    QualityRule.OUT_2_2S: "Two readings in a row lie beyond 2 SD on the same side.",
    QualityRule.OUT_R_4S: "Two readings in a row lie beyond 2 SD on opposite sides.",
    QualityRule.DRIFT_4_1S: "Four readings in a row lie beyond 1 SD on the same side.",
    QualityRule.DRIFT_10X: "Ten readings in a row lie on the same side of the target.",
}
DRIFTS = frozenset({QualityRule.DRIFT_4_1S, QualityRule.DRIFT_10X})
STANDING_WORDS = {
    Standing.NOT_KNOWN: "Not known",
    Standing.IN_CONTROL: "In control",
    Standing.WARNING: "Warning",
    Standing.DRIFTING: "Drifting",
    Standing.OUT: "Out of control",
}
ORDER = tuple(Standing)


def broken_by_last(zs: Sequence[Decimal]) -> tuple[QualityRule, ...]:
    """The rules that the last of these readings breaks; they are in the order of time."""
    if not zs:
        return ()
    last = zs[-1]
    previous = zs[-2] if len(zs) > 1 else None
    applies: Mapping[QualityRule, bool] = {
        QualityRule.WARN_1_2S: abs(last) > WARN_BEYOND,
        QualityRule.OUT_1_3S: abs(last) > REJECT_BEYOND,
        QualityRule.OUT_2_2S: all_beyond(zs[-2:], 2, WARN_BEYOND),
        QualityRule.OUT_R_4S: previous is not None
        and min(last, previous) < -WARN_BEYOND
        and max(last, previous) > WARN_BEYOND,
        QualityRule.DRIFT_4_1S: all_beyond(zs[-LEANS_IN_A_ROW:], LEANS_IN_A_ROW, LEAN_BEYOND),
        QualityRule.DRIFT_10X: all_beyond(zs[-ONE_SIDE_IN_A_ROW:], ONE_SIDE_IN_A_ROW, Decimal(0)),
    }
    return tuple(rule for rule, holds in applies.items() if holds)


def all_beyond(zs: Sequence[Decimal], number: int, limit: Decimal) -> bool:
    """Are there so many, all beyond the limit and all on one side?"""
    if len(zs) < number:
        return False
    return all(z > limit for z in zs) or all(z < -limit for z in zs)


def judged(zs: Sequence[Decimal]) -> list[tuple[QualityRule, ...]]:
    """What each reading breaks, given those before it."""
    return [broken_by_last(zs[: at + 1]) for at in range(len(zs))]


def standing_after(zs: Sequence[Decimal]) -> tuple[Standing, tuple[QualityRule, ...]]:
    """Where a run of readings since the last action leaves somebody.

    Out of control stays until an action is noted; a warning is over with the next good reading.
    """
    if not zs:
        return Standing.NOT_KNOWN, ()
    each = judged(zs)
    rejects = ordered(rule for rules in each for rule in rules if rule is not QualityRule.WARN_1_2S)
    if rejects:
        return (Standing.DRIFTING if set(rejects) <= DRIFTS else Standing.OUT), rejects
    if each[-1]:
        return Standing.WARNING, each[-1]
    return Standing.IN_CONTROL, ()


def ordered(rules: Iterable[QualityRule]) -> tuple[QualityRule, ...]:
    found = set(rules)
    return tuple(rule for rule in QualityRule if rule in found)


def worst(standings: Iterable[Standing]) -> Standing:
    return max(standings, key=ORDER.index, default=Standing.NOT_KNOWN)


def z_of_control(value: Decimal, *, target: Decimal, sd: Decimal) -> Decimal:
    """How many standard deviations a control lies from its target."""
    return (value - target) / sd


def z_of_counts(first: int, second: int) -> Decimal | None:
    """How far two counts of one sample lie apart, in what chance allows; None when too few."""
    total = first + second
    if total < FEWEST_COUNTED:
        return None
    return Decimal(first - second) / Decimal(total).sqrt()


def z_of_percentages(first: Decimal, second: Decimal, assessed: int) -> Decimal | None:
    """How far two percentages lie apart; None at the edges, where there is no normal deviate."""
    mean = (first + second) / 2
    least, most = PERCENT_EDGES
    if not least <= mean <= most or Decimal(assessed) < MANY:
        return None
    return (first - second) / (2 * mean * (100 - mean) / assessed).sqrt()


@dataclass(frozen=True, slots=True)
class Compared:
    """One technologist beside the others on one lot; `apart` is None while too few have counted."""

    name: str
    number: int
    mean: Decimal
    sd: Decimal | None
    bias_pct: Decimal
    apart: bool | None


def compared(
    readings: Mapping[str, Sequence[Decimal]], *, target: Decimal, sd: Decimal
) -> list[Compared]:
    """Each one's mean, spread and bias; apart from the others when chance does not explain it."""
    return [
        Compared(
            name=name,
            number=len(values),
            mean=mean(values),
            sd=spread(values),
            bias_pct=(mean(values) - target) / target * 100,
            apart=is_apart(values, others_of(readings, name), sd),
        )
        for name, values in readings.items()
        if values
    ]


def others_of(readings: Mapping[str, Sequence[Decimal]], name: str) -> list[Decimal]:
    return [value for other, values in readings.items() if other != name for value in values]


def is_apart(own: Sequence[Decimal], others: Sequence[Decimal], sd: Decimal) -> bool | None:
    """Do two means differ by more than 1.96 standard errors of the lot's own spread?"""
    if min(len(own), len(others)) < FEWEST_COMPARED:
        return None
    error = sd * (1 / Decimal(len(own)) + 1 / Decimal(len(others))).sqrt()
    return abs(mean(own) - mean(others)) > COMPARED_BEYOND * error


def mean(values: Sequence[Decimal]) -> Decimal:
    return sum(values, Decimal(0)) / len(values)


def spread(values: Sequence[Decimal]) -> Decimal | None:
    """The standard deviation of what was counted; unknown from a single reading."""
    if len(values) < 2:
        return None
    middle = mean(values)
    squares = sum(((value - middle) ** 2 for value in values), Decimal(0))
    return (squares / (len(values) - 1)).sqrt()
