"""A value beyond a critical limit pages a clinician; one at the limit does not."""

from decimal import Decimal

import pytest

from labs.rules.catalogue import Analyte, published_catalogue
from labs.rules.critical import Critical, critical_of, critical_words, is_critical
from labs.rules.quantities import Quantity

CATALOGUE = published_catalogue()
LIMITED = [
    analyte
    for analyte in CATALOGUE.analytes
    if (analyte.critical_low, analyte.critical_high) != (None, None)
]
LIMITS = {
    "triglycerides": (None, 1000),
    "alt": (None, 1000),
    "ast": (None, 1000),
    "bilirubin": (None, 15),
    "ck": (None, 10000),
    "lipase": (None, 1000),
    "amylase": (None, 1000),
    "glucose": (54, 400),
    "creatinine": (None, 5),
    "hemoglobin": (7, 20),
    "wbc": (1, 50),
    "anc": (Decimal("0.5"), None),
    "platelets": (25, 1000),
}


def of(key: str, text: str, unit: str = "") -> Critical:
    analyte = CATALOGUE.analyte(key)
    return critical_of(analyte, Quantity.parse(text, unit or analyte.unit))


def test_the_critical_limits_are_these_and_each_names_its_source():
    assert {a.key: (a.critical_low, a.critical_high) for a in LIMITED} == LIMITS
    assert {a.critical_source for a in LIMITED} == {"[PD]"}


@pytest.mark.parametrize("analyte", LIMITED, ids=lambda analyte: analyte.key)
def test_a_value_is_critical_beyond_its_limit_and_not_at_it(analyte):
    step = Decimal("0.01")
    if (low := analyte.critical_low) is not None:
        found = [of(analyte.key, str(at)) for at in (low - step, low, low + step)]
        assert found == [Critical.LOW, Critical.NO, Critical.NO]
    if (high := analyte.critical_high) is not None:
        found = [of(analyte.key, str(at)) for at in (high - step, high, high + step)]
        assert found == [Critical.NO, Critical.NO, Critical.HIGH]


@pytest.mark.parametrize(
    ("key", "text", "unit", "found"),
    [
        ("glucose", "2.9", "mmol/L", Critical.LOW),
        ("glucose", "3.0", "mmol/L", Critical.NO),
        ("glucose", "22.2", "mmol/L", Critical.NO),
        ("glucose", "22.3", "mmol/L", Critical.HIGH),
        ("triglycerides", "11.29", "mmol/L", Critical.NO),
        ("triglycerides", "11.30", "mmol/L", Critical.HIGH),
        ("hemoglobin", "69", "g/L", Critical.LOW),
        ("hemoglobin", "70", "g/L", Critical.NO),
    ],
)
def test_a_limit_holds_in_the_unit_the_laboratory_reported(key, text, unit, found):
    assert of(key, text, unit) is found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<54", Critical.LOW),
        ("<=54", Critical.INDETERMINATE),
        ("<60", Critical.INDETERMINATE),
        (">400", Critical.HIGH),
        (">=400", Critical.INDETERMINATE),
        (">60", Critical.INDETERMINATE),
    ],
)
def test_a_value_behind_a_comparator_is_critical_only_if_all_it_may_be_is(text, found):
    assert of("glucose", text) is found


def test_a_unit_the_analyte_is_not_measured_in_is_never_taken_as_harmless():
    assert of("glucose", "100", "g/L") is Critical.INDETERMINATE
    assert is_critical(CATALOGUE.analyte("glucose"), Quantity(Decimal(100), "g/L")) is False


def test_an_analyte_without_limits_is_never_critical():
    assert of("hdl", "1") is Critical.NO


def test_the_limits_are_said_in_words_in_the_unit_asked_for():
    glucose = CATALOGUE.analyte("glucose")

    assert critical_words(glucose, "mg/dL") == "below 54 or above 400 mg/dL"
    assert critical_words(glucose, "mmol/L") == "below 3.00 or above 22.20 mmol/L"
    assert critical_words(CATALOGUE.analyte("anc"), "10*3/uL") == "below 0.5 ×10³/µL"
    assert critical_words(CATALOGUE.analyte("hdl"), "mg/dL") == ""


@pytest.mark.parametrize(
    ("low", "high", "source", "why"),
    [
        ("400", "54", "[PD]", "wrong way round"),
        ("54", "54", "[PD]", "wrong way round"),
        ("54", None, "", "come together"),
        (None, None, "[PD]", "come together"),
        ("10", None, "[PD]", "outside what is possible"),
        (None, "2000", "[PD]", "outside what is possible"),
    ],
)
def test_critical_limits_that_contradict_themselves_are_refused(low, high, source, why):
    glucose = CATALOGUE.analyte("glucose").model_dump(exclude={"reference"})

    with pytest.raises(ValueError, match=why):
        Analyte.model_validate(
            glucose | {"critical_low": low, "critical_high": high, "critical_source": source}
        )
