"""Asking about visits: where they lie, which one a day is, what was missed, who is lost."""

from datetime import date

from pydantic import Field, StrictBool

from protocols.rules.ask.fields import (
    Answer,
    Day,
    DeviationCode,
    Given,
    Name,
    Piece,
    VisitCode,
    key,
    needed,
)
from protocols.rules.ask.rule import Asked, RefusedError
from protocols.rules.definition import Definition
from protocols.rules.lost import Attempt, lost_to_follow_up
from protocols.rules.schedule import UNSCHEDULED, LaidVisit, lay_out
from protocols.rules.schedule import assign as assign_visit
from protocols.rules.schedule import missed as visit_missed
from protocols.rules.vocabulary import Anchor, DeviationClass, Phase
from protocols.rules.windows import Timing

BEFORE_FIRST = "The last dose lies before the first."


class ScheduleGiven(Given):
    first_dose_on: Day = needed("First dose on")
    last_dose_on: Day | None = key("Last dose on", say="lays out the follow-up")


class VisitAnswer(Piece):
    code: str
    title: str
    target: Day
    opens: Day
    closes: Day


class ScheduleAnswer(Answer):
    visits: tuple[VisitAnswer, ...]
    calls: tuple[VisitAnswer, ...] = Field(description="outcome calls by telephone")


class AssignGiven(Given):
    first_dose_on: Day = needed("First dose on")
    visit_on: Day = needed("Visit on")
    done: tuple[Name, ...] = key("Visits already done", default=(), max_length=200)
    last_dose_on: Day | None = key("Last dose on")


class AssignAnswer(Answer):
    visit: str
    timing: Timing
    deviations: tuple[DeviationCode, ...]
    offset_days: int | None
    sentence: str


class MissedGiven(Given):
    first_dose_on: Day = needed("First dose on")
    visit: VisitCode = needed("Visit")
    as_of: Day = needed("As of")
    attended: StrictBool = key("Attended", default=False)
    last_dose_on: Day | None = key("Last dose on", say="for a follow-up visit")


class MissedAnswer(Answer):
    missed: bool
    weight: DeviationClass | None = Field(alias="class")
    sentence: str


class AttemptGiven(Given):
    on: Day = needed("On")
    channel: Name = needed("By", say="phone, sms, email, letter")


class LostGiven(Given):
    missed: tuple[VisitCode, ...] = needed("Missed visits", max_length=200)
    attempts: tuple[AttemptGiven, ...] = needed("Attempts to reach him", max_length=500)
    last_contact_on: Day | None = key("Last contact on")
    as_of: Day = needed("As of")


class LostAnswer(Answer):
    lost: bool
    reasons: tuple[str, ...]


def laid(
    definition: Definition, first_dose_on: date, last_dose_on: date | None
) -> tuple[LaidVisit, ...]:
    if last_dose_on is not None and last_dose_on < first_dose_on:
        raise RefusedError(("last_dose_on", BEFORE_FIRST))
    return lay_out(definition, first_dose_on=first_dose_on, last_dose_on=last_dose_on)


def ask_schedule(given: ScheduleGiven, definition: Definition) -> ScheduleAnswer:
    visits: list[VisitAnswer] = []
    calls: list[VisitAnswer] = []
    for visit in laid(definition, given.first_dose_on, given.last_dose_on):
        outcome = definition.visit(visit.code).phase is Phase.OUTCOME
        (calls if outcome else visits).append(
            VisitAnswer(
                code=visit.code,
                title=visit.title,
                target=visit.window.due_on,
                opens=visit.window.opens_on,
                closes=visit.window.closes_on,
            )
        )
    return ScheduleAnswer(visits=tuple(visits), calls=tuple(calls))


def ask_assign(given: AssignGiven, definition: Definition) -> AssignAnswer:
    codes = {visit.code for visit in definition.visits}
    for number, code in enumerate(given.done):
        if code not in codes | {UNSCHEDULED}:
            raise RefusedError((f"done[{number}]", f"There is no visit called {code}."))
    found = assign_visit(
        laid(definition, given.first_dose_on, given.last_dose_on),
        given.visit_on,
        done=frozenset(given.done),
    )
    return AssignAnswer(
        visit=found.code,
        timing=found.timing,
        deviations=(found.deviation,) if found.deviation else (),
        offset_days=found.offset_days,
        sentence=assigned_words(found.code, found.timing, found.offset_days),
    )


def assigned_words(code: str, timing: Timing, offset: int | None) -> str:
    if offset is None:
        return "An unscheduled visit: the day belongs to no planned visit that is still open."
    side = "on its target day"
    if offset:
        count = "1 day" if abs(offset) == 1 else f"{abs(offset)} days"
        side = f"{count} {'after' if offset > 0 else 'before'} its target"
    return f"{code}, {side}: {timing.replace('_', ' ').lower()}."


def ask_missed(given: MissedGiven, definition: Definition) -> MissedAnswer:
    visits = laid(definition, given.first_dose_on, given.last_dose_on)
    visit = next((row for row in visits if row.code == given.visit), None)
    if visit is None:
        field = "last_dose_on" if hangs_on_last_dose(definition, given.visit) else "visit"
        raise RefusedError((field, f"{given.visit} cannot be placed without the day it hangs on."))
    found = visit_missed(visit, as_of=given.as_of, attended=given.attended)
    last = visit.window.latest_on.isoformat()
    says = f"It counts as {given.visit} until {last}"
    said = (
        "It was attended."
        if given.attended
        else f"{says}; {'that is over' if found.missed else 'not yet missed'}."
    )
    return MissedAnswer(missed=found.missed, weight=found.weight, sentence=said)


def hangs_on_last_dose(definition: Definition, code: str) -> bool:
    return definition.visit(code).anchor is Anchor.LAST_DOSE


def ask_lost(given: LostGiven, definition: Definition) -> LostAnswer:
    if given.last_contact_on and given.last_contact_on > given.as_of:
        raise RefusedError(("last_contact_on", "The last contact lies after the day asked about."))
    found = lost_to_follow_up(
        definition,
        missed=given.missed,
        attempts=[Attempt(row.on, row.channel.casefold()) for row in given.attempts],
        last_contact_on=given.last_contact_on,
        as_of=given.as_of,
    )
    return LostAnswer(lost=found.lost, reasons=found.reasons)


PLAN = "Programme default; domain reference §7.1"

RULES = (
    Asked(
        name="schedule",
        title="Schedule",
        line="where every visit lies, from the first dose and the last",
        source=PLAN,
        given=ScheduleGiven,
        answer=ScheduleAnswer,
        ask=ask_schedule,
        group="Visits",
    ),
    Asked(
        name="assign",
        title="Which visit is this",
        line="which planned visit a day belongs to, and whether it is early or late",
        source=PLAN,
        given=AssignGiven,
        answer=AssignAnswer,
        ask=ask_assign,
        group="Visits",
    ),
    Asked(
        name="missed",
        title="Missed visit",
        line="whether a visit has been missed by a day, and how much that weighs",
        source="Programme default; domain reference §7.1 and §7.5",
        given=MissedGiven,
        answer=MissedAnswer,
        ask=ask_missed,
        group="Visits",
    ),
    Asked(
        name="lost",
        title="Lost to follow-up",
        line="whether a man counts as lost to follow-up, and what is missing",
        source="Programme default; domain reference §7.5",
        given=LostGiven,
        answer=LostAnswer,
        ask=ask_lost,
        group="Visits",
    ),
)
