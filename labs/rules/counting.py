"""From two counts in the chamber to a concentration (domain reference §4.4, improved Neubauer)."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from labs.rules.quantities import TOLERANCE, Comparator, Quantity, significant
from labs.rules.sperm_numbers import concentration_words, floor_per_ml

DILUTIONS = (2, 5, 10, 20, 50)
SQUARES_PER_GRID = 25
NANOLITRES_PER_GRID = 100
SQUARES = (5, 10, *(SQUARES_PER_GRID * grids for grids in range(1, 10)))
MOST_PAIRS = 3
ASSESSED_UP_TO = 1000
ENOUGH_PER_COUNT = 200
FEW_PER_COUNT = 25
TOO_FEW = Decimal(50)
CONCENTRATION_UNIT = "10*6/mL"

SUM_BINS = (
    1, 2, 4, 6, 9, 12, 16, 21, 26, 31, 37, 43, 51, 58, 66, 75, 84, 93, 104, 114, 125, 137, 149,
    162, 175, 189, 205, 218, 234, 250, 266, 283, 300, 318, 337, 356, 375, 395, 416, 437, 459, 481,
    503, 527, 550, 575, 599, 624, 650, 677, 703, 731, 759, 787, 816, 845, 875, 906, 937, 968, 1000,
)  # fmt: skip
"""The last sum of each bin of WHO table 2.3; the limit of the first bin is 1, of the next 2, on
to 61 (the manual misprints bin nine as 22-36)."""


class CountError(ValueError):
    """These counts cannot have come from this chamber; says why."""


class CountMessage(StrEnum):
    RECOUNT = "RECOUNT"
    INCREASED_UNCERTAINTY = "INCREASED_UNCERTAINTY"
    AGREEMENT_NOT_ASSESSED = "AGREEMENT_NOT_ASSESSED"
    EXTEND_AREA = "EXTEND_AREA"
    TOO_FEW_FOR_ACCURACY = "TOO_FEW_FOR_ACCURACY"
    PELLET_NEEDED = "PELLET_NEEDED"
    SEEN_BUT_NOT_COUNTED = "SEEN_BUT_NOT_COUNTED"


MESSAGE_SENTENCES = {
    CountMessage.RECOUNT: "The two counts differ by more than chance allows. Count a new pair.",
    CountMessage.INCREASED_UNCERTAINTY: (
        "Three pairs disagree: the mean is reported with increased uncertainty."
    ),
    CountMessage.AGREEMENT_NOT_ASSESSED: "More than 1000 counted: agreement is not assessed.",
    CountMessage.EXTEND_AREA: "Fewer than 200 in a count: count a larger area if there is one.",
    CountMessage.TOO_FEW_FOR_ACCURACY: "Too few sperm for an accurate concentration.",
    CountMessage.PELLET_NEEDED: (
        "None counted. The chamber alone never shows azoospermia: examine the pellet."
    ),
    CountMessage.SEEN_BUT_NOT_COUNTED: (
        "Sperm are there but none fell in the counted area: reported as below the limit."
    ),
}


@dataclass(frozen=True, slots=True)
class CountResult:
    """`accepted` is None where agreement is not assessed; `pair` is the index of the pair used."""

    accepted: bool | None
    pair: int | None
    total: Decimal
    difference: int
    limit: int | None
    concentration: Quantity | None
    display: str
    messages: tuple[CountMessage, ...]


@dataclass(frozen=True, slots=True)
class PercentAgreement:
    accepted: bool
    difference: Decimal
    limit: Decimal


def agreement_limit(total: int) -> int | None:
    """The largest difference two counts with this sum may show; None where WHO prints none."""
    if not 1 <= total <= ASSESSED_UP_TO:
        return None
    return bisect_left(SUM_BINS, total) + 1


def chamber_factor(*, dilution: int, squares: int) -> Decimal:
    """F of "(A + B) / F": nanolitres counted in both replicates, divided by the dilution."""
    if dilution not in DILUTIONS:
        raise CountError(f"A dilution of 1:{dilution} is not used; it is 1:2, 5, 10, 20 or 50.")
    if squares not in SQUARES:
        raise CountError("Counted squares are 5, 10, or whole grids of 25 up to nine.")
    counted_nl = Decimal(squares * NANOLITRES_PER_GRID) / SQUARES_PER_GRID
    return 2 * counted_nl / dilution


def counted(
    pairs: Sequence[tuple[int, int]],
    *,
    dilution: int,
    squares: int,
    fresh_sperm_seen: bool | None = None,
) -> CountResult:
    """The concentration these pairs allow: the first agreeing pair, or the mean of three."""
    if not 1 <= len(pairs) <= MOST_PAIRS:
        raise CountError("One to three pairs of counts are needed.")
    if any(count < 0 for pair in pairs for count in pair):
        raise CountError("A count is never below zero.")
    factor = chamber_factor(dilution=dilution, squares=squares)
    seen = bool(fresh_sperm_seen) or any(sum(pair) > 0 for pair in pairs)
    for index, pair in enumerate(pairs):
        if sum(pair) == 0:
            return nothing_counted(index, factor, seen=seen)
        limit = agreement_limit(sum(pair))
        if limit is None or difference(pair) <= limit:
            return used_pair(index, pair, factor)
    return disagreement(pairs, factor)


def difference(pair: tuple[int, int]) -> int:
    return abs(pair[0] - pair[1])


def nothing_counted(index: int, factor: Decimal, *, seen: bool) -> CountResult:
    bound = Quantity(significant(TOO_FEW / factor), CONCENTRATION_UNIT, Comparator.LT)
    message = CountMessage.SEEN_BUT_NOT_COUNTED if seen else CountMessage.PELLET_NEEDED
    return CountResult(
        accepted=None,
        pair=index,
        total=Decimal(0),
        difference=0,
        limit=None,
        concentration=bound if seen else None,
        display=too_few_words(factor) if seen else "none counted",
        messages=(message,),
    )


def used_pair(index: int, pair: tuple[int, int], factor: Decimal) -> CountResult:
    total = sum(pair)
    limit = agreement_limit(total)
    concentration = Quantity(Decimal(total) / factor, CONCENTRATION_UNIT)
    unassessed = () if limit else (CountMessage.AGREEMENT_NOT_ASSESSED,)
    return CountResult(
        accepted=True if limit else None,
        pair=index,
        total=Decimal(total),
        difference=difference(pair),
        limit=limit,
        concentration=concentration,
        display=shown(concentration, [pair], factor),
        messages=(*unassessed, *size_messages([pair])),
    )


def disagreement(pairs: Sequence[tuple[int, int]], factor: Decimal) -> CountResult:
    """A new count is asked for, or after three the mean is used with a warning."""
    final = len(pairs) == MOST_PAIRS
    mean = Decimal(sum(sum(pair) for pair in pairs)) / len(pairs)
    concentration = Quantity(mean / factor, CONCENTRATION_UNIT) if final else None
    verdict = CountMessage.INCREASED_UNCERTAINTY if final else CountMessage.RECOUNT
    return CountResult(
        accepted=False,
        pair=None,
        total=mean if final else Decimal(sum(pairs[-1])),
        difference=difference(pairs[-1]),
        limit=agreement_limit(sum(pairs[-1])),
        concentration=concentration,
        display=shown(concentration, pairs, factor) if concentration else "not yet known",
        messages=(verdict, *(size_messages(pairs) if final else ())),
    )


def size_messages(pairs: Sequence[tuple[int, int]]) -> tuple[CountMessage, ...]:
    counts = [count for pair in pairs for count in pair]
    messages = []
    if min(counts) < ENOUGH_PER_COUNT:
        messages.append(CountMessage.EXTEND_AREA)
    if max(counts) < FEW_PER_COUNT:
        messages.append(CountMessage.TOO_FEW_FOR_ACCURACY)
    return tuple(messages)


def shown(concentration: Quantity, pairs: Sequence[tuple[int, int]], factor: Decimal) -> str:
    value = concentration_words(concentration)
    if CountMessage.TOO_FEW_FOR_ACCURACY not in size_messages(pairs):
        return value
    return f"{value}; too few for accurate determination, {too_few_words(factor)}"


def too_few_words(factor: Decimal) -> str:
    """Below 50 counted: "< 0.056 ×10⁶/mL (55 555/mL)" with nine grids at 1:2."""
    bound = TOO_FEW / factor
    words = Quantity(significant(bound), CONCENTRATION_UNIT, Comparator.LT).printed()
    return f"{words} ({floor_per_ml(bound)}/mL)"


def percent_replicates(first: Decimal, second: Decimal, assessed: int) -> PercentAgreement:
    """Do two percentages of so many cells each agree within 1.96 standard errors?"""
    if assessed < 1:
        raise CountError("The number assessed in each replicate is at least one.")
    if not (0 <= first <= 100 and 0 <= second <= 100):
        raise CountError("A percentage lies between 0 and 100.")
    mean = (first + second) / 2
    spread = Decimal("1.96") * (2 * mean * (100 - mean) / assessed).sqrt()
    limit = max(Decimal(1), spread)
    gap = abs(first - second)
    return PercentAgreement(accepted=gap <= limit + TOLERANCE, difference=gap, limit=limit)
