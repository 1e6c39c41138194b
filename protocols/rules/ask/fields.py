"""What a question to a rule is made of: numbers, days, instants and words, read strictly.

A boolean is no number, a number is no text, an instant says its offset, and nothing is guessed.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, ClassVar
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from labs.rules.quantities import Quantity
from labs.rules.units import normalised_unit
from protocols.rules.ask.words import words_of
from protocols.rules.definition import Definition

LARGEST_POWER, SMALLEST_POWER, MOST_DIGITS = 12, -12, 30
FIRST_YEAR, LAST_YEAR = 1900, 2199
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
    r"(Z|z|[+-][0-9]{2}(:?[0-9]{2})?)?"
)
CLOCK = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?")
COMPARED = r"^\s*(<=|>=|<|>|≤|≥)?\s*[0-9]*\.?[0-9]+\s*$"


class Given(BaseModel):
    """A question: a key it does not know is refused; one not given, or null, is unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    #: Where null says "nobody knows" and a key that is missing says nothing.
    tells_null_apart: ClassVar[bool] = False

    @model_validator(mode="before")
    @classmethod
    def null_is_not_given(cls, content: object) -> object:
        if not isinstance(content, dict) or cls.tells_null_apart:
            return content
        may_lack = {name for name, row in cls.model_fields.items() if not row.is_required()}
        return {k: value for k, value in content.items() if value is not None or k not in may_lack}


class Piece(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Answer(Piece):
    """What a rule says; `ruleset` names the rules and their version."""

    ruleset: str = ""


def key(title: str, unit: str = "", say: str = "", *, default: object = None, **limits: Any) -> Any:
    """A key that may be left out, as a person reads it on the form: its name, unit and a hint."""
    extra: dict[str, Any] = {"unit": unit} if unit else {}
    return Field(default, title=title, description=say or None, json_schema_extra=extra, **limits)


def needed(title: str, unit: str = "", say: str = "", **limits: Any) -> Any:
    """A key that must be given."""
    return key(title, unit, say, default=..., **limits)


def number(value: object) -> Decimal:
    """The number exactly as it was written."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError("This must be a number.")
    exact = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
    if not exact.is_finite():
        raise ValueError("This must be a number that ends.")
    if exact and not SMALLEST_POWER <= exact.adjusted() <= LARGEST_POWER:
        raise ValueError("This number is too large or too small to be true.")
    if len(exact.as_tuple().digits) > MOST_DIGITS:
        raise ValueError("This number has more digits than anybody measures.")
    return exact


def whole(value: object) -> int:
    exact = number(value)
    if exact != exact.to_integral_value():
        raise ValueError("This must be a whole number.")
    return int(exact)


def reported(value: object) -> Quantity:
    """A number, or text such as "<0.056" where the report has a comparator."""
    if isinstance(value, Quantity):
        return value
    if not isinstance(value, str):
        return Quantity(number(value))
    quantity = Quantity.parse(value)
    number(quantity.value)
    return quantity


def day(value: object) -> date:
    if type(value) is date:
        return value
    if not isinstance(value, str) or DAY.fullmatch(value) is None:
        raise ValueError("This must be a date written as YYYY-MM-DD.")
    try:
        found = date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"There is no day {value} in the calendar.") from None
    return in_range(found)


def in_range(found: date) -> date:
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError(f"The year must lie between {FIRST_YEAR} and {LAST_YEAR}.")
    return found


def instant(value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or (match := INSTANT.fullmatch(value)) is None:
        raise ValueError("This must be a date and time like 2026-03-08T09:30:00-07:00.")
    if match[3] is None:
        raise ValueError("The offset from UTC is missing: write +00:00, -07:00 or Z at the end.")
    try:
        found = datetime.fromisoformat(value.upper())
    except ValueError:
        raise ValueError(f"There is no time {value} in the calendar.") from None
    in_range(found)
    return found


def clock(value: object) -> time:
    if type(value) is time:
        return value
    if not isinstance(value, str) or CLOCK.fullmatch(value) is None:
        raise ValueError("This must be a time of day written as HH:MM.")
    try:
        return time.fromisoformat(value)
    except ValueError:
        raise ValueError(f"There is no time of day {value}.") from None


def zone(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("This must be the name of a time zone such as America/Los_Angeles.")
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"There is no time zone called {value}.") from None
    return value


def not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("This must not be empty.")
    return value


def unit(value: object) -> str:
    """The UCUM code that is meant; an unknown unit is kept as it was written."""
    if not isinstance(value, str):
        raise ValueError("This must be the name of a unit.")
    return normalised_unit(value) or value.strip()


def known(kind: str, noun: str) -> Callable[[str, ValidationInfo], str]:
    """A word must be one of those the definition in use knows."""

    def check(value: str, info: ValidationInfo) -> str:
        context: dict[str, Definition] = info.context or {}
        words = words_of(kind, context["definition"])
        if value not in words:
            shown = value if len(value) <= 40 else f"{value[:40]}…"
            raise ValueError(f"There is no {noun} called {shown}. Known are: {', '.join(words)}.")
        return value

    return check


Number = Annotated[Decimal, BeforeValidator(number)]
Whole = Annotated[int, BeforeValidator(whole)]
Reported = Annotated[
    InstanceOf[Quantity],
    BeforeValidator(reported),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "pattern": COMPARED}]}),
]
Day = Annotated[date, BeforeValidator(day)]
Instant = Annotated[
    datetime,
    BeforeValidator(instant),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Clock = Annotated[
    time,
    BeforeValidator(clock),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}"}),
]
Zone = Annotated[str, BeforeValidator(zone), WithJsonSchema({"type": "string"})]
Unit = Annotated[str, BeforeValidator(unit), WithJsonSchema({"type": "string"})]
Text = Annotated[str, StringConstraints(min_length=1, max_length=4000), AfterValidator(not_blank)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]


VisitCode = Annotated[
    str,
    AfterValidator(known("visits", "visit")),
    WithJsonSchema({"type": "string", "words": "visits"}),
]
SymptomCode = Annotated[
    str,
    AfterValidator(known("symptoms", "symptom")),
    WithJsonSchema({"type": "string", "words": "symptoms"}),
]
ExclusionCode = Annotated[
    str,
    AfterValidator(known("exclusions", "exclusion")),
    WithJsonSchema({"type": "string", "words": "exclusions"}),
]
AnalyteKey = Annotated[
    str,
    AfterValidator(known("analytes", "analyte")),
    WithJsonSchema({"type": "string", "words": "analytes"}),
]
RuleId = Annotated[str, WithJsonSchema({"type": "string", "words": "rules"})]
TaskCode = Annotated[str, WithJsonSchema({"type": "string", "words": "tasks"})]
DeviationCode = Annotated[str, WithJsonSchema({"type": "string", "words": "deviations"})]
