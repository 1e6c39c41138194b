"""Short words for the facts these tests start from."""

from decimal import Decimal

from labs.rules.grading import LabReading
from labs.rules.quantities import Quantity
from protocols.rules.definition import shipped
from protocols.rules.lab_facts import LabFact

PROGRAMME = shipped()


def decimal(number):
    return None if number is None else Decimal(str(number))


def lab(analyte, text, unit, *, uln=None, lln=None, **before):
    """A result as reported; `before` is fasting, fasting_hours, alcohol_hours."""
    reading = LabReading(
        analyte, Quantity.parse(str(text), unit), uln=decimal(uln), lln=decimal(lln)
    )
    hours = {
        key: decimal(value) if key.endswith("hours") else value for key, value in before.items()
    }
    return LabFact(reading, **hours)


def fasting_tg(text, unit="mg/dL"):
    return lab("triglycerides", text, unit, fasting=True)
