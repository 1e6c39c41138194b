"""Planning what a patient is to be told, putting it in the outbox when it is due, and asking
once more, immediately before it leaves, whether it is still true.

Every plan has a key of rule version, subject and target: running any of this twice, or after
an outage, makes nothing twice.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from clinic import audit, outbox
from clinic.models import Account, Booking, Message
from clinic.outbox import WhyNot
from patients.models import Patient
from protocols.actions import storage_reminders
from protocols.models import ON_TREATMENT, Appointment, Enrolment, Reminder, Visit
from protocols.queries.dosing import dose_record
from protocols.queries.enrolment import definition_of
from protocols.queries.reminder_facts import Facts, facts_of, supply_of, zone_of
from protocols.rules import reminders as rules
from protocols.rules.local_time import SendTime, send_time
from protocols.rules.vocabulary import About, Status

BATCH = 200
REACHED = [*ON_TREATMENT, "COMPLETED_TREATMENT", "DISCONTINUED", "WITHDRAWN_TREATMENT"]
#: The mail each kind of reminder is written with.
TEMPLATES = {
    About.BOOKING: "appointment",
    About.UNBOOKED_VISIT: "please_book",
    About.LABS: "please_book",
    About.MISSED: "missed_you",
    About.SUPPLY: "please_sign_in",
}
#: Planned from here: the rest of the plan is the coordinator's work queue.
SENT_BY_MAIL = set(TEMPLATES)


@transaction.atomic
def plan(*, enrolment: Enrolment, now: datetime) -> int:
    """Write down every reminder his visits and bookings ask for; returns how many are new."""
    return _plan([enrolment], now)


def plan_everybody(*, now: datetime) -> int:
    """Plan for everybody who may be reminded; a sweep that heals whatever an event missed."""
    reached = (
        Enrolment.objects.filter(status__in=REACHED)
        .select_related("version", "patient__site")
        .defer("version__definition")
        .order_by("pk")
    )
    planned, last = 0, 0
    while some := list(reached.filter(pk__gt=last)[:BATCH]):
        last = some[-1].pk
        with transaction.atomic():
            planned += _plan(some, now)
    return planned


def _plan(enrolments: Sequence[Enrolment], now: datetime) -> int:
    facts = facts_of(enrolments, now)
    rows = [row for man in enrolments for row in _wanted(man, facts[man.pk], now)]
    known = {
        row.dedupe_key: row
        for row in Reminder.objects.filter(dedupe_key__in=[r.dedupe_key for r in rows])
    }
    new = [row for row in rows if row.dedupe_key not in known]
    Reminder.objects.bulk_create(new, ignore_conflicts=True)
    _set_anew(rows, known)
    again = [
        known[row.dedupe_key]
        for row in rows
        if row.dedupe_key in known and row.due_at > now and row.patient.email
    ]
    return len(new) + _revive(again)


def _wanted(enrolment: Enrolment, facts: Facts, now: datetime) -> Iterator[Reminder]:
    """The rows one man should have by now, those he has included."""
    definition, status = definition_of(enrolment.version), Status(enrolment.status)
    asked = [
        *(
            reminder
            for booking in facts.bookings
            for reminder in rules.for_booking(definition, booking, zone=facts.zone, status=status)
        ),
        *(
            reminder
            for visit in facts.visits
            for reminder in rules.for_visit(definition, visit, zone=facts.zone, status=status)
        ),
        *(
            rules.for_supply(definition, facts.supply, zone=facts.zone, status=status)
            if facts.supply
            else ()
        ),
    ]
    for reminder in asked:
        if reminder.about in SENT_BY_MAIL and not reminder.for_staff and reminder.expires_at > now:
            yield _row(enrolment.patient, reminder, facts.zone)


#: What hangs on the patient's clock: another zone, and the same reminder is due at another time.
ON_HIS_CLOCK = ["target_at", "due_at", "expires_at", "explanation"]


def _set_anew(rows: Iterable[Reminder], known: Mapping[str, Reminder]) -> None:
    """A plan follows the patient's clock for as long as it is a plan."""
    changed = []
    for row in rows:
        planned = known.get(row.dedupe_key)
        if planned is None or planned.state not in (*DORMANT, Reminder.State.PLANNED):
            continue
        if any(getattr(planned, name) != getattr(row, name) for name in ON_HIS_CLOCK):
            for name in ON_HIS_CLOCK:
                setattr(planned, name, getattr(row, name))
            changed.append(planned)
    if changed:
        Reminder.objects.bulk_update(changed, ON_HIS_CLOCK)


#: Written down once, and not sent for a reason that may pass.
DORMANT = [Reminder.State.CANCELLED, Reminder.State.UNREACHABLE]


