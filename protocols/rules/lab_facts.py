"""A result as the programme's rules look at it: on a table's scale, and fasting or not.

A value behind a comparator stands for many numbers; a limit is then certainly reached,
possibly reached, or neither (domain reference §0).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from labs.rules.ctcae import GradeTable
from labs.rules.grading import Grading, LabReading, grade
from labs.rules.quantities import Edge, Span
from labs.rules.units import normalised_unit, printed_unit
from protocols.rules.tables import Fasting, Limit, UnitFactor
from protocols.rules.vocabulary import Measure

TITLES = {"alt": "ALT", "ast": "AST", "ck": "CK", "anc": "Neutrophils", "hemoglobin": "Haemoglobin"}


class CannotJudgeError(ValueError):
    """The report does not say enough; the text is a clause that says what is missing."""


@dataclass(frozen=True, slots=True)
class LabFact:
    """One result as reported, and what is known of the hours before the blood was taken."""

    reading: LabReading
    fasting: bool | None = None
    fasting_hours: Decimal | None = None
    alcohol_hours: Decimal | None = None

    @property
    def analyte(self) -> str:
        return self.reading.analyte

    @property
    def title(self) -> str:
        name = self.analyte
        return TITLES.get(name, name.replace("_", " ").capitalize())


@dataclass(frozen=True, slots=True)
class Gauge:
    """The numbers a result may stand for, and what one unit of the table is on that scale."""

    span: Span
    unit: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Reach:
    certain: bool
    possible: bool


def was_fasting(fact: LabFact, rule: Fasting) -> bool | None:
    """At least 9 hours without food and 36 without alcohol; None when nobody wrote it down."""
    if fact.alcohol_hours is not None and fact.alcohol_hours < rule.alcohol_free_hours:
        return False
    if fact.fasting_hours is not None:
        return fact.fasting_hours >= rule.min_hours
    return fact.fasting


def gauge(
    fact: LabFact, measure: Measure, units: Iterable[UnitFactor], grades: GradeTable
) -> Gauge:
    """Put the result on the scale of a table, or say why it cannot be."""
    match measure:
        case Measure.VALUE:
            return Gauge(value_span(fact.reading, units))
        case Measure.TIMES_ULN:
            return Gauge(fact.reading.quantity.span, upper_limit(fact.reading))
        case Measure.GRADE:
            return Gauge(grade_span(grade(fact.reading, grades)))


def value_span(reading: LabReading, units: Iterable[UnitFactor]) -> Span:
    reported = normalised_unit(reading.quantity.unit)
    for unit in units:
        if normalised_unit(unit.unit) == reported and reported is not None:
            return reading.quantity.times(unit.factor, unit.unit).span
    raise CannotJudgeError(f"the unit {reading.quantity.unit or '(none)'} is not known here")


def upper_limit(reading: LabReading) -> Decimal:
    if reading.uln is None or reading.uln <= 0:
        raise CannotJudgeError("the report gives no upper limit of normal")
    return reading.uln


def grade_span(grading: Grading) -> Span:
    if grading.grade is not None:
        return Span(Edge(Decimal(grading.grade)), Edge(Decimal(grading.grade)))
    if grading.at_least is not None:
        return Span(Edge(Decimal(grading.at_least)), Edge(Decimal(4)))
    if grading.at_most == 1:  # whatever the limit of normal is: no grade that any band names
        return Span(Edge(Decimal(0)), Edge(Decimal(1)))
    raise CannotJudgeError(grading.sentence.removeprefix("Cannot be graded: ").rstrip("."))


def reach(limit: Limit, scale: Gauge) -> Reach:
    """Whether the result certainly, possibly or not at all lies beyond a limit."""
    span, unit = scale.span, scale.unit
    if limit.over is not None:
        edge = limit.over * unit
        return Reach(span.surely_above(edge), not span.surely_at_most(edge))
    if limit.at_least is not None:
        edge = limit.at_least * unit
        return Reach(span.surely_at_least(edge), not span.surely_below(edge))
    edge = (limit.under or Decimal(0)) * unit
    return Reach(span.surely_below(edge), not span.surely_at_least(edge))


def within(at_most: Decimal, scale: Gauge) -> bool | None:
    """Is the result at most this? None when a comparator leaves it open."""
    if scale.span.surely_at_most(at_most * scale.unit):
        return True
    return False if scale.span.surely_above(at_most * scale.unit) else None


def limit_words(limit: Limit, measure: Measure, unit: str, scale: Gauge) -> str:
    """The limit as the clinician reads it: "is over 500 mg/dL", "is CTCAE grade 3"."""
    if measure is Measure.GRADE:
        return f"is CTCAE grade {limit.at_least:f} or more"
    tail = printed_unit(unit)
    if measure is Measure.TIMES_ULN:
        tail = f"times the upper limit of {scale.unit:f}"
    if limit.over is not None:
        return f"is over {limit.over:f} {tail}"
    if limit.under is not None:
        return f"is under {limit.under:f} {tail}"
    return f"is {limit.at_least:f} {tail} or more"
