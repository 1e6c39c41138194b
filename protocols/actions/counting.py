"""Counting what he brings: what he took, what he lost, what stays here (domain reference §7.3)."""

from datetime import date, datetime, timedelta

from django.db import transaction

from clinic import audit, events
from clinic.models import Account
from clinic.refusal import Refusal
from protocols.actions import stock
from protocols.actions.deviations import draft, withdraw
from protocols.actions.segments import lock_with_person
from protocols.models import CapsuleCount, Enrolment, Visit
from protocols.queries.dosing import DoseRecord, adherence_of, dose_record, left_after
from protocols.queries.enrolment import definition_of
from protocols.rules import deviations
from protocols.rules.accountability import capsules

DAY = timedelta(days=1)
OPEN_VISIT = (Visit.Status.IN_PROGRESS, Visit.Status.AMENDED)


@transaction.atomic
def count_return(
    *,
    visit: Visit,
    returned: int | None,
    lost: int = 0,
    handed_in: int = 0,
    by: Account,
    now: datetime,
) -> CapsuleCount:
    """Count what came back at a visit; `returned` is None when the bottle was not brought.

    Of what he brought `handed_in` stays here, the rest goes home with him. The count covers the
    days since the one before, today not included. Counting again while the visit is open
    corrects it.
    """
    enrolment = lock_with_person(visit.enrolment)
    if visit.attended_on is None or visit.status not in OPEN_VISIT:
        raise Refusal("Capsules are counted at an open visit.")
    refuse_before_the_first(enrolment, visit.attended_on)
    record = dose_record(enrolment)
    mine = next((row for row in record.counts if row.visit_id == visit.pk), None)
    count = mine or CapsuleCount(enrolment=enrolment, visit=visit)
    return keep(record, count, visit.attended_on, (returned, lost, handed_in), by=by, now=now)


@transaction.atomic
def count_rest(
    *,
    enrolment: Enrolment,
    returned: int | None,
    lost: int = 0,
    handed_in: int = 0,
    by: Account,
    now: datetime,
) -> CapsuleCount:
    """The same without a visit: what he brings after the end, or says is lost.

    A second one on the same day corrects the first.
    """
    locked = lock_with_person(enrolment)
    today = locked.patient.site.localdate(now)
    refuse_before_the_first(locked, today)
    record = dose_record(locked)
    mine = next(
        (row for row in record.counts if row.visit_id is None and row.counted_on == today), None
    )
    count = mine or CapsuleCount(enrolment=locked)
    return keep(record, count, today, (returned, lost, handed_in), by=by, now=now)


def refuse_before_the_first(enrolment: Enrolment, on: date) -> None:
    if enrolment.first_dose_on is None or enrolment.first_dose_on > on:
        raise Refusal("He has not taken a capsule yet.")


def keep(
    record: DoseRecord,
    count: CapsuleCount,
    on: date,
    told: tuple[int | None, int, int],
    *,
    by: Account,
    now: datetime,
) -> CapsuleCount:
    """Put down what was counted over its days, with everything that follows from it."""
    count.returned, count.lost, count.handed_in = told
    count.counted_at, count.counted_by = now, by
    over_the_days(record, count, on)
    refuse_count(count, of_today=any(row.on == on for row in record.dispenses))
    count.save()
    enrolment = count.enrolment
    audit.record(
        actor=by,
        action="capsules.counted",
        subject=count,
        person=enrolment.patient,
        site=enrolment.patient.site_id,
        returned=count.returned,
        lost=count.lost,
        handed_in=count.handed_in,
        expected=count.expected,
    )
    stock.quarantine(count=count, by=by, now=now)
    draft_missed_doses(count, by, now)
    events.report("capsules.counted", count=count)
    return count


def over_the_days(record: DoseRecord, count: CapsuleCount, on: date) -> None:
    """Its period and what he had in it: from the last count, or from the first capsule."""
    others = [row for row in record.counts if row.pk != count.pk]
    order = (on, count.pk or float("inf"))
    if any((row.counted_on, row.pk) > order for row in others):
        raise Refusal("Capsules were counted at a later visit; correct that one.")
    last = others[-1] if others else None
    since = last.counted_on if last else record.enrolment.first_dose_on or on
    first = last.counted_on if last else date.min
    count.counted_on, count.since_on = on, since
    count.carried_in = left_after(last) if last else 0
    count.dispensed = sum(row.capsules for row in record.dispenses if first <= row.on < on)
    count.expected = record.expected(since, on - DAY)
    if last is not None and last.returned is None:
        stretch(count, last)


def stretch(count: CapsuleCount, last: CapsuleCount) -> None:
    """After a bottle nobody counted he may have more left than if he had taken all of it."""
    most = max(0, last.carried_in + last.dispensed - last.lost)
    brought = (count.returned or 0) + count.lost - count.dispensed
    count.carried_in = min(most, max(count.carried_in, brought))


def refuse_count(count: CapsuleCount, *, of_today: bool) -> None:
    had = count.carried_in + count.dispensed
    if count.returned is not None and count.returned < 0:
        raise Refusal("Capsules are counted from 0 up.", field="returned")
    if count.lost < 0:
        raise Refusal("Capsules are counted from 0 up.", field="lost")
    if count.lost > had or (count.returned or 0) + count.lost > had:
        raise Refusal(too_many(had, of_today=of_today), field="returned")
    if count.handed_in < 0:
        raise Refusal("Capsules are counted from 0 up.", field="handed_in")
    if count.handed_in > (count.returned or 0):
        raise Refusal(
            f"He brought {capsules(count.returned or 0)}; more cannot stay here.",
            field="handed_in",
        )


def too_many(had: int, *, of_today: bool) -> str:
    """Why no more can come back; a bottle of the same day begins with the next count."""
    if of_today:
        before = capsules(had) if had else "no capsules"
        return (
            f"Without the bottle he got that day he had {before}; that bottle is counted from the "
            "next day on."
        )
    if not had:
        return "He had no capsules, so none can come back or be lost."
    return f"He had {capsules(had)}; more cannot come back."


def draft_missed_doses(count: CapsuleCount, by: Account, now: datetime) -> None:
    """Fewer capsules than ordered is a departure; counting again may show that it was none."""
    definition = definition_of(count.enrolment.version)
    about = count.visit.label if count.visit else audit.label(count)
    found = deviations.of_adherence(definition, adherence_of(definition.dose, count))
    for departure in found:
        draft(
            enrolment=count.enrolment,
            found=departure,
            about=about,
            on=count.counted_on,
            visit=count.visit,
        )
    if not found:
        withdraw(
            enrolment=count.enrolment,
            codes=["DOSE_MISSED"],
            about=[about],
            note="The capsules were counted again.",
            by=by,
            now=now,
        )
