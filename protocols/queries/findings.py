"""What the safety rules look at: results with their baseline, symptoms, earlier holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db.models import Exists, Max, OuterRef

from clinic.models import ClosedDay, Site
from labs.models import Draw, Panel, Result
from labs.rules.grading import LabReading
from labs.rules.quantities import Comparator, Quantity
from protocols.models import (
    DoseSegment,
    Enrolment,
    Finding,
    SymptomGrade,
    SymptomReport,
    Visit,
)
from protocols.rules.bands import AMINOTRANSFERASES, BILIRUBIN
from protocols.rules.definition import Definition
from protocols.rules.lab_facts import LabFact
from protocols.rules.safety import History
from protocols.rules.symptoms import symptoms_of
from protocols.rules.vocabulary import Action

NEAR, WEEK = timedelta(days=14), timedelta(days=7)


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


def bilirubin_near(draw: Draw, enrolment: Enrolment) -> list[LabFact]:
    """The bilirubin of the same week, where this collection has none: for the liver's pattern."""
    row = (
        Result.objects.current()
        .filter(
            patient=draw.patient_id,
            analyte__key=BILIRUBIN,
            value__isnull=False,
            collected_at__range=(draw.collected_at - WEEK, draw.collected_at + WEEK),
        )
        .exclude(draw__status=Draw.Status.ENTERED_IN_ERROR)
        .select_related("analyte", "draw")
        .order_by("-value")
        .first()
    )
    return [fact_of(row, row.draw, None)] if row and row.draw_id != draw.pk else []


def enzymes_near(draw: Draw) -> list[Draw]:
    """The collections of the same week with ALT or AST and no bilirubin of their own."""
    measured = Result.objects.current().filter(draw=OuterRef("pk"))
    near = Draw.objects.filter(
        patient=draw.patient_id,
        collected_at__range=(draw.collected_at - WEEK, draw.collected_at + WEEK),
    ).exclude(pk=draw.pk)
    return list(
        near.exclude(status=Draw.Status.ENTERED_IN_ERROR).filter(
            Exists(measured.filter(analyte__key__in=AMINOTRANSFERASES)),
            ~Exists(measured.filter(analyte__key=BILIRUBIN)),
        )
    )


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
    """The symptoms around a collection that change what a result means (muscle pain and CK).

    Graded at a visit, or told by telephone, in a message or in the portal.
    """
    day = enrolment.patient.site.localdate(draw.collected_at)
    told = SymptomReport.objects.filter(
        enrolment=enrolment,
        struck_at=None,
        told_at__range=(draw.collected_at - NEAR, draw.collected_at + NEAR),
    ).values_list("codes", flat=True)
    grades = (
        SymptomGrade.objects.filter(
            visit__enrolment=enrolment, visit__attended_on__range=(day - NEAR, day + NEAR)
        )
        .values("term")
        .annotate(worst=Max("grade"))
        .values_list("term", "worst")
    )
    named = changing_results(definition)
    there = (*symptoms_of(dict(grades)), *(code for codes in told for code in codes))
    return tuple(code for code in dict.fromkeys(there) if code in named)


def changing_results(definition: Definition) -> frozenset[str]:
    """The symptoms that change what a result means.

    A symptom that stops whatever the value has a finding of its own: it changes no result.
    """
    return frozenset(
        code
        for table in definition.safety.analytes
        for band in (*table.bands, *table.not_fasting_bands)
        if band.at_least != 0
        for code in band.symptoms
    )


def draws_near(visit: Visit) -> list[Draw]:
    """The collections of the fortnight before a visit, which its symptoms may change."""
    zone = visit.enrolment.patient.site.zone
    on = visit.attended_on
    if on is None:
        return []
    return draws_since(visit.enrolment, datetime.combine(on - NEAR, time(), tzinfo=zone))


def draws_since(enrolment: Enrolment, since: datetime) -> list[Draw]:
    return list(
        Draw.objects.filter(patient=enrolment.patient_id, collected_at__gte=since)
        .exclude(status=Draw.Status.ENTERED_IN_ERROR)
        .order_by("collected_at", "pk")
    )


def history_of(
    enrolment: Enrolment,
    on: date,
    *,
    before: date | None = None,
    repeating: Collection[str] = (),
) -> History:
    """Holds that have ended, by what they were for, and how long the present one has lasted.

    For a collection only the holds that were over `before` its day count: what it was held for
    itself is not held a second time.
    """
    held: Counter[str] = Counter()
    days = 0
    holds = list(
        DoseSegment.objects.filter(enrolment=enrolment, kind=DoseSegment.Kind.HOLD).select_related(
            "finding"
        )
    )
    decided = decided_holds(enrolment) if holds else []
    for hold in holds:
        if on in hold.during:
            days = (on - hold.during.lower).days + 1
        over = hold.during.upper is not None and hold.during.upper <= (before or on)
        if over:
            held.update(causes_of(hold) | kept_for(hold, decided))
    return History(holds=dict(held), hold_days=days, repeating=frozenset(repeating))


def decided_holds(enrolment: Enrolment) -> list[Finding]:
    """Findings that were decided with a hold, the first and those that kept it."""
    return list(
        Finding.objects.filter(enrolment=enrolment, decided_action=Finding.Action.HOLD)
        .select_related("enrolment__patient__site")
        .defer("inputs")
    )


def kept_for(hold: DoseSegment, decided: Collection[Finding]) -> set[str]:
    """What else came to be a reason for a hold while it ran."""
    return {
        analyte
        for finding in decided
        if finding.decided_at is not None
        and finding.enrolment.patient.site.localdate(finding.decided_at) in hold.during
        for analyte in held_for(finding.reasons)
    }


def causes_of(segment: DoseSegment | None) -> set[str]:
    """The analytes a change of dose was for; where none asked for so much, all that were named."""
    if segment is None or segment.finding is None:
        return set()
    reasons = segment.finding.reasons
    return held_for(reasons) or {str(row["analyte"]) for row in reasons if row.get("analyte")}


def repeated_from(draw: Draw, definition: Definition) -> set[str]:
    """The analytes whose last result before this one asked to be measured again until normal."""
    rules = {
        name
        for table in definition.safety.analytes
        for band in table.bands
        if band.repeat_until_at_most is not None
        for name in (band.rule, f"{band.rule}_AGAIN")
    }
    watched = {
        key
        for table in definition.safety.analytes
        if any(band.repeat_until_at_most is not None for band in table.bands)
        for key in table.analytes
    }
    before = (
        Result.objects.current()
        .filter(
            patient=draw.patient_id,
            analyte__key__in=watched,
            formula="",
            collected_at__lt=draw.collected_at,
        )
        .order_by("analyte_id", "-collected_at", "-pk")
        .distinct("analyte_id")
    )
    high = {
        (f"labs.draw:{row.draw_id}", row.analyte.key)
        for row in before.select_related("analyte")
        if row.value is not None and row.range_high is not None and row.value > row.range_high
    }
    last = (
        Finding.objects.filter(
            enrolment__patient=draw.patient_id,
            kind=Finding.Kind.SAFETY,
            evidence__in=[label for label, _ in high],
        )
        .order_by("evidence", "-pk")
        .distinct("evidence")
    )
    asked = {
        (finding.evidence, str(reason["analyte"]))
        for finding in last
        for reason in finding.reasons
        if reason["rule"] in rules
    }
    return {analyte for label, analyte in high & asked}


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
