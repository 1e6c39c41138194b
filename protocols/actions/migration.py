"""Moving men between versions of a programme: one at a time, with a reason, and back again.

The plan is laid by the same action as ever; what is done and what is pinned stays. Bookings stay
as well: those that a move put outside their window are kept for somebody to settle.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from clinic import audit
from clinic.models import Account
from clinic.refusal import Refusal
from protocols.actions import reminders
from protocols.actions.pins import lift, pin_down
from protocols.actions.segments import lock_with_person
from protocols.actions.visits_plan import MOVABLE, lay_visits, new_visit
from protocols.models import (
    TERMINAL,
    Appointment,
    Displacement,
    Enrolment,
    Pin,
    PlannedVisit,
    Version,
    VersionChange,
    Visit,
)
from protocols.queries.enrolment import definition_of
from protocols.queries.what_if import STANDING_BOOKING, Man, men_of
from protocols.rules.what_if import Days, What, days_of, inside, plan_of

REASON = "Say why he is moved."
NOT_ASKED = "not_asked"
STAYS = "Its window in the new version was over already."
LONGEST = 300


@transaction.atomic
def migrate(
    *,
    enrolment: Enrolment,
    to: Version,
    reason: str,
    by: Account,
    now: datetime,
    seen: int | None = None,
) -> VersionChange:
    """Move one man to another published version of his programme.

    `seen` is the version he was on when the member looked; he who was moved since is looked at
    again first.
    """
    row = lock_with_person(enrolment)
    target = Version.objects.select_related("protocol").get(pk=to.pk)
    refuse_move(row, target, reason, seen)
    (man,) = men_of(Enrolment.objects.filter(pk=row.pk), target, now)
    was = row.version
    before = windows(row)
    moves = [*kept_moves(row, man), *lay_anew(row, target, man)]
    change = VersionChange.objects.create(
        enrolment=row,
        was=was,
        became=target,
        on=man.standing.today,
        at=now,
        by=by,
        reason=reason.strip()[:LONGEST],
        moves=moves,
    )
    for move in man.changes.moves:
        if move.what is What.STAYS:
            visit = Visit.objects.get(enrolment=row, code=move.code, planned__isnull=False)
            pin_down(visit=visit, reason=STAYS, by=by, now=now, change=change)
    lay_visits(enrolment=row)
    finish(row, change, before, by, now)
    return change


def refuse_move(row: Enrolment, target: Version, reason: str, seen: int | None) -> None:
    """Every reason why he cannot be moved there, the gravest first."""
    if row.version_id == target.pk:
        raise Refusal(already_there(row, target))
    if target.protocol_id != row.version.protocol_id:
        raise Refusal(
            f"{target} is another programme: he is on {row.version}. Enrol him anew instead."
        )
    if target.state == Version.State.DRAFT:
        raise Refusal("That is a draft: men are moved to it once it is published.")
    if target.state == Version.State.RETIRED:
        raise Refusal(f"{target} is retired: nobody is moved to it any more.")
    if row.status in TERMINAL:
        words = row.get_status_display().lower()
        raise Refusal(f"He is no longer in the programme: “{words}”.")
    if seen is not None and seen != row.version_id:
        raise Refusal(f"He has been moved to {row.version} since: look again at what would change.")
    if not reason.strip():
        raise Refusal(REASON, field="reason")


def already_there(row: Enrolment, target: Version) -> str:
    last = VersionChange.objects.filter(enrolment=row, became=target).select_related("by").last()
    if last is None:
        return f"He is on {target} already."
    at = last.at.astimezone(row.patient.site.zone)
    return f"{last.by} has moved him to {target} already ({at.day} {at:%b}, {at:%H:%M})."


def windows(row: Enrolment) -> dict[int, Days | None]:
    """The days of each of his awaited visits, by its key."""
    return {
        visit.pk: days_of_row(visit)
        for visit in Visit.objects.select_for_update(of=("self",)).filter(
            enrolment=row, planned__isnull=False, status=MOVABLE
        )
    }


def days_of_row(visit: Visit) -> Days | None:
    if visit.opens_on is None or visit.target_on is None or visit.closes_on is None:
        return None
    return visit.opens_on, visit.target_on, visit.closes_on


def kept_moves(row: Enrolment, man: Man) -> list[dict[str, Any]]:
    """What will happen to the visits he has, as it is kept beside the change."""
    keys = dict(
        Visit.objects.filter(enrolment=row, planned__isnull=False).values_list("code", "pk")
    )
    return [
        {
            "visit": keys[move.code],
            "code": move.code,
            "what": move.what.value,
            "was": as_text(move.was),
            "becomes": as_text(move.becomes),
        }
        for move in man.changes.moves
        if move.code in keys
    ]


def as_text(days: Days | None) -> list[str] | None:
    return None if days is None else [day.isoformat() for day in days]


def lay_anew(row: Enrolment, target: Version, man: Man) -> list[dict[str, Any]]:
    """Put him on the version and its visits; returns the visits that were made for it."""
    row.version = target
    row.save(update_fields=["version"])
    becoming = {move.code: move.what for move in man.changes.moves}
    standing = {
        visit.code: visit for visit in Visit.objects.filter(enrolment=row, planned__isnull=False)
    }
    planned = relink(standing.values(), target)
    for code, visit in standing.items():
        if becoming.get(code) is What.GONE:
            set_status(visit, Visit.Status.SKIPPED)
        elif becoming.get(code) is What.ADDED:
            visit.planned = planned[code]
            set_status(visit, Visit.Status.PLANNED)
    made = []
    for code, laid in plan_of(definition_of(target), man.standing.anchors).items():
        if code in standing:
            continue
        asked = becoming.get(code) is What.ADDED
        visit = new_visit(row, planned[code])
        visit.opens_on, visit.target_on, visit.closes_on = days_of(laid.window)
        visit.status = Visit.Status.PLANNED if asked else Visit.Status.SKIPPED
        visit.save(force_insert=True)
        made.append(
            {
                "visit": visit.pk,
                "code": code,
                "what": What.ADDED.value if asked else NOT_ASKED,
                "was": None,
                "becomes": as_text(days_of(laid.window)),
            }
        )
    return made


def relink(visits: Iterable[Visit], version: Version) -> Mapping[str, PlannedVisit]:
    """Let what is still awaited hang on this version's plan; what is done keeps what it was."""
    planned = {row.code: row for row in PlannedVisit.objects.filter(version=version)}
    linked = []
    for visit in visits:
        if visit.status == MOVABLE and visit.code in planned:
            visit.planned, visit.title = planned[visit.code], planned[visit.code].title
            linked.append(visit)
    Visit.objects.bulk_update(linked, ["planned", "title"])
    return planned


