"""What helps while a semen sheet is typed: a sentence beside a field, computed from the others.

Nothing here decides; the same rules decide when the sheet is kept (domain reference §4.2 to §4.5).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from labs.rules.counting import (
    MOST_PAIRS,
    SQUARES,
    SQUARES_PER_GRID,
    CountError,
    agreement_limit,
    chamber_factor,
)
from labs.rules.quantities import ZERO
from labs.rules.semen_derived import derived_from, percentiles_of
from labs.rules.semen_limits import FIELD_LIMITS, LOW_PH, LOWER_LIMITS, LowerLimits
from labs.rules.semen_replicates import REPLICATES
from labs.rules.semen_sheet import Edition, FreshSperm, PelletFinding, SemenSheet
from labs.rules.sperm_numbers import grouped, per_ml_words, total_words


@dataclass(frozen=True, slots=True)
class Dilute:
    """From how many sperm per field at ×400 a dilution serves, and how it is mixed."""

    from_per_field: Decimal
    dilution: int
    semen_ul: int
    fixative_ul: int


DILUTE = (
    Dilute(Decimal(200), 50, 50, 2450),
    Dilute(Decimal(40), 20, 50, 950),
    Dilute(Decimal(16), 10, 50, 450),
    Dilute(Decimal(2), 5, 50, 200),
    Dilute(ZERO, 2, 100, 100),
)
"""Domain reference §4.4: above 200, 40 to 200, 16 to 40, 2 to 15, below 2. The printed rows meet at
40, which takes the stronger dilution; between 15 and 16 they leave open, and the weaker serves."""


def dilution_for(per_field: Decimal) -> Dilute:
    """The dilution for so many sperm per field; exactly 200 is not above 200."""
    first, *rest = DILUTE
    if per_field > first.from_per_field:
        return first
    return next(row for row in rest if per_field >= row.from_per_field)


def hints(sheet: SemenSheet) -> Mapping[str, tuple[str, ...]]:
    """What to say beside each field, by its key."""
    said: dict[str, list[str]] = {}
    for key, sentence in (
        *chamber_hints(sheet),
        *pair_hints(sheet),
        *number_hints(sheet),
        *pellet_hints(sheet),
        *replicate_hints(sheet),
        *percentile_hints(sheet),
    ):
        said.setdefault(key, []).append(sentence)
    return {key: tuple(sentences) for key, sentences in said.items()}


Hint = tuple[str, str]


def chamber_hints(sheet: SemenSheet) -> Iterator[Hint]:
    if sheet.fresh_sperm_per_hpf is not None and FIELD_LIMITS["fresh_sperm_per_hpf"].is_possible(
        sheet.fresh_sperm_per_hpf
    ):
        row = dilution_for(sheet.fresh_sperm_per_hpf)
        yield (
            "dilution",
            (
                f"{sheet.fresh_sperm_per_hpf:f} per field: dilute 1:{row.dilution}, "
                f"{row.semen_ul} µL semen with {row.fixative_ul} µL fixative."
            ),
        )
    factor = factor_of(sheet)
    if factor is not None:
        area = area_words(sheet.squares or SQUARES_PER_GRID)
        yield "squares", f"{area} at 1:{sheet.dilution}: sum ÷ {factor.normalize():f} is M/mL."


def factor_of(sheet: SemenSheet) -> Decimal | None:
    if sheet.dilution is None or sheet.squares is None:
        return None
    try:
        return chamber_factor(dilution=sheet.dilution, squares=sheet.squares)
    except CountError:
        return None


def area_words(squares: int) -> str:
    if squares not in SQUARES or squares < SQUARES_PER_GRID:
        return f"{squares} squares"
    grids = squares // SQUARES_PER_GRID
    return f"{grids} grid{'' if grids == 1 else 's'}"


def pair_hints(sheet: SemenSheet) -> Iterator[Hint]:
    """Each pair beside its limit, and what to do next: keep it, count again, count a third."""
    for number, (first, second) in enumerate(sheet.count_pairs[:MOST_PAIRS], start=1):
        if first < 0 or second < 0:
            continue
        total, gap = first + second, abs(first - second)
        limit = agreement_limit(total)
        key = f"count_b{number}"
        if limit is None:
            words = "nothing counted" if total == 0 else "agreement is not assessed above 1000"
            yield key, f"Sum {total}: {words}."
        elif gap <= limit:
            yield key, f"Sum {total}, difference {gap}, allowed {limit}: the pair is accepted."
            return
        else:
            yield key, f"Sum {total}, difference {gap}, allowed {limit}: {NEXT[number]}."


NEXT = {
    1: "count a second pair",
    2: "count a third pair",
    3: "the mean of the three is used",
}


def number_hints(sheet: SemenSheet) -> Iterator[Hint]:
    computed = sheet.chamber_count
    if computed is not None and computed.concentration is not None:
        yield "concentration", f"From the counts: {computed.display}."
    total = derived_from(sheet).total_sperm_m
    if total is not None:
        yield "concentration", f"In all {total_words(total)}."
    motile = sheet.total_motility_pct
    if motile is not None and sheet.np is not None:
        yield "np", f"Total motility {motile:f} %."


def pellet_hints(sheet: SemenSheet) -> Iterator[Hint]:
    none_fresh = sheet.fresh_sperm_seen is FreshSperm.NONE
    if none_fresh and sheet.pellet is PelletFinding.NOT_EXAMINED:
        yield "pellet_done", "None seen fresh: spin all of it at 3000 g for 15 min and search."
    if sheet.pellet_g is not None and sheet.pellet_min is not None:
        done = "can show that there is none" if sheet.pellet_was_spun_enough else (
            "finds sperm, but cannot show that there is none: 1000 g for 15 min at least"
        )  # fmt: skip
        yield "pellet_min", f"{sheet.pellet_g:f} g × {sheet.pellet_min:f} min {done}."
    part, pellet = sheet.pellet_fraction_examined, sheet.pellet_volume_ul
    if part is not None and pellet is not None and ZERO < part <= 1:
        yield "pellet_fraction_examined", f"{(part * pellet).normalize():f} µL searched."
    yield from found_hints(sheet)


def found_hints(sheet: SemenSheet) -> Iterator[Hint]:
    """The honest nought: how many could be there and not have been seen."""
    derived, found = derived_from(sheet), sheet.pellet_sperm_n
    limit = derived.detection_limit_per_ml
    if found is None:
        return
    if limit is None:
        yield (
            "pellet_sperm_n",
            "Without the part searched and the volume nobody can say what was missed.",
        )
    elif found == 0:
        yield "pellet_sperm_n", f"None seen: fewer than {per_ml_words(limit)} of semen."
    else:
        estimate = derived.pellet_estimate
        whole = "" if estimate is None else f"About {grouped(estimate)} in the whole pellet; "
        yield "pellet_sperm_n", f"{whole}at most {per_ml_words(limit)} of semen."


def replicate_hints(sheet: SemenSheet) -> Iterator[Hint]:
    for kind in REPLICATES:
        found = kind.of(sheet)
        if found is not None and found.agreement.accepted:
            yield kind.second, found.words


PERCENTILE_AT = {
    "total_sperm_m": "concentration",
    "total_motility_pct": "np",
    "progressive_pct": "pr",
}
PERCENTILE_OF = {
    "total_sperm_m": "The total is",
    "total_motility_pct": "Total motility is",
    "progressive_pct": "Progressive motility is",
    "volume_ml": "Volume is",
    "concentration": "Concentration is",
    "np": "Non-progressive is",
    "im": "Immotile is",
    "vitality_pct": "Vitality is",
    "normal_pct": "Normal forms are",
}


def percentile_hints(sheet: SemenSheet) -> Iterator[Hint]:
    """The bracket of the sixth edition's table each value falls in."""
    for key, words in percentiles_of(sheet).items():
        yield PERCENTILE_AT.get(key, key), f"{PERCENTILE_OF[key]} {words}."


def limit_notes(edition: Edition) -> Mapping[str, str]:
    """The lower limits of one edition, written beside the fields; two are never mixed."""
    limits: LowerLimits = LOWER_LIMITS[edition]
    return {
        "volume_ml": f"≥ {limits.volume_ml:f}",
        "ph": f"≥ {LOW_PH:f}",
        "concentration": f"≥ {limits.concentration_m:f}; from the counts if empty",
        "pr": f"≥ {limits.progressive_pct:f}; rapid + slow if empty",
        "np": f"with progressive ≥ {limits.total_motility_pct:f}",
        "vitality_pct": f"≥ {limits.vitality_pct:f}; needed below 40 % motile",
        "normal_pct": f"≥ {limits.normal_pct:f}",
    }
