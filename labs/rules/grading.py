"""Which CTCAE grade a result has, in the unit it was reported in (domain reference §3.2).

Limits are not converted: 500 mg/dL and 5.7 mmol/L are both printed and are not the same blood.
A value behind a comparator is graded only if every number it may stand for has that grade.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from labs.rules.ctcae import Direction, GradeTable, Printed, Reference, Step, Term
from labs.rules.quantities import Edge, Quantity
from labs.rules.units import printed_unit

TOP_GRADE = 4


class GradeStatus(StrEnum):
    GRADED = "GRADED"
    INDETERMINATE = "INDETERMINATE"
    CANNOT_GRADE = "CANNOT_GRADE"


@dataclass(frozen=True, slots=True)
class LabReading:
    """One result as reported, the limits on that report, and the last value before Day 1.

    `baseline_uln` is the limit on the baseline's own report; where it is not known the present
    one stands in. What is None is unknown.
    """

    analyte: str
    quantity: Quantity
    uln: Decimal | None = None
    lln: Decimal | None = None
    baseline: Quantity | None = None
    baseline_uln: Decimal | None = None
    symptomatic: bool | None = None


@dataclass(frozen=True, slots=True)
class Grading:
    """`grade` 0-4 when graded; `at_least` is the lowest certain grade when indeterminate.

    `at_most` is the highest it can be where only the report's limit of normal is missing.
    """

    status: GradeStatus
    grade: int | None
    at_least: int | None
    grading_unit: str
    term: str
    sentence: str
    at_most: int | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """A step with its number worked out, or None when the report does not give it."""

    step: Step
    at: Decimal | None


class CannotGradeError(Exception):
    """Why there is no grade, for the sentence; never leaves this module."""

    def __init__(self, why: str, at_most: int | None = None) -> None:
        super().__init__(why)
        self.at_most = at_most


def grade(reading: LabReading, table: GradeTable) -> Grading:
    """The grade of a result, or why it has none."""
    try:
        term = term_of(reading, table)
        ladders, basis = ladders_of(reading, term, table)
        grades = sure_grades(
            [
                grades_at(edge, ladder, term.direction)
                for ladder in ladders
                for edge in edges_of(reading.quantity)
            ],
            term.direction,
        )
    except CannotGradeError as why:
        return Grading(
            status=GradeStatus.CANNOT_GRADE,
            grade=None,
            at_least=None,
            grading_unit=reading.quantity.unit,
            term="",
            sentence=f"Cannot be graded: {why}",
            at_most=why.at_most,
        )
    return verdict(reading, term, grades, basis)


def term_of(reading: LabReading, table: GradeTable) -> Term:
    if reading.analyte in table.never_raised:
        raise CannotGradeError("sperm numbers are the reason for treatment, not a side effect.")
    term = table.term_for(reading.analyte)
    if term is None:
        raise CannotGradeError(f"CTCAE {table.version} has no limits for this analyte.")
    if reading.quantity.value < 0:
        raise CannotGradeError("a value below zero is not a measurement.")
    high = reading.uln is not None and reading.quantity.span.surely_above(reading.uln)
    if term.no_grade_above_normal and high:
        raise CannotGradeError(term.remark)
    return term


def ladders_of(reading: LabReading, term: Term, table: GradeTable) -> tuple[list[list[Limit]], str]:
    """The steps that apply, with their numbers; two ladders when it is unknown which does."""
    printed = printed_in(reading.quantity.unit, term, table)
    if printed.abnormal_baseline and baseline_is_abnormal(reading):
        steps, basis = [printed.abnormal_baseline], "against an abnormal baseline"
    elif printed.symptomatic:
        steps, basis = symptom_ladders(printed, reading.symptomatic)
    else:
        steps, basis = [printed.steps], baseline_words(reading, printed)
    return [[limit_of(step, reading, table) for step in ladder] for ladder in steps], basis


def printed_in(unit: str, term: Term, table: GradeTable) -> Printed:
    printed = term.in_unit(unit)
    if printed is None:
        shown = printed_unit(unit) or "no unit"
        raise CannotGradeError(f"CTCAE {table.version} prints no limits in {shown}.")
    return printed


def symptom_ladders(
    printed: Printed, symptomatic: bool | None
) -> tuple[list[tuple[Step, ...]], str]:
    match symptomatic:
        case True:
            return [printed.symptomatic], "with symptoms"
        case False:
            return [printed.steps], "without symptoms"
        case None:
            return [printed.steps, printed.symptomatic], "symptoms not recorded"


def baseline_words(reading: LabReading, printed: Printed) -> str:
    unknown = printed.abnormal_baseline and reading.baseline is None
    return "no baseline known, so against the limit of normal" if unknown else ""


def baseline_is_abnormal(reading: LabReading) -> bool:
    """Was the last value before Day 1 above its limit? An unknown baseline is no abnormal one."""
    baseline = reading.baseline
    if baseline is None:
        return False
    limit = reading.baseline_uln
    if limit is None and baseline.unit == reading.quantity.unit:
        limit = reading.uln
    if limit is None:
        raise CannotGradeError("the upper limit of normal for the baseline is not known.")
    if baseline.span.surely_above(limit):
        return True
    if baseline.span.surely_at_most(limit):
        return False
    raise CannotGradeError(f"the baseline {baseline} does not say whether it was normal.")


def limit_of(step: Step, reading: LabReading, table: GradeTable) -> Limit:
    match step.of:
        case Reference.VALUE:
            return Limit(step, step.limit)
        case Reference.BASELINE:
            return Limit(step, step.limit * baseline_number(reading))
        case Reference.ULN:
            normal = upper_limit(reading, table)
        case Reference.LLN:
            normal = reading.lln
    usable = normal is not None and normal > 0
    return Limit(step, step.limit * normal if usable and normal is not None else None)


def upper_limit(reading: LabReading, table: GradeTable) -> Decimal | None:
    if reading.uln is None and reading.analyte == "total_cholesterol":
        return table.cholesterol_uln_fallback.get(reading.quantity.unit)
    return reading.uln


def baseline_number(reading: LabReading) -> Decimal:
    if reading.baseline is None:
        raise CannotGradeError("there is no baseline value.")
    if reading.baseline.unit != reading.quantity.unit:
        raise CannotGradeError("the baseline was reported in another unit.")
    if reading.baseline.exact is None:
        raise CannotGradeError("the baseline is not an exact number.")
    return reading.baseline.exact


def edges_of(quantity: Quantity) -> tuple[Edge | None, Edge | None]:
    """The least and the greatest the value may be; None for beyond every limit."""
    return quantity.span.low or Edge(Decimal(0)), quantity.span.high


def grades_at(edge: Edge | None, ladder: list[Limit], direction: Direction) -> tuple[int, int]:
    """The least and the highest grade; they differ only where an unknown limit decides."""
    most = 0
    for limit in sorted(ladder, key=lambda limit: -limit.step.grade):
        if limit.at is None:
            most = max(most, limit.step.grade)
        elif reaches(edge, limit.step, limit.at, direction):
            return limit.step.grade, max(most, limit.step.grade)
    return 0, most


def sure_grades(found: list[tuple[int, int]], direction: Direction) -> list[int]:
    """One grade for each end of the value; without the limit of normal there may be none."""
    if any(least != most for least, most in found):
        normal = "lower" if direction is Direction.LOW else "upper"
        raise CannotGradeError(
            f"the report gives no {normal} limit of normal.", max(most for _, most in found)
        )
    return [least for least, _ in found]


def reaches(edge: Edge | None, step: Step, at: Decimal, direction: Direction) -> bool:
    if direction is Direction.LOW:
        return edge is not None and edge.falls_below(at)
    if edge is None:
        return True
    return not edge.falls_below(at) if step.includes_limit else edge.exceeds(at)


def verdict(reading: LabReading, term: Term, grades: list[int], basis: str) -> Grading:
    lowest, highest = min(grades), max(grades)
    sure = lowest == highest
    words = f" ({basis})" if basis else ""
    value = reading.quantity.printed()
    if sure:
        says = f"{value} is grade {lowest} for {term.name}{words}."
    else:
        says = f"{value} could be grade {lowest} to {highest} for {term.name}{words}."
    return Grading(
        status=GradeStatus.GRADED if sure else GradeStatus.INDETERMINATE,
        grade=lowest if sure else None,
        at_least=None if sure else lowest,
        grading_unit=reading.quantity.unit,
        term=term.name,
        sentence=f"{says} {term.remark}".strip(),
    )
