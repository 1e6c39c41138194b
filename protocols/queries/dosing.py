"""What he was ordered, got and took, read in three queries for any number of men."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from protocols.models import ON_TREATMENT, CapsuleCount, Dispense, DoseSegment, Enrolment
from protocols.queries.enrolment import definition_of
from protocols.rules import dosing
from protocols.rules.accountability import Bottle, Counted, Sheet, balance
from protocols.rules.dosing import Adherence, AdherenceClass, PillCount, Segment
from protocols.rules.programme import Dose

DAY = timedelta(days=1)


@dataclass(slots=True)
class DoseRecord:
    """One man's capsules, oldest first in each list."""

    enrolment: Enrolment
    dose: Dose
    segments: list[DoseSegment] = field(default_factory=list)
    counts: list[CapsuleCount] = field(default_factory=list)
    dispenses: list[Dispense] = field(default_factory=list)

    def segment_on(self, day: date) -> DoseSegment | None:
        return next((row for row in self.segments if day in row.during), None)

    @property
    def plan(self) -> DoseSegment | None:
        """The last order, which may begin only tomorrow."""
        return self.segments[-1] if self.segments else None

    def expected(self, first_on: date, last_on: date) -> int:
        """Capsules ordered over these days, both included."""
        if last_on < first_on:
            return 0
        return dosing.expected_capsules(
            (as_rule(row) for row in self.segments), first_on=first_on, last_on=last_on
        )


@dataclass(frozen=True, slots=True)
class OnHand:
    """Capsules he should still have; `known` is False when the last bottle did not come back."""

    capsules: int
    known: bool


@dataclass(frozen=True, slots=True)
class Interval:
    """From one count to the next."""

    first_on: date
    last_on: date
    count: CapsuleCount
    adherence: Adherence


@dataclass(frozen=True, slots=True)
class DoseSummary:
    """What the banner says about the dose; `estimated` where a bottle was not counted."""

    mg_per_day: int
    kind: str
    since_on: date | None
    cumulative_mg: int
    mg_per_kg: Decimal | None
    estimated: bool
    adherence_pct: Decimal | None
    adherence_low: Decimal | None
    adherence_high: Decimal | None
    adherence_class: AdherenceClass
    period: tuple[date, date] | None
    capsules_on_hand: int | None
    run_out_on: date | None


def as_rule(row: DoseSegment) -> Segment:
    return Segment(row.during.lower, row.during.upper, row.capsules_per_day)


def dose_records(enrolments: Iterable[Enrolment]) -> dict[int, DoseRecord]:
    """The records by enrolment, in three queries however many there are."""
    men = list(enrolments)
    records = {row.pk: DoseRecord(row, definition_of(row.version).dose) for row in men}
    for segment in DoseSegment.objects.filter(enrolment__in=men).order_by("during"):
        records[segment.enrolment_id].segments.append(segment)
    for count in CapsuleCount.objects.filter(enrolment__in=men).order_by("counted_on", "pk"):
        records[count.enrolment_id].counts.append(count)
    for bottle in Dispense.objects.filter(enrolment__in=men).order_by("on", "pk"):
        records[bottle.enrolment_id].dispenses.append(bottle)
    return records


def dose_record(enrolment: Enrolment) -> DoseRecord:
    return dose_records([enrolment])[enrolment.pk]


def dose_summary(enrolment: Enrolment, today: date) -> DoseSummary:
    """The banner's numbers for one man."""
    return summarise(dose_record(enrolment), today)


def dose_summaries(enrolments: Iterable[Enrolment], today: date) -> dict[int, DoseSummary]:
    """The same for a list, in three queries."""
    return {pk: summarise(record, today) for pk, record in dose_records(enrolments).items()}


def summarise(record: DoseRecord, today: date) -> DoseSummary:
    on_treatment = record.enrolment.status in ON_TREATMENT
    segment = record.segment_on(today) if on_treatment else None
    capsules, estimated = taken_by(record, today)
    strength = record.dose.strength_mg
    total = dosing.cumulative([(capsules, strength)], weight_kg=record.enrolment.baseline_weight_kg)
    whole, known = overall(record), [row for row in intervals(record) if row.adherence.percent]
    percents = [row.adherence.percent for row in known if row.adherence.percent is not None]
    hand = on_hand(record, today) if record.dispenses else None
    return DoseSummary(
        mg_per_day=segment.mg_per_day if segment else 0,
        kind=segment.kind if segment else "",
        since_on=since(record, segment),
        cumulative_mg=total.mg,
        mg_per_kg=total.mg_per_kg,
        estimated=estimated,
        adherence_pct=whole.percent,
        adherence_low=min(percents, default=None),
        adherence_high=max(percents, default=None),
        adherence_class=whole.category,
        period=(known[0].first_on, known[-1].last_on) if known else None,
        capsules_on_hand=hand.capsules if hand and hand.known else None,
        run_out_on=run_out_on(record, today) if on_treatment else None,
    )


