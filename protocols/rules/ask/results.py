"""One laboratory result as it was reported, as several rules are asked about it."""

from decimal import Decimal

from pydantic import StrictBool

from labs.rules.grading import LabReading
from labs.rules.quantities import Quantity
from protocols.rules.ask.fields import AnalyteKey, Given, Number, Reported, Unit, key, needed
from protocols.rules.ask.rule import RefusedError
from protocols.rules.lab_facts import LabFact

MAY_BE_NEGATIVE = {"ldl"}


class ReadingGiven(Given):
    analyte: AnalyteKey = needed("Analyte")
    value: Reported = needed("Value", say="as reported; <0.3 is possible")
    unit: Unit = key("Unit", say="as on the report", default="")
    uln: Number | None = key("Upper limit of normal", say="of this report", gt=0)
    lln: Number | None = key("Lower limit of normal", say="of this report", ge=0)
    baseline: Reported | None = key("Baseline", say="last value before Day 1")
    baseline_uln: Number | None = key("Upper limit at baseline", gt=0)
    symptomatic: StrictBool | None = key("With symptoms", say="for lipase")


class ResultGiven(ReadingGiven):
    fasting: StrictBool | None = key("Fasting")
    fasting_hours: Number | None = key("Hours without food", "h", ge=0)
    alcohol_hours: Number | None = key("Hours since alcohol", "h", ge=0)


def not_negative(field: str, quantity: Quantity | None) -> None:
    if quantity is not None and quantity.value < 0:
        raise RefusedError((field, "A measured value is never below zero."))


def reading_of(given: ReadingGiven, where: str = "") -> LabReading:
    """The result for the rules; the baseline is taken to be in the same unit."""
    if given.analyte not in MAY_BE_NEGATIVE:
        not_negative(f"{where}value", given.value)
        not_negative(f"{where}baseline", given.baseline)
    check_limits(given, where)
    return LabReading(
        analyte=given.analyte,
        quantity=in_unit(given.value, given.unit),
        uln=given.uln,
        lln=given.lln,
        baseline=None if given.baseline is None else in_unit(given.baseline, given.unit),
        baseline_uln=given.baseline_uln,
        symptomatic=given.symptomatic,
    )


def check_limits(given: ReadingGiven, where: str) -> None:
    low, high = given.lln or Decimal(0), given.uln
    if high is not None and low > high:
        raise RefusedError((f"{where}lln", "The lower limit lies above the upper limit."))


def in_unit(quantity: Quantity, unit: str) -> Quantity:
    return Quantity(quantity.value, unit, quantity.comparator)


def fact_of(given: ResultGiven, where: str = "") -> LabFact:
    return LabFact(
        reading=reading_of(given, where),
        fasting=given.fasting,
        fasting_hours=given.fasting_hours,
        alcohol_hours=given.alcohol_hours,
    )
