"""From values to rows: the reading of each, the calculated ones, and how a row replaces a row."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, models

from clinic.models import Account
from clinic.refusal import Refusal
from labs.models import Analyte, Draw, Laboratory, Result
from labs.queries.ranges import baselines, fallback_ranges, whom
from labs.rules.catalogue import Analyte as Definition
from labs.rules.catalogue import CatalogueError, published_catalogue
from labs.rules.critical import Critical, critical_of
from labs.rules.grading import GradeStatus
from labs.rules.quantities import Comparator, Quantity
from labs.rules.ranges import Flag, Range
from labs.rules.readings import (
    LIPIDS_NEEDED,
    Reading,
    ReadingError,
    Value,
    derived_lipids,
    graded,
    read,
)
from labs.rules.units import normalised_unit
from patients.models import Patient

DERIVED = ("non_hdl", "ldl")
FLAGS: Mapping[Flag | None, Result.Flag] = {
    Flag.LOW: Result.Flag.LOW,
    Flag.NORMAL: Result.Flag.NORMAL,
    Flag.HIGH: Result.Flag.HIGH,
}


def definition_of(key: str) -> Definition:
    try:
        return published_catalogue().analyte(key)
    except CatalogueError as why:
        raise Refusal(str(why)) from None


def readings_of(
    values: Sequence[Value],
    *,
    patient: Patient,
    laboratory: Laboratory | None,
    baseline_before: date | None,
    collected_at: datetime,
) -> list[Reading]:
    """Every value read in its own unit, or a refusal at the field of the first that cannot be."""
    return read_report(
        values,
        patient=patient,
        laboratory=laboratory,
        baseline_before=baseline_before,
        collected_at=collected_at,
        fasting=None,
    )[0]


def read_report(
    values: Sequence[Value],
    *,
    patient: Patient,
    laboratory: Laboratory | None,
    baseline_before: date | None,
    collected_at: datetime,
    fasting: bool | None,
) -> tuple[list[Reading], list[Reading]]:
    """The values of a whole report, and what is calculated from them; its ranges asked for once."""
    if not values:
        raise Refusal("Enter at least one value.")
    keys = [value.analyte for value in values]
    defined = {key: definition_of(key) for key in keys}
    if twice := next((key for key in keys if keys.count(key) > 1), None):
        raise Refusal(f"{defined[twice].name} stands there twice.", field=twice)
    wanted = {(value.analyte, normalised_unit(value.unit) or "") for value in values}
    whose = whom(patient, patient.site.localdate(collected_at))
    units = {unit for key, unit in wanted if key in LIPIDS_NEEDED}
    calculated = {(key, unit) for key in DERIVED for unit in units}
    fallbacks = fallback_ranges(laboratory, wanted | calculated, whose)
    before = baselines(patient, keys, before=baseline_before)
    try:
        readings = [
            read(
                value,
                analyte=defined[value.analyte],
                fallback=fallbacks[value.analyte, normalised_unit(value.unit) or ""],
                baseline=before.get((value.analyte, normalised_unit(value.unit) or "")),
            )
            for value in values
        ]
    except ReadingError as why:
        raise Refusal(str(why), field=why.analyte) from None
    quantities = {r.analyte: r.quantity for r in readings if r.quantity is not None}
    analytes = {key: definition_of(key) for key in DERIVED}
    derived = derived_lipids(quantities, fasting=fasting, analytes=analytes, fallbacks=fallbacks)
    return readings, derived


def refuse_unconfirmed(readings: Sequence[Reading], *, confirmed: bool) -> None:
    unusual = [reading.unusual for reading in readings if reading.unusual]
    if unusual and not confirmed:
        raise Refusal(
            f"{' '.join(unusual)} Look again, and confirm if it is so.",
            field="confirmed",
            alternatives=tuple(reading.analyte for reading in readings if reading.unusual),
        )


def derived_from(draw: Draw, quantities: dict[str, Quantity]) -> list[Reading]:
    """Non-HDL and LDL of this draw where the laboratory sent none."""
    if not all(key in quantities for key in LIPIDS_NEEDED):
        return []
    units = {quantities[key].unit for key in LIPIDS_NEEDED}
    whose = whom(draw.patient, draw.patient.site.localdate(draw.collected_at))
    wanted = {(key, unit) for key in DERIVED for unit in units}
    return derived_lipids(
        quantities,
        fasting=draw.fasting,
        analytes={key: definition_of(key) for key in DERIVED},
        fallbacks=fallback_ranges(draw.laboratory, wanted, whose),
    )


def regraded(patient: Patient, rows: Sequence[Result], *, baseline_before: date) -> list[Result]:
    """Save the grade these rows have against the baseline, where it is another one."""
    known = baselines(patient, [row.analyte.key for row in rows], before=baseline_before)
    changed = []
    for row in rows:
        baseline = known.get((row.analyte.key, row.unit))
        if baseline is None or row.value is None or row.formula:
            continue
        limits = Range.parse(row.range_text) if has_limits(row) else None
        comparator = Comparator(row.comparator) if row.comparator else None
        quantity = Quantity(row.value, row.unit, comparator)
        grading = graded(row.analyte.key, quantity, limits, baseline)
        number = grading.grade if grading is not None else None
        if number != row.grade:
            row.grade = number
            row.save(update_fields=["grade"])
            changed.append(row)
    return changed


def has_limits(row: Result) -> bool:
    return row.range_low is not None or row.range_high is not None


@dataclass(frozen=True, slots=True)
class Filing:
    """Who files into which draw and when; makes rows and lets one row replace another."""

    draw: Draw
    by: Account | None
    now: datetime
    analytes: Mapping[str, int]

    @classmethod
    def into(
        cls, draw: Draw, keys: Iterable[str], *, by: Account | None, now: datetime
    ) -> "Filing":
        named = Analyte.objects.filter(key__in={*keys, *DERIVED}).values_list("key", "pk")
        return cls(draw, by, now, dict(named))

    def row(self, reading: Reading, value: Value | None = None) -> Result:
        """The row of one reading, not yet saved; without a value it is a calculated one."""
        quantity, limits, grading = reading.quantity, reading.limits, reading.grading
        graded = grading is not None and grading.status is GradeStatus.GRADED
        return Result(
            draw=self.draw,
            patient_id=self.draw.patient_id,
            collected_at=self.draw.collected_at,
            analyte_id=self.analytes[reading.analyte],
            comparator=(quantity.comparator or "") if quantity else "",
            value=quantity.value if quantity else None,
            reported=value.reported.strip() if value else reading.shown,
            unit=quantity.unit if quantity else "",
            range_low=limits.low if limits else None,
            range_high=limits.high if limits else None,
            range_text=reading.range_text[:40],
            flag=FLAGS.get(reading.flag, Result.Flag.UNKNOWN),
            grade=grading.grade if grading is not None and graded else None,
            critical=quantity is not None and may_be_critical(reading.analyte, quantity),
            status=value.status if value else self.draw.status,
            formula=reading.formula[:40],
            filed_at=self.now,
            filed_by=self.by,
        )

    def replace(self, old: Result, new: Result) -> Result:
        """Put a row in the place of another, which stays to be read as superseded."""
        new.pk = next_key(Result)
        old.superseded_by_id = new.pk
        # The key points ahead of itself until the insert below: it is checked at commit.
        old.save(update_fields=["superseded_by"])
        new.save(force_insert=True)
        return new


def may_be_critical(key: str, quantity: Quantity) -> bool:
    """Beyond a critical limit, or nobody can tell: what cannot be told is not taken as harmless."""
    return critical_of(definition_of(key), quantity) is not Critical.NO


def next_key(model: type[models.Model]) -> int:
    """The key the next row will have, taken before it is written."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [model._meta.db_table])
        (key,) = cursor.fetchone()
    return int(key)
