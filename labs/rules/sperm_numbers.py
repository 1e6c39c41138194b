"""How sperm numbers are written (domain reference §4.3), and how many may be missed (§4.5)."""

import math
from decimal import ROUND_FLOOR, Decimal

from labs.rules.quantities import Quantity, rounded, significant

MILLION = Decimal(1_000_000)
FEW_M_PER_ML = Decimal("0.1")
"""Below this a concentration is written as sperm per mL."""

WHOLE_NUMBERS_FROM_M = Decimal(10)
"""From here a total number is written without decimals."""

NONE_FOUND_BOUND = Decimal("3.00")
"""One-sided 95 % upper bound on a Poisson mean when nothing was counted."""

MISSED_WITH_CHANCE = 0.05


def grouped(value: Decimal) -> str:
    """A whole number in threes: 55 555."""
    return f"{value.quantize(Decimal(1)):,}".replace(",", "\u00a0")


def concentration_words(concentration: Quantity) -> str:
    """Two significant figures; very small ones as sperm per mL; a comparator value as it came."""
    if concentration.comparator is not None:
        return concentration.printed()
    if concentration.value < FEW_M_PER_ML:
        return f"{grouped(significant(concentration.value * MILLION))} sperm/mL"
    return f"{significant(concentration.value):f} ×10⁶/mL"


def total_words(total_m: Quantity) -> str:
    """A number of sperm in the ejaculate: whole millions from ten up, else one decimal."""
    if total_m.comparator is not None:
        return f"{total_m.comparator.printed} {significant(total_m.value):f} ×10⁶"
    if total_m.value < FEW_M_PER_ML:
        return f"{grouped(significant(total_m.value * MILLION))} sperm"
    decimals = 0 if total_m.value >= WHOLE_NUMBERS_FROM_M else 1
    return f"{rounded(total_m.value, decimals)} ×10⁶"


def per_ml_words(per_ml: Decimal) -> str:
    """Sperm per mL in two significant figures: "78 per mL", "1.0 per mL"."""
    shown = significant(per_ml)
    return f"{grouped(shown) if shown >= 10 else f'{shown:f}'}\u00a0per mL"


def floor_per_ml(concentration_m: Decimal) -> str:
    """A bound in sperm per mL, cut and not rounded: 0.0555… is 55 555."""
    return grouped((concentration_m * MILLION).to_integral_value(rounding=ROUND_FLOOR))


def upper_bound(found: int) -> Decimal:
    """The one-sided 95 % upper bound on what a count of n stands for: chi-square(0.95; 2(n+1))/2.

    It is the mean at which a count of n or fewer would happen once in twenty (exact Poisson).
    """
    if found == 0:
        return NONE_FOUND_BOUND
    low, high = float(found), found + 10.0 + 5.0 * math.sqrt(found)
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        if chance_of_at_most(found, middle) > MISSED_WITH_CHANCE:
            low = middle
        else:
            high = middle
    return Decimal(f"{(low + high) / 2:.6f}")


def chance_of_at_most(found: int, mean: float) -> float:
    """The Poisson chance of counting n or fewer, summed from the largest term down."""
    term = math.exp(found * math.log(mean) - mean - math.lgamma(found + 1))
    total = 0.0
    for count in range(found, -1, -1):
        total += term
        if term < total * 1e-17:
            break
        term *= count / mean
    return total


def detection_limit_per_ml(
    found: int, *, fraction_examined: Decimal | None, volume_ml: Decimal | None
) -> Decimal | None:
    """How many per mL of semen there may be at most; unknown without the part and the volume."""
    if not fraction_examined or not volume_ml:
        return None
    return upper_bound(found) / (fraction_examined * volume_ml)
