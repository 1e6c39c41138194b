"""A partner's pregnancy: told, counselled at once, asked about until its outcome is known."""

from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction

from clinic import audit
from clinic.models import Account
from clinic.refusal import Refusal
from protocols.actions import duties
from protocols.actions.segments import lock_with_person
from protocols.models import Duty, Enrolment, PartnerPregnancy, PregnancyFollowUp
from protocols.queries.findings import closed_days
from protocols.rules.deadlines import CLOSES, contact_by
from protocols.rules.local_time import local_instant
from protocols.rules.pregnancy import due_date, implausible, next_call

SAME_DAY_HOURS = 8
LONGEST = timedelta(days=301)
#: A day without any other to judge it by: longer ago nobody would tell of it.
LONG_AGO = timedelta(days=731)
FRIDAY = 4
Outcome = PartnerPregnancy.Outcome
DATED = "The dates of the pregnancy were corrected."
#: Outcomes that are serious adverse events (domain reference §3.1).
SERIOUS = (Outcome.ANOMALY, Outcome.STILLBIRTH)


@transaction.atomic
def record_pregnancy(  # noqa: PLR0913 -- what is known of it, by keyword
    *,
    enrolment: Enrolment,
    told_on: date,
    told_by: str,
    by: Account,
    now: datetime,
    conceived: str = PartnerPregnancy.Conceived.UNKNOWN,
    last_period_on: date | None = None,
    due_on: date | None = None,
    note: str = "",
) -> PartnerPregnancy:
    """Keep that his partner is pregnant; counselling is asked for the same day."""
    locked = lock_with_person(enrolment)
    today = locked.patient.site.localdate(now)
    refuse_dates(told_on=told_on, last_period_on=last_period_on, due_on=due_on, today=today)
    if told_by not in PartnerPregnancy.ToldBy.values:
        raise Refusal("Say who told us.", field="told_by")
    if due_on is None and last_period_on is not None:
        due_on = due_date(last_period_on)
    try:
        with transaction.atomic():
            row = PartnerPregnancy.objects.create(
                enrolment=locked,
                told_on=told_on,
                told_by=told_by,
                conceived=conceived,
                last_period_on=last_period_on,
                due_on=due_on,
                note=note.strip(),
                recorded_at=now,
                recorded_by=by,
            )
    except IntegrityError as clash:
        raise Refusal("A pregnancy of his partner is being followed already.") from clash
    row.enrolment = locked
    trail(row, "pregnancy.recorded", by)
    site = locked.patient.site
    ask(row, "COUNSEL_PARTNER", contact_by(SAME_DAY_HOURS, now, site.zone) or now, by, now)
    return row


def refuse_dates(
    *, told_on: date, last_period_on: date | None, due_on: date | None, today: date
) -> None:
    if told_on > today:
        raise Refusal("This day has not come yet.", field="told_on")
    if last_period_on is not None and last_period_on > told_on:
        raise Refusal("The last period was before we were told.", field="last_period_on")
    if last_period_on is not None and told_on - last_period_on > LONGEST:
        raise Refusal("That is longer ago than a pregnancy lasts.", field="last_period_on")
    if due_on is not None and not told_on - LONGEST <= due_on <= told_on + LONGEST:
        raise Refusal("A birth is due within ten months.", field="due_on")


@transaction.atomic
def counsel(
    *, pregnancy: PartnerPregnancy, on: date, words: str, by: Account, now: datetime
) -> PartnerPregnancy:
    """Keep what they were told; the next call is planned from here."""
    row = lock(pregnancy)
    if row.counselled_on is not None:
        raise Refusal(f"{row.counselled_by} has recorded the counselling already.")
    if not words.strip():
        raise Refusal("Write down what they were told.", field="words")
    if on > row.enrolment.patient.site.localdate(now):
        raise Refusal("This day has not come yet.", field="on")
    if on < row.told_on:
        raise Refusal("They were counselled after we were told.", field="on")
    row.counselled_on, row.counselled_by, row.counselling = on, by, words.strip()
    row.save(update_fields=["counselled_on", "counselled_by", "counselling"])
    trail(row, "pregnancy.counselled", by)
    tick(row, "COUNSEL_PARTNER", by, now)
    ask_again(row, on=on, reached=True, by=by, now=now)
    return row


@transaction.atomic
def follow_up(
    *, pregnancy: PartnerPregnancy, on: date, reached: bool, note: str, by: Account, now: datetime
) -> PregnancyFollowUp:
    """Keep what was heard at a call, and plan the next one."""
    row = lock(pregnancy)
    refuse_ended(row)
    if not note.strip():
        raise Refusal("Write down what was heard, or that nobody answered.", field="note")
    if not row.told_on <= on <= row.enrolment.patient.site.localdate(now):
        raise Refusal("The call was between the day we were told and today.", field="on")
    kept = PregnancyFollowUp.objects.create(
        pregnancy=row, on=on, reached=reached, note=note.strip(), noted_at=now, noted_by=by
    )
    trail(row, "pregnancy.followed_up", by)
    tick(row, "FOLLOW_PREGNANCY", by, now)
    ask_again(row, on=on, reached=reached, by=by, now=now)
    return kept


