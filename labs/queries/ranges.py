"""Which range and which baseline hold for a value that brought none."""

from collections.abc import Iterable
from datetime import date, datetime, time

from labs.models import Laboratory, ReferenceRange, Result
from labs.rules.catalogue import published_catalogue
from labs.rules.quantities import Quantity, rounded
from labs.rules.ranges import Range
from labs.rules.readings import Baseline
from patients.models import Patient

Fallbacks = dict[tuple[str, str], Range | None]


def fallback_ranges(laboratory: Laboratory | None, wanted: Iterable[tuple[str, str]]) -> Fallbacks:
    """The range for each analyte and unit: the laboratory's own, else the default, else None.

    A default is converted to the unit of the report and rounded as that unit is shown.
    """
    pairs = set(wanted)
    rows = ReferenceRange.objects.filter(
        analyte__key__in={key for key, _ in pairs},
        laboratory__in=[laboratory.pk] if laboratory else [],
    ) | ReferenceRange.objects.filter(analyte__key__in={key for key, _ in pairs}, laboratory=None)
    stored: dict[str, list[ReferenceRange]] = {}
    for row in rows.select_related("analyte"):
        stored.setdefault(row.analyte.key, []).append(row)
    return {(key, unit): best_range(key, unit, stored.get(key, [])) for key, unit in pairs}


def best_range(key: str, unit: str, stored: list[ReferenceRange]) -> Range | None:
    """The laboratory's before the default, the unit itself before a converted one."""
    if not published_catalogue().analyte(key).accepts(unit):
        return None
    ordered = sorted(stored, key=lambda row: (row.laboratory_id is None, row.unit != unit))
    return next((range_in(key, unit, row) for row in ordered), None)


def range_in(key: str, unit: str, row: ReferenceRange) -> Range:
    limits = Range.parse(row.text)
    if row.unit == unit:
        return limits
    analyte = published_catalogue().analyte(key)
    converted = analyte.range_in(unit, limits, row.unit)
    return Range.parse(
        str(converted.converted(lambda at: Quantity.parse(
            rounded(at, analyte.decimals_in(unit))).value))
    )  # fmt: skip


def baselines(
    patient: Patient, keys: Iterable[str], *, before: date | None
) -> dict[tuple[str, str], Baseline]:
    """The last exact value of each analyte and unit before that day, with its own limit.

    Baseline is the last value before Day 1 (domain reference §3.2).
    """
    if before is None:
        return {}
    midnight = datetime.combine(before, time.min, tzinfo=patient.site.zone)
    rows = (
        Result.objects.current()
        .filter(
            patient=patient.pk,
            analyte__key__in=list(keys),
            collected_at__lt=midnight,
            comparator="",
            value__isnull=False,
        )
        .select_related("analyte")
        .order_by("collected_at", "pk")
    )
    return {
        (row.analyte.key, row.unit): Baseline(Quantity(row.value, row.unit), row.range_high)
        for row in rows
        if row.value is not None
    }
