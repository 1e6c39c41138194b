"""How a man's way through the programme ends: completed, by his wish, lost, closed, died."""

from datetime import date, datetime

from django.db import transaction

from clinic import audit
from clinic.models import Account
from clinic.refusal import Refusal
from patients.models import Consent
from protocols.actions.enrolment import change_status, lock, spoken
from protocols.actions.visits_plan import lay_visits, skip_visits
from protocols.models import Enrolment
from protocols.queries.endings import completion_facts, follow_up_is_over, loss
from protocols.queries.enrolment import definition_of, live_enrolment
from protocols.rules import gates
from protocols.rules.status import FOLLOWED_UP, ON_TREATMENT, TERMINAL, Event
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
        reason="The end visit or 37 days, every capsule and the last sample: the gate was passed.",
        facts={"gate_complete": gate.allowed},
    )


@transaction.atomic
def withdraw_treatment(
    *, enrolment: Enrolment, on: date, by: Account, reason: str, follow_up: bool = True
) -> Enrolment:
    """He stops of his own wish; follow-up goes on if he agrees, otherwise no visit is awaited."""
    refuse_without(reason, "Say why he stops, in his words if he gave any.")
    changed = change_status(
        enrolment=enrolment,
        event=Event.PATIENT_WITHDRAWS_TREATMENT,
        on=on,
        by=by,
        reason=reason if follow_up else f"{reason.strip()} He wants no follow-up."[:300],
    )
    if not follow_up:
        skip_visits(enrolment=changed)
    return changed


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
    others = Consent.objects.filter(
        patient=consent.patient, text__kind=consent.text.kind, withdrawn_on=None, struck_at=None
    )
    stands = consent.text.kind not in needed or others.exists()
    if not stands and enrolment.status != Status.REFERRED:
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
        enrolment=locked,
        event=Event.LTFU_RULE,
        on=on,
        by=by,
        reason="Visits missed and every way to reach him tried, the last by letter.",
        facts={"lost": answer.lost},
    )


@transaction.atomic
def mark_returned(*, enrolment: Enrolment, on: date, by: Account, reason: str = "") -> Enrolment:
    """A man who was lost is back: he has again the status he had."""
    return change_status(
        enrolment=enrolment, event=Event.PATIENT_RETURNS, on=on, by=by, reason=reason.strip()
    )


@transaction.atomic
def close(*, enrolment: Enrolment, on: date, by: Account | None) -> Enrolment:
    """End the enrolment when the second follow-up is done or its window has closed."""
    locked = lock(enrolment)
    done, over = follow_up_is_over(locked, on)
    lost = locked.status == Status.LOST_TO_FOLLOW_UP
    return change_status(
        enrolment=locked,
        event=Event.FU2_DONE if done and not lost else Event.WINDOW_CLOSED,
        on=on,
        by=by,
        reason="The second follow-up is done."
        if done
        else "The window of the second follow-up has closed.",
        facts={"follow_up_over": done or over},
    )


def close_over(*, now: datetime) -> int:
    """Close everybody whose second follow-up is over at his site; safe to run again.

    What two people have put right today is left alone until tomorrow.
    """
    closed = 0
    waiting = Enrolment.objects.filter(
        status__in=[*FOLLOWED_UP, Status.LOST_TO_FOLLOW_UP]
    ).select_related("patient__site", "version")
    for enrolment in waiting:
        today = enrolment.patient.site.localdate(now)
        corrected_today = enrolment.status_since >= today
        if not corrected_today and any(follow_up_is_over(enrolment, today)):
            closed += close_one(enrolment, today)
    return closed


@transaction.atomic
def close_one(enrolment: Enrolment, today: date) -> int:
    """Anew under the lock: somebody may have been there in between."""
    locked = lock(enrolment)
    if locked.status not in {*FOLLOWED_UP, Status.LOST_TO_FOLLOW_UP}:
        return 0
    if not any(follow_up_is_over(locked, today)):
        return 0
    close(enrolment=locked, on=today, by=None)
    return 1


def refuse_without(reason: str, sentence: str) -> None:
    if not reason.strip():
        raise Refusal(sentence, field="reason")