def set_status(visit: Visit, status: str) -> None:
    visit.status = status
    visit.save(update_fields=["status", "planned"])


def finish(
    row: Enrolment,
    change: VersionChange,
    before: Mapping[int, Days | None],
    by: Account,
    now: datetime,
) -> None:
    """Keep what is outside now, plan his reminders anew, and write the trail."""
    displaced = displace(row, change, before, now)
    reminders.plan(enrolment=row, now=now)
    audit.record(
        actor=by,
        action="enrolment.version_undone" if change.undoes_id else "enrolment.version_changed",
        subject=row,
        person=row.patient,
        site=row.patient.site_id,
        reason=change.reason,
        was=change.was_id,
        became=change.became_id,
        change=change.pk,
        visits=len(change.moves),
        outside=displaced,
    )


def displace(
    row: Enrolment, change: VersionChange, before: Mapping[int, Days | None], now: datetime
) -> int:
    """Bookings that were inside their window before and are not now go to the work queue."""
    site = row.patient.site
    today = site.localdate(now)
    rows = Appointment.objects.filter(
        visit__in=list(before), booking__status__in=STANDING_BOOKING
    ).select_related("visit", "booking")
    found = [
        Displacement(appointment=it, change=change)
        for it in rows
        if displaced(it, before[it.visit_id], site.localdate(it.booking.starts_at), today)
    ]
    Displacement.objects.bulk_create(found)
    return len(found)


def displaced(appointment: Appointment, before: Days | None, on: date, today: date) -> bool:
    visit = appointment.visit
    now_there = days_of_row(visit) if visit.status == MOVABLE else None
    return on >= today and inside(before, on) and not inside(now_there, on)


@transaction.atomic
def undo(*, change: VersionChange, reason: str, by: Account, now: datetime) -> VersionChange:
    """Move him back to the version he came from; only his last move, and only once."""
    row = lock_with_person(change.enrolment)
    refuse_undoing(row, change, reason)
    before = windows(row)
    row.version = change.was
    row.save(update_fields=["version"])
    standing = {visit.pk: visit for visit in Visit.objects.filter(enrolment=row)}
    moves = []
    for move in change.moves:
        visit = standing.get(move["visit"])
        if visit is not None and restored(visit, move["what"]):
            what = What.ADDED.value if move["what"] == What.GONE else NOT_ASKED
            moves.append({**move, "what": what, "was": move["becomes"], "becomes": move["was"]})
    for pinned in Pin.objects.standing().filter(change=change):
        lift(pin=pinned, by=by, now=now)
    relink(Visit.objects.filter(enrolment=row, planned__isnull=False), change.was)
    lay_visits(enrolment=row)
    back = VersionChange.objects.create(
        enrolment=row,
        was=change.became,
        became=change.was,
        on=row.patient.site.localdate(now),
        at=now,
        by=by,
        reason=reason.strip()[:LONGEST],
        moves=moves,
        undoes=change,
    )
    finish(row, back, before, by, now)
    return back


def refuse_undoing(row: Enrolment, change: VersionChange, reason: str) -> None:
    if VersionChange.objects.filter(undoes=change).exists():
        raise Refusal("This move has been undone already.")
    last = VersionChange.objects.filter(enrolment=row).last()
    if last is None or last.pk != change.pk or row.version_id != change.became_id:
        raise Refusal("He has been moved again since: undo the last move first.")
    if change.undoes_id:
        raise Refusal("This was itself the way back: move him again instead.")
    if row.status in TERMINAL:
        words = row.get_status_display().lower()
        raise Refusal(f"He is no longer in the programme: “{words}”.")
    if not reason.strip():
        raise Refusal("Say why he is moved back.", field="reason")


def restored(visit: Visit, what: str) -> bool:
    """Bring back what the move dropped and drop what it added, unless it was done meanwhile."""
    if what == What.GONE and visit.status == Visit.Status.SKIPPED:
        set_status(visit, Visit.Status.PLANNED)
    elif what == What.ADDED and visit.status == Visit.Status.PLANNED:
        set_status(visit, Visit.Status.SKIPPED)
    else:
        return False
    return True
