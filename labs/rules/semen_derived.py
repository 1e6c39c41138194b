"""What follows from a semen sheet by arithmetic (domain reference §4.3, §4.5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from labs.rules.quantities import ZERO, Quantity
from labs.rules.semen_limits import FIELD_LIMITS, percentile
from labs.rules.semen_sheet import Edition, PelletFinding, SemenSheet
from labs.rules.sperm_numbers import detection_limit_per_ml

FORMULA_VERSION = "semen-derived/1"
MILLIONS = "10*6"


@dataclass(frozen=True, slots=True)
class SemenDerived:
    """Numbers in millions carry on the comparator of the concentration they came from."""

    concentration: Quantity | None
    total_sperm_m: Quantity | None
    progressive_pct: Decimal | None
    total_motility_pct: Decimal | None
    immotile_pct: Decimal | None
    tmsc_m: Quantity | None
    tpmsc_m: Quantity | None
    total_normal_m: Quantity | None
    total_live_m: Quantity | None
    pellet_estimate: Decimal | None
    pellet_estimate_per_ml: Decimal | None
    detection_limit_per_ml: Decimal | None


def derived_from(sheet: SemenSheet) -> SemenDerived:
    total = total_sperm(sheet)
    estimate = pellet_estimate(sheet)
    return SemenDerived(
        concentration=sheet.reported_concentration,
        total_sperm_m=total,
        progressive_pct=sheet.progressive_pct,
        total_motility_pct=sheet.total_motility_pct,
        immotile_pct=sheet.immotile_pct,
        tmsc_m=part_of(total, sheet.total_motility_pct),
        tpmsc_m=part_of(total, sheet.progressive_pct),
        total_normal_m=part_of(total, sheet.normal_pct),
        total_live_m=part_of(total, sheet.vitality_pct),
        pellet_estimate=estimate,
        pellet_estimate_per_ml=(
            estimate / sheet.volume_ml if estimate is not None and sheet.volume_ml else None
        ),
        detection_limit_per_ml=detection_limit(sheet),
    )


def total_sperm(sheet: SemenSheet) -> Quantity | None:
    concentration = sheet.reported_concentration
    if concentration is None or sheet.volume_ml is None:
        return None
    return concentration.times(sheet.volume_ml, MILLIONS)


def part_of(total: Quantity | None, percent: Decimal | None) -> Quantity | None:
    if total is None or percent is None:
        return None
    part = total.times(percent / 100, MILLIONS)
    return Quantity(ZERO, MILLIONS) if percent == ZERO else part


def pellet_estimate(sheet: SemenSheet) -> Decimal | None:
    """Sperm in the whole pellet if the examined part was like the rest; always "estimate"."""
    if sheet.pellet_sperm_n is None or not sheet.pellet_fraction_examined:
        return None
    return sheet.pellet_sperm_n / sheet.pellet_fraction_examined


def detection_limit(sheet: SemenSheet) -> Decimal | None:
    """At most so many per mL, given what the examined part of the pellet held."""
    if sheet.pellet_sperm_n is None or sheet.pellet is PelletFinding.NOT_EXAMINED:
        return None
    if not FIELD_LIMITS["pellet_sperm_n"].is_possible(Decimal(sheet.pellet_sperm_n)):
        return None  # a sheet is read while it is typed: a slip has no bound, and would take long
    return detection_limit_per_ml(
        sheet.pellet_sperm_n,
        fraction_examined=sheet.pellet_fraction_examined,
        volume_ml=sheet.volume_ml,
    )


def percentiles_of(sheet: SemenSheet) -> Mapping[str, str]:
    """The bracket of each value in the sixth edition's table; editions are never mixed."""
    if sheet.edition is not Edition.WHO_6:
        return {}
    values = {
        "volume_ml": exact(sheet.volume_ml),
        "concentration": sheet.reported_concentration,
        "total_sperm_m": total_sperm(sheet),
        "total_motility_pct": exact(sheet.total_motility_pct),
        "progressive_pct": exact(sheet.progressive_pct),
        "np": exact(sheet.np),
        "im": exact(sheet.immotile_pct),
        "vitality_pct": exact(sheet.vitality_pct),
        "normal_pct": exact(sheet.normal_pct),
    }
    brackets = {key: percentile(key, value) for key, value in values.items() if value is not None}
    return {key: words for key, words in brackets.items() if words is not None}


def exact(value: Decimal | None) -> Quantity | None:
    return None if value is None else Quantity(value)
