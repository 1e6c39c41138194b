"""Capsules: what is prescribed and handed out (domain reference §2.1, §7.3).

The dose of each day is ordered in protocols.actions.segments, what moves the status as well in
protocols.actions.treatment; counting what comes back is in protocols.actions.counting.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from clinic import audit
from clinic.access import Capability
from clinic.actions.second_signature import refuse_second
from clinic.models import Account
from clinic.refusal import Refusal
from protocols.actions import stock
from protocols.actions.counting import count_rest, count_return
from protocols.actions.deviations import draft
from protocols.actions.segments import close_ended, lock, open_segment
from protocols.models import (
    CapsuleCount,
    Dispense,
    Enrolment,
    Formulation,
    Prescription,
    StockLot,
    Visit,
)
from protocols.queries.dispensing import dispense_gate
from protocols.queries.dosing import dose_record
from protocols.queries.enrolment import definition_of
from protocols.queries.stock import as_rule, lots_for, used_formulation, wanted
from protocols.rules import deviations, dosing
from protocols.rules.contradiction import Contradiction
from protocols.rules.programme import Dose
from protocols.rules.stock import against, day, suitable
from protocols.rules.vocabulary import Status

MAY_SIGN = {Capability.DOSE_DISPENSE, Capability.DOSE_PRESCRIBE}
#: What no second signature can override: nobody gets capsules while he must not take them.
ABSOLUTE = {"NOT_ACTIVE", "OPEN_HOLD", "CONSENT_OUTDATED"}
__all__ = [
    "cancel_prescription",
    "close_ended",
    "count_rest",
    "count_return",
    "dispense",
    "open_segment",
    "prescribe",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bottle:
    """What is handed over: the day, the authorisation, the lot; None takes the first to expire."""

    on: date
    rma: str
    lot: StockLot | None = None
    #: Why he gets another kind of capsule than was prescribed.
    substituted_because: str = ""


@transaction.atomic
def prescribe(
    *,
    enrolment: Enrolment,
    by: Account,
    now: datetime,
    visit: Visit | None = None,
    days: int | None = None,
    formulation: str | None = None,
    changed_because: str = "",
) -> Prescription:
    """Write the next month's capsules at the dose that is ordered: 30 days at most, no refills.

    He goes on with the kind of capsule he has had, unless another is named with its reason.
    """
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
    kind, because = choose_kind(locked, formulation, changed_because)
    last = Prescription.objects.filter(enrolment=locked).order_by("number").last()
    prescription = Prescription.objects.create(
        enrolment=locked,
        visit=visit,
        number=last.number + 1 if last else 1,
        product=product_words(dose, kind),
        formulation=kind,
        changed_because=because,
        strength_mg=dose.strength_mg,
        capsules_per_day=daily,
        days=amount.days_supply,
        capsules=amount.capsules,
        written_on=today,
        written_at=now,
        written_by=by,
    )
    audit.record(
        actor=by, action="prescription.written", subject=prescription, person=locked.patient,
        site=locked.patient.site_id, reason=because, number=prescription.number,
        capsules=prescription.capsules,
    )  # fmt: skip
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


def choose_kind(enrolment: Enrolment, asked: str | None, because: str) -> tuple[str, str]:
    """The kind of capsule, and why it is another than he had; "" when it is not."""
    used = used_formulation(enrolment)
    kind = asked or used or Formulation.STANDARD
    if kind not in Formulation:
        raise Refusal("Say which kind of capsule it is.", field="formulation")
    if used is None or kind == used:
        return kind, ""
    if not because.strip():
        raise Refusal(
            f"He has had {kind_words(used)} capsules, and {kind_words(kind)} ones are taken up "
            "differently: say why he changes.",
            field="changed_because",
        )
    return kind, because.strip()


def product_words(dose: Dose, kind: str) -> str:
    plain = f"{dose.drug.capitalize()} {dose.strength_mg} mg capsules"
    return plain if kind == Formulation.STANDARD else f"{plain}, {Formulation(kind).label}"


def kind_words(kind: str) -> str:
    return "Lidose" if kind == Formulation.LIDOSE else Formulation(kind).label.lower()


@transaction.atomic
def dispense(
    *,
    prescription: Prescription,
    bottle: Bottle,
    by: Account,
    now: datetime,
    override_reason: str = "",
    second: Account | None = None,
) -> Dispense:
    """Hand over the bottle of a prescription if the gate lets it, or against it with two people.

    It is taken from the stock in the same transaction: no bottle without its lot.
    """
    enrolment = lock(prescription.enrolment)
    row = Prescription.objects.select_for_update(of=("self",)).get(pk=prescription.pk)
    row.enrolment = enrolment
    refuse_spent(row)
    refuse_bottle(row, bottle, enrolment.patient.site.localdate(now))
    lot = chosen_lot(row, bottle)
    overridden = [
        {"code": why.code, "sentence": why.sentence}
        for why in dispense_gate(row, bottle.on).reasons
    ]
    if overridden:
        refuse_override(overridden, override_reason, second, by, enrolment)
    handed = Dispense.objects.create(
        prescription=row,
        enrolment=enrolment,
        on=bottle.on,
        capsules=row.capsules,
        product=lot.product.name,
        ndc=lot.product.ndc,
        formulation=lot.product.formulation,
        lot=lot.number,
        expires_on=lot.expires_on,
        rma=bottle.rma.strip(),
        substituted_because=because_of(row, lot, bottle),
        handed_at=now,
        handed_by=by,
        overridden=overridden,
        override_reason=override_reason.strip() if overridden else "",
        second_signature=second if overridden else None,
    )
    stock.take_for(bottle=handed, lot=lot, by=by, now=now)
    trail(handed, by)
    if overridden:
        draft_override(handed)
    return handed


def trail(bottle: Dispense, by: Account) -> None:
    enrolment = bottle.enrolment
    audit.record(
        actor=by,
        action="capsules.dispensed",
        subject=bottle,
        person=enrolment.patient,
        site=enrolment.patient.site_id,
        reason=bottle.override_reason or bottle.substituted_because,
        lot=bottle.lot,
        capsules=bottle.capsules,
        overridden=[why["code"] for why in bottle.overridden],
        second=bottle.second_signature_id,
    )


def draft_override(bottle: Dispense) -> None:
    """A bottle given against the gate departs from the protocol, whoever answers for it."""
    enrolment = bottle.enrolment
    against_it = " ".join(why["sentence"] for why in bottle.overridden)
    draft(
        enrolment=enrolment,
        found=deviations.deviation(
            definition_of(enrolment.version), "DISPENSE_WITHOUT_LABS", against_it
        ),
        about=audit.label(bottle),
        on=bottle.on,
        visit=bottle.prescription.visit,
    )


def refuse_day(prescription: Prescription, on: date, today: date) -> None:
    if on > today:
        raise Refusal("A bottle is recorded on the day it is handed over.", field="on")
    if on < prescription.written_on:
        raise Refusal("The bottle cannot be older than its prescription.", field="on")


def refuse_bottle(prescription: Prescription, bottle: Bottle, today: date) -> None:
    refuse_day(prescription, bottle.on, today)
    counted = CapsuleCount.objects.filter(
        enrolment=prescription.enrolment, counted_on__gt=bottle.on
    ).first()
    if counted is not None:
        raise Refusal(
            f"Capsules were counted on {day(counted.counted_on)}, after that day: correct the "
            "count first.",
            field="on",
        )
    if not bottle.rma.strip():
        raise Refusal(
            "Write down the authorisation number (RMA) iPLEDGE gave for this bottle.", field="rma"
        )
    plan = dose_record(prescription.enrolment).plan
    if plan is not None and plan.capsules_per_day != prescription.capsules_per_day:
        raise Refusal("The dose has changed since this was prescribed: write a new prescription.")


def chosen_lot(prescription: Prescription, bottle: Bottle) -> StockLot:
    """The lot it comes from, held: the one named, or the first to expire of those that will do."""
    asked = wanted(prescription, bottle.on)
    if bottle.lot is not None:
        held = stock.lock_lot(bottle.lot)
        if held.product.site_id != prescription.enrolment.patient.site_id:
            raise Refusal("That lot is on the shelf of another site.", field="lot")
        if reasons := list(against(as_rule(held), asked)):
            raise Refusal(" ".join(reasons), field="lot")
        refuse_other_kind(prescription, held, bottle)
        return held
    lots = {lot.pk: lot for lot in lots_for(prescription.enrolment.patient.site_id)}
    for fit in suitable(map(as_rule, lots.values()), asked):
        held = stock.lock_lot(lots[fit.pk])
        if not any(against(as_rule(held), asked)):
            return held
    raise Refusal(
        f"No lot on the shelf has {asked.capsules} {kind_words(asked.formulation)} capsules that "
        f"last until {day(asked.lasts_until)}: receive a delivery first.",
        field="lot",
    )


def refuse_other_kind(prescription: Prescription, lot: StockLot, bottle: Bottle) -> None:
    """Kinds of capsule are never exchanged in silence (domain reference §2.1)."""
    kind = lot.product.formulation
    if kind != prescription.formulation and not bottle.substituted_because.strip():
        raise Refusal(
            f"{kind_words(prescription.formulation).capitalize()} capsules are prescribed and lot "
            f"{lot.number} is {kind_words(kind)}: they are taken up differently. Choose another "
            "lot, or say why he gets these and who agreed.",
            field="substituted_because",
        )


def because_of(prescription: Prescription, lot: StockLot, bottle: Bottle) -> str:
    same = lot.product.formulation == prescription.formulation
    return "" if same else bottle.substituted_because.strip()


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
    site = enrolment.patient.site_id
    refuse_second(second=second, by=by, site=site, may=MAY_SIGN, about="capsules")
