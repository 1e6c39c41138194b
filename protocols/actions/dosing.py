"""Capsules: what is prescribed, handed out and counted again (domain reference §2.1, §7.3).

The dose of each day is ordered in protocols.actions.segments; what moves the status as well is in
protocols.actions.treatment.
"""

from datetime import date, datetime, timedelta

from django.db import transaction

from clinic import audit, events
from clinic.access import GRANTS, Capability, Role
from clinic.models import Account, Member
from clinic.refusal import Refusal
from protocols.actions.deviations import close_moot, draft
from protocols.actions.segments import (
    close_ended,
    lock,
    lock_with_person,
    open_segment,
)
from protocols.models import CapsuleCount, Dispense, Enrolment, Prescription, Visit
from protocols.queries.dispensing import dispense_gate
from protocols.queries.dosing import adherence_of, dose_record, left_after
from protocols.queries.enrolment import definition_of
from protocols.rules import deviations, dosing
from protocols.rules.contradiction import Contradiction
from protocols.rules.vocabulary import Status

DAY = timedelta(days=1)
PRODUCT = "Isotretinoin 20 mg capsules"
#: What no second signature can override: nobody gets capsules while he must not take them.
ABSOLUTE = {"NOT_ACTIVE", "OPEN_HOLD", "CONSENT_OUTDATED"}
__all__ = [
    "cancel_prescription",
    "close_ended",
    "count_return",
    "dispense",
    "open_segment",
    "prescribe",
]
OPEN_VISIT = (Visit.Status.IN_PROGRESS, Visit.Status.AMENDED)


@transaction.atomic
def prescribe(
    *,
    enrolment: Enrolment,
    by: Account,
    now: datetime,
    visit: Visit | None = None,
    days: int | None = None,
    product: str = PRODUCT,
) -> Prescription:
    """Write the next month's capsules at the dose that is ordered: 30 days at most, no refills."""
    locked = lock(enrolment)
    today = locked.patient.site.localdate(now)
    dose = definition_of(locked.version).dose
    plan = dose_record(locked).plan
    daily = plan.capsules_per_day if plan else dose.daily_capsules
    refuse_prescribing(locked, daily, today)
    try:
        amount = dosing.prescription(dose, daily_capsules=daily, days=days)
    except Contradiction as error:
        raise Refusal(str(error), field=error.field) from error
    last = Prescription.objects.filter(enrolment=locked).order_by("number").last()
    prescription = Prescription.objects.create(
        enrolment=locked,
        visit=visit,
        number=last.number + 1 if last else 1,
        product=product,
        strength_mg=dose.strength_mg,
        capsules_per_day=daily,
        days=amount.days_supply,
        capsules=amount.capsules,
        written_on=today,
        written_at=now,
        written_by=by,
    )
    audit.record(
        actor=by,
        action="prescription.written",
        subject=prescription,
        person=locked.patient,
        site=locked.patient.site_id,
        number=prescription.number,
        capsules=prescription.capsules,
    )
    return prescription


def refuse_prescribing(enrolment: Enrolment, daily: int, today: date) -> None:
    if enrolment.status not in {Status.CONSENTED, Status.ACTIVE, Status.ON_HOLD}:
        raise Refusal(f"Nothing is prescribed: he is “{enrolment.get_status_display().lower()}”.")
    if enrolment.status == Status.ON_HOLD or daily == 0:
        raise Refusal("Treatment is on hold: order the restart first.")
    dose = definition_of(enrolment.version).dose
    if enrolment.first_dose_on and today >= enrolment.first_dose_on + timedelta(days=dose.days):
        raise Refusal(f"The {dose.days} days of treatment are over.")
    waiting = Prescription.objects.filter(
        enrolment=enrolment, cancelled_at=None, dispense=None
    ).first()
    if waiting is not None:
        raise Refusal(f"Rx {waiting.number} is written and not handed out yet.")


