"""The check-in: a visit is opened, and its sections are written down one by one.

Capsules, side effects and mood have actions of their own; what is written here is the rest.
Signing is in protocols.actions.signing.
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Min

from clinic import audit, events
from clinic.actions import bookings
from clinic.models import Account, Booking
from clinic.refusal import Refusal
from protocols.actions.deviations import draft, withdraw
from protocols.actions.enrolment import refuse_before_birth
from protocols.actions.segments import lock, lock_with_person
from protocols.actions.visits_plan import lay_what_hangs_on
from protocols.models import TERMINAL, Appointment, Enrolment, Visit
from protocols.queries.enrolment import definition_of
from protocols.queries.visit_items import tick_codes
from protocols.rules import deviations, vitals
from protocols.rules.contradiction import Contradiction
from protocols.rules.definition import Definition
from protocols.rules.schedule import UNSCHEDULED, Assignment, LaidVisit, assign
from protocols.rules.vocabulary import DeviationClass
from protocols.rules.windows import Window

OPEN = (Visit.Status.IN_PROGRESS, Visit.Status.AMENDED)
IDENTIFIERS = ("name", "birth date", "record number", "photograph")
TITLE = "Unscheduled visit"
LONGEST = 4000
#: What can be said of the day of a visit.
OF_A_DAY = frozenset({"VISIT_EARLY", "VISIT_LATE", "VISIT_MISSED"})


@transaction.atomic
def open_visit(*, visit: Visit, on: date, by: Account, now: datetime, reason: str = "") -> Visit:
    """Check him in: the day decides whether the visit is on time, early or late (§7.1).

    One that was marked as missed is opened for the day he came after all, with how that is known.
    """
    enrolment = lock(visit.enrolment)
    row = Visit.objects.select_for_update(of=("self",)).get(pk=visit.pk)
    row.enrolment = enrolment
    refuse_opening(row, on, enrolment.patient.site.localdate(now))
    was_missed = row.status == Visit.Status.MISSED
    if was_missed and not reason.strip():
        raise Refusal(
            f"{row.code} was marked as missed: say how you know that he came.", field="reason"
        )
    row.timing = Visit.Timing.UNSCHEDULED
    if row.planned_id is not None:
        row.timing = timing_of(definition_of(enrolment.version), row, on).timing.value
    elif reason.strip():
        row.since_last_time = reason.strip()[:LONGEST]
    begin(row, on=on, by=by, now=now, reason=reason.strip() if was_missed else "")
    judge_day(row, by=by, now=now)
    lay_what_hangs_on(row)
    attend_bookings(row, on=on, by=by, now=now)
    events.report("visit.opened", visit=row)
    return row


def judge_day(visit: Visit, *, by: Account, now: datetime) -> None:
    """Draft what the day he came departs from, and withdraw what it does not (§7.5)."""
    enrolment, on = visit.enrolment, visit.attended_on
    definition = definition_of(enrolment.version)
    found: tuple[deviations.Deviation, ...] = ()
    if on is not None and visit.timing != Visit.Timing.UNSCHEDULED:
        window = window_of(definition, visit)
        found = deviations.of_visit(definition, timing_of(definition, visit, on), window)
        for departure in found:
            draft(enrolment=enrolment, found=departure, about=visit.label, on=on, visit=visit)
    note = f"He came on {spoken(on)}." if on else "He did not come that day after all."
    moot = OF_A_DAY - {row.code for row in found}
    withdraw(enrolment=enrolment, codes=moot, about=[visit.label], note=note, by=by, now=now)


@transaction.atomic
def open_unscheduled(
    *, enrolment: Enrolment, on: date, by: Account, now: datetime, reason: str
) -> Visit:
    """Begin a visit the programme does not plan; it is always allowed (§7.1)."""
    locked = lock(enrolment)
    if not reason.strip():
        raise Refusal("Say what he comes for.", field="reason")
    refuse_day(locked, on, locked.patient.site.localdate(now))
    standing = Visit.objects.filter(enrolment=locked, attended_on=on, status__in=OPEN).first()
    if standing is not None:
        raise Refusal(f"{standing.code} of that day is open already: write it there.", field="on")
    visit = Visit(
        enrolment=locked,
        code=UNSCHEDULED,
        title=TITLE,
        timing=Visit.Timing.UNSCHEDULED,
        since_last_time=reason.strip()[:LONGEST],
    )
    begin(visit, on=on, by=by, now=now)
    events.report("visit.opened", visit=visit)
    return visit


def refuse_opening(visit: Visit, on: date, today: date) -> None:
    if visit.attended_on is not None:
        raise Refusal(
            f"{visit.code} was opened on {spoken(visit.attended_on)} already: "
            "if he comes again, open an unscheduled visit."
        )
    if visit.status == Visit.Status.SKIPPED:
        raise Refusal(f"{visit.code} is not needed any more: open an unscheduled visit.")
    refuse_day(visit.enrolment, on, today)


def refuse_day(enrolment: Enrolment, on: date, today: date) -> None:
    if enrolment.status in TERMINAL:
        words = enrolment.get_status_display().lower()
        raise Refusal(f"He is no longer in the programme: “{words}”.")
    if on > today:
        raise Refusal("A visit is opened when he is there, not before.", field="on")
    refuse_before_birth(enrolment.patient, on)
    referred_on = enrolment.status_changes.aggregate(first=Min("on"))["first"]
    if referred_on is not None and on < referred_on:
        raise Refusal(
            f"He was referred on {spoken(referred_on)}: no visit of this enrolment is before that.",
            field="on",
        )


def timing_of(definition: Definition, visit: Visit, on: date) -> Assignment:
    """How the day lies to the window of this visit; another visit's day is refused."""
    window = window_of(definition, visit)
    laid = LaidVisit(visit.code, visit.title, window, DeviationClass.MINOR)
    found = assign([laid], on)
    if found.code == UNSCHEDULED:
        other = visit_of_day(definition, visit.enrolment, on)
        instead = (
            f"the day belongs to {other.code}, check him in there"
            if other is not None
            else "open an unscheduled visit"
        )
        raise Refusal(
            f"{spoken(on)} is too far from the target of {visit.code}, "
            f"{spoken(window.due_on)}: {instead}.",
            field="on",
        )
    return found


