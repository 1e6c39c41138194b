"""A wrong end of an enrolment put right, by two people together (domain reference §7.4)."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from clinic.access import Capability
from clinic.actions.second_signature import refuse_second
from clinic.models import Account
from clinic.refusal import Refusal
from patients.actions import death
from protocols.actions.death import TERM
from protocols.actions.enrolment import (
    known_facts,
    lock,
    one_at_a_time,
    refuse_before_birth,
    refuse_impossible_day,
    spoken,
    write_step,
)
from protocols.actions.segments import open_segment
from protocols.actions.side_effects import strike_event
from protocols.actions.visits_plan import lay_visits
from protocols.models import AdverseEvent, CapsuleCount, DoseSegment, Enrolment, Visit
from protocols.queries.enrolment import definition_of
from protocols.queries.known_history import known_history
from protocols.queries.start_facts import start_facts
from protocols.rules import gates
from protocols.rules.status import FOLLOWED_UP, ON_TREATMENT, Event, transition
from protocols.rules.vocabulary import Phase, Status

#: Statuses from which capsules are, or may again be, taken.
WITH_CAPSULES = ON_TREATMENT | {Status.LOST_TO_FOLLOW_UP}
REASON = "The end of his treatment was recorded in error."
#: What an ending took out of the plan, and a correction puts back, by the status he has again.
AGAIN = {
    **dict.fromkeys(WITH_CAPSULES, (Phase.TREATMENT, Phase.FOLLOW_UP, Phase.OUTCOME)),
    **dict.fromkeys(FOLLOWED_UP, (Phase.FOLLOW_UP, Phase.OUTCOME)),
}


@transaction.atomic
def correct_error(
    *, enrolment: Enrolment, reason: str, by: Account, second: Account | None, now: datetime
) -> Enrolment:
    """Give him back the status he had before a mistaken end; both signatures stay with the step.

    The plan, the dose and, where he was said to have died, his details follow, and the death is
    struck out of his side effects. Bookings that were cancelled are offered back (`book_again`).
    """
    locked = lock(enrolment)
    on = locked.patient.site.localdate(now)
    if not reason.strip():
        raise Refusal("Say what was wrong.", field="reason")
    refuse_second(
        second=second,
        by=by,
        site=locked.patient.site_id,
        may={Capability.ENROLMENT_CORRECT},
        about="a correction",
    )
    was = Status(locked.status)
    answer = transition(was, Event.CORRECT_ERROR, known_facts(locked, reason, {"signatures": 2}))
    if not answer.allowed or answer.to is None:
        raise Refusal(" ".join(answer.reasons))
    refuse_impossible_day(locked, on)
    if was is Status.DECEASED:
        locked.patient = death.take_back(patient=locked.patient, reason=reason.strip(), by=by)
        strike_death(locked, reason.strip(), by=by, now=now)
    refuse_without_consent(locked, answer.to, on)
    give_back(locked, answer.to, on)
    follow(locked, by)
    write_step(
        enrolment=locked,
        was=was,
        event=Event.CORRECT_ERROR,
        on=on,
        by=by,
        reason=reason.strip(),
        second=second,
    )
    return locked


@transaction.atomic
def correct_first_dose(
    *,
    enrolment: Enrolment,
    on: date,
    reason: str,
    by: Account,
    second: Account | None,
    now: datetime,
) -> Enrolment:
    """Move Day 1 to the day on which he took the first capsule; windows still to come follow.

    The start gate must let him start on that day too, and nothing may rest on the old one yet.
    """
    locked = lock(enrolment)
    if not reason.strip():
        raise Refusal("Say what was wrong.", field="reason")
    refuse_second(
        second=second,
        by=by,
        site=locked.patient.site_id,
        may={Capability.ENROLMENT_CORRECT},
        about="a correction",
    )
    was_on = locked.first_dose_on
    if locked.status not in ON_TREATMENT or was_on is None:
        raise Refusal("Day 1 is corrected while he is on treatment.")
    today = locked.patient.site.localdate(now)
    refuse_day_one(locked, was_on, on, today)
    move_first_segment(locked, was_on, on)
    locked.first_dose_on = on
    locked.save(update_fields=["first_dose_on"])
    lay_visits(enrolment=locked)
    write_step(
        enrolment=locked,
        was=locked.status,
        event=Event.CORRECT_ERROR,
        on=today,
        by=by,
        reason=f"First capsule on {spoken(on)}, not {spoken(was_on)}. {reason.strip()}"[:300],
        second=second,
    )
    return locked


def refuse_day_one(enrolment: Enrolment, was_on: date, on: date, today: date) -> None:
    """The day can have been, is another one, and nothing was counted from the old one."""
    refuse_before_birth(enrolment.patient, on)
    if on > today:
        raise Refusal("The first capsule is recorded when it has been taken.", field="on")
    if on == was_on:
        raise Refusal("This is the day on file.", field="on")
    consented = enrolment.status_changes.filter(event=Event.SIGN_CONSENT).order_by("-pk").first()
    if consented is not None and on < consented.on:
        raise Refusal(f"He agreed to the treatment on {spoken(consented.on)} only.", field="on")
    if CapsuleCount.objects.filter(enrolment=enrolment).exists():
        raise Refusal("Capsules have been counted from the old day on: it stays.", field="on")
    gate = gates.start(definition_of(enrolment.version), start_facts(enrolment, on))
    if not gate.allowed:
        raise Refusal(gate.brief, field="on")


def move_first_segment(enrolment: Enrolment, was_on: date, on: date) -> None:
    first = DoseSegment.objects.filter(enrolment=enrolment).order_by("during").first()
    if first is None or first.during.lower != was_on:
        return
    ends_on = first.during.upper
    if ends_on is not None and ends_on <= on:
        raise Refusal(f"His dose was changed on {spoken(ends_on)}, before that.", field="on")
    first.during = DateRange(on, ends_on, "[)")
    first.save(update_fields=["during"])


def strike_death(enrolment: Enrolment, because: str, *, by: Account, now: datetime) -> None:
    """It never was; with it goes what was asked because of it."""
    events = AdverseEvent.objects.select_for_update(of=("self",)).filter(
        enrolment=enrolment, term=TERM, struck_at=None
    )
    for event in events.select_related("enrolment__patient__site"):
        strike_event(event, because=because, by=by, now=now)


def refuse_without_consent(enrolment: Enrolment, to: Status, on: date) -> None:
    """A status that stands on a consent is not given back without it."""
    needed: Iterable[str] = definition_of(enrolment.version).gates.consents
    if to is Status.REFERRED:
        needed = ()
    elif to in {Status.SCREENING, Status.ELIGIBLE}:
        needed = ("screening",)
    missing = sorted(set(needed) - known_history(enrolment).consented(on))
    if missing:
        raise Refusal(
            f"His {' and '.join(missing)} consent is withdrawn or not on file: record it first."
        )


def give_back(enrolment: Enrolment, to: Status, on: date) -> None:
    """The status, and the days as they stood before the end."""
    before = as_it_stood(enrolment, to)
    enrolment.status, enrolment.status_since = to, on
    if before is not None:
        enrolment.last_dose_on, enrolment.eligible_on = before.last_dose_on, before.eligible_on
    with one_at_a_time():
        enrolment.save(update_fields=["status", "status_since", "last_dose_on", "eligible_on"])


def as_it_stood(enrolment: Enrolment, status: Status) -> Any:
    """The last row of its history with that status."""
    kept: Any = enrolment
    return kept.events.filter(status=status).order_by("-pgh_id").first()


def follow(enrolment: Enrolment, by: Account) -> None:
    """Visits that were not needed any more are awaited again; the dose goes on where it was cut."""
    phases = AGAIN.get(Status(enrolment.status), tuple(Phase))
    codes = [v.code for v in definition_of(enrolment.version).visits if v.phase in phases]
    Visit.objects.filter(enrolment=enrolment, code__in=codes, status=Visit.Status.SKIPPED).update(
        status=Visit.Status.PLANNED
    )
    lay_visits(enrolment=enrolment)
    last = DoseSegment.objects.filter(enrolment=enrolment).order_by("during").last()
    if enrolment.status in WITH_CAPSULES and last is not None and last.during.upper is not None:
        open_segment(
            enrolment=enrolment,
            on=last.during.upper,
            capsules_per_day=last.capsules_per_day,
            kind=last.kind,
            reason=REASON,
            by=by,
        )


def corrected_to(enrolment: Enrolment) -> str:
    """What he would be again, for the page that asks."""
    answer = transition(
        Status(enrolment.status), Event.CORRECT_ERROR, known_facts(enrolment, "", {"signatures": 2})
    )
    if answer.to is None:
        return ""
    return f"{Enrolment.Status(answer.to).label}, as before {spoken(enrolment.status_since)}"
