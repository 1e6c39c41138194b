"""Orders that change what he takes: reduce, hold, restart, back to full, stop.

Each is one transaction: the dose, the status, the waiting prescription and the repeat test.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta

from django.db import transaction

from clinic import audit
from clinic.models import Account
from clinic.refusal import Refusal
from labs.actions.ordering import order
from labs.models import Order
from protocols.actions import duties
from protocols.actions.crisis import refuse_lifting
from protocols.actions.enrolment import change_status
from protocols.actions.repeats import plan_repeat
from protocols.actions.segments import lock, lock_with_person, open_segment
from protocols.models import DoseSegment, Enrolment, Finding
from protocols.queries.dosing import dose_record
from protocols.queries.enrolment import definition_of
from protocols.queries.findings import causes_of, panels_to_repeat
from protocols.queries.laboratory_facts import newest_results
from protocols.rules.safety import Restart, restart
from protocols.rules.status import Event
from protocols.rules.vocabulary import Status

DAY = timedelta(days=1)
ORDER_REASON = 200
RESTART_ANALYTES = ("triglycerides", "alt", "ast", "ck")


@transaction.atomic
def reduce(
    *, enrolment: Enrolment, reason: str, by: Account, now: datetime, finding: Finding | None = None
) -> DoseSegment:
    """One capsule a day from tomorrow: today's two may be taken already."""
    locked = lock(enrolment)
    refuse_off_treatment(locked)
    dose = definition_of(locked.version).dose
    plan = dose_record(locked).plan
    if locked.status == Status.ON_HOLD:
        raise Refusal("He is on hold and takes nothing: order a restart, which is at 20 mg a day.")
    if plan is not None and plan.capsules_per_day <= dose.reduced_daily_capsules:
        raise Refusal(f"He is already ordered {plan.mg_per_day} mg a day: hold, stop or review.")
    return open_segment(
        enrolment=locked,
        on=site_day(locked, now) + DAY,
        capsules_per_day=dose.reduced_daily_capsules,
        kind=DoseSegment.Kind.REDUCED,
        reason=reason,
        by=by,
        finding=finding,
        now=now,
    )


@transaction.atomic
def hold(
    *, enrolment: Enrolment, reason: str, by: Account, now: datetime, finding: Finding | None = None
) -> DoseSegment:
    """No more capsules from today; the visits keep their days (domain reference §7.4)."""
    locked = lock(enrolment)
    refuse_off_treatment(locked)
    today = site_day(locked, now)
    if locked.status == Status.ON_HOLD:
        raise Refusal(f"He is on hold since {spoken(locked.status_since)} already.")
    segment = open_segment(
        enrolment=locked,
        on=today,
        capsules_per_day=0,
        kind=DoseSegment.Kind.HOLD,
        reason=reason,
        by=by,
        finding=finding,
        now=now,
    )
    change_status(enrolment=locked, event=Event.HOLD_ORDER, on=today, by=by, reason=reason)
    return segment


@transaction.atomic
def stop(*, enrolment: Enrolment, reason: str, by: Account, now: datetime) -> Enrolment:
    """End the treatment for safety: the last dose is known and the follow-up visits are laid."""
    locked = lock(enrolment)
    refuse_off_treatment(locked)
    return change_status(
        enrolment=locked, event=Event.STOP, on=site_day(locked, now), by=by, reason=reason
    )