@transaction.atomic
def cancel_prescription(
    *, prescription: Prescription, reason: str, by: Account, now: datetime
) -> Prescription:
    """Take back a prescription that nobody has picked up."""
    if not reason.strip():
        raise Refusal("Say why it is cancelled.", field="reason")
    enrolment = lock(prescription.enrolment)
    row = Prescription.objects.select_for_update(of=("self",)).get(pk=prescription.pk)
    refuse_spent(row)
    row.cancelled_at, row.cancelled_because = now, reason.strip()
    row.save(update_fields=["cancelled_at", "cancelled_because"])
    audit.record(
        actor=by,
        action="prescription.cancelled",
        subject=row,
        person=enrolment.patient,
        site=enrolment.patient.site_id,
        reason=reason,
    )
    return row


def refuse_spent(prescription: Prescription) -> None:
    if prescription.cancelled_at is not None:
        raise Refusal(f"Rx {prescription.number} was cancelled: {prescription.cancelled_because}")
    if Dispense.objects.filter(prescription=prescription).exists():
        raise Refusal(f"Rx {prescription.number} has already been handed out.")


@transaction.atomic
def dispense(
    *,
    prescription: Prescription,
    on: date,
    lot: str,
    expires_on: date,
    by: Account,
    now: datetime,
    override_reason: str = "",
    second: Account | None = None,
) -> Dispense:
    """Hand over the bottle of a prescription if the gate lets it, or against it with two people."""
    enrolment = lock(prescription.enrolment)
    row = Prescription.objects.select_for_update(of=("self",)).get(pk=prescription.pk)
    row.enrolment = enrolment
    refuse_spent(row)
    refuse_bottle(row, on, lot, expires_on, enrolment.patient.site.localdate(now))
    found = dispense_gate(row, on)
    overridden = [{"code": why.code, "sentence": why.sentence} for why in found.reasons]
    if overridden:
        refuse_override(overridden, override_reason, second, by, enrolment)
    bottle = Dispense.objects.create(
        prescription=row,
        enrolment=enrolment,
        on=on,
        capsules=row.capsules,
        lot=lot.strip(),
        expires_on=expires_on,
        handed_at=now,
        handed_by=by,
        overridden=overridden,
        override_reason=override_reason.strip() if overridden else "",
        second_signature=second if overridden else None,
    )
    audit.record(
        actor=by,
        action="capsules.dispensed",
        subject=bottle,
        person=enrolment.patient,
        site=enrolment.patient.site_id,
        reason=bottle.override_reason,
        lot=bottle.lot,
        capsules=bottle.capsules,
        overridden=[why["code"] for why in overridden],
        second=second.pk if overridden and second else None,
    )
    if overridden:
        draft_override(bottle)
    return bottle


def draft_override(bottle: Dispense) -> None:
    """A bottle given against the gate departs from the protocol, whoever answers for it."""
    enrolment = bottle.enrolment
    against = " ".join(why["sentence"] for why in bottle.overridden)
    draft(
        enrolment=enrolment,
        found=deviations.deviation(
            definition_of(enrolment.version), "DISPENSE_WITHOUT_LABS", against
        ),
        about=audit.label(bottle),
        on=bottle.on,
        visit=bottle.prescription.visit,
    )


def refuse_bottle(
    prescription: Prescription, on: date, lot: str, expires_on: date, today: date
) -> None:
    if on > today:
        raise Refusal("A bottle is recorded on the day it is handed over.", field="on")
    if on < prescription.written_on:
        raise Refusal("The bottle cannot be older than its prescription.", field="on")
    if not lot.strip():
        raise Refusal("Write down the lot that is on the bottle.", field="lot")
    if expires_on < on + timedelta(days=prescription.days):
        raise Refusal("The capsules expire before they would be used up.", field="expires_on")
    plan = dose_record(prescription.enrolment).plan
    if plan is not None and plan.capsules_per_day != prescription.capsules_per_day:
        raise Refusal("The dose has changed since this was prescribed: write a new prescription.")