def visit_of_day(definition: Definition, enrolment: Enrolment, on: date) -> Visit | None:
    """The visit of his plan that a day belongs to, if it has not happened (§7.1)."""
    waiting = {
        row.code: row
        for row in Visit.objects.filter(
            enrolment=enrolment,
            planned__isnull=False,
            opens_on__isnull=False,
            status__in=[Visit.Status.PLANNED, Visit.Status.MISSED],
        )
    }
    laid = [
        LaidVisit(row.code, row.title, window_of(definition, row), DeviationClass.MINOR)
        for row in waiting.values()
    ]
    return waiting.get(assign(laid, on).code)


def window_of(definition: Definition, visit: Visit) -> Window:
    """The window its row keeps, with the days on which it still counts."""
    if visit.opens_on is None or visit.target_on is None or visit.closes_on is None:
        raise Refusal(f"{visit.code} has no window yet.")
    # A pinned visit is kept in a version that does not plan it: it counts on its own days only.
    planned = next((row for row in definition.visits if row.code == visit.code), None)
    late, early = (planned.tolerance_days, planned.early_tolerance_days) if planned else (0, None)
    return Window(visit.opens_on, visit.target_on, visit.closes_on, late, early)


def begin(visit: Visit, *, on: date, by: Account, now: datetime, reason: str = "") -> None:
    visit.status, visit.attended_on = Visit.Status.IN_PROGRESS, on
    visit.opened_by, visit.opened_at = by, now
    visit.save()
    trail(visit, "visit.opened", by, reason, on=on, timing=visit.timing)