@transaction.atomic
def resume(
    *, enrolment: Enrolment, reason: str, by: Account, now: datetime, finding: Finding | None = None
) -> DoseSegment:
    """Restart after a hold at 20 mg a day, if the limits of §2.4 allow it; tests are repeated."""
    locked = lock_with_person(enrolment)
    if locked.status != Status.ON_HOLD:
        raise Refusal("He is not on hold.")
    if not reason.strip():
        raise Refusal("Say why treatment is restarted.", field="reason")
    refuse_lifting(locked)
    today = site_day(locked, now)
    record = dose_record(locked)
    held = record.segment_on(today)
    causes = causes_of(held)
    answer = restart_answer(locked, causes, held.during.lower if held else today, today)
    if not answer.allowed:
        raise Refusal(" ".join(answer.reasons), field="reason")
    segment = open_segment(
        enrolment=locked,
        on=today,
        capsules_per_day=answer.daily_capsules,
        kind=DoseSegment.Kind.REDUCED,
        reason=reason,
        by=by,
        finding=finding,
        now=now,
    )
    change_status(
        enrolment=locked,
        event=Event.RESTART_ORDER,
        on=today,
        by=by,
        reason=reason,
        facts={"restart_limits": True},
    )
    if held is not None:
        duties.withdraw(about=audit.label(held), because="Treatment has been restarted.", now=now)
    repeat_tests(
        enrolment=locked,
        reasons=[{"analyte": key, "repeat_within_days": 0} for key in causes],
        due_on=today + timedelta(days=answer.repeat_within_days),
        about=f"protocols.dosesegment:{segment.pk}",
        why="Fourteen days after the restart.",
        by=by,
        now=now,
    )
    return segment


@transaction.atomic
def restore_full_dose(
    *, enrolment: Enrolment, reason: str, by: Account, now: datetime, finding: Finding | None = None
) -> DoseSegment:
    """Back to the full dose from tomorrow, if a test since the reduction is within the limits."""
    locked = lock(enrolment)
    refuse_off_treatment(locked)
    if not reason.strip():
        raise Refusal("Say why the dose is raised.", field="reason")
    today = site_day(locked, now)
    record = dose_record(locked)
    plan = record.plan
    if plan is None or plan.kind != DoseSegment.Kind.REDUCED:
        raise Refusal("He is not on the reduced dose.")
    causes = causes_of(plan) | causes_of(hold_before(record.segments, plan))
    answer = restart_answer(locked, causes, plan.during.lower, today)
    if not answer.allowed:
        raise Refusal(" ".join(answer.reasons), field="reason")
    return open_segment(
        enrolment=locked,
        on=max(today, plan.during.lower) + DAY,
        capsules_per_day=definition_of(locked.version).dose.daily_capsules,
        kind=DoseSegment.Kind.FULL,
        reason=reason,
        by=by,
        finding=finding,
        now=now,
    )


def hold_before(segments: Collection[DoseSegment], plan: DoseSegment) -> DoseSegment | None:
    """The hold that a reduced dose was the restart of, if it was one."""
    return next((row for row in segments if row.during.upper == plan.during.lower), None)


def restart_answer(
    enrolment: Enrolment, causes: Collection[str], since: date, today: date
) -> Restart:
    """What the limits say of the newest results; only those since the change can answer for it."""
    known = newest_results(enrolment.patient, RESTART_ANALYTES, today)
    fresh = [row.fact for key, row in known.items() if row.on > since or (key not in causes)]
    return restart(definition_of(enrolment.version), held_for=causes, results=fresh)


@transaction.atomic
def repeat_tests(
    *,
    enrolment: Enrolment,
    reasons: Collection[Mapping[str, object]],
    due_on: date,
    about: str,
    why: str,
    by: Account | None,
    now: datetime,
) -> list[Order]:
    """Order the panels that must be repeated, unless one already waits that is due by then.

    With the order goes the visit it needs, which stands on the work queue until it is booked.
    """
    placed = []
    for panel in panels_to_repeat(reasons):
        waiting = Order.objects.open().filter(
            patient=enrolment.patient_id, panel=panel, due_on__lte=due_on
        )
        if waiting.exists():
            continue
        placed.append(
            order(
                patient=enrolment.patient,
                panel_key=panel.key,
                due_on=due_on,
                reason=why[:ORDER_REASON],
                about=about,
                by=by,
                now=now,
            )
        )
    if placed:
        plan_repeat(enrolment=enrolment, due_on=due_on, by=by, now=now)
    return placed


def refuse_off_treatment(enrolment: Enrolment) -> None:
    if enrolment.status not in {Status.ACTIVE, Status.ON_HOLD}:
        words = enrolment.get_status_display().lower()
        raise Refusal(f"There is no dose to change: he is “{words}”.")


def site_day(enrolment: Enrolment, now: datetime) -> date:
    return enrolment.patient.site.localdate(now)


def spoken(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
