"""Asking about counts: pairs in the chamber, and percentages counted twice."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from labs.rules.counting import (
    MESSAGE_SENTENCES,
    CountError,
    CountMessage,
    counted,
    percent_replicates,
)
from labs.rules.semen_limits import COUNT_MOST
from protocols.rules.ask.fields import Answer, Given, Number, Reported, Whole, key, needed
from protocols.rules.ask.rule import Asked, RefusedError
from protocols.rules.definition import Definition

MOST_ASSESSED = 1_000_000
PRESENCE = {"none": False, "seen": True}


def presence(value: object) -> object:
    """ "none" or "seen", as on the semen sheet."""
    if isinstance(value, str):
        if value not in PRESENCE:
            raise ValueError("This must be “none” or “seen”.")
        return PRESENCE[value]
    if value is None or isinstance(value, bool):
        return value
    raise ValueError("This must be “none” or “seen”.")


Presence = Annotated[
    bool, BeforeValidator(presence), WithJsonSchema({"type": "string", "enum": ["none", "seen"]})
]
Counted = Annotated[Whole, Field(ge=0, le=COUNT_MOST)]
Pair = tuple[Counted, Counted]


class CountGiven(Given):
    pairs: tuple[Pair, ...] = needed(
        "Pairs of counts", say="one pair a line, like 120, 131", min_length=1, max_length=3
    )
    dilution: Whole = needed("Dilution 1:", say="2, 5, 10, 20 or 50")
    squares: Whole = needed("Squares counted", say="5, 10, or 25 for each grid up to 225")
    fresh_sperm_seen: Presence | None = key("Sperm in the fresh preparation")


class CountAnswer(Answer):
    accepted: bool | None
    pair: int | None
    total: Number = Field(alias="sum")
    difference: int
    limit: int | None
    concentration_m: Reported | None
    display: str
    messages: tuple[CountMessage, ...]
    sentence: str


class ReplicatesGiven(Given):
    p1: Number = needed("First percentage", "%", ge=0, le=100)
    p2: Number = needed("Second percentage", "%", ge=0, le=100)
    n: Whole = needed("Counted in each", say="normally 200", ge=1, le=MOST_ASSESSED)


class ReplicatesAnswer(Answer):
    accepted: bool
    difference: Number
    limit: Number
    sentence: str


def ask_count(given: CountGiven, _: Definition) -> CountAnswer:
    if given.fresh_sperm_seen is False and any(sum(pair) for pair in given.pairs):
        raise RefusedError(
            ("fresh_sperm_seen", "Sperm were counted, but the fresh preparation holds none.")
        )
    try:
        found = counted(
            given.pairs,
            dilution=given.dilution,
            squares=given.squares,
            fresh_sperm_seen=given.fresh_sperm_seen,
        )
    except CountError as why:
        field = "dilution" if "dilution" in str(why) else "squares"
        raise RefusedError((field, str(why))) from None
    said = " ".join(MESSAGE_SENTENCES[message] for message in found.messages)
    return CountAnswer(
        accepted=found.accepted,
        pair=found.pair,
        total=found.total,
        difference=found.difference,
        limit=found.limit,
        concentration_m=found.concentration,
        display=found.display,
        messages=found.messages,
        sentence=f"{found.display[:1].upper()}{found.display[1:]}. {said}".strip(),
    )


def ask_replicates(given: ReplicatesGiven, _: Definition) -> ReplicatesAnswer:
    found = percent_replicates(given.p1, given.p2, given.n)
    verb = "agree" if found.accepted else "do not agree; count again"
    limit = found.limit.quantize(Decimal("0.1"))
    return ReplicatesAnswer(
        accepted=found.accepted,
        difference=found.difference,
        limit=found.limit,
        sentence=f"The two {verb}: {found.difference:f} apart, {limit:f} are allowed.",
    )


def no_table(_: Any) -> str:
    return "WHO_SEMEN 6th-2021"


RULES = (
    Asked(
        name="count",
        title="Count in the chamber",
        line="the concentration that pairs of counts in the chamber allow",
        source="WHO laboratory manual, 6th edition (2021), table 2.3; domain reference §4.4",
        given=CountGiven,
        answer=CountAnswer,
        ask=ask_count,
        group="Semen",
        table=no_table,
    ),
    Asked(
        name="replicates",
        title="Two percentages",
        line="whether two percentages of the same sample agree",
        source="WHO formula, as a programme default; domain reference §4.4",
        given=ReplicatesGiven,
        answer=ReplicatesAnswer,
        ask=ask_replicates,
        group="Semen",
        table=no_table,
    ),
)
