"""What the laboratory says of a man up to a day: newest final results, and his samples."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from labs.models import Result, SemenAnalysis
from labs.rules.azoospermia import ClassedSample
from labs.rules.grading import LabReading
from labs.rules.quantities import Comparator, Quantity
from labs.rules.semen_class import SemenClass
from labs.rules.semen_sheet import Completeness
from patients.models import Patient
from protocols.rules.lab_facts import LabFact

FINAL = ("final", "corrected")


@dataclass(frozen=True, slots=True)
class KnownResult:
    """One result as the rules look at it, and the day the blood was taken."""

    fact: LabFact
    title: str
    on: date


@dataclass(frozen=True, slots=True)
class KnownSample:
    sample: ClassedSample
    valid: bool | None

    @property
    def on(self) -> date:
        return self.sample.collected_on


def end_of(patient: Patient, on: date) -> datetime:
    """The instant at which that day is over where the clinic is."""
    return datetime.combine(on + timedelta(days=1), time(), tzinfo=patient.site.zone)


def newest_results(
    patient: Patient, analytes: Collection[str], on: date
) -> Mapping[str, KnownResult]:
    """The newest measured, final result of each analyte, by its key; absent where there is none."""
    rows = (
        Result.objects.current()
        .filter(
            patient=patient,
            analyte__key__in=analytes,
            formula="",
            status__in=FINAL,
            value__isnull=False,
            collected_at__lt=end_of(patient, on),
        )
        .exclude(draw__status="entered_in_error")
        .select_related("analyte", "draw")
        .order_by("analyte_id", "-collected_at", "-pk")
        .distinct("analyte_id")
    )
    return {
        row.analyte.key: known_result(row, row.value, patient)
        for row in rows
        if row.value is not None
    }


def known_result(row: Result, value: Decimal, patient: Patient) -> KnownResult:
    # The column keeps four decimals; the noughts it adds were not reported.
    quantity = Quantity(
        value.normalize(), row.unit, Comparator(row.comparator) if row.comparator else None
    )
    fact = LabFact(
        reading=LabReading(
            analyte=row.analyte.key, quantity=quantity, uln=row.range_high, lln=row.range_low
        ),
        fasting=row.draw.fasting,
        fasting_hours=row.draw.fasting_hours,
        alcohol_hours=row.draw.alcohol_hours,
    )
    return KnownResult(fact, row.analyte.name, patient.site.localdate(row.collected_at))


def samples(patient: Patient, on: date) -> tuple[KnownSample, ...]:
    """His final semen analyses up to a day, oldest first."""
    rows = (
        SemenAnalysis.objects.final()
        .filter(patient=patient, collected_at__lt=end_of(patient, on))
        .order_by("collected_at", "pk")
    )
    return tuple(
        KnownSample(
            ClassedSample(
                collected_on=patient.site.localdate(row.collected_at),
                name=SemenClass(row.result_class),
                first_fraction_lost=row.sheet.get("complete")
                == Completeness.FIRST_FRACTION_LOST.value,
                sperm_seen=row.sperm_seen,
            ),
            row.valid,
        )
        for row in rows
    )