def refuse_override(
    reasons: list[dict[str, str]],
    override_reason: str,
    second: Account | None,
    by: Account,
    enrolment: Enrolment,
) -> None:
    """The gate stands unless two members of the site answer for going against it (§7.5)."""
    sentences = " ".join(why["sentence"] for why in reasons)
    if any(why["code"] in ABSOLUTE for why in reasons):
        raise Refusal(sentences)
    if not override_reason.strip() and second is None:
        raise Refusal(sentences, alternatives=reasons)
    if not override_reason.strip():
        raise Refusal("Say why he gets the capsules all the same.", field="override_reason")
    if second is None:
        raise Refusal("A second member signs for this.", field="second")
    if second.pk == by.pk:
        raise Refusal("The second signature is another person’s.", field="second")
    may_sign = [
        role.value
        for role in Role
        if GRANTS[role] & {Capability.DOSE_DISPENSE, Capability.DOSE_PRESCRIBE}
    ]
    known = Member.objects.active().filter(
        account=second, site=enrolment.patient.site_id, role__in=may_sign
    )
    if not known.exists():
        raise Refusal(f"{second} cannot sign for capsules at this site.", field="second")


@transaction.atomic
def count_return(
    *,
    visit: Visit,
    returned: int | None,
    lost: int = 0,
    by: Account,
    now: datetime,
) -> CapsuleCount:
    """Count what came back at a visit; `returned` is None when the bottle was not brought.

    The count covers the days since the one before, today not included. Counting again while
    the visit is open corrects it.
    """
    enrolment = lock_with_person(visit.enrolment)
    if visit.attended_on is None or visit.status not in OPEN_VISIT:
        raise Refusal("Capsules are counted at an open visit.")
    if enrolment.first_dose_on is None or enrolment.first_dose_on > visit.attended_on:
        raise Refusal("He has not taken a capsule yet.")
    count = period_of(enrolment, visit)
    count.returned, count.lost, count.counted_at, count.counted_by = returned, lost, now, by
    refuse_count(count)
    count.save()
    audit.record(
        actor=by,
        action="capsules.counted",
        subject=count,
        person=enrolment.patient,
        site=enrolment.patient.site_id,
        returned=returned,
        lost=lost,
        expected=count.expected,
    )
    draft_missed_doses(count, by, now)
    events.report("capsules.counted", count=count)
    return count


def draft_missed_doses(count: CapsuleCount, by: Account, now: datetime) -> None:
    """Fewer capsules than ordered is a departure; counting again may show that it was none."""
    definition = definition_of(count.enrolment.version)
    about = count.visit.label
    found = deviations.of_adherence(definition, adherence_of(definition.dose, count))
    for departure in found:
        draft(
            enrolment=count.enrolment,
            found=departure,
            about=about,
            on=count.counted_on,
            visit=count.visit,
        )
    if not found:
        close_moot(
            enrolment=count.enrolment,
            code="DOSE_MISSED",
            about=about,
            note="The capsules were counted again.",
            by=by,
            now=now,
        )


def period_of(enrolment: Enrolment, visit: Visit) -> CapsuleCount:
    """The count of this visit with its period: from the last count, or from the first capsule."""
    record = dose_record(enrolment)
    on = visit.attended_on or enrolment.status_since
    count = next((row for row in record.counts if row.visit_id == visit.pk), None)
    earlier = [row for row in record.counts if row.visit_id != visit.pk and row.counted_on <= on]
    last = earlier[-1] if earlier else None
    if any(row.counted_on > on for row in record.counts):
        raise Refusal("Capsules were counted at a later visit; correct that one.")
    since = last.counted_on if last else enrolment.first_dose_on or on
    first = last.counted_on if last else date.min
    count = count or CapsuleCount(enrolment=enrolment, visit=visit)
    count.counted_on, count.since_on = on, since
    count.carried_in = left_after(last) if last else 0
    count.dispensed = sum(row.capsules for row in record.dispenses if first <= row.on < on)
    count.expected = record.expected(since, on - DAY)
    return count


def refuse_count(count: CapsuleCount) -> None:
    had = count.carried_in + count.dispensed
    if count.lost < 0 or (count.returned is not None and count.returned < 0):
        raise Refusal("Capsules are counted from 0 up.", field="returned")
    if count.lost > had or (count.returned or 0) + count.lost > had:
        raise Refusal(f"He had {had} capsules; more cannot come back.", field="returned")
