"""What a man keeps himself: his capsules as he ticks them, and how a day felt.

His days are those of his own clock, wherever he is; what was ordered for a day is the clinic's.
"""

from datetime import date, datetime

from django.db import transaction

from clinic import audit
from clinic.models import Account
from clinic.refusal import Refusal
from protocols.actions.segments import lock_with_person
from protocols.models import TERMINAL, DiaryDose, DoseSegment, Enrolment, Feeling
from protocols.queries.reminder_facts import zone_of
from protocols.rules.diary import DIARY_DAYS, MOODS, SLOTS, first_open_day, slots_of


@transaction.atomic
def take(
    *, enrolment: Enrolment, on: date, slot: str, by: Account, now: datetime
) -> tuple[DiaryDose, bool]:
    """Keep that he took this capsule; ticking it twice keeps it once.

    Returns the tick and whether it is new.
    """
    locked = lock_with_person(enrolment)
    _refuse_day(locked, on, now)
    _refuse_slot(locked, on, slot)
    dose, new = DiaryDose.objects.get_or_create(
        enrolment=locked, on=on, slot=slot, defaults={"taken_at": now}
    )
    if new:
        _write(locked, by, "diary.ticked", dose)
    return dose, new


@transaction.atomic
def untake(*, enrolment: Enrolment, on: date, slot: str, by: Account, now: datetime) -> bool:
    """Take a tick back; False when there was none."""
    locked = lock_with_person(enrolment)
    _refuse_day(locked, on, now)
    dose = DiaryDose.objects.filter(enrolment=locked, on=on, slot=slot).first()
    if dose is None:
        return False
    _write(locked, by, "diary.unticked", dose)
    dose.delete()
    return True


@transaction.atomic
def feel(*, enrolment: Enrolment, on: date, mood: int, by: Account, now: datetime) -> Feeling:
    """Keep one tap a day, 1 very low to 5 very good; a second tap corrects the first."""
    locked = lock_with_person(enrolment)
    _refuse_day(locked, on, now)
    if mood not in MOODS:
        raise Refusal("Choose one of the five faces.", field="mood")
    feeling, _ = Feeling.objects.update_or_create(
        enrolment=locked, on=on, defaults={"mood": mood, "tapped_at": now}
    )
    audit.record(
        actor=by,
        action="feeling.tapped",
        subject=feeling,
        person=locked.patient,
        site=locked.patient.site_id,
        on=on,
    )
    return feeling


def _refuse_day(enrolment: Enrolment, on: date, now: datetime) -> None:
    """Only days that are still open, of somebody who is still with us."""
    if enrolment.status in TERMINAL:
        raise Refusal("Your time in the programme is over, so the diary is closed.")
    today = now.astimezone(zone_of(enrolment.patient)).date()
    if on > today:
        raise Refusal("That day has not come yet.", field="on")
    if on < first_open_day(today):
        raise Refusal(f"The diary goes back {DIARY_DAYS} days.", field="on")


def _refuse_slot(enrolment: Enrolment, on: date, slot: str) -> None:
    """Only a capsule that was ordered can be ticked; any other is one to speak about."""
    if slot not in SLOTS:
        raise Refusal("A capsule is taken in the morning or in the evening.", field="slot")
    ordered = DoseSegment.objects.filter(enrolment=enrolment, during__contains=on).first()
    if slot in slots_of(ordered.capsules_per_day if ordered else 0):
        return
    raise Refusal(
        "No capsule was planned for then. If you took one, please call us:"
        f" {enrolment.patient.site.phone}.",
        field="slot",
    )


def _write(enrolment: Enrolment, by: Account, action: str, dose: DiaryDose) -> None:
    audit.record(
        actor=by,
        action=action,
        subject=dose,
        person=enrolment.patient,
        site=enrolment.patient.site_id,
        on=dose.on,
        slot=dose.slot,
    )
