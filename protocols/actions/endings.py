"""How a man's way through the programme ends: completed, by his wish, lost, closed, died."""

from datetime import date

from django.db import transaction

from clinic import audit
from clinic.models import Account
from clinic.refusal import Refusal
from patients.models import Consent
from protocols.actions.enrolment import change_status, lock, spoken
from protocols.actions.visits_plan import lay_visits
from protocols.models import Enrolment
from protocols.queries.endings import completion_facts, follow_up_is_over, loss
from protocols.queries.enrolment import definition_of, live_enrolment
from protocols.rules import gates
from protocols.rules.status import ON_TREATMENT, TERMINAL, Event
from protocols.rules.vocabulary import Status

WITHDRAWN = "Consent withdrawn."


@transaction.atomic
def record_last_dose(*, enrolment: Enrolment, on: date, by: Account, today: date) -> Enrolment:
    """Make the day of the last capsule known: the follow-up visits are counted from it."""
    locked = lock(enrolment)
    if locked.first_dose_on is None:
        raise Refusal("He has not taken a first dose yet.", field="on")
    if locked.status in TERMINAL:
        raise Refusal("His enrolment has ended.")
    if on > today:
        raise Refusal("The last capsule is recorded when it has been taken.", field="on")
    if on < locked.first_dose_on:
        raise Refusal(f"His first dose was on {spoken(locked.first_dose_on)}.", field="on")
    was, locked.last_dose_on = locked.last_dose_on, on
    locked.save(update_fields=["last_dose_on"])
    lay_visits(enrolment=locked)
    audit.record(
        actor=by,
        action="enrolment.last_dose",
        subject=locked,
        person=locked.patient,
        site=locked.patient.site_id,
        on=on.isoformat(),
        was=was.isoformat() if was else None,
    )
    return locked


@transaction.atomic
def complete(*, enrolment: Enrolment, on: date, by: Account) -> Enrolment:
    """Call the treatment complete, if the gate of domain reference §7.2 lets it."""
    locked = lock(enrolment)
    gate = gates.complete(definition_of(locked.version), completion_facts(locked, on))
    if locked.status in ON_TREATMENT and not gate.allowed:
        raise Refusal(" ".join(gate.sentences))
    return change_status(
        enrolment=locked,
        event=Event.GATE_COMPLETE,
        on=on,
        by=by,
        facts={"gate_complete": gate.allowed},
    )


@transaction.atomic
def withdraw_treatment(*, enrolment: Enrolment, on: date, by: Account, reason: str) -> Enrolment:
    """He stops of his own wish; follow-up goes on if he agrees."""
    refuse_without(reason, "Say why he stops, in his words if he gave any.")
    return change_status(
        enrolment=enrolment,
        event=Event.PATIENT_WITHDRAWS_TREATMENT,
        on=on,
        by=by,
        reason=reason,
    )


@transaction.atomic
def withdraw_consent(*, enrolment: Enrolment, on: date, by: Account, reason: str) -> Enrolment:
    """He takes his consent back: no new data, nothing more is planned."""
    refuse_without(reason, "Say how he withdrew his consent.")
    return change_status(
        enrolment=enrolment, event=Event.WITHDRAWS_CONSENT, on=on, by=by, reason=reason
    )


def consent_withdrawn(consent: Consent) -> None:
    """Without the consent that his part in the programme stands on, it ends that day."""
    enrolment = live_enrolment(consent.patient)
    if enrolment is None or consent.withdrawn_on is None:
        return
    needed = set(definition_of(enrolment.version).gates.consents)
    if enrolment.status == Status.SCREENING:
        needed = {"screening"}
    if consent.text.kind in needed and enrolment.status != Status.REFERRED:
        change_status(
            enrolment=enrolment,
            event=Event.WITHDRAWS_CONSENT,
            on=max(consent.withdrawn_on, enrolment.status_since),
            by=consent.withdrawn_by,
            reason=consent.withdrawal_reason or WITHDRAWN,
        )


@transaction.atomic
def mark_lost(*, enrolment: Enrolment, on: date, by: Account) -> Enrolment:
    """Call him lost to follow-up when every attempt of domain reference §7.5 was made."""
    locked = lock(enrolment)
    answer = loss(locked, on)
    if locked.status in ON_TREATMENT and not answer.lost:
        raise Refusal(" ".join(answer.reasons))
    return change_status(
        enrolment=locked, event=Event.LTFU_RULE, on=on, by=by, facts={"lost": answer.lost}
    )


@transaction.atomic
def mark_returned(*, enrolment: Enrolment, on: date, by: Account) -> Enrolment:
    """A man who was lost is back: he has again the status he had."""
    return change_status(enrolment=enrolment, event=Event.PATIENT_RETURNS, on=on, by=by)


@transaction.atomic
def close(*, enrolment: Enrolment, on: date, by: Account) -> Enrolment:
    """End the enrolment when the second follow-up is done or its window has closed."""
    locked = lock(enrolment)
    done, over = follow_up_is_over(locked, on)
    return change_status(
        enrolment=locked,
        event=Event.FU2_DONE if done else Event.WINDOW_CLOSED,
        on=on,
        by=by,
        facts={"follow_up_over": done or over},
    )


@transaction.atomic
def record_death(*, enrolment: Enrolment, on: date, by: Account, reason: str) -> Enrolment:
    """He has died: nothing more is planned. The serious adverse event is recorded apart."""
    refuse_without(reason, "Say how this became known.")
    return change_status(enrolment=enrolment, event=Event.DEATH, on=on, by=by, reason=reason)


def refuse_without(reason: str, sentence: str) -> None:
    if not reason.strip():
        raise Refusal(sentence, field="reason")
