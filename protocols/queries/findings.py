"""What the safety rules look at: results with their baseline, symptoms, earlier holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db.models import Max

from clinic.models import ClosedDay, Site
from labs.models import Draw, Panel, Result
from labs.rules.grading import LabReading
from labs.rules.quantities import Comparator, Quantity
from protocols.models import DoseSegment, Enrolment, SymptomGrade, Visit
from protocols.rules.definition import Definition
from protocols.rules.lab_facts import LabFact
from protocols.rules.safety import History
from protocols.rules.symptoms import symptoms_of
from protocols.rules.vocabulary import Action

NEAR = timedelta(days=14)


def plain(number: Decimal) -> Decimal:
    """The number without the column's own noughts: 620, not 620.0000."""
    return Decimal(f"{number.normalize():f}")


def limit(number: Decimal | None) -> Decimal | None:
    return None if number is None else plain(number)


def quantity_of(row: Result) -> Quantity:
    comparator = Comparator(row.comparator) if row.comparator else None
    return Quantity(plain(row.value or Decimal(0)), row.unit, comparator)


def facts_of(draw: Draw, enrolment: Enrolment) -> list[LabFact]:
    """The measured values of one collection, each with the last value before Day 1 (§3.2)."""
    rows = list(
        Result.objects.current()
        .filter(draw=draw, formula="", value__isnull=False)
        .select_related("analyte")
        .order_by("analyte__position", "pk")
    )
    baseline = baseline_of(enrolment, [row.analyte_id for row in rows])
    return [fact_of(row, draw, baseline.get(row.analyte_id)) for row in rows]


def fact_of(row: Result, draw: Draw, before: Result | None) -> LabFact:
    return LabFact(
        reading=LabReading(
            analyte=row.analyte.key,
            quantity=quantity_of(row),
            uln=limit(row.range_high),
            lln=limit(row.range_low),
            baseline=quantity_of(before) if before else None,
            baseline_uln=limit(before.range_high) if before else None,
        ),
        fasting=draw.fasting,
        fasting_hours=draw.fasting_hours,
        alcohol_hours=draw.alcohol_hours,
    )


def baseline_of(enrolment: Enrolment, analytes: Collection[int]) -> Mapping[int, Result]:
    """The last value of each analyte before Day 1; none before he has started."""
    if enrolment.first_dose_on is None:
        return {}
    day_one = datetime.combine(enrolment.first_dose_on, time(), tzinfo=enrolment.patient.site.zone)
    rows = (
        Result.objects.current()
        .filter(
            patient=enrolment.patient_id,
            analyte__in=analytes,
            formula="",
            value__isnull=False,
            collected_at__lt=day_one,
        )
        .order_by("analyte_id", "-collected_at", "-pk")
        .distinct("analyte_id")
    )
    return {row.analyte_id: row for row in rows}


def grades_at(visit: Visit) -> dict[str, int]:
    """The checklist of one visit, by item."""
    return dict(SymptomGrade.objects.filter(visit=visit).values_list("term", "grade"))


def symptoms_near(definition: Definition, draw: Draw, enrolment: Enrolment) -> tuple[str, ...]:
    """The symptoms around a collection that change what a result means (muscle pain and CK)."""
    day = enrolment.patient.site.localdate(draw.collected_at)
    grades = (
        SymptomGrade.objects.filter(
            visit__enrolment=enrolment, visit__attended_on__range=(day - NEAR, day + NEAR)
        )
        .values("term")
        .annotate(worst=Max("grade"))
        .values_list("term", "worst")
    )
    named = {
        code
        for table in definition.safety.analytes
        for band in (*table.bands, *table.not_fasting_bands)
        for code in band.symptoms
    }
    return tuple(code for code in symptoms_of(dict(grades)) if code in named)


def draws_near(visit: Visit) -> list[Draw]:
    """The collections of the fortnight before a visit, which its symptoms may change."""
    zone = visit.enrolment.patient.site.zone
    on = visit.attended_on
    if on is None:
        return []
    since = datetime.combine(on - NEAR, time(), tzinfo=zone)
    return list(
        Draw.objects.filter(patient=visit.enrolment.patient_id, collected_at__gte=since)
        .exclude(status=Draw.Status.ENTERED_IN_ERROR)
        .order_by("collected_at", "pk")
    )


def history_of(enrolment: Enrolment, on: date) -> History:
    """Holds that have ended, by what they were for, and how long the present one has lasted."""
    held: Counter[str] = Counter()
    days = 0
    holds = DoseSegment.objects.filter(
        enrolment=enrolment, kind=DoseSegment.Kind.HOLD
    ).select_related("finding")
    for hold in holds:
        if on in hold.during:
            days = (on - hold.during.lower).days + 1
        elif hold.finding is not None:
            held.update(held_for(hold.finding.reasons))
    return History(holds=dict(held), hold_days=days)


def held_for(reasons: Collection[Mapping[str, object]]) -> set[str]:
    """The analytes whose reasons asked for a hold or more."""
    grave = {Action.HOLD, Action.STOP}
    return {
        str(reason["analyte"])
        for reason in reasons
        if reason.get("analyte") and reason.get("action") in grave
    }


def panels_to_repeat(reasons: Collection[Mapping[str, object]]) -> list[Panel]:
    """The smallest panel for each analyte that must be measured again, each panel once."""
    analytes = [
        str(reason["analyte"])
        for reason in reasons
        if reason.get("analyte") and reason.get("repeat_within_days") is not None
    ]
    candidates = list(Panel.objects.filter(analytes__key__in=analytes).distinct())
    holds = {
        panel.pk: {analyte.key for analyte in panel.analytes.all()}
        for panel in Panel.objects.filter(pk__in=[row.pk for row in candidates]).prefetch_related(
            "analytes"
        )
    }
    chosen: dict[int, Panel] = {}
    for analyte in analytes:
        fitting = [panel for panel in candidates if analyte in holds[panel.pk]]
        if fitting:
            smallest = min(fitting, key=lambda panel: (len(holds[panel.pk]), panel.position))
            chosen[smallest.pk] = smallest
    return list(chosen.values())


def closed_days(site: Site, since: date) -> list[date]:
    """The clinic's closed days of the following month, for counting business days."""
    return list(
        ClosedDay.objects.filter(
            site=site, on__range=(since, since + timedelta(days=31))
        ).values_list("on", flat=True)
    )
