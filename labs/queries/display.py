"""Rows as their reader wants to see them: copies for the eye, never saved and never judged by."""

from copy import copy

from labs.models import Result
from labs.rules.display import Units, displayed
from labs.rules.quantities import Comparator, Quantity, QuantityError
from labs.rules.ranges import Range, RangeError


def quantity_of(row: Result) -> Quantity | None:
    """The number of a row as it was received; None where nothing was measured."""
    if row.value is None:
        return None
    comparator = Comparator(row.comparator) if row.comparator else None
    return Quantity(row.value.normalize(), row.unit, comparator)


def printed_result(row: Result) -> str:
    """As it was reported, to the digit, with its unit; or the laboratory's words."""
    quantity = quantity_of(row)
    if quantity is None:
        return row.reported
    return quantity.printed() if row.formula else as_reported(row.reported, quantity)


def as_reported(text: str, quantity: Quantity) -> str:
    """3.40 and not 3.4, where the report said so."""
    try:
        return Quantity.parse(text, quantity.unit).printed()
    except QuantityError:
        return quantity.printed()


def limits_of(low: object, high: object, text: str) -> Range | None:
    """The limits a value was read with; None where the report's words are none."""
    if low is None and high is None:
        return None
    try:
        return Range.parse(text)
    except RangeError:
        return None


def read_in(row: Result, units: Units | None) -> Result:
    """The row in the reader's units, as a copy where that is another unit than it came in.

    Grade and flag are those of the value as received; `received` says what that was.
    """
    quantity = quantity_of(row)
    if units is None or quantity is None:
        return row
    limits = limits_of(row.range_low, row.range_high, row.range_text)
    found = displayed(row.analyte.key, quantity, limits, units, printed_result(row))
    if not found.converted:
        return row
    shown = copy(row)
    shown.value, shown.unit = found.quantity.value, found.quantity.unit
    shown.reported, shown.received = str(found.quantity), found.received
    if found.limits is not None:
        shown.range_low, shown.range_high = found.limits.low, found.limits.high
        shown.range_text = str(found.limits)
    return shown
