"""How long a hold may last: a warning before, and the end of the treatment after (§2.4).

Nobody's order is needed for the end: he takes nothing, and the programme says when that is over.
"""

from datetime import date, datetime, time, timedelta

from django.db import transaction

from clinic import audit
from protocols.actions import duties
from protocols.actions.enrolment import change_status
from protocols.actions.findings import Evidence, lock_live, proposal_of, settle
from protocols.models import DoseSegment, Duty, Enrolment, Finding
from protocols.queries.enrolment import definition_of
from protocols.rules.deadlines import CLOSES
from protocols.rules.local_time import local_instant
from protocols.rules.safety import History, evaluate
from protocols.rules.status import Event

DAY = timedelta(days=1)
WARNED_DAYS = 7
ENDS, TOLD = "HOLD_ENDS", "TELL_PATIENT"


def evaluate_holds(*, now: datetime) -> list[Finding]:
    """Look at every hold that runs; safe to run at any time and twice. Returns what was raised.

    Each man in a transaction of his own: one who cannot be judged keeps nobody else waiting.
    """
    running = DoseSegment.objects.filter(
        kind=DoseSegment.Kind.HOLD, during__upper_inf=True, enrolment__status="ON_HOLD"
    ).order_by("pk")
    found = [
        evaluate_hold(patient_id=patient, now=now)
        for patient in running.values_list("enrolment__patient_id", flat=True)
    ]
    return [row for row in found if row]


@transaction.atomic
def evaluate_hold(*, patient_id: int, now: datetime) -> Finding | None:
    """Warn in the last week of a hold; on the day after its last, end the treatment."""
    enrolment = lock_live(patient_id)
    if enrolment is None or enrolment.status != "ON_HOLD":
        return None
    today = enrolment.patient.site.localdate(now)
    hold = DoseSegment.objects.filter(
        enrolment=enrolment, kind=DoseSegment.Kind.HOLD, during__contains=today
    ).first()
    if hold is None:
        return None
    longest = definition_of(enrolment.version).safety.holds.max_hold_days
    last_on = hold.during.lower + (longest - 1) * DAY
    if today > last_on:
        return end(enrolment, hold, today, now=now)
    if today > last_on - WARNED_DAYS * DAY:
        warn(enrolment, hold, last_on, now=now)
    return None


def warn(enrolment: Enrolment, hold: DoseSegment, last_on: date, *, now: datetime) -> None:
    """One row on the work queue, once for each hold."""
    label = audit.label(hold)
    if Duty.objects.filter(enrolment=enrolment, code=ENDS, about=label).exists():
        return
    since = hold.during.lower
    duties.require(
        enrolment=enrolment,
        code=ENDS,
        title=f"On hold since {spoken(since)}: restart or stop by {spoken(last_on)}, "
        "or treatment ends by rule",
        due_at=local_instant(last_on, CLOSES, enrolment.patient.site.zone),
        about=label,
        owner=enrolment.clinician,
        by=None,
        now=now,
    )


def end(enrolment: Enrolment, hold: DoseSegment, today: date, *, now: datetime) -> Finding | None:
    """The status, the follow-up, the warning taken back, and a finding that says it happened."""
    definition = definition_of(enrolment.version)
    days = (today - hold.during.lower).days + 1
    verdict = evaluate(definition, history=History(hold_days=days))
    reason = verdict.reasons[0].sentence
    ended = change_status(enrolment=enrolment, event=Event.STOP, on=today, by=None, reason=reason)
    label = audit.label(hold)
    duties.withdraw(about=label, because="Treatment has ended.", now=now)
    duties.require(
        enrolment=ended,
        code=TOLD,
        title="Tell him that the treatment has ended",
        due_at=local_instant(today, time(17), enrolment.patient.site.zone),
        about=label,
        owner=ended.clinician,
        by=None,
        now=now,
    )
    return settle(
        enrolment=ended,
        kind=Finding.Kind.SAFETY,
        evidence=Evidence(label, now, now, {"hold_days": days}),
        proposal=proposal_of(
            ended,
            verdict,
            headline=f"On hold for {days} days: treatment has ended by rule",
            known_at=now,
            crisis=False,
        ),
    )


def spoken(day: date) -> str:
    return f"{day.day} {day:%b}"
