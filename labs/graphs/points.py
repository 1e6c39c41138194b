"""From rows to points of a graph: each in one unit, each with the words that stand over it."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from labs.graphs.vega import Band, Point, Sample
from labs.models import Result, SemenAnalysis
from labs.rules.catalogue import Analyte, published_catalogue
from labs.rules.display import Units
from labs.rules.quantities import Comparator, Quantity
from labs.rules.ranges import Range, RangeError


def points_of(
    rows: Sequence[Result], zone: ZoneInfo, units: Units = Units.CONVENTIONAL
) -> list[Point]:
    """Standing results of one analyte, oldest first, all in the unit of their reader."""
    return [point_of(row, zone, units) for row in rows if row.value is not None]


def unit_of(analyte: Analyte, units: Units) -> str:
    """The one unit all values of a graph are drawn in."""
    return analyte.si_unit if units is Units.SI else analyte.unit


def point_of(row: Result, zone: ZoneInfo, units: Units) -> Point:
    analyte = published_catalogue().analyte(row.analyte.key)
    unit = unit_of(analyte, units)
    comparator = Comparator(row.comparator) if row.comparator else None
    quantity = Quantity(row.value.normalize(), row.unit, comparator)  # type: ignore[union-attr]
    if row.unit == unit:
        label = row.shown.replace("<=", "≤").replace(">=", "≥")
    else:
        quantity = analyte.converted(quantity, unit)
        label = analyte.displayed(quantity)
    return Point(
        on=row.collected_at.astimezone(zone).date(),
        value=float(quantity.value),
        label=label,
        comparator=row.comparator,
        grade=row.grade,
    )


def band_of(rows: Sequence[Result], units: Units = Units.CONVENTIONAL) -> Band | None:
    """The range the newest result was read with, in the unit of the reader."""
    newest = next((row for row in reversed(rows) if row.range_text), None)
    if newest is None:
        return None
    analyte = published_catalogue().analyte(newest.analyte.key)
    try:
        limits = Range.parse(newest.range_text)
    except RangeError:
        return None
    return band_in(analyte, limits, newest.unit, unit_of(analyte, units))


def band_in(analyte: Analyte, limits: Range, was: str, unit: str) -> Band:
    there = limits if unit == was else analyte.range_in(unit, limits, was)
    low, high = (None if side is None else float(side) for side in (there.low, there.high))
    return Band(low, high, "in range")


def samples_of(analyses: Sequence[SemenAnalysis], zone: ZoneInfo) -> list[Sample]:
    """Final analyses, oldest first, as the log graph draws them."""
    return [
        Sample(
            on=row.collected_at.astimezone(zone).date(),
            per_ml=None if row.estimate_per_ml is None else float(row.estimate_per_ml),
            limit_per_ml=(
                None if row.detection_limit_per_ml is None else float(row.detection_limit_per_ml)
            ),
            seen=row.sperm_seen,
            motile=row.motile_seen,
            valid=row.valid,
        )
        for row in analyses
    ]