@transaction.atomic
def record_outcome(
    *,
    pregnancy: PartnerPregnancy,
    outcome: str,
    ended_on: date | None,
    by: Account,
    now: datetime,
    note: str = "",
) -> PartnerPregnancy:
    """How it ended; an anomaly or a stillbirth asks for the report of a serious event."""
    row = lock(pregnancy)
    refuse_ended(row)
    if outcome not in Outcome.values:
        raise Refusal("Say how it ended.", field="outcome")
    if outcome == Outcome.UNKNOWN and not note.strip():
        raise Refusal("Write down how it was tried to learn.", field="note")
    if outcome != Outcome.UNKNOWN and ended_on is None:
        raise Refusal("Give the day it ended.", field="ended_on")
    if ended_on is not None:
        refuse_end(row, outcome, ended_on, now)
    row.outcome, row.ended_on, row.outcome_note = outcome, ended_on, note.strip()
    row.closed_at, row.closed_by = now, by
    row.save(update_fields=["outcome", "ended_on", "outcome_note", "closed_at", "closed_by"])
    trail(row, "pregnancy.ended", by)
    duties.withdraw(about=audit.label(row), because="The outcome is known.", now=now)
    if outcome in SERIOUS:
        zone = row.enrolment.patient.site.zone
        ask(row, "SAE_REPORT", contact_by(SAME_DAY_HOURS, now, zone) or now, by, now)
        ask(row, "MEDWATCH_REPORT", contact_by(SAME_DAY_HOURS, now, zone) or now, by, now)
    return row


@transaction.atomic
def correct_dates(
    *,
    pregnancy: PartnerPregnancy,
    last_period_on: date | None,
    due_on: date | None,
    by: Account,
    now: datetime,
) -> PartnerPregnancy:
    """A scan or her own calendar says otherwise; the next call is planned from the day it is due.

    A due day left empty, or left as it was counted, is counted again from the last period.
    """
    row = lock(pregnancy)
    refuse_ended(row)
    if last_period_on is None and due_on is None:
        raise Refusal("Give the last period or the day it is due.", field="last_period_on")
    today = row.enrolment.patient.site.localdate(now)
    refuse_dates(told_on=row.told_on, last_period_on=last_period_on, due_on=due_on, today=today)
    counted = row.last_period_on is not None and row.due_on == due_date(row.last_period_on)
    if last_period_on is not None and (due_on is None or (counted and due_on == row.due_on)):
        due_on = due_date(last_period_on)
    row.last_period_on, row.due_on = last_period_on, due_on
    row.save(update_fields=["last_period_on", "due_on"])
    trail(row, "pregnancy.dated", by)
    plan_anew(row, by=by, now=now)
    return row


def plan_anew(row: PartnerPregnancy, *, by: Account, now: datetime) -> None:
    """The call that waits is asked for on the day it is due by the new dates."""
    waiting = Duty.objects.open().filter(about=audit.label(row), code="FOLLOW_PREGNANCY")
    if row.counselled_on is None or not waiting:
        return
    for duty in waiting.select_related("enrolment__patient"):
        duties.tick(duty, by=None, at=now, outcome=Duty.Outcome.NOT_NEEDED, note=DATED)
    heard = row.follow_ups.order_by("on", "pk").last()
    on, reached = (heard.on, heard.reached) if heard else (row.counselled_on, True)
    ask_again(row, on=on, reached=reached, by=by, now=now)


def refuse_end(row: PartnerPregnancy, outcome: str, ended_on: date, now: datetime) -> None:
    if ended_on > row.enrolment.patient.site.localdate(now):
        raise Refusal("This day has not come yet.", field="ended_on")
    if row.last_period_on is not None and ended_on < row.last_period_on:
        raise Refusal("It cannot end before it began.", field="ended_on")
    if ended_on < row.told_on - LONG_AGO:
        raise Refusal("That is more than two years before we were told.", field="ended_on")
    if wrong := implausible(outcome, ended_on=ended_on, due_on=row.due_on):
        raise Refusal(wrong, field="ended_on")


def refuse_ended(row: PartnerPregnancy) -> None:
    if row.outcome:
        raise Refusal(f"{row.closed_by} has recorded how it ended already.")


def lock(pregnancy: PartnerPregnancy) -> PartnerPregnancy:
    return (
        PartnerPregnancy.objects.select_for_update(of=("self",))
        .select_related("enrolment__patient__site", "counselled_by", "closed_by")
        .get(pk=pregnancy.pk)
    )


def ask_again(
    row: PartnerPregnancy, *, on: date, reached: bool, by: Account, now: datetime
) -> None:
    """The next call, at closing time of the first working day from then on."""
    if row.outcome:
        return
    site = row.enrolment.patient.site
    day = next_call(on=on, due_on=row.due_on, reached=reached)
    shut = closed_days(site, day)
    while day.weekday() > FRIDAY or day in shut:
        day += timedelta(days=1)
    ask(row, "FOLLOW_PREGNANCY", local_instant(day, CLOSES, site.zone), by, now)


def ask(row: PartnerPregnancy, code: str, due_at: datetime, by: Account, now: datetime) -> None:
    duties.require(
        enrolment=row.enrolment, code=code, due_at=due_at, about=audit.label(row), by=by, now=now
    )


def tick(row: PartnerPregnancy, code: str, by: Account, now: datetime) -> None:
    for duty in Duty.objects.open().filter(about=audit.label(row), code=code):
        duties.complete(duty=duty, by=by, now=now)


def trail(row: PartnerPregnancy, action: str, by: Account) -> None:
    patient = row.enrolment.patient
    audit.record(actor=by, action=action, subject=row, person=patient, site=patient.site_id)
