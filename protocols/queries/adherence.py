"""What the count, his diary and the bottles he fetched say of each interval, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Count

from protocols.models import DiaryDose, Enrolment
from protocols.queries.dosing import DoseRecord, Interval, as_rule, intervals
from protocols.rules.adherence import (
    Comparison,
    Covered,
    Witnesses,
    compare,
    diary_percent,
    refills,
)


@dataclass(frozen=True, slots=True)
class Compared:
    """One interval from count to count with its three witnesses."""

    interval: Interval
    comparison: Comparison
    refill: Covered


def ticks_of(enrolment: Enrolment) -> dict[date, int]:
    """How many capsules he ticked on each day, in one query."""
    rows = DiaryDose.objects.filter(enrolment=enrolment).values_list("on")
    return dict(rows.annotate(ticks=Count("pk")).order_by())


def compared(record: DoseRecord, ticks: Mapping[date, int]) -> list[Compared]:
    """Every counted interval, oldest first."""
    return list(_compared(record, ticks))


def _compared(record: DoseRecord, ticks: Mapping[date, int]) -> Iterator[Compared]:
    segments = [as_rule(row) for row in record.segments]
    bottles = [(row.on, row.capsules) for row in record.dispenses]
    for row in intervals(record):
        start_on = record.enrolment.first_dose_on or row.first_on
        covered = refills(
            segments, bottles, start_on=start_on, first_on=row.first_on, last_on=row.last_on
        )
        witnesses = Witnesses(
            count=row.adherence.percent,
            diary=diary_percent(segments, ticks, first_on=row.first_on, last_on=row.last_on),
            refill=covered.percent,
        )
        yield Compared(row, compare(record.dose, witnesses), covered)