def _revive(known: Iterable[Reminder]) -> int:
    """What is asked for again and was withdrawn before it was due is planned again.

    An appointment moved away and back, a booking made and cancelled, an address given at last.
    """
    keys = [row.pk for row in known if row.state in DORMANT and row.message_id is None]
    if not keys:
        return 0
    return Reminder.objects.filter(pk__in=keys, state__in=DORMANT, message=None).update(
        state=Reminder.State.PLANNED, state_reason=""
    )


def _row(patient: Patient, reminder: rules.Reminder, zone: ZoneInfo) -> Reminder:
    target = datetime.fromisoformat(reminder.target)
    if target.tzinfo is None:
        target = target.replace(tzinfo=zone)
    due = reminder.due_at.astimezone(zone)
    return Reminder(
        patient=patient,
        rule=reminder.code,
        about=reminder.subject,
        target_at=target,
        due_at=reminder.due_at,
        expires_at=reminder.expires_at,
        explanation=(
            f"Due {due:%a %d %b %Y, %H:%M} on his clock ({zone.key});"
            f" of use until {reminder.expires_at.astimezone(zone):%a %d %b %Y, %H:%M}."
        ),
        dedupe_key=reminder.dedupe_key,
        state=Reminder.State.PLANNED if patient.email else Reminder.State.UNREACHABLE,
        state_reason="" if patient.email else "He has given no e-mail address.",
    )


@transaction.atomic
def queue_due(*, now: datetime, limit: int = BATCH) -> int:
    """Hand what is due to the outbox; what is no longer of use is closed with its reason."""
    due = (
        Reminder.objects.filter(state=Reminder.State.PLANNED, due_at__lte=now)
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("patient__site")
        .order_by("due_at", "pk")[:limit]
    )
    rows = list(due)
    for reminder in rows:
        _queue_one(reminder, now)
    return len(rows)


def _queue_one(reminder: Reminder, now: datetime) -> None:
    if now >= reminder.expires_at:
        return _close(reminder, Reminder.State.EXPIRED, "It would have come too late.")
    why_not = _why_not(reminder, _enrolment_of(reminder), now)
    if why_not:
        return _close(reminder, Reminder.State.CANCELLED, why_not)
    zone = zone_of(reminder.patient)
    starts = reminder.target_at.astimezone(zone)
    reminder.message = outbox.enqueue(
        site=reminder.patient.site,
        recipient=reminder.patient.email,
        template=template_of(reminder.rule),
        context={
            "day": f"{starts:%a} {starts.day} {starts:%b %Y}",
            "time": f"{starts:%H:%M}",
            "zone": reminder.patient.site.zone_word if not reminder.patient.time_zone else zone.key,
        },
        dedupe_key=f"reminder:{reminder.pk}",
        subject=audit.label(reminder),
        person=reminder.patient.label,
        not_before=reminder.due_at,
        expires_at=reminder.expires_at,
    )
    reminder.state = Reminder.State.QUEUED
    reminder.save(update_fields=["state", "message"])
    return None


def template_of(rule: str) -> str:
    """Which letter a rule is written with."""
    for prefix, template in (
        ("APPOINTMENT", "appointment"),
        ("MISSED", "missed_you"),
        ("REFILL", "please_sign_in"),
        ("STORAGE", "please_sign_in"),
    ):
        if rule.startswith(prefix):
            return template
    return "please_book"


def _close(reminder: Reminder, state: str, reason: str) -> None:
    reminder.state, reminder.state_reason = state, reason
    reminder.save(update_fields=["state", "state_reason"])


def _enrolment_of(reminder: Reminder) -> Enrolment | None:
    """The enrolment under which he may be reminded of anything."""
    return (
        Enrolment.objects.filter(patient=reminder.patient_id, status__in=REACHED)
        .select_related("version")
        .defer("version__definition")
        .order_by("-pk")
        .first()
    )


def _why_not(reminder: Reminder, enrolment: Enrolment | None, now: datetime) -> str:
    """Why this must not be sent any more, or "": asked when it is queued and when it is sent."""
    patient = reminder.patient
    if patient.deceased_on is not None:
        return "The patient has died."
    if not patient.email:
        return "He has given no e-mail address."
    if reminder.about.startswith(storage_reminders.ABOUT):
        return storage_reminders.why_not(reminder, now)
    if enrolment is None:
        return "He is no longer in the programme."
    return _why_not_about(reminder, enrolment, now)


def _why_not_about(reminder: Reminder, enrolment: Enrolment, now: datetime) -> str:
    """The same of what it is about: an appointment, a visit, a bottle."""
    kind, _, pk = reminder.about.rpartition(":")
    if kind == "clinic.booking":
        booking = Booking.objects.filter(pk=pk).first()
        if booking is None or booking.status != Booking.Status.BOOKED:
            return "The appointment no longer stands."
        if booking.starts_at != reminder.target_at:
            return "The appointment has moved."
    if kind == "protocols.visit":
        return _why_not_visit(int(pk), reminder)
    if kind == "protocols.dispense":
        return _why_not_supply(reminder, enrolment, now)
    return ""


