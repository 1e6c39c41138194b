"""How sure a share of a few people is: the intervals of Clopper and Pearson and of Wilson.

Source: domain reference §8.1. The limits are those values of p at which the observed count would
just be one of the unlikely 2.5 % on its side; they are found by bisection on the binomial tail.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import exp, lgamma, log, log1p, sqrt

CONFIDENCE = 0.95
#: Below this many people a percentage says more than is known (domain reference §8.1).
FEWEST_FOR_PERCENT = 5
STEPS = 60
SMALL = 1e-17
Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Proportion:
    """`events` of `of` people; the limits are None for nobody at all."""

    events: int
    of: int
    low: float | None
    high: float | None

    @property
    def share(self) -> float | None:
        return self.events / self.of if self.of else None

    @property
    def percent(self) -> str:
        """37 %; nothing where there are fewer than five."""
        if self.of < FEWEST_FOR_PERCENT or self.share is None:
            return ""
        return f"{whole(self.share)}\u00a0%"

    @property
    def interval(self) -> str:
        """20–56 %; nothing where there are fewer than five."""
        if self.of < FEWEST_FOR_PERCENT or self.low is None or self.high is None:
            return ""
        return f"{whole(self.low)}–{whole(self.high)}\u00a0%"

    @property
    def words(self) -> str:
        """11 of 30, 37 % (95 % CI 20–56 %, exact); always with the number of people."""
        if not self.of:
            return "no data"
        counted = f"{self.events} of {self.of}"
        if not self.percent:
            return counted
        return f"{counted}, {self.percent} (95\u00a0% CI {self.interval}, exact)"


def whole(share: float) -> int:
    """In whole per cent, half up."""
    return int(share * 100 + 0.5)


@lru_cache(maxsize=1024)
def proportion(events: int, of: int) -> Proportion:
    """The share with its exact two-sided 95 % interval."""
    if not 0 <= events <= of:
        raise ValueError(f"{events} of {of} is no share")
    if not of:
        return Proportion(0, 0, None, None)
    return Proportion(events, of, lower(events, of), upper(events, of))


def lower(events: int, of: int, confidence: float = CONFIDENCE) -> float:
    """The p at which `events` or more would happen with half the rest of the confidence."""
    if events == 0:
        return 0.0
    tail = (1 - confidence) / 2
    return bisect(lambda p: at_least(events, of, p) < tail)


def upper(events: int, of: int, confidence: float = CONFIDENCE) -> float:
    """The p at which `events` or fewer would happen with half the rest of the confidence."""
    if events == of:
        return 1.0
    tail = (1 - confidence) / 2
    return bisect(lambda p: 1 - at_least(events + 1, of, p) > tail)


def upper_one_sided(events: int, of: int, confidence: float = CONFIDENCE) -> float:
    """The share that is surely not exceeded; 1 - 0.05 ** (1 / n) when it never happened."""
    return upper(events, of, confidence=1 - 2 * (1 - confidence))


def wilson(events: int, of: int) -> tuple[float, float]:
    """Wilson's interval, two-sided 95 %, without a correction for continuity."""
    share = events / of
    middle = share + Z**2 / (2 * of)
    reach = Z * sqrt(share * (1 - share) / of + Z**2 / (4 * of**2))
    scale = 1 + Z**2 / of
    low = 0.0 if events == 0 else (middle - reach) / scale
    return low, 1.0 if events == of else (middle + reach) / scale


def bisect(below: Callable[[float], bool]) -> float:
    """Where a statement that is true for small p becomes false."""
    low, high = 0.0, 1.0
    for _ in range(STEPS):
        middle = (low + high) / 2
        if below(middle):
            low = middle
        else:
            high = middle
    return (low + high) / 2


def at_least(events: int, of: int, p: float) -> float:
    """The binomial chance of `events` or more of `of`, each with chance p; the shorter tail."""
    if events > of * p:
        return tail(range(events, of + 1), of, p)
    return 1 - tail(range(events - 1, -1, -1), of, p)


def tail(counts: Iterable[int], of: int, p: float) -> float:
    """The chances of these counts together, which only fall: the rest is left out as too small."""
    total = 0.0
    for events in counts:
        part = chance(events, of, p)
        total += part
        if part <= total * SMALL:
            break
    return total


def chance(events: int, of: int, p: float) -> float:
    """Exactly so many: in logarithms, so that a large clinic does not overflow."""
    ways = lgamma(of + 1) - lgamma(events + 1) - lgamma(of - events + 1)
    return exp(ways + events * log(p) + (of - events) * log1p(-p))
