"""Where an enrolment may go from where it stands (domain reference §7.4)."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from protocols.rules.vocabulary import Status


class Event(StrEnum):
    REFER = "REFER"
    START_SCREENING = "START_SCREENING"
    FAIL = "FAIL"
    PASS_GATE_ELIGIBLE = "PASS_GATE_ELIGIBLE"
    ELIGIBILITY_EXPIRES = "ELIGIBILITY_EXPIRES"
    SIGN_CONSENT = "SIGN_CONSENT"
    FIRST_DOSE_RECORDED = "FIRST_DOSE_RECORDED"
    HOLD_ORDER = "HOLD_ORDER"
    RESTART_ORDER = "RESTART_ORDER"
    STOP = "STOP"
    PATIENT_WITHDRAWS_TREATMENT = "PATIENT_WITHDRAWS_TREATMENT"
    WITHDRAWS_CONSENT = "WITHDRAWS_CONSENT"
    GATE_COMPLETE = "GATE_COMPLETE"
    FU2_DONE = "FU2_DONE"
    WINDOW_CLOSED = "WINDOW_CLOSED"
    LTFU_RULE = "LTFU_RULE"
    PATIENT_RETURNS = "PATIENT_RETURNS"
    DEATH = "DEATH"
    CORRECT_ERROR = "CORRECT_ERROR"


TERMINAL = frozenset(
    {Status.SCREEN_FAILED, Status.WITHDRAWN_CONSENT, Status.CLOSED, Status.DECEASED}
)
OPEN = frozenset(Status) - TERMINAL
ON_TREATMENT = frozenset({Status.ACTIVE, Status.ON_HOLD})
FOLLOWED_UP = frozenset(
    {Status.COMPLETED_TREATMENT, Status.DISCONTINUED, Status.WITHDRAWN_TREATMENT}
)


class Guard(StrEnum):
    """What must be true of the facts before an event may move the enrolment."""

    SCREENING_CONSENT = "screening_consent"
    REASON_CODE = "reason_code"
    GATE_ELIGIBLE = "gate_eligible"
    ELIGIBILITY_OVER = "eligibility_over"
    TREATMENT_CONSENT = "treatment_consent"
    GATE_START = "gate_start"
    FIRST_DOSE = "first_dose"
    RESTART_LIMITS = "restart_limits"
    GATE_COMPLETE = "gate_complete"
    FOLLOW_UP_OVER = "follow_up_over"
    LOST = "lost"


SENTENCES = {
    Guard.SCREENING_CONSENT: "The screening consent is not signed.",
    Guard.REASON_CODE: "A reason must be given.",
    Guard.GATE_ELIGIBLE: "The eligibility criteria are not all met and signed.",
    Guard.ELIGIBILITY_OVER: "The signed eligibility still counts.",
    Guard.TREATMENT_CONSENT: "The treatment consent is not signed.",
    Guard.GATE_START: "The start gate is not passed.",
    Guard.FIRST_DOSE: "The day of the first dose is not recorded.",
    Guard.RESTART_LIMITS: "The restart limits are not met.",
    Guard.GATE_COMPLETE: "The completion gate is not passed.",
    Guard.FOLLOW_UP_OVER: "The second follow-up is neither done nor is its window closed.",
    Guard.LOST: "The rule for loss to follow-up is not met.",
}


@dataclass(frozen=True, slots=True)
class StatusFacts:
    """What the guards look at; a fact not given is not true."""

    screening_consent: bool = False
    reason_code: str = ""
    gate_eligible: bool = False
    eligibility_over: bool = False
    treatment_consent: bool = False
    gate_start: bool = False
    first_dose: date | None = None
    restart_limits: bool = False
    gate_complete: bool = False
    follow_up_over: bool = False
    lost: bool = False
    previous: Status | None = None
    signatures: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `to` is None where the facts say where it goes."""

    event: Event
    origins: frozenset[Status | None]
    to: Status | None
    guards: tuple[Guard, ...] = ()


@dataclass(frozen=True, slots=True)
class Transition:
    allowed: bool
    to: Status | None
    reasons: tuple[str, ...]


def row(
    event: Event, origins: frozenset[Status] | Status | None, to: Status | None, *guards: Guard
) -> Row:
    known = origins if isinstance(origins, frozenset) else frozenset({origins})
    return Row(event, frozenset(known), to, guards)