def since(record: DoseRecord, segment: DoseSegment | None) -> date | None:
    """The first day of the unbroken run of days on this dose."""
    if segment is None:
        return None
    first = segment.during.lower
    for earlier in reversed(record.segments):
        same = earlier.capsules_per_day == segment.capsules_per_day
        if earlier.during.upper == first and same:
            first = earlier.during.lower
    return first


def intervals(record: DoseRecord) -> list[Interval]:
    """Adherence from each count to the next; unknown where the bottle did not come back."""
    return [
        Interval(
            first_on=count.since_on,
            last_on=max(count.since_on, count.counted_on - DAY),
            count=count,
            adherence=adherence_of(record.dose, count),
        )
        for count in record.counts
    ]


def adherence_of(dose: Dose, count: CapsuleCount) -> Adherence:
    pills = PillCount(
        dispensed=count.dispensed,
        returned=count.returned,
        carried_in=count.carried_in,
        lost=count.lost,
    )
    return dosing.adherence(dose, expected=count.expected, count=pills)


def overall(record: DoseRecord) -> Adherence:
    """All counted intervals together; those that nobody could count are left out, not guessed."""
    known = [count for count in record.counts if count.taken is not None]
    expected = sum(count.expected for count in known)
    taken = sum(count.taken or 0 for count in known)
    if not known:
        return Adherence(0, None, None, AdherenceClass.UNKNOWN)
    return dosing.adherence(record.dose, expected=expected, count=PillCount(taken, 0))


def taken_by(record: DoseRecord, today: date) -> tuple[int, bool]:
    """Capsules taken up to yesterday, and whether a part of it is what was ordered, not counted."""
    if record.enrolment.first_dose_on is None:
        return 0, False
    counted = sum(
        count.taken if count.taken is not None else count.expected for count in record.counts
    )
    unknown = any(count.taken is None for count in record.counts)
    from_on = record.counts[-1].counted_on if record.counts else record.enrolment.first_dose_on
    # Nobody takes what he does not have.
    had = sum(row.capsules for row in record.dispenses if not record.counts or row.on >= from_on)
    had += left_after(record.counts[-1]) if record.counts else 0
    ordered = min(record.expected(from_on, today - DAY), had)
    return counted + ordered, unknown or ordered > 0


def on_hand(record: DoseRecord, day: date) -> OnHand:
    """What he should have on the morning of that day, if he takes what was ordered."""
    if not record.counts:
        first_on = record.enrolment.first_dose_on or day
        given = sum(row.capsules for row in record.dispenses if row.on <= day)
        return OnHand(max(0, given - record.expected(first_on, day - DAY)), known=True)
    last = record.counts[-1]
    given = sum(row.capsules for row in record.dispenses if last.counted_on <= row.on <= day)
    used = record.expected(last.counted_on, day - DAY)
    return OnHand(max(0, left_after(last) + given - used), known=last.returned is not None)


def left_after(count: CapsuleCount) -> int:
    """What went home again after a count; as ordered where the bottle did not come."""
    if count.went_home is not None:
        return count.went_home
    return max(0, count.carried_in + count.dispensed - count.lost - count.expected)


def run_out_on(record: DoseRecord, today: date) -> date | None:
    """The first day without a capsule, if he goes on as ordered; none during a hold."""
    plan = record.segment_on(today) or record.plan
    if plan is None or not record.dispenses:
        return None
    hand = on_hand(record, today)
    return dosing.supply(
        record.dose, on_hand=hand.capsules, on=today, daily_capsules=plan.capsules_per_day
    ).run_out_on


def sheet_of(record: DoseRecord) -> Sheet:
    """Where every capsule of his is: what stands between him and a closed account (§7.2)."""
    return balance(
        (Bottle(row.on, row.capsules) for row in record.dispenses),
        (
            Counted(row.counted_on, row.returned, handed_in=row.handed_in, lost=row.lost)
            for row in record.counts
        ),
    )
