"""What lateness of results and days without capsules are judged from, for one man."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from labs.models import Result
from patients.models import Condition
from protocols.models import Enrolment, Visit
from protocols.queries.dispensing import EARLY, required_analytes
from protocols.queries.dosing import as_rule, dose_record
from protocols.queries.enrolment import definition_of
from protocols.rules.definition import Definition
from protocols.rules.deviations import LabTimes
from protocols.rules.gaps import Gap, gaps
from protocols.rules.schedule import Conditions
from protocols.rules.vocabulary import Phase

DAY = timedelta(days=1)
CAME = (Visit.Status.IN_PROGRESS, Visit.Status.SIGNED, Visit.Status.AMENDED)
WRONG = (Result.Status.ENTERED_IN_ERROR,)
FILED = (Result.Status.FINAL, Result.Status.CORRECTED)


@dataclass(frozen=True, slots=True)
class Filed:
    """One value of one collection: when it was drawn, and when it was known."""

    analyte: str
    collected_at: datetime
    filed_at: datetime | None
    grade: int | None


def lab_times(enrolment: Enrolment) -> list[tuple[Visit, LabTimes]]:
    """Each visit of the treatment that he came to and that asked for blood, with its times."""
    definition = definition_of(enrolment.version)
    visits = list(
        Visit.objects.filter(
            enrolment=enrolment, status__in=CAME, attended_on__isnull=False, planned__isnull=False
        ).order_by("attended_on", "pk")
    )
    filed = known(enrolment)
    at_risk = high_risk(definition, enrolment)
    found = []
    for visit in visits:
        times = times_of(definition, enrolment, visit, filed, at_risk=at_risk)
        if times is not None:
            found.append((visit, times))
    return found


def known(enrolment: Enrolment) -> list[Filed]:
    """Every value of his since Day 1 that was not struck out, also those corrected since."""
    if enrolment.first_dose_on is None:
        return []
    rows = (
        Result.objects.filter(
            patient=enrolment.patient_id,
            formula="",
            collected_at__gte=instant(enrolment, enrolment.first_dose_on - 2 * EARLY),
        )
        .exclude(status__in=WRONG)
        .exclude(draw__status="entered_in_error")
        .values_list("analyte__key", "collected_at", "filed_at", "status", "grade")
    )
    return [
        Filed(key, collected, filed if status in FILED else None, grade)
        for key, collected, filed, status, grade in rows
    ]


def high_risk(definition: Definition, enrolment: Enrolment) -> bool:
    flags = definition.high_risk.flags
    return Condition.objects.filter(
        patient=enrolment.patient_id, key__in=flags, present=True, struck_at=None
    ).exists()


def times_of(
    definition: Definition,
    enrolment: Enrolment,
    visit: Visit,
    filed: Collection[Filed],
    *,
    at_risk: bool,
) -> LabTimes | None:
    """None where the visit asks for no blood, or comes before the first capsule."""
    on, first = visit.attended_on, enrolment.first_dose_on
    if on is None or first is None or on < first:
        return None
    opens = instant(enrolment, (visit.opens_on or on) - EARLY)
    before = [row for row in filed if row.collected_at < opens]
    conditions = Conditions(
        grade_two_at_previous_visit=any((row.grade or 0) >= 2 for row in before),
        high_risk=at_risk,
        last_abnormal=any((row.grade or 0) >= 1 for row in latest(before)),
    )
    wanted = required_analytes(definition, visit.code, conditions)
    if not wanted:
        return None
    fresh = [row for row in filed if row.collected_at >= opens]
    collected = [first_of(row.collected_at for row in fresh if row.analyte == k) for k in wanted]
    resulted = [first_of(row.filed_at for row in fresh if row.analyte == k) for k in wanted]
    return LabTimes(
        visit_on=on,
        collected_on=last_day(enrolment, collected),
        resulted_on=last_day(enrolment, resulted),
        needed_before_dispense=visit.code in before_a_bottle(definition),
    )


def latest(rows: Iterable[Filed]) -> Iterable[Filed]:
    """The last value of each analyte."""
    return {row.analyte: row for row in sorted(rows, key=lambda row: row.collected_at)}.values()


def first_of(moments: Iterable[datetime | None]) -> datetime | None:
    return min((at for at in moments if at is not None), default=None)


def last_day(enrolment: Enrolment, moments: Iterable[datetime | None]) -> date | None:
    """The day on which the last of them was there; None while one is missing."""
    found = list(moments)
    there = [at for at in found if at is not None]
    return enrolment.patient.site.localdate(max(there)) if len(there) == len(found) else None


def before_a_bottle(definition: Definition) -> set[str]:
    """The visits whose blood the next bottle’s gate asks for (§7.2): all but first and last."""
    treatment = [row.code for row in definition.visits if row.phase is Phase.TREATMENT]
    return set(treatment[1:-1])


def instant(enrolment: Enrolment, on: date) -> datetime:
    return datetime.combine(on, time(), tzinfo=enrolment.patient.site.zone)


def gaps_of(enrolment: Enrolment, today: date) -> Iterator[Gap]:
    """His days without a capsule up to yesterday, by what went out and was counted."""
    if enrolment.first_dose_on is None:
        return
    record = dose_record(enrolment)
    if not record.dispenses:
        return  # his bottles are not kept here: nothing can be said
    received: dict[date, int] = {}
    for bottle in record.dispenses:
        # A bottle that was handed over before Day 1 is there on Day 1.
        on = max(bottle.on, enrolment.first_dose_on)
        received[on] = received.get(on, 0) + bottle.capsules
    yield from gaps(
        [as_rule(row) for row in record.segments],
        received=received,
        counted={row.counted_on: row.went_home for row in record.counts},
        first_on=enrolment.first_dose_on,
        last_on=min(today, enrolment.last_dose_on or today) - DAY,
    )
