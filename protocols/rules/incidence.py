"""How soon: the share that has had an event by a time, with censoring (domain reference §8.2).

With exact times it is one minus Kaplan-Meier, with Greenwood's error and the log-log interval.
Where only the visits before and after are known it is Turnbull's estimate over half-open
intervals: after the last negative sample, up to and including the first positive one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from math import exp, inf, log, sqrt

Z = 1.959963984540054
CLOSE_ENOUGH = 1e-13
MOST_ROUNDS = 200_000
MOST_STEPS = 30_000_000
HALF = 0.5
ROUNDING = 1e-9


class Method(StrEnum):
    KAPLAN_MEIER = "KAPLAN_MEIER"
    TURNBULL = "TURNBULL"


@dataclass(frozen=True, slots=True)
class Step:
    """By time t a share f has had the event; what an estimate does not give is None."""

    t: float
    f: float
    at_risk: int | None = None
    events: int | None = None
    se: float | None = None
    lo: float | None = None
    hi: float | None = None


@dataclass(frozen=True, slots=True)
class Incidence:
    method: Method
    steps: tuple[Step, ...]
    median: float | None


def kaplan_meier(events: Sequence[float], censored: Sequence[float]) -> Incidence:
    """Cumulative incidence at each event time; at the same time events come before censorings."""
    survival, greenwood, steps = 1.0, 0.0, []
    for t in sorted(set(events)):
        at_risk = sum(time >= t for time in (*events, *censored))
        had = sum(time == t for time in events)
        survival *= (at_risk - had) / at_risk
        if at_risk > had:
            greenwood += had / (at_risk * (at_risk - had))
        steps.append(step(t, survival, greenwood, at_risk, had))
    return Incidence(Method.KAPLAN_MEIER, tuple(steps), median(steps))


def step(t: float, survival: float, greenwood: float, at_risk: int, had: int) -> Step:
    if survival <= 0:
        return Step(t, 1.0, at_risk, had)
    error = sqrt(greenwood)
    reach = Z * error / log(survival)
    low, high = sorted((survival ** exp(reach), survival ** exp(-reach)))
    return Step(t, 1 - survival, at_risk, had, survival * error, 1 - high, 1 - low)


def median(steps: Sequence[Step]) -> float | None:
    """The first time by which half have had the event; None while it is not reached."""
    return next((row.t for row in steps if row.f >= HALF - ROUNDING), None)


def turnbull(intervals: Sequence[tuple[float, float | None]]) -> Incidence:
    """The estimate that makes these intervals likeliest, at every end of an interval."""
    spans = [(low, inf if high is None else high) for low, high in intervals]
    cells = innermost(spans)
    weights = likeliest(spans, cells)
    times = sorted({end for span in spans for end in span if 0 < end < inf})
    steps = [
        Step(t, sum(w for (_, high), w in zip(cells, weights, strict=True) if high <= t))
        for t in times
    ]
    return Incidence(Method.TURNBULL, tuple(steps), median(steps))


def innermost(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The stretches from a beginning to the very next end: nowhere else can the estimate rise.

    An interval that ends where another begins does not meet it, so ends are sorted first.
    """
    edges = sorted({(low, 1) for low, _ in spans} | {(high, 0) for _, high in spans})
    return [
        (edge, following)
        for (edge, begins), (following, begins_too) in pairwise(edges)
        if begins and not begins_too
    ]


def likeliest(
    spans: Sequence[tuple[float, float]], cells: Sequence[tuple[float, float]]
) -> list[float]:
    """The weight of each cell, by self-consistency until nothing moves any more."""
    counts: dict[tuple[int, ...], int] = {}
    for low, high in spans:
        inside = tuple(i for i, cell in enumerate(cells) if low <= cell[0] and cell[1] <= high)
        counts[inside] = counts.get(inside, 0) + 1
    weights = [1 / len(cells)] * len(cells)
    rounds = min(MOST_ROUNDS, MOST_STEPS // sum(len(inside) for inside in counts))
    for _ in range(rounds):
        shared = [0.0] * len(cells)
        for inside, people in counts.items():
            whole = sum(weights[i] for i in inside)
            for i in inside:
                shared[i] += people * weights[i] / whole
        found = [share / len(spans) for share in shared]
        moved = max(abs(a - b) for a, b in zip(found, weights, strict=True))
        weights = found
        if moved < CLOSE_ENOUGH:
            break
    return weights
