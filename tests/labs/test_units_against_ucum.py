"""The program's small table of units says what the maintained UCUM library says."""

from decimal import Decimal

import pytest
from ucumvert import PintUcumRegistry, get_ucum_parser

from labs.rules.catalogue import published_catalogue
from labs.rules.quantities import Quantity
from labs.rules.units import PRINTED, SPELLINGS, is_known_unit, normalised_unit

UNITS = sorted(code for code in PRINTED if code)
#: Of prolactin each assay has its own factor; a count of a field of view is no unit of UCUM's.
BY_ASSAY = {("prolactin", "m[IU]/L")}
#: Grams per mole, for what a mass is turned into an amount of substance by.
MOLAR_MASS = {
    "total_cholesterol": 386.65,
    "hdl": 386.65,
    "ldl": 386.65,
    "non_hdl": 386.65,
    "triglycerides": 885.4,
    "glucose": 180.156,
    "creatinine": 113.12,
    "bilirubin": 584.66,
    "testosterone": 288.42,
    "estradiol": 272.38,
}
CONVERSIONS = [
    pytest.param(analyte, conversion, id=f"{analyte.key} {conversion.unit}")
    for analyte in published_catalogue().analytes
    for conversion in analyte.conversions
]


@pytest.fixture(scope="module")
def ucum():
    return PintUcumRegistry()


@pytest.fixture(scope="module")
def grammar():
    return get_ucum_parser()


@pytest.mark.parametrize("code", UNITS)
def test_every_unit_of_the_program_is_ucum(grammar, code):
    assert grammar.parse(code) is not None


@pytest.mark.parametrize("code", ["IU/L", "MG/DL", "µmol/L", "stones"])
def test_the_library_refuses_what_only_people_write(grammar, code):
    with pytest.raises(Exception, match=r"."):
        grammar.parse(code)
    assert not is_known_unit(code)


@pytest.mark.parametrize(("analyte", "conversion"), CONVERSIONS)
def test_every_conversion_is_that_of_the_library(ucum, analyte, conversion):
    if (analyte.key, conversion.unit) in BY_ASSAY:
        pytest.skip("the factor is the assay's")
    if (analyte.unit, conversion.unit) == ("U/L", "[IU]/L"):
        # An arbitrary unit to UCUM; of an enzyme it is the same micromole a minute.
        assert conversion.from_conventional(Decimal(1)) == 1
        return
    one = float(conversion.from_conventional(Decimal(1)))
    was, became = ucum.from_ucum(analyte.unit), ucum.from_ucum(conversion.unit)
    if was.dimensionality == became.dimensionality:
        assert (1 * was).to(became).magnitude == pytest.approx(one, rel=1e-9)
    else:
        moles = (1 * was) / (MOLAR_MASS[analyte.key] * ucum.from_ucum("g/mol"))
        assert moles.to(became).magnitude == pytest.approx(one, rel=2e-3)


@pytest.mark.parametrize("spelled", sorted(SPELLINGS))
def test_a_spelling_leads_to_a_unit_of_ucum(grammar, spelled):
    assert grammar.parse(SPELLINGS[spelled]) is not None


@pytest.mark.parametrize("code", UNITS)
def test_no_two_units_are_mistaken_for_each_other(code):
    assert normalised_unit(code) == code


@pytest.mark.parametrize("text", ["mg", "mgdL", "mmol", "U", "IU", "mg/L", "µg/dL", "stones"])
def test_a_unit_that_is_not_of_the_table_is_not_guessed(text):
    found = normalised_unit(text)

    assert found is None or is_known_unit(found)
    assert found in {None, "mg"}


def test_a_value_in_a_unit_the_analyte_has_not_is_never_converted():
    glucose = published_catalogue().analyte("glucose")

    with pytest.raises(ValueError, match="not measured in"):
        glucose.converted(Quantity(Decimal(5), "umol/L"), "mg/dL")
