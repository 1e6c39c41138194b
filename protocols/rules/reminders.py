"""Which reminders a patient gets, when, until when they are of use (domain reference §7.8).

Plain facts in, plain reminders out; running it twice gives the same keys.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from protocols.rules.definition import Definition
from protocols.rules.local_time import local_instant, send_time
from protocols.rules.tables import ReminderPlan, ReminderRule
from protocols.rules.vocabulary import About, Status


@dataclass(frozen=True, slots=True)
class BookingFacts:
    """A booked appointment; `subject` is its label, such as "clinic.booking:12"."""

    subject: str
    starts_at: datetime
    booked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class VisitFacts:
    """A visit that is to come or was missed; `subject` is its label."""

    subject: str
    opens_on: date
    closes_on: date
    booked: bool = False
    labs_wanted: bool = False
    missed_on: date | None = None


@dataclass(frozen=True, slots=True)
class SupplyFacts:
    """The capsules in hand; `subject` is the label of the dispense."""

    subject: str
    run_out_on: date


@dataclass(frozen=True, slots=True)
class Reminder:
    """One message to be sent once: not before `due_at`, not at or after `expires_at`."""

    code: str
    about: About
    subject: str
    target: str
    due_at: datetime
    expires_at: datetime
    for_staff: bool
    dedupe_key: str


def for_booking(
    definition: Definition, booking: BookingFacts, *, zone: ZoneInfo, status: Status
) -> tuple[Reminder, ...]:
    """The reminders of one appointment: 7 days, 2 days and 3 hours before."""
    plan = definition.reminders
    if status not in plan.statuses:
        return ()
    starts_at = booking.starts_at.astimezone(UTC)
    found = []
    for rule in rules_about(plan, About.BOOKING):
        nominal = before_start(rule, starts_at, zone)
        if booking.booked_at is not None and nominal < booking.booked_at:
            continue
        target = starts_at.isoformat()
        ends_at = min(nominal + timedelta(hours=rule.useful_for_hours), starts_at)
        found.append(
            reminder(definition, rule, booking.subject, target, nominal, ends_at, zone=zone)
        )
    return useful(found)


def before_start(rule: ReminderRule, starts_at: datetime, zone: ZoneInfo) -> datetime:
    """Days are counted on the wall clock, hours as they pass."""
    wall = starts_at.astimezone(zone)
    on = wall.date() + timedelta(days=rule.days)
    at = local_instant(on, wall.time(), zone) if rule.days else starts_at
    return at + timedelta(hours=rule.hours)


def for_visit(
    definition: Definition, visit: VisitFacts, *, zone: ZoneInfo, status: Status
) -> tuple[Reminder, ...]:
    """A visit to be booked, its laboratory, or a visit that was missed."""
    plan = definition.reminders
    if status not in plan.statuses:
        return ()
    targets = {
        About.UNBOOKED_VISIT: not visit.booked and visit.missed_on is None,
        About.LABS: visit.labs_wanted and visit.missed_on is None,
        About.MISSED: visit.missed_on is not None,
    }
    days = {
        "opens_on": visit.opens_on,
        "closes_on": visit.closes_on,
        "missed_on": visit.missed_on,
    }
    found = [
        on_a_day(definition, rule, visit.subject, day, zone)
        for about, wanted in targets.items()
        if wanted
        for rule in rules_about(plan, about)
        if (day := days[rule.target]) is not None
    ]
    return useful(found)


def for_supply(
    definition: Definition, supply: SupplyFacts, *, zone: ZoneInfo, status: Status
) -> tuple[Reminder, ...]:
    """The refill, 7, 3 and 1 days before the capsules run out."""
    plan = definition.reminders
    if status not in plan.statuses:
        return ()
    found = [
        on_a_day(definition, rule, supply.subject, supply.run_out_on, zone)
        for rule in rules_about(plan, About.SUPPLY)
    ]
    return useful(found)


def dose_times(
    definition: Definition, on: date, times: Sequence[time], *, zone: ZoneInfo, status: Status
) -> tuple[datetime, ...]:
    """The patient's own dose reminders of a day: at most two, and only while active."""
    plan = definition.reminders
    if status not in plan.dose_statuses:
        return ()
    chosen = sorted(set(times))[: plan.max_dose_reminders_per_day]
    return tuple(local_instant(on, at, zone) for at in chosen)


def on_a_day(
    definition: Definition, rule: ReminderRule, subject: str, day: date, zone: ZoneInfo
) -> Reminder:
    """A reminder counted in days goes out at the plan's own hour of the day."""
    sent_on = day + timedelta(days=rule.days)
    nominal = local_instant(sent_on, definition.reminders.daily_at, zone)
    nominal += timedelta(hours=rule.hours)
    ends_at = nominal + timedelta(hours=rule.useful_for_hours)
    return reminder(definition, rule, subject, day.isoformat(), nominal, ends_at, zone=zone)


def reminder(
    definition: Definition,
    rule: ReminderRule,
    subject: str,
    target: str,
    nominal: datetime,
    ends_at: datetime,
    *,
    zone: ZoneInfo,
) -> Reminder:
    plan = definition.reminders
    sent = send_time(nominal, zone, quiet_from=plan.quiet_from, quiet_to=plan.quiet_to)
    return Reminder(
        code=rule.code,
        about=rule.about,
        subject=subject,
        target=target,
        due_at=nominal if rule.for_staff else sent.at,
        expires_at=ends_at,
        for_staff=rule.for_staff,
        dedupe_key=dedupe_key(definition, rule, subject, target),
    )


def dedupe_key(definition: Definition, rule: ReminderRule, subject: str, target: str) -> str:
    """Rule with version, subject, target: a moved appointment is reminded of anew."""
    return f"{rule.code}.v{definition.version}|{subject}|{target}"


def rules_about(plan: ReminderPlan, about: About) -> Iterator[ReminderRule]:
    return (rule for rule in plan.rules if rule.about is about)


def useful(reminders: Iterable[Reminder]) -> tuple[Reminder, ...]:
    """Those that are due while they are still of use, in the order they go out."""
    kept = [row for row in reminders if row.due_at < row.expires_at]
    return tuple(sorted(kept, key=lambda row: (row.due_at, row.code)))
