"""Asking about shares and times: how sure a proportion is, and how soon something happens."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from protocols.rules.ask.fields import Answer, Given, Number, Piece, Whole, key, needed
from protocols.rules.ask.rule import Asked, RefusedError
from protocols.rules.definition import Definition
from protocols.rules.incidence import Incidence, Method, kaplan_meier, turnbull
from protocols.rules.proportions import proportion, upper_one_sided, wilson

MOST_PEOPLE = 1_000_000
MOST_TIMES = 2_000
Time = Annotated[Number, Field(ge=0)]
TwoTimes = tuple[Time, Time | None]


class ProportionGiven(Given):
    x: Whole = needed("How many", ge=0, le=MOST_PEOPLE)
    n: Whole = needed("Of how many", ge=0, le=MOST_PEOPLE)


class ProportionAnswer(Answer):
    p: float | None
    clopper_pearson: tuple[float, float] | None
    wilson: tuple[float, float] | None
    upper_one_sided: float | None
    display: str


class IncidenceGiven(Given):
    events: tuple[Time, ...] | None = key("Event times", max_length=MOST_TIMES)
    censored: tuple[Time, ...] | None = key("Censored at", max_length=MOST_TIMES)
    intervals: tuple[TwoTimes, ...] | None = key(
        "Intervals", say="after the first, up to the second; one a line", max_length=MOST_TIMES
    )


class StepAnswer(Piece):
    t: float
    at_risk: int | None
    events: int | None
    f: float
    se: float | None
    lo: float | None
    hi: float | None


class IncidenceAnswer(Answer):
    table: tuple[StepAnswer, ...]
    median: float | None
    method: Method
    sentence: str


def ask_proportion(given: ProportionGiven, _: Definition) -> ProportionAnswer:
    if given.x > given.n:
        raise RefusedError(("x", "There cannot be more of them than there are people."))
    found = proportion(given.x, given.n)
    if found.low is None or found.high is None:
        return ProportionAnswer(
            p=None, clopper_pearson=None, wilson=None, upper_one_sided=None, display=found.words
        )
    return ProportionAnswer(
        p=found.share,
        clopper_pearson=(found.low, found.high),
        wilson=wilson(given.x, given.n),
        upper_one_sided=upper_one_sided(given.x, given.n),
        display=found.words,
    )


def ask_incidence(given: IncidenceGiven, _: Definition) -> IncidenceAnswer:
    found = estimated(given)
    return IncidenceAnswer(
        table=tuple(
            StepAnswer(
                t=row.t,
                at_risk=row.at_risk,
                events=row.events,
                f=row.f,
                se=row.se,
                lo=row.lo,
                hi=row.hi,
            )
            for row in found.steps
        ),
        median=found.median,
        method=found.method,
        sentence=words(found, anyone=bool(given.events or given.censored or given.intervals)),
    )


def estimated(given: IncidenceGiven) -> Incidence:
    exact = given.events is not None or given.censored is not None
    if exact and given.intervals is not None:
        raise RefusedError(("intervals", "Give either times or intervals, not both."))
    if given.intervals is not None:
        return turnbull(checked(given.intervals)) if given.intervals else turnbull_of_nobody()
    if not exact:
        raise RefusedError(("events", "Give the event times, or intervals."))
    return kaplan_meier(floats(given.events), floats(given.censored))


def floats(times: tuple[Decimal, ...] | None) -> list[float]:
    return [float(t) for t in times or ()]


def checked(intervals: tuple[TwoTimes, ...]) -> list[tuple[float, float | None]]:
    for number, (low, high) in enumerate(intervals):
        if high is not None and high <= low:
            raise RefusedError((f"intervals[{number}]", "An interval ends after it begins."))
    return [(float(low), None if high is None else float(high)) for low, high in intervals]


def turnbull_of_nobody() -> Incidence:
    return Incidence(Method.TURNBULL, (), None)


def words(found: Incidence, *, anyone: bool) -> str:
    if not found.steps:
        return "No event yet." if anyone else "no data"
    last = found.steps[-1]
    half = f"half by {found.median:g}" if found.median is not None else "the median is not reached"
    kind = {
        Method.KAPLAN_MEIER: "One minus Kaplan–Meier, right only if nothing competes",
        Method.TURNBULL: "Turnbull's estimate from intervals",
    }[found.method]
    return f"{kind}: {last.f:.6f} by {last.t:g}; {half}."


RULES = (
    Asked(
        name="proportion",
        title="Proportion",
        line="a share of people with its exact and Wilson intervals",
        source="Clopper and Pearson 1934, Wilson 1927; domain reference §8.1",
        given=ProportionGiven,
        answer=ProportionAnswer,
        ask=ask_proportion,
        group="Statistics",
    ),
    Asked(
        name="incidence",
        title="Time to first motile sperm",
        line="the share that has had an event by each time, from times or from intervals",
        source="Kaplan and Meier 1958, Greenwood 1926, Turnbull 1976; domain reference §8.2",
        given=IncidenceGiven,
        answer=IncidenceAnswer,
        ask=ask_incidence,
        group="Statistics",
    ),
)
