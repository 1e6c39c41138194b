"""A man has died: what the programme had planned with him ends at once (domain reference §7.4)."""

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction

from clinic.models import Account
from clinic.refusal import Refusal
from patients.actions import death
from patients.models import Patient
from protocols.actions import duties, reminders, side_effects
from protocols.actions.enrolment import change_status, lock, spoken
from protocols.actions.findings import overtake
from protocols.models import AdverseEvent, Duty, Enrolment, Finding, Visit
from protocols.queries.enrolment import live_enrolment
from protocols.rules.side_effects import NOTHING
from protocols.rules.status import OPEN, Event
from protocols.rules.status import spoken as spoken_status
from protocols.rules.vocabulary import Status

TERM, FATAL_GRADE = "death", 5
NOTHING_MORE = "The patient has died."


@transaction.atomic
def record_death(
    *, enrolment: Enrolment, on: date, by: Account, reason: str, now: datetime
) -> Enrolment:
    """Keep his death: the enrolment ends, nothing is sent or booked any more, the SAE is begun."""
    if enrolment.status not in OPEN:
        words = spoken_status(enrolment.status)
        raise Refusal(f"{words} does not allow this: death. Write it among his details.")
    death.record(patient=enrolment.patient, on=on, reason=reason, by=by, now=now)
    return lock(enrolment)


def died(*, patient: Patient, on: date, by: Account, reason: str, now: datetime) -> None:
    """Wherever his death was written down, what follows from it is the same."""
    reminders.withdraw_all(patient=patient, reason=NOTHING_MORE)
    enrolment = live_enrolment(patient)
    if enrolment is None:
        return
    ended = change_status(
        enrolment=enrolment,
        event=Event.DEATH,
        on=max(on, enrolment.status_since),
        by=by,
        reason=f"Died on {spoken(on)}. {reason}"[:300],
    )
    for finding in Finding.objects.open().filter(enrolment=ended).select_related("enrolment"):
        finding.enrolment = ended
        overtake(finding)
    for duty in Duty.objects.open().filter(enrolment=ended).select_related("enrolment__patient"):
        duties.tick(duty, by=None, at=now, outcome=Duty.Outcome.NOT_NEEDED, note=NOTHING_MORE)
    begin_report(ended, on, by=by, now=now, note=reason)


def begin_report(enrolment: Enrolment, on: date, *, by: Account, now: datetime, note: str) -> None:
    """The serious adverse event with its task; a clinician says what it came from."""
    event = side_effects.begin(
        enrolment, code=TERM, title="Death", grade=FATAL_GRADE, onset_on=on,
        relation=AdverseEvent.Relation.POSSIBLE, reporter=AdverseEvent.Reporter.CLINIC, note=note,
        by=by, now=now,
    )  # fmt: skip
    event.seriousness = AdverseEvent.Seriousness.DEATH
    event.outcome, event.ended_on, event.note = AdverseEvent.Outcome.FATAL, on, note[:300]
    event.save()
    side_effects.follow_weight(event, NOTHING, by=by, now=now)


def details_corrected(*, patient: Patient, changed: Collection[str]) -> None:
    """Days on file must stay possible: nobody is examined before he is born, or lives again."""
    if "deceased_on" in changed and patient.deceased_on is None:
        dead = Enrolment.objects.filter(patient=patient, status=Status.DECEASED)
        if dead.exists():
            raise Refusal(
                "His enrolment says that he has died: correct it there, with two signatures.",
                field="deceased_on",
            )
    if "born_on" in changed:
        refuse_birth_after(patient)


def refuse_birth_after(patient: Patient) -> None:
    """The first day he was here bounds his birth."""
    visits = Visit.objects.filter(enrolment__patient=patient, attended_on__isnull=False)
    first = visits.order_by("attended_on").values_list("attended_on", "code").first()
    if first and first[0] and first[0] < patient.born_on:
        raise Refusal(
            f"He came to {first[1]} on {spoken(first[0])}: he was born before that.",
            field="born_on",
        )
    started = Enrolment.objects.filter(patient=patient, first_dose_on__lt=patient.born_on).first()
    if started is not None and started.first_dose_on is not None:
        raise Refusal(
            f"His first dose was on {spoken(started.first_dose_on)}: he was born before that.",
            field="born_on",
        )
