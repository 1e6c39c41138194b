"""Departures from the protocol: drafted with their evidence once, withdrawn when the facts turn out
otherwise, classified and closed by a person.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from clinic import audit
from clinic.models import Account
from clinic.refusal import Refusal
from protocols.models import Deviation, Enrolment, Visit
from protocols.rules import deviations as rules

LONGEST = 300
Outcome = Deviation.Outcome


@transaction.atomic
def draft(
    *,
    enrolment: Enrolment,
    found: rules.Deviation,
    about: str,
    on: date,
    visit: Visit | None = None,
) -> Deviation:
    """Write a departure down, once for the thing it is about; while open it follows the facts.

    One that was withdrawn comes back when its facts do; what a person closed stays closed.
    """
    deviation, fresh = Deviation.objects.select_for_update(of=("self",)).get_or_create(
        enrolment=enrolment,
        code=found.code,
        about=about,
        defaults={"visit": visit, "raised_on": on, **drafted(found, on)},
    )
    if fresh:
        trail(deviation, "drafted", None, code=found.code, weight=deviation.weight)
    elif deviation.outcome == Outcome.WITHDRAWN:
        deviation.outcome, deviation.closing_note = "", ""
        deviation.closed_at = deviation.closed_by = None
        follow(deviation, found)
        trail(deviation, "drafted", None, code=found.code, weight=deviation.weight, again=True)
    elif deviation.closed_at is None:
        follow(deviation, found)
    return deviation


def drafted(found: rules.Deviation, on: date) -> dict[str, Any]:
    days = found.repeat_within_days
    return {
        "weight": found.weight.value.lower(),
        "sentence": found.sentence[:LONGEST],
        "evidence": [list(pair) for pair in found.evidence],
        "repeat_by": None if days is None else on + timedelta(days=days),
    }


def follow(deviation: Deviation, found: rules.Deviation) -> None:
    """What is drafted anew replaces the draft, but not the class a person has given it."""
    fresh = drafted(found, deviation.raised_on)
    if deviation.classified_at is not None:
        fresh["weight"] = deviation.weight
    for name, value in fresh.items():
        setattr(deviation, name, value)
    deviation.save()


@transaction.atomic
def withdraw(
    *,
    enrolment: Enrolment,
    codes: Iterable[str],
    about: Iterable[str],
    note: str,
    by: Account | None,
    now: datetime,
) -> int:
    """Take back drafts whose facts turned out otherwise, saying so; what is closed stays."""
    rows = Deviation.objects.select_for_update(of=("self",)).filter(
        enrolment=enrolment, code__in=list(codes), about__in=list(about), closed_at=None
    )
    for deviation in rows:
        deviation.closed_at, deviation.closed_by = now, by
        deviation.outcome, deviation.closing_note = Outcome.WITHDRAWN, note[:LONGEST]
        deviation.save()
        trail(deviation, "withdrawn", by, note)
    return len(rows)


@transaction.atomic
def close_moot(
    *, enrolment: Enrolment, code: str, about: str, note: str, by: Account | None, now: datetime
) -> None:
    """Withdraw one draft whose facts turned out otherwise."""
    withdraw(enrolment=enrolment, codes=[code], about=[about], note=note, by=by, now=now)


@transaction.atomic
def classify(
    *,
    deviation: Deviation,
    weight: str,
    cause: str,
    corrective_action: str,
    by: Account,
    now: datetime,
) -> Deviation:
    """Say how much it weighs, why it happened and what is done about it; it stays open."""
    row = standing(deviation)
    put_class(row, weight, cause, corrective_action, by, now)
    row.save()
    trail(row, "classified", by, weight=row.weight)
    return row


@transaction.atomic
def close(
    *,
    deviation: Deviation,
    weight: str,
    cause: str,
    corrective_action: str,
    by: Account,
    now: datetime,
    note: str = "",
) -> Deviation:
    """Close it for good: its class, its cause and what was done are all said."""
    row = standing(deviation)
    put_class(row, weight, cause, corrective_action, by, now)
    if not row.cause:
        raise Refusal("Say why it happened, or that the cause is not known.", field="cause")
    if not row.corrective_action:
        raise Refusal(
            "Say what was done about it, or that nothing more can be done.",
            field="corrective_action",
        )
    end(row, Outcome.CLOSED, note, by, now)
    trail(row, "closed", by, note, weight=row.weight)
    return row


@transaction.atomic
def dismiss(*, deviation: Deviation, reason: str, by: Account, now: datetime) -> Deviation:
    """It is none: the draft was wrong about what happened."""
    if not reason.strip():
        raise Refusal("Say why it is not a deviation.", field="reason")
    row = standing(deviation)
    end(row, Outcome.NOT_ONE, reason, by, now)
    trail(row, "dismissed", by, row.closing_note)
    return row


@transaction.atomic
def reopen(*, deviation: Deviation, reason: str, by: Account, now: datetime) -> Deviation:
    """Look at it once more; who closed it and why stays in its history."""
    if not reason.strip():
        raise Refusal("Say why it is opened again.", field="reason")
    row = held(deviation)
    if row.closed_at is None:
        raise Refusal("It is open already.")
    row.outcome, row.closing_note = "", ""
    row.closed_at = row.closed_by = None
    row.reopened_because = reason.strip()[:LONGEST]
    row.save()
    trail(row, "reopened", by, row.reopened_because)
    return row


def held(deviation: Deviation) -> Deviation:
    """The row as it stands, held: two members who close it at once wait for each other."""
    return (
        Deviation.objects.select_for_update(of=("self",))
        .select_related("enrolment__patient__site", "closed_by")
        .get(pk=deviation.pk)
    )


def standing(deviation: Deviation) -> Deviation:
    row = held(deviation)
    if row.closed_at is None:
        return row
    at = row.closed_at.astimezone(row.enrolment.patient.site.zone)
    who = row.closed_by.name if row.closed_by else "the program"
    raise Refusal(
        f"{who} has ended this on {at.day} {at:%b %Y, %H:%M} already: "
        f"“{row.get_outcome_display().lower()}”. Open it again if that was wrong."
    )


def put_class(
    row: Deviation, weight: str, cause: str, corrective_action: str, by: Account, now: datetime
) -> None:
    if weight not in Deviation.Weight.values:
        raise Refusal("Choose minor or major.", field="weight")
    row.weight, row.classified_at, row.classified_by = weight, now, by
    row.cause = cause.strip()[:LONGEST]
    row.corrective_action = corrective_action.strip()[:LONGEST]


def end(row: Deviation, outcome: str, note: str, by: Account, now: datetime) -> None:
    row.outcome, row.closing_note = outcome, note.strip()[:LONGEST]
    row.closed_at, row.closed_by = now, by
    row.save()


def trail(
    deviation: Deviation, verb: str, by: Account | None, reason: str = "", **detail: Any
) -> None:
    patient = deviation.enrolment.patient
    audit.record(
        actor=by,
        action=f"deviation.{verb}",
        subject=deviation,
        person=patient,
        site=patient.site_id,
        reason=reason,
        **detail,
    )