def _why_not_supply(reminder: Reminder, enrolment: Enrolment, now: datetime) -> str:
    """A bottle since, a hold or another dose: his capsules no longer end on that day."""
    if enrolment.status not in ON_TREATMENT:
        return "His treatment has ended."
    supply = supply_of(dose_record(enrolment), reminder.patient.site.localdate(now))
    ends_on = reminder.target_at.astimezone(zone_of(reminder.patient)).date()
    if supply is None or supply.run_out_on != ends_on:
        return "His capsules do not end on that day any more."
    return ""


def _why_not_visit(pk: int, reminder: Reminder) -> str:
    visit = Visit.objects.filter(pk=pk).first()
    missed = reminder.rule.startswith("MISSED")
    if visit is None or visit.status not in ("planned", "missed"):
        return "The visit has taken place."
    if (
        not missed
        and Appointment.objects.filter(
            visit=visit, booking__status__in=["held", "booked", "arrived", "in_progress"]
        ).exists()
    ):
        return "An appointment has been made."
    return ""


def why_not_now(message: Message, now: datetime) -> WhyNot | None:
    """The outbox asks this for every message immediately before it leaves (settings name it)."""
    if has_died(message.person):
        return WhyNot("The patient has died.")
    if not message.subject.startswith("protocols.reminder:"):
        return None
    reminder = (
        Reminder.objects.select_related("patient__site")
        .filter(pk=message.subject.rpartition(":")[2])
        .first()
    )
    if reminder is None or reminder.state == Reminder.State.CANCELLED:
        return WhyNot("The reminder was withdrawn.")
    enrolment = _enrolment_of(reminder)
    sentence = _why_not(reminder, enrolment, now)
    if sentence:
        return WhyNot(sentence)
    departs = departure(reminder, enrolment, now)
    if departs.at > now:
        return WhyNot(departs.sentence, until=departs.at)
    return None


def departure(reminder: Reminder, enrolment: Enrolment | None, now: datetime) -> SendTime:
    """Now, or the end of the night where he lives: planned for the day, it may be late."""
    plan = definition_of(enrolment.version).reminders if enrolment else storage_reminders.NIGHT
    return send_time(
        now, zone_of(reminder.patient), quiet_from=plan.quiet_from, quiet_to=plan.quiet_to
    )


def has_died(person: str) -> bool:
    """Whom a message names by his label is never written to again once he has died."""
    kind, _, pk = person.partition(":")
    if kind != Patient._meta.label_lower or not pk.isdecimal():
        return False
    return Patient.objects.filter(pk=pk, deceased_on__isnull=False).exists()


@transaction.atomic
def withdraw_all(*, patient: Patient, reason: str) -> int:
    """Cancel whatever he was still to be told; what waits in the outbox is taken back there."""
    return Reminder.objects.filter(
        patient=patient, state__in=[Reminder.State.PLANNED, Reminder.State.QUEUED]
    ).update(state=Reminder.State.CANCELLED, state_reason=reason)


@transaction.atomic
def withdraw(*, about: str, reason: str) -> int:
    """Cancel what is planned or waits in the outbox about a subject that has changed."""
    rows = Reminder.objects.select_for_update(of=("self",)).filter(
        about=about, state__in=[Reminder.State.PLANNED, Reminder.State.QUEUED]
    )
    withdrawn = 0
    for reminder in rows:
        if reminder.state == Reminder.State.QUEUED and not outbox.cancel(
            subject=audit.label(reminder)
        ):
            continue  # it has left the house already
        _close(reminder, Reminder.State.CANCELLED, reason)
        withdrawn += 1
    return withdrawn


def on_booking_moved(*, booking: Booking, was: object) -> None:
    withdraw(about=audit.label(booking), reason="The appointment has moved.")


def on_booking_cancelled(*, booking: Booking) -> None:
    withdraw(about=audit.label(booking), reason="The appointment was cancelled.")


@transaction.atomic
def send_now(*, reminder: Reminder, by: Account, now: datetime) -> Reminder:
    """Send a planned reminder before its time, because somebody asked for it; not at night."""
    row = (
        Reminder.objects.select_for_update(of=("self",))
        .select_related("patient__site")
        .get(pk=reminder.pk)
    )
    if row.state == Reminder.State.PLANNED:
        enrolment = _enrolment_of(row)
        row.due_at = departure(row, enrolment, now).at
        row.save(update_fields=["due_at"])
        _queue_one(row, now)
        audit.record(actor=by, action="reminder.sent_early", subject=row, person=row.patient)
    return row
