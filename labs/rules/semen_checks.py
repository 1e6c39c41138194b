"""What cannot be true on a semen sheet (errors) and what should be looked at again (warnings).

Domain reference §4.1 for single fields, §4.7 for fields that contradict each other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import chain

from labs.rules.counting import MOST_PAIRS, CountError
from labs.rules.quantities import ZERO, Quantity
from labs.rules.semen_limits import (
    ANALYSIS_WITHIN_MIN,
    COUNT_ENOUGH,
    COUNT_MOST,
    FIELD_LIMITS,
    RECEIVED_WITHIN_H,
    TOTAL_SPERM_MOST_M,
    TOTAL_SPERM_USUAL_M,
    FieldLimits,
)
from labs.rules.semen_replicates import REPLICATES
from labs.rules.semen_sheet import (
    Appearance,
    CollectionMethod,
    CollectionPlace,
    Completeness,
    FreshSperm,
    PelletFinding,
    SemenSheet,
    SheetStatus,
    Viscosity,
)
from labs.rules.units import printed_unit

PERCENT_SUM = (Decimal(99), Decimal(101))
CONCENTRATION_MAY_DIFFER = Decimal("0.05")
ASSESSED_ON_SPERM = (
    "pr", "pr_rapid", "pr_slow", "np", "im", "progressive_a", "progressive_b",
    "vitality_pct", "vitality_a", "vitality_b", "normal_pct", "normal_a", "normal_b",
)  # fmt: skip
VITALITY_SLACK = 10
VITALITY_NEEDED_BELOW = Decimal(40)


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong or unusual, at the field where a person would mend it."""

    severity: Severity
    field: str
    code: str
    sentence: str


def error(field: str, code: str, sentence: str) -> Problem:
    return Problem(Severity.ERROR, field, code, sentence)


def warning(field: str, code: str, sentence: str) -> Problem:
    return Problem(Severity.WARNING, field, code, sentence)


def check_sheet(sheet: SemenSheet, *, now: datetime | None = None) -> tuple[Problem, ...]:
    """Everything wrong or unusual, errors first; `now` lets a future collection be refused."""
    found = chain(
        field_problems(sheet),
        time_problems(sheet, now),
        collection_warnings(sheet),
        count_problems(sheet),
        pellet_problems(sheet),
        presence_problems(sheet),
        motility_problems(sheet),
        vitality_problems(sheet),
        replicate_problems(sheet),
        signature_problems(sheet),
    )
    return tuple(sorted(found, key=lambda problem: problem.severity is Severity.WARNING))


