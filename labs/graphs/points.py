"""From rows to points of a graph: each in one unit, each with the words that stand over it."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from labs.graphs.vega import Band, Point, Sample
from labs.models import Result, SemenAnalysis
from labs.rules.catalogue import Analyte, published_catalogue
from labs.rules.quantities import Comparator, Quantity
from labs.rules.ranges import Range, RangeError


def points_of(rows: Sequence[Result], zone: ZoneInfo) -> list[Point]:
    """Standing results of one analyte, oldest first, shown in its conventional unit."""
    return [point_of(row, zone) for row in rows if row.value is not None]


def point_of(row: Result, zone: ZoneInfo) -> Point:
    analyte = published_catalogue().analyte(row.analyte.key)
    comparator = Comparator(row.comparator) if row.comparator else None
    quantity = Quantity(row.value.normalize(), row.unit, comparator)  # type: ignore[union-attr]
    if row.unit == analyte.unit:
        label = row.shown.replace("<=", "≤").replace(">=", "≥")
    else:
        quantity = analyte.converted(quantity, analyte.unit)
        label = analyte.displayed(quantity)
    return Point(
        on=row.collected_at.astimezone(zone).date(),
        value=float(quantity.value),
        label=label,
        comparator=row.comparator,
        grade=row.grade,
    )


def band_of(rows: Sequence[Result]) -> Band | None:
    """The range the newest result was read with, in the conventional unit."""
    newest = next((row for row in reversed(rows) if row.range_text), None)
    if newest is None:
        return None
    analyte = published_catalogue().analyte(newest.analyte.key)
    try:
        limits = Range.parse(newest.range_text)
    except RangeError:
        return None
    return band_in(analyte, limits, newest.unit)


def band_in(analyte: Analyte, limits: Range, unit: str) -> Band:
    there = limits if unit == analyte.unit else analyte.range_in(analyte.unit, limits, unit)
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
