"""Which range and which baseline hold for a value that brought none."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet

from labs.models import Laboratory, ReferenceRange, Result
from labs.rules.catalogue import published_catalogue
from labs.rules.quantities import Quantity, rounded
from labs.rules.range_choice import NOBODY, Kept, Whom, best, in_force
from labs.rules.ranges import Range
from labs.rules.readings import Baseline
from patients.models import Patient

Fallbacks = dict[tuple[str, str], Range | None]


def fallback_ranges(
    laboratory: Laboratory | None, wanted: Iterable[tuple[str, str]], whom: Whom = NOBODY
) -> Fallbacks:
    """The range for each analyte and unit: the laboratory's own, else the default, else None.

    It holds for `whom` on the day of the collection. A default is converted to the unit of the
    report and rounded as that unit is shown.
    """
    pairs = set(wanted)
    keys = {key for key, _ in pairs}
    whose = Q(laboratory=None) | Q(laboratory=laboratory.pk) if laboratory else Q(laboratory=None)
    stored: dict[str, list[Kept]] = {}
    rows = ReferenceRange.objects.filter(whose, analyte__key__in=keys)
    for key, *columns in rows.values_list("analyte__key", *KEPT):
        stored.setdefault(key, []).append(kept(*columns))
    return {(key, unit): best_range(key, unit, stored.get(key, []), whom) for key, unit in pairs}


KEPT = ("pk", "unit", "text", "sex", "age_from", "age_to", "valid_from", "laboratory")


def kept(key: int, unit: str, text: str, *columns: Any) -> Kept:
    sex, age_from, age_to, valid_from, laboratory = columns
    return Kept(key, unit, text, sex, age_from, age_to, valid_from, laboratory is not None)


def kept_by(rows: QuerySet[ReferenceRange]) -> list[Kept]:
    """The rows as the rule reads them."""
    return [kept(*columns) for columns in rows.values_list(*KEPT)]


def whom(patient: Patient, on: date | None) -> Whom:
    """As whom he is looked up: his sex, and his age on that day."""
    return Whom(patient.sex, patient.born_on, on)


def best_range(key: str, unit: str, stored: Iterable[Kept], whom: Whom) -> Range | None:
    """The range that holds, in the unit asked for; None where that is no unit of the analyte."""
    if not published_catalogue().analyte(key).accepts(unit):
        return None
    found = best(stored, whom, unit)
    return range_in(key, unit, found.text, found.unit) if found else None


def range_in(key: str, unit: str, text: str, was: str) -> Range:
    limits = Range.parse(text)
    if was == unit:
        return limits
    analyte = published_catalogue().analyte(key)
    converted = analyte.range_in(unit, limits, was)
    return converted.converted(lambda at: Decimal(rounded(at, analyte.decimals_in(unit))))


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


@dataclass(frozen=True, slots=True)
class Shown:
    """One range on the page of its laboratory, and whether it holds now."""

    row: ReferenceRange
    state: str

    @property
    def printed(self) -> str:
        return Range.parse(self.row.text).printed(self.row.unit)

    @property
    def whose(self) -> str:
        """Men, 18 to 39 years; nothing where it is for everybody."""
        said = [self.row.get_sex_display()] if self.row.sex else []
        low, high = self.row.age_from, self.row.age_to
        if low is not None and high is not None:
            said.append(f"{low} to {high} years")
        elif low is not None:
            said.append(f"from {low} years")
        elif high is not None:
            said.append(f"up to {high} years")
        return ", ".join(said)


def ranges_of(laboratory: Laboratory, today: date) -> dict[str, list[Shown]]:
    """Every range of one laboratory by analyte, newest first; one query."""
    found: dict[str, list[ReferenceRange]] = {}
    rows = ReferenceRange.objects.filter(laboratory=laboratory)
    ordered = rows.select_related("analyte", "written_by").order_by(
        "analyte__position", "sex", "age_from", "-valid_from", "-pk"
    )
    for row in ordered:
        found.setdefault(row.analyte.key, []).append(row)
    return {key: states(group, today) for key, group in found.items()}


def states(rows: list[ReferenceRange], today: date) -> list[Shown]:
    kept_rows = [
        Kept(r.pk, r.unit, r.text, r.sex, r.age_from, r.age_to, r.valid_from, own=True)
        for r in rows
    ]
    holding = {row.key for row in in_force(kept_rows, today)}
    return [
        Shown(row, "holds" if row.pk in holding else ("past" if begun(row, today) else "to come"))
        for row in rows
    ]


def begun(row: ReferenceRange, today: date) -> bool:
    return row.valid_from is None or row.valid_from <= today