def attend_bookings(visit: Visit, *, on: date, by: Account, now: datetime) -> None:
    """Whoever was booked for this visit that day has him now."""
    site = visit.enrolment.patient.site
    waiting = (Booking.Status.BOOKED, Booking.Status.ARRIVED)
    for booking in bookings_of(visit).filter(status__in=waiting):
        if site.localdate(booking.during.lower) == on:
            bookings.mark(booking=booking, status=Booking.Status.IN_PROGRESS, by=by, now=now)


def bookings_of(visit: Visit) -> Any:
    mine = Appointment.objects.filter(visit=visit).values("booking")
    return Booking.objects.filter(pk__in=mine).order_by("during")


def open_for_writing(visit: Visit) -> Visit:
    """The visit, held, if it is open; a signed one is opened again with a reason first."""
    row = (
        Visit.objects.select_for_update(of=("self",))
        .select_related("enrolment__patient__site", "enrolment__version")
        .defer("enrolment__version__definition")
        .get(pk=visit.pk)
    )
    if row.status in OPEN:
        return row
    if row.status == Visit.Status.SIGNED:
        raise Refusal("This visit is signed. Say why it is changed, and it opens again.")
    raise Refusal("Check him in first.")


@transaction.atomic
def check_identity(
    *, visit: Visit, identifiers: Collection[str], by: Account, now: datetime
) -> Visit:
    """He is who the record says, by two identifiers at least."""
    row = open_for_writing(visit)
    known = [word for word in IDENTIFIERS if word in set(identifiers)]
    if len(known) < 2:
        raise Refusal("Two identifiers, please: a name alone is not enough.", field="identifiers")
    row.identifiers, row.identity_checked_at, row.identity_checked_by = known, now, by
    return keep(row, "identity", by, now, identifiers=known)


@transaction.atomic
def note_since_last_time(*, visit: Visit, text: str, by: Account, now: datetime) -> Visit:
    """What has happened since he was last here, in a few words."""
    row = open_for_writing(visit)
    if not text.strip():
        raise Refusal("Write what he says, or “nothing new”.", field="text")
    row.since_last_time, row.since_last_time_at = text.strip()[:LONGEST], now
    return keep(row, "since_last_time", by, now)


@transaction.atomic
def record_vitals(*, visit: Visit, measured: vitals.Vitals, by: Account, now: datetime) -> Visit:
    """Weight, pressure and pulse as they are measured, one after the other if need be."""
    lock_with_person(visit.enrolment)  # first, as whoever records side effects does
    row = open_for_writing(visit)
    try:
        vitals.check(measured)
    except Contradiction as error:
        raise Refusal(str(error), field=error.field) from error
    row.weight_kg, row.pulse_per_min = measured.weight_kg, measured.pulse_per_min
    row.systolic_mmhg, row.diastolic_mmhg = measured.systolic_mmhg, measured.diastolic_mmhg
    row.vitals_at = now
    kept = keep(row, "vitals", by, now)
    events.report("vitals.recorded", visit=kept)
    return kept


@transaction.atomic
def write_plan(
    *, visit: Visit, text: str, ticked: Collection[str], by: Account, now: datetime
) -> Visit:
    """What is agreed until the next visit, and what was gone through with him."""
    row = open_for_writing(visit)
    known = tick_codes(definition_of(row.enrolment.version), row)
    row.plan, row.plan_at = text.strip()[:LONGEST], now
    row.counselling = [code for code in known if code in set(ticked)]
    return keep(row, "plan", by, now, ticked=row.counselling)


def keep(visit: Visit, section: str, by: Account, now: datetime, **detail: Any) -> Visit:
    visit.saved_at = now
    visit.save()
    trail(visit, f"visit.{section}", by, **detail)
    return visit


def trail(visit: Visit, action: str, by: Account | None, reason: str = "", **detail: Any) -> None:
    patient = visit.enrolment.patient
    audit.record(
        actor=by,
        action=action,
        subject=visit,
        person=patient,
        site=patient.site_id,
        reason=reason,
        **detail,
    )


def spoken(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
