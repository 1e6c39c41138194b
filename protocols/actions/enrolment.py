"""A man's way through the programme: every step of his status, and the first capsule."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from clinic import audit, events
from clinic.models import Account
from clinic.refusal import Refusal
from patients.models import Patient
from protocols.actions.segments import open_segment
from protocols.actions.visits_plan import lay_visits, skip_visits
from protocols.models import DoseSegment, Enrolment, PublishedDefault, StatusChange, Version
from protocols.queries.enrolment import definition_of, held, status_before
from protocols.queries.last_dose import latest_weight_kg, taken_until
from protocols.queries.start_facts import start_facts
from protocols.rules import gates
from protocols.rules.status import FOLLOWED_UP, TERMINAL, Event, StatusFacts, transition
from protocols.rules.vocabulary import Phase, Status

ONE_AT_A_TIME = "enrolment_is_one_at_a_time"


@transaction.atomic
def refer(
    *, patient: Patient, on: date, by: Account, now: datetime, version: Version | None = None
) -> Enrolment:
    """Open his enrolment in this version, or else in the one his site uses; one man, one at a time.

    The version is held as published until he is in it: nobody enters one that is being retired.
    """
    wanted = version.pk if version is not None else default_version(patient)
    taken = Version.objects.select_for_update(of=("self",)).published().filter(pk=wanted).first()
    if taken is None:
        raise Refusal("This version takes nobody any more: choose another one.", field="version")
    if patient.deceased_on:
        raise Refusal("He has died.")
    if on > patient.site.localdate(now):
        raise Refusal("A referral is recorded when it has been made.", field="on")
    refuse_before_birth(patient, on)
    with one_at_a_time():
        enrolment = Enrolment.objects.create(
            patient=patient,
            version=taken,
            status=Status.REFERRED,
            status_since=on,
            opened_at=now,
            opened_by=by,
        )
    write_step(enrolment=enrolment, was="", event=Event.REFER, on=on, by=by)
    return enrolment


def default_version(patient: Patient) -> int:
    """The version his site has chosen for new enrolments."""
    default = PublishedDefault.objects.filter(site=patient.site_id).first()
    if default is None:
        raise Refusal("No programme has been chosen for this site yet.")
    return default.version_id


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Say in a sentence what the database says when he is already enrolled."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if ONE_AT_A_TIME not in str(error):
            raise
        raise Refusal("He is already enrolled; an enrolment ends before the next begins.") from None


@transaction.atomic
def change_status(
    *,
    enrolment: Enrolment,
    event: str,
    on: date,
    by: Account | None,
    reason: str = "",
    facts: Mapping[str, Any] | None = None,
) -> Enrolment:
    """Take one step of the table of domain reference §7.4, the only way a status changes.

    `event` is one of protocols.rules.status.Event, `facts` the StatusFacts its guards look at.
    Ending the treatment lays the follow-up visits; ending the enrolment leaves none awaited.
    """
    locked = lock(enrolment)
    was, step = Status(locked.status), Event(event)
    answer = transition(was, step, known_facts(locked, reason, facts or {}))
    if not answer.allowed or answer.to is None:
        raise Refusal(" ".join(answer.reasons))
    refuse_impossible_day(locked, on)
    end_of_capsules_on = locked.status_since if was is Status.LOST_TO_FOLLOW_UP else on
    locked.status, locked.status_since = answer.to, on
    if answer.to in FOLLOWED_UP | TERMINAL and locked.last_dose_on is None:
        locked.last_dose_on = taken_until(locked, end_of_capsules_on)
    locked.save(update_fields=["status", "status_since", "last_dose_on"])
    follow_in_the_plan(locked, answer.to)
    write_step(enrolment=locked, was=was, event=step, on=on, by=by, reason=reason)
    return locked


def refuse_before_birth(patient: Patient, on: date) -> None:
    if on < patient.born_on:
        raise Refusal(f"He was born on {spoken(patient.born_on)}: not before that.", field="on")


def refuse_impossible_day(enrolment: Enrolment, on: date) -> None:
    refuse_before_birth(enrolment.patient, on)
    if on < enrolment.status_since:
        raise Refusal(
            f"His last step was on {spoken(enrolment.status_since)}: this one cannot be before it.",
            field="on",
        )


def lock(enrolment: Enrolment) -> Enrolment:
    """The enrolment as it stands now, held until the transaction ends."""
    return held(enrolment)


def known_facts(enrolment: Enrolment, reason: str, given: Mapping[str, Any]) -> StatusFacts:
    """What the caller knows, and what the enrolment itself says."""
    own = StatusFacts(
        reason_code=reason,
        first_dose=enrolment.first_dose_on,
        previous=status_before(enrolment),
    )
    return replace(own, **given)


def follow_in_the_plan(enrolment: Enrolment, status: Status) -> None:
    if status in FOLLOWED_UP:
        skip_visits(enrolment=enrolment, phases=[Phase.SCREENING, Phase.TREATMENT])
        lay_visits(enrolment=enrolment)
    if status in TERMINAL:
        skip_visits(enrolment=enrolment)


def write_step(
    *,
    enrolment: Enrolment,
    was: str,
    event: Event,
    on: date,
    by: Account | None,
    reason: str = "",
    second: Account | None = None,
) -> None:
    """Keep the step, put it in the trail and tell who listens."""
    StatusChange.objects.create(
        enrolment=enrolment,
        was=was,
        became=enrolment.status,
        event=event,
        on=on,
        by=by,
        second_signature=second,
        reason=reason,
    )
    audit.record(
        actor=by,
        action="enrolment.changed",
        subject=enrolment,
        person=enrolment.patient,
        site=enrolment.patient.site_id,
        reason=reason,
        event=event.value,
        was=was,
        became=str(enrolment.status),
        on=on.isoformat(),
        second=second.pk if second else None,
    )
    events.report("enrolment.changed", enrolment=enrolment, was=was, event=event.value)


@transaction.atomic
def record_first_dose(*, enrolment: Enrolment, on: date, by: Account, today: date) -> Enrolment:
    """Make the day of the first capsule Day 1: the start gate, the dose, and every visit's window.

    Domain reference §7.1: there is no Day 0. What stands against starting is refused in sentences.
    """
    locked = lock(enrolment)
    if on > today:
        raise Refusal("The first capsule is recorded when it has been taken.", field="on")
    if locked.first_dose_on is not None:
        raise Refusal(
            f"His first dose was on {spoken(locked.first_dose_on)}; there is no second one.",
            field="on",
        )
    refuse_impossible_day(locked, on)
    definition = definition_of(locked.version)
    gate = gates.start(definition, start_facts(locked, on))
    if not gate.allowed:
        raise Refusal(gate.brief)
    locked.first_dose_on = on
    locked.baseline_weight_kg = locked.baseline_weight_kg or latest_weight_kg(locked, on)
    locked.save(update_fields=["first_dose_on", "baseline_weight_kg"])
    open_segment(
        enrolment=locked,
        on=on,
        capsules_per_day=definition.dose.daily_capsules,
        kind=DoseSegment.Kind.FULL,
        reason="Start of treatment.",
        by=by,
    )
    # He has passed the gate: a screening visit nobody opened is not awaited any more.
    skip_visits(enrolment=locked, phases=[Phase.SCREENING])
    lay_visits(enrolment=locked)
    return change_status(
        enrolment=locked,
        event=Event.FIRST_DOSE_RECORDED,
        on=on,
        by=by,
        reason="The start gate was passed.",
        facts={"gate_start": gate.allowed},
    )


def spoken(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
