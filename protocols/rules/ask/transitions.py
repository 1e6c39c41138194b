"""Asking about an enrolment: where an event leads from where it stands."""

from dataclasses import fields
from datetime import date
from typing import Annotated, Any, get_args, get_type_hints

from pydantic import AliasChoices, BeforeValidator, StrictBool, WithJsonSchema, create_model

from protocols.rules.ask.fields import Answer, Day, Given, Whole, key
from protocols.rules.ask.rule import Asked, RefusedError
from protocols.rules.definition import Definition
from protocols.rules.status import (
    Event,
    StatusFacts,
    Transition,
    events_from,
    spoken,
    transition,
    transition_to,
)
from protocols.rules.vocabulary import Status

MEANT = {
    "STOP_SAFETY": Event.STOP,
    "SAFETY_STOP": Event.STOP,
    "GATE_START": Event.FIRST_DOSE_RECORDED,
    "GATE_START_FIRST_DOSE_RECORDED": Event.FIRST_DOSE_RECORDED,
    "GATE_START_AND_FIRST_DOSE_RECORDED": Event.FIRST_DOSE_RECORDED,
    "FU2_DONE_OR_WINDOW_CLOSED": Event.FU2_DONE,
    "EXPIRE": Event.ELIGIBILITY_EXPIRES,
    "EXPIRED": Event.ELIGIBILITY_EXPIRES,
    "EXPIRES": Event.ELIGIBILITY_EXPIRES,
    "ELIGIBILITY_EXPIRED": Event.ELIGIBILITY_EXPIRES,
    "EXPIRES_AFTER_56_D": Event.ELIGIBILITY_EXPIRES,
    "RETURN": Event.PATIENT_RETURNS,
    "RETURNS": Event.PATIENT_RETURNS,
    "LTFU": Event.LTFU_RULE,
    "WITHDRAWS_TREATMENT": Event.PATIENT_WITHDRAWS_TREATMENT,
}
"""Other words of the table for the same events."""

SAID_BY: dict[Event, dict[str, Any]] = {
    Event.PASS_GATE_ELIGIBLE: {"gate_eligible": True},
    Event.ELIGIBILITY_EXPIRES: {"eligibility_over": True},
    Event.SIGN_CONSENT: {"treatment_consent": True},
    Event.FIRST_DOSE_RECORDED: {"gate_start": True, "first_dose": date.min},
    Event.GATE_COMPLETE: {"gate_complete": True},
    Event.FU2_DONE: {"follow_up_over": True},
    Event.WINDOW_CLOSED: {"follow_up_over": True},
    Event.LTFU_RULE: {"lost": True},
}
"""What an event says by its own name; facts that say otherwise win."""


def recorded(value: object) -> object:
    """The day of the first dose, or true and false where only that it is recorded is known."""
    return {True: date.min, False: None}[value] if isinstance(value, bool) else value


def status(value: object) -> object:
    """COMPLETED is what the table calls COMPLETED_TREATMENT for short."""
    return Status.COMPLETED_TREATMENT if value == "COMPLETED" else value


StatusWord = Annotated[Status, BeforeValidator(status)]
FirstDose = Annotated[Day | None, BeforeValidator(recorded)]
TYPES: dict[Any, Any] = {bool: StrictBool, int: Whole, date: FirstDose, Status: StatusWord}
ALSO_CALLED = {
    "reason_code": ("reason",),
    "first_dose": ("first_dose_on", "first_dose_date", "first_dose_recorded"),
    "previous": ("previous_status",),
    "restart_limits": ("restart_rules", "restart_limits_met"),
    "follow_up_over": ("fu2_done", "window_closed"),
    "lost": ("ltfu", "ltfu_rule"),
}


class Facts(Given):
    tells_null_apart = True


def facts_model() -> type[Given]:
    """A fact for everything the guards look at, read as strictly as every other key."""
    hints = get_type_hints(StatusFacts)
    rows: dict[str, Any] = {}
    for field in fields(StatusFacts):
        kinds = get_args(hints[field.name]) or (hints[field.name],)
        kind = next(kind for kind in kinds if kind is not type(None))
        title = field.name.replace("_", " ").capitalize()
        names = AliasChoices(field.name, *ALSO_CALLED.get(field.name, ()))
        rows[field.name] = (TYPES.get(kind, kind) | None, key(title, validation_alias=names))
    found: type[Given] = create_model("FactsGiven", __base__=Facts, **rows)
    return found


FactsGiven = facts_model()
EVENTS = [*(event.value for event in Event), *MEANT, *(status.value for status in Status)]
EventWord = Annotated[str, WithJsonSchema({"type": "string", "enum": EVENTS})]


class TransitionGiven(Given):
    current: StatusWord | None = key("From", say="empty before he is referred", alias="from")
    event: EventWord | None = key("Event")
    to: StatusWord | None = key("Or to")
    facts: FactsGiven | None = key("Facts")  # type: ignore[valid-type]


class TransitionAnswer(Answer):
    allowed: bool
    to: Status | None
    reasons: tuple[str, ...]


def ask_transition(given: TransitionGiven, _: Definition) -> TransitionAnswer:
    event, to = meant(given)
    if event is not None:
        found = transition(given.current, event, facts_of(given, event))
    elif to is not None:
        found = reached(given, to)
    else:
        raise RefusedError(("event", "Give an event, or the status to go to."))
    if event and to and found.allowed and found.to is not to:
        found = Transition(False, None, (f"{spoken(event)} does not lead to {spoken(to)}.",))
    return TransitionAnswer(allowed=found.allowed, to=found.to, reasons=found.reasons)


def reached(given: TransitionGiven, to: Status) -> Transition:
    """Whether anything that can happen here leads there."""
    for event in events_from(given.current):
        found = transition(given.current, event, facts_of(given, event))
        if found.allowed and found.to is to:
            return found
    return transition_to(given.current, to, facts_of(given))


def meant(given: TransitionGiven) -> tuple[Event | None, Status | None]:
    """The event, or the status that stood in its place."""
    word = given.event
    if word is None:
        return None, given.to
    if word in Event.__members__:
        return Event(word), given.to
    if word in MEANT:
        return MEANT[word], given.to
    if word in Status.__members__:
        return None, Status(word)
    raise RefusedError(("event", f"This must be one of {', '.join(Event)}."))


def facts_of(given: TransitionGiven, event: Event | None = None) -> StatusFacts:
    """What was stated, and of the rest what the event itself says; null is "not known"."""
    facts: dict[str, Any] = given.facts.model_dump(exclude_unset=True) if given.facts else {}
    plain = StatusFacts()
    stated = {
        name: getattr(plain, name) if value is None else value for name, value in facts.items()
    }
    said = SAID_BY.get(event, {}) if event else {}
    if event is Event.CORRECT_ERROR and given.to is not None:
        said = {"previous": given.to}
    return StatusFacts(**(said | stated))


RULES = (
    Asked(
        name="transition",
        title="Status of an enrolment",
        line="whether an event may move an enrolment, where to, and what stands against it",
        source="Programme default; domain reference §7.4",
        given=TransitionGiven,
        answer=TransitionAnswer,
        ask=ask_transition,
        group="Visits",
    ),
)
