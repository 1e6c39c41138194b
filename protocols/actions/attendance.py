"""A check-in that was wrong: he came on another day, or it was not he who came."""

from datetime import date, datetime

from django.db import transaction

from clinic.models import Account
from clinic.refusal import Refusal
from protocols.actions.segments import lock
from protocols.actions.visits import (
    judge_day,
    open_for_writing,
    refuse_day,
    spoken,
    timing_of,
    trail,
)
from protocols.actions.visits_plan import lay_what_hangs_on
from protocols.models import (
    CapsuleCount,
    MoodQuestionnaire,
    Prescription,
    Signature,
    SymptomGrade,
    Visit,
)
from protocols.queries.enrolment import definition_of

WRITTEN = ("identity_checked_at", "since_last_time_at", "vitals_at", "side_effects_at", "plan_at")


@transaction.atomic
def correct_day(*, visit: Visit, on: date, reason: str, by: Account, now: datetime) -> Visit:
    """He came on another day than was written down; early and late are judged anew."""
    enrolment = lock(visit.enrolment)
    row = open_for_writing(visit)
    row.enrolment = enrolment
    if not reason.strip():
        raise Refusal("Say how the right day is known.", field="reason")
    refuse_day(enrolment, on, enrolment.patient.site.localdate(now))
    was = row.attended_on
    if was == on:
        raise Refusal(f"{spoken(on)} is the day that stands already.", field="on")
    if CapsuleCount.objects.filter(visit=row).exists():
        raise Refusal(
            "Capsules were counted for the day that stands, and a count keeps its day: "
            "leave the day, and write the right one in the visit’s words.",
            field="on",
        )
    if row.planned_id is not None:
        row.timing = timing_of(definition_of(enrolment.version), row, on).timing.value
    row.attended_on = on
    row.save(update_fields=["attended_on", "timing"])
    trail(row, "visit.day_corrected", by, reason.strip(), on=on, was=was)
    judge_day(row, by=by, now=now)
    lay_what_hangs_on(row)
    return row


@transaction.atomic
def take_back(*, visit: Visit, reason: str, by: Account, now: datetime) -> Visit:
    """Nobody came: an opened visit in which nothing was written is awaited again, or is none."""
    enrolment = lock(visit.enrolment)
    row = open_for_writing(visit)
    row.enrolment = enrolment
    if not reason.strip():
        raise Refusal("Say why the check-in was wrong.", field="reason")
    if is_written(row):
        raise Refusal("Something is written in this visit already; it is not taken back.")
    was = row.attended_on
    row.attended_on = row.opened_by = row.opened_at = None
    row.timing = ""
    row.status = Visit.Status.PLANNED if row.planned_id else Visit.Status.SKIPPED
    row.save(update_fields=["attended_on", "opened_by", "opened_at", "timing", "status"])
    trail(row, "visit.taken_back", by, reason.strip(), was=was)
    judge_day(row, by=by, now=now)
    lay_what_hangs_on(row)
    return row


def is_written(visit: Visit) -> bool:
    hanging = (CapsuleCount, MoodQuestionnaire, Prescription, Signature, SymptomGrade)
    return any(getattr(visit, name) for name in WRITTEN) or any(
        model.objects.filter(visit=visit).exists() for model in hanging
    )
