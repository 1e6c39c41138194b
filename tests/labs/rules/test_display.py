"""What a reader sees in his units: converted for the eye, said to be, grades untouched."""

from decimal import Decimal

import pytest

from labs.rules.catalogue import Group, published_catalogue
from labs.rules.display import Units, displayed, unit_for, units_of
from labs.rules.quantities import Quantity
from labs.rules.ranges import Range

BLOOD = [a for a in published_catalogue().analytes if a.group is not Group.SEMEN]


def seen(key, text, unit, units, limits=""):
    found = displayed(
        key, Quantity.parse(text, unit), Range.parse(limits) if limits else None, units
    )
    shown = found.quantity.printed()
    return (shown, str(found.limits) if found.limits else "", found.received)


@pytest.mark.parametrize(
    ("key", "text", "unit", "units", "limits", "shown"),
    [
        ("triglycerides", "150", "mg/dL", Units.CONVENTIONAL, "<150", ("150 mg/dL", "<150", "")),
        ("triglycerides", "150", "mg/dL", Units.SI, "<150", ("1.69 mmol/L", "<1.69", "150 mg/dL")),
        ("triglycerides", "1.70", "mmol/L", Units.SI, "<1.7", ("1.70 mmol/L", "<1.7", "")),
        ("triglycerides", "1.70", "mmol/L", Units.CONVENTIONAL, "<1.7",
         ("151 mg/dL", "<151", "1.70 mmol/L")),
        ("testosterone", "300", "ng/dL", Units.SI, "264-916",
         ("10.4 nmol/L", "9.2-31.8", "300 ng/dL")),
        ("glucose", "<40", "mg/dL", Units.SI, ">=70", ("< 2.22 mmol/L", ">=3.89", "< 40 mg/dL")),
        ("alt", "60", "U/L", Units.SI, "<=40", ("1.00 µkat/L", "<=0.67", "60 U/L")),
        ("hba1c", "5.6", "%", Units.SI, "", ("5.6 %", "", "")),
    ],
)  # fmt: skip
def test_a_value_and_its_range_are_shown_in_the_units_chosen(key, text, unit, units, limits, shown):
    assert seen(key, text, unit, units, limits) == shown


@pytest.mark.parametrize(
    ("key", "unit"),
    [("fsh", "m[IU]/mL"), ("lh", "m[IU]/mL"), ("anc", "10*3/uL"), ("alt", "[IU]/L")],
)
def test_another_name_of_the_same_scale_is_no_conversion(key, unit):
    units = Units.CONVENTIONAL if key == "alt" else Units.SI

    assert unit_for(key, unit, units) == unit


def test_a_unit_nobody_knows_stays_as_it_came():
    assert seen("glucose", "5", "g/L", Units.SI) == ("5 g/L", "", "")


def test_a_semen_value_keeps_its_unit():
    assert unit_for("concentration", "10*6/mL", Units.SI) == "10*6/mL"


@pytest.mark.parametrize(("text", "units"), [
    ("si", Units.SI), ("conventional", Units.CONVENTIONAL), ("", Units.CONVENTIONAL),
    ("SI", Units.CONVENTIONAL),
])  # fmt: skip
def test_what_is_not_si_is_conventional(text, units):
    assert units_of(text) is units


@pytest.mark.parametrize("analyte", BLOOD, ids=lambda analyte: analyte.key)
@pytest.mark.parametrize("units", Units)
def test_every_unit_of_every_analyte_can_be_read_in_both(analyte, units):
    for unit in analyte.units:
        quantity = Quantity(analyte.soft[0] if analyte.soft else Decimal(10), unit)
        found = displayed(analyte.key, quantity, None, units)

        assert found.quantity.unit == unit_for(analyte.key, unit, units)
        assert found.converted is (found.quantity.unit != unit)
