"""Ask somebody to do something by a moment, and see that it is ticked off.

Called duties because `protocols.tasks` is what the worker runs.
"""

from datetime import datetime

from django.db import transaction

from clinic import audit
from clinic.actions import on_call
from clinic.models import Account, Member, Site
from clinic.refusal import Refusal
from protocols.models import Duty, Enrolment, Finding
from protocols.rules.duties import ASSESSMENT, title_of

TITLE, NOTE = 120, 300


@transaction.atomic
def require(  # noqa: PLR0913 -- what is asked of whom, by when and why
    *,
    enrolment: Enrolment,
    code: str,
    due_at: datetime,
    about: str,
    by: Account | None,
    now: datetime,
    title: str = "",
    finding: Finding | None = None,
    owner: Member | None = None,
) -> Duty:
    """Ask for one thing, once while it is open; asked again sooner, it is due sooner.

    `about` is the label of what asks for it; `by` is None where a rule asks by itself.
    """
    duty, fresh = Duty.objects.select_for_update(of=("self",)).get_or_create(
        enrolment=enrolment,
        code=code,
        about=about,
        done_at=None,
        defaults={
            "title": (title or title_of(code))[:TITLE],
            "finding": finding,
            "owner": owner,
            "due_at": due_at,
            "raised_at": now,
        },
    )
    if not fresh and due_at < duty.due_at:
        duty.due_at = due_at
        duty.save(update_fields=["due_at"])
    if fresh:
        audit.record(
            actor=by,
            action="duty.required",
            subject=duty,
            person=enrolment.patient,
            site=enrolment.patient.site_id,
            code=code,
            due_at=due_at,
            about=about,
        )
    return duty


@transaction.atomic
def complete(
    *,
    duty: Duty,
    by: Account,
    now: datetime,
    outcome: str = Duty.Outcome.DONE,
    note: str = "",
) -> Duty:
    """Tick it off: done, or not needed with the reason. Who comes second hears who was first."""
    locked = (
        Duty.objects.select_for_update(of=("self",))
        .select_related("enrolment__patient__site", "done_by")
        .get(pk=duty.pk)
    )
    if locked.done_at is not None:
        raise Refusal(ticked_already(locked))
    if locked.code == ASSESSMENT:
        raise Refusal("A clinician records the assessment; it is not ticked off.")
    if outcome not in Duty.Outcome.values:
        raise Refusal("Say whether it was done or is not needed.", field="outcome")
    if outcome == Duty.Outcome.NOT_NEEDED and not note.strip():
        raise Refusal("Write down why it is not needed.", field="note")
    tick(locked, by=by, at=now, outcome=outcome, note=note.strip())
    return locked


@transaction.atomic
def withdraw(*, about: str, because: str, now: datetime) -> int:
    """Take back what is still asked for: the thing that asked for it is gone."""
    waiting = (
        Duty.objects.select_for_update(of=("self",))
        .open()
        .filter(about=about)
        .select_related("enrolment__patient")
    )
    for duty in waiting:
        tick(duty, by=None, at=now, outcome=Duty.Outcome.NOT_NEEDED, note=because)
    return len(waiting)


def tick(duty: Duty, *, by: Account | None, at: datetime, outcome: str, note: str) -> None:
    duty.outcome, duty.done_at, duty.done_by, duty.note = outcome, at, by, note[:NOTE]
    duty.save(update_fields=["outcome", "done_at", "done_by", "note"])
    if by is None:
        on_call.withdraw(about=audit.label(duty))
    else:
        on_call.answered(about=audit.label(duty), by=by, now=at)
    audit.record(
        actor=by,
        action="duty.ticked",
        subject=duty,
        person=duty.enrolment.patient,
        site=duty.enrolment.patient.site_id,
        reason=duty.note,
        code=duty.code,
        outcome=outcome,
    )


def member_of(account: Account, site: Site) -> Member | None:
    """His place at this site, for whom a duty is."""
    return Member.objects.active().filter(account=account, site=site).first()


def ticked_already(duty: Duty) -> str:
    at = duty.done_at.astimezone(duty.enrolment.patient.site.zone) if duty.done_at else None
    when = f" ({at.day} {at:%b}, {at:%H:%M})" if at else ""
    if duty.done_by is None:
        return f"This is no longer needed: {duty.note}"
    return f"{duty.done_by} has ticked this off already{when}."