TABLE = (
    row(Event.REFER, None, Status.REFERRED),
    row(Event.START_SCREENING, Status.REFERRED, Status.SCREENING, Guard.SCREENING_CONSENT),
    row(Event.FAIL, Status.SCREENING, Status.SCREEN_FAILED, Guard.REASON_CODE),
    row(Event.PASS_GATE_ELIGIBLE, Status.SCREENING, Status.ELIGIBLE, Guard.GATE_ELIGIBLE),
    row(Event.ELIGIBILITY_EXPIRES, Status.ELIGIBLE, Status.SCREENING, Guard.ELIGIBILITY_OVER),
    row(Event.SIGN_CONSENT, Status.ELIGIBLE, Status.CONSENTED, Guard.TREATMENT_CONSENT),
    row(
        Event.FIRST_DOSE_RECORDED,
        Status.CONSENTED,
        Status.ACTIVE,
        Guard.GATE_START,
        Guard.FIRST_DOSE,
    ),
    row(Event.HOLD_ORDER, Status.ACTIVE, Status.ON_HOLD),
    row(Event.RESTART_ORDER, Status.ON_HOLD, Status.ACTIVE, Guard.RESTART_LIMITS),
    row(Event.STOP, ON_TREATMENT, Status.DISCONTINUED),
    row(Event.PATIENT_WITHDRAWS_TREATMENT, ON_TREATMENT, Status.WITHDRAWN_TREATMENT),
    row(Event.WITHDRAWS_CONSENT, OPEN, Status.WITHDRAWN_CONSENT),
    row(Event.GATE_COMPLETE, ON_TREATMENT, Status.COMPLETED_TREATMENT, Guard.GATE_COMPLETE),
    row(Event.FU2_DONE, FOLLOWED_UP, Status.CLOSED, Guard.FOLLOW_UP_OVER),
    row(
        Event.WINDOW_CLOSED,
        FOLLOWED_UP | {Status.LOST_TO_FOLLOW_UP},
        Status.CLOSED,
        Guard.FOLLOW_UP_OVER,
    ),
    row(Event.LTFU_RULE, ON_TREATMENT, Status.LOST_TO_FOLLOW_UP, Guard.LOST),
    row(Event.PATIENT_RETURNS, Status.LOST_TO_FOLLOW_UP, None),
    row(Event.DEATH, OPEN, Status.DECEASED),
)


def transition(
    current: Status | None, event: Event, facts: StatusFacts | None = None
) -> Transition:
    """Where this event leads from here, or every reason why it leads nowhere."""
    facts = facts or StatusFacts()
    if event is Event.CORRECT_ERROR:
        return correction(current, facts)
    found = next((line for line in TABLE if line.event is event), None)
    if found is None or current not in found.origins:
        return refused(f"{spoken(current)} does not allow this: {spoken(event).lower()}.")
    to = found.to or facts.previous
    if to is None:
        return refused("The status before he was lost is not known.")
    if found.to is None and to not in ON_TREATMENT:
        return refused("Only a man on treatment is lost; he returns to active or on hold.")
    reasons = tuple(SENTENCES[guard] for guard in found.guards if not getattr(facts, guard))
    return Transition(allowed=not reasons, to=None if reasons else to, reasons=reasons)


def transition_to(
    current: Status | None, to: Status, facts: StatusFacts | None = None
) -> Transition:
    """Whether any event leads from here to there."""
    answers = [
        transition(current, line.event, facts)
        for line in TABLE
        if current in line.origins
        and (line.to == to or (line.to is None and facts_lead(facts, to)))
    ]
    allowed = next((answer for answer in answers if answer.allowed), None)
    if allowed:
        return allowed
    reasons = tuple(dict.fromkeys(reason for answer in answers for reason in answer.reasons))
    return Transition(
        allowed=False,
        to=None,
        reasons=reasons or (f"Nothing leads from {spoken(current)} to {spoken(to)}.",),
    )


def facts_lead(facts: StatusFacts | None, to: Status) -> bool:
    return facts is not None and facts.previous == to


def events_from(current: Status | None) -> tuple[Event, ...]:
    """The events the table knows from here, whatever their guards say."""
    return tuple(line.event for line in TABLE if current in line.origins)


def correction(current: Status | None, facts: StatusFacts) -> Transition:
    """A mistaken end is undone by an administrator with two signatures, and nothing else is."""
    if current not in TERMINAL:
        return refused("Only an enrolment that has ended is corrected.")
    if facts.signatures < 2:
        return refused("A correction needs two signatures.")
    if facts.previous is None:
        return refused("The status to return to is not given.")
    return Transition(allowed=True, to=facts.previous, reasons=())


def refused(sentence: str) -> Transition:
    return Transition(allowed=False, to=None, reasons=(sentence,))


def spoken(word: str | None) -> str:
    return word.replace("_", " ").capitalize() if word else "Not yet referred"