def errors_of(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    return tuple(problem for problem in problems if problem.severity is Severity.ERROR)


def warnings_of(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    return tuple(problem for problem in problems if problem.severity is Severity.WARNING)


def field_problems(sheet: SemenSheet) -> Iterator[Problem]:
    for key, limits in FIELD_LIMITS.items():
        value = number_of(getattr(sheet, key))
        if value is None:
            continue
        shown = f"{limits.name} {value:f}"
        if not limits.is_possible(value):
            possible = span_words(limits.hard, limits)
            yield error(key, "OUT_OF_RANGE", f"{shown} cannot be: possible is {possible}.")
        elif not limits.is_usual(value):
            usual = span_words(limits.soft, limits)
            yield warning(key, "UNUSUAL", f"{shown} is unusual: usual is {usual}.")


def number_of(value: Decimal | int | Quantity | None) -> Decimal | None:
    match value:
        case Quantity():
            return value.value
        case None:
            return None
        case _:
            return Decimal(value)


def span_words(pair: tuple[Decimal | None, Decimal | None], limits: FieldLimits) -> str:
    low, high = pair
    unit = printed_unit(limits.unit)
    tail = f" {unit}" if unit else ""
    if low is None:
        under = "below" if limits.soft_top_is_out else "up to"
        return f"{under} {high:f}{tail}"
    if high is None:
        return f"from {low:f}{tail}"
    return f"at {low:f}{tail}" if low == high else f"between {low:f} and {high:f}{tail}"


def time_problems(sheet: SemenSheet, now: datetime | None) -> Iterator[Problem]:
    collected = sheet.collected_at
    if now is not None and collected is not None and collected > now:
        yield error("collected_at", "COLLECTED_IN_FUTURE", "The collection lies in the future.")
    for field, at, word in (
        ("received_at", sheet.received_at, "received"),
        ("analysis_started_at", sheet.analysis_started_at, "analysed"),
    ):
        if collected is None or at is None:
            continue
        if at < collected:
            yield error(
                field, "BEFORE_COLLECTION", f"The sample was {word} before it was collected."
            )
        elif at - collected > timedelta(hours=RECEIVED_WITHIN_H):
            yield error(field, "TOO_LATE", f"The sample was {word} more than 24 hours later.")
    waited = sheet.minutes_to_analysis
    if waited is not None and waited > ANALYSIS_WITHIN_MIN:
        yield warning(
            "analysis_started_at",
            "ANALYSIS_LATE",
            f"The analysis began {waited:.0f} min after collection; the limit is 60.",
        )


def collection_warnings(sheet: SemenSheet) -> Iterator[Problem]:
    unusual = (
        (
            sheet.method not in (None, CollectionMethod.MASTURBATION),
            warning("method", "METHOD_UNUSUAL", "The sample was not collected in the usual way."),
        ),
        (
            sheet.place is CollectionPlace.HOME,
            warning("place", "COLLECTED_AT_HOME", "The sample was collected at home."),
        ),
        (
            sheet.complete not in (None, Completeness.COMPLETE),
            warning("complete", "INCOMPLETE_COLLECTION", "Part of the ejaculate was lost."),
        ),
        (
            sheet.viscosity is Viscosity.ABNORMAL,
            warning("viscosity", "VISCOSITY_ABNORMAL", "Threads of more than 2 cm."),
        ),
        (
            sheet.appearance not in (None, Appearance.CREAM_GREY),
            warning("appearance", "APPEARANCE_UNUSUAL", "The colour is not the usual one."),
        ),
    )
    return (problem for applies, problem in unusual if applies)


def count_problems(sheet: SemenSheet) -> Iterator[Problem]:
    counts = [count for pair in sheet.count_pairs for count in pair]
    if len(sheet.count_pairs) > MOST_PAIRS:
        yield error("count_pairs", "TOO_MANY_PAIRS", "At most three pairs are counted.")
        return
    if any(not 0 <= count <= COUNT_MOST for count in counts):
        yield error("count_pairs", "OUT_OF_RANGE", "A count lies between 0 and 5000.")
        return
    if counts and min(counts) < COUNT_ENOUGH:
        yield warning("count_pairs", "COUNT_SMALL", "Fewer than 200 sperm in a count.")
    try:
        computed = sheet.count_or_refuse()
    except CountError as why:
        yield error("count_pairs", "CHAMBER_IMPOSSIBLE", str(why))
        return
    if computed and computed.concentration and sheet.concentration:
        yield from concentration_problems(sheet.concentration, computed.concentration)
    yield from total_problems(sheet)


def concentration_problems(entered: Quantity, computed: Quantity) -> Iterator[Problem]:
    """The entered concentration is the counted one, to within 5 % for rounding."""
    room = computed.value * CONCENTRATION_MAY_DIFFER
    close = abs(entered.value - computed.value) <= room
    allowed = not (
        entered.span.surely_above(computed.value + room)
        or entered.span.surely_below(computed.value - room)
    )
    agrees = allowed if entered.comparator or computed.comparator else close
    if not agrees:
        yield error(
            "concentration",
            "CONCENTRATION_DIFFERS",
            f"The counts give {computed.printed(3)}; {entered.printed()} was entered.",
        )


def total_problems(sheet: SemenSheet) -> Iterator[Problem]:
    concentration = sheet.reported_concentration
    if concentration is None or sheet.volume_ml is None:
        return
    total = concentration.value * sheet.volume_ml
    if total > TOTAL_SPERM_MOST_M:
        yield error(
            "concentration", "OUT_OF_RANGE", "More than 5000 million sperm in all cannot be."
        )
    elif total > TOTAL_SPERM_USUAL_M:
        yield warning("concentration", "UNUSUAL", "More than 1500 million sperm in all is unusual.")


def pellet_problems(sheet: SemenSheet) -> Iterator[Problem]:
    found, motile = sheet.pellet_sperm_n, sheet.pellet_motile_n
    if found is not None and motile is not None and motile > found:
        yield error(
            "pellet_motile_n",
            "MOTILE_ABOVE_FOUND",
            f"{motile} motile of {found} found cannot be. Correct one of the two.",
        )
    if sheet.pellet_sperm_seen is not None and found is not None:
        if sheet.pellet_sperm_seen is not (found > 0):
            yield error("pellet_sperm_n", "PELLET_CONTRADICTS", "Seen and counted do not agree.")
    elif sheet.pellet_sperm_seen is False and motile:
        yield error("pellet_motile_n", "PELLET_CONTRADICTS", "Seen and counted do not agree.")
    if sheet.pellet_done is False and (found is not None or sheet.pellet_sperm_seen is not None):
        yield error("pellet_done", "PELLET_NOT_DONE", "A pellet that was not made has no result.")
    part = sheet.pellet_fraction_examined
    if part is not None and not ZERO < part <= 1:
        yield error(
            "pellet_fraction_examined",
            "OUT_OF_RANGE",
            "The examined part of the pellet is more than 0 and at most 1.",
        )


def presence_problems(sheet: SemenSheet) -> Iterator[Problem]:
    concentration = sheet.reported_concentration
    counted = concentration is not None and concentration.span.surely_above(ZERO)
    none_fresh = sheet.fresh_sperm_seen is FreshSperm.NONE
    if none_fresh and (counted or sheet.fresh_sperm_n):
        yield error(
            "concentration" if counted else "fresh_sperm_n",
            "COUNTED_BUT_NOT_SEEN",
            "Sperm were counted, but the fresh preparation is said to hold none.",
        )
    assessed = any(getattr(sheet, field) for field in ASSESSED_ON_SPERM)
    if sheet.volume_ml == ZERO and (sheet.sperm_seen or counted or assessed):
        yield error("volume_ml", "SPERM_WITHOUT_VOLUME", "Sperm were found in a volume of 0 mL.")
    if none_fresh and sheet.pellet is PelletFinding.NONE:
        for field in ASSESSED_ON_SPERM:
            if getattr(sheet, field) is not None:
                yield error(
                    field, "NOTHING_TO_ASSESS", "No sperm were found, so there is none to assess."
                )


def motility_problems(sheet: SemenSheet) -> Iterator[Problem]:
    rapid, slow = sheet.pr_rapid, sheet.pr_slow
    given_twice = sheet.pr is not None and rapid is not None and slow is not None
    if given_twice and abs((sheet.pr or ZERO) - (rapid or ZERO) - (slow or ZERO)) > 1:
        yield error("pr", "PROGRESSIVE_DIFFERS", "Progressive is not rapid plus slow.")
    progressive = sheet.progressive_pct
    parts = [part for part in (progressive, sheet.np, sheet.im) if part is not None]
    least, most = PERCENT_SUM
    total = sum(parts, ZERO)
    if total > most or (len(parts) == 3 and total < least):
        yield error(
            "im" if sheet.im is not None else "np",
            "MOTILITY_SUM",
            f"The motility classes add up to {total:f}, not 100.",
        )


def vitality_problems(sheet: SemenSheet) -> Iterator[Problem]:
    motile, live = sheet.total_motility_pct, sheet.vitality_pct
    if motile is None:
        return
    if live is None:
        if motile < VITALITY_NEEDED_BELOW and sheet.sperm_in_fresh:
            yield warning(
                "vitality_pct", "VITALITY_NEEDED", "Vitality is needed below 40 % total motility."
            )
    elif live + VITALITY_SLACK < motile:
        yield warning(
            "vitality_pct",
            "VITALITY_FAR_BELOW_MOTILITY",
            f"{motile:f} % move but only {live:f} % are said to live.",
        )
    elif live < motile:
        yield warning(
            "vitality_pct", "VITALITY_BELOW_MOTILITY", "Slightly fewer live than move; look again."
        )


def replicate_problems(sheet: SemenSheet) -> Iterator[Problem]:
    """Two percentages that chance does not explain, and a value that is not their mean."""
    for kind in REPLICATES:
        found = kind.of(sheet)
        if found is None:
            continue
        if not found.agreement.accepted:
            yield warning(kind.second, "REPLICATES_DISAGREE", found.words)
        if not found.mean_is_entered:
            field = "pr" if kind.mean == "progressive_pct" else kind.mean
            yield error(
                field,
                "NOT_THE_MEAN",
                f"The replicates give {found.mean:f} %; {found.entered:f} was entered.",
            )


def signature_problems(sheet: SemenSheet) -> Iterator[Problem]:
    """A final sheet is verified by a second person (domain reference §4.1, a programme default)."""
    if sheet.status is not SheetStatus.FINAL or not sheet.technologist:
        return
    if not sheet.verified_by or sheet.verified_by == sheet.technologist:
        yield error(
            "verified_by", "SECOND_PERSON_NEEDED", "A second person verifies a final sheet."
        )
