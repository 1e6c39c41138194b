"""What an unknown code may mean: offered, never decided; nothing where nothing is like it."""

import pytest

from labs.rules.catalogue import published_catalogue
from labs.rules.dictionary import Dictionary, folded_unit, power_of
from labs.rules.likeness import suggestions
from labs.rules.reported import Group, Observation, Person, Report

CATALOGUE = published_catalogue()


def offered(code="", text="", units=()):
    found = suggestions(code=code, text=text, units=units, catalogue=CATALOGUE)
    return [one.analyte.key for one in found]


@pytest.mark.parametrize(
    ("code", "text", "units", "first"),
    [
        ("TRIG", "Triglyzeride", ["mg/dl"], "triglycerides"),
        ("14927-8", "Triglyceride [Moles/volume] in Serum or Plasma", ["mmol/L"], "triglycerides"),
        ("LDLC", "LDL cholesterol calc", ["mg/dL"], "ldl"),
        ("HDL", "HDL cholesterol", ["mg/dL"], "hdl"),
        ("CHOL", "Cholesterol total", ["mg/dL"], "total_cholesterol"),
        ("GPT", "", [], "alt"),
        ("HB", "Hämoglobin", ["g/dl"], "hemoglobin"),
        ("X", "as 2571-8", [], "triglycerides"),
        ("1", "Trigylcerides", [], "triglycerides"),
        ("4711", "Spermienkonzentration", ["Mio/ml"], "concentration"),
    ],
)
def test_the_likeliest_is_offered_first(code, text, units, first):
    assert offered(code, text, units)[0] == first


@pytest.mark.parametrize(
    ("code", "text", "units"),
    [
        pytest.param("XX", "Vitamin D", ["ng/mL"], id="nothing is like it"),
        pytest.param("FERR", "Ferritin", ["ng/mL"], id="hardly like a name"),
        pytest.param("CHOL", "Cholesterol", ["U/L"], id="a unit it cannot have"),
        pytest.param("", "", [], id="nothing was sent"),
        pytest.param("X", "as 2571-9", [], id="a wrong check digit"),
    ],
)
def test_nothing_is_offered_where_nothing_fits(code, text, units):
    assert offered(code, text, units) == []


def test_three_are_offered_at_most():
    assert len(offered("", "LDL HDL cholesterol triglycerides ALT AST", [])) == 3


@pytest.mark.parametrize(
    ("unit", "power"),
    [("Mio/ml", "10⁶"), ("10*6/mL", "10⁶"), ("Tsd/µl", "10³"), ("K/uL", "10³"), ("10^9/L", "10⁹"),
     ("mg/dL", ""), ("mkat/L", "")],
)  # fmt: skip
def test_a_unit_names_its_power_of_ten(unit, power):
    assert power_of(unit) == power


def seen(**more) -> Observation:
    fields = {
        "position": 1, "code": "TG", "code_text": "", "system": "urn:lab", "value": "310",
        "unit": "mg/dL", "range_text": "", "status": "final", "analyte": None,
    }  # fmt: skip
    return Observation(**(fields | more))


def read(dictionary: Dictionary, observation: Observation) -> Observation:
    group = Group("", "", "", None, None, [observation])
    (report,) = dictionary.read([Report(Person((), "", "", None), (group,))])
    return next(report.observations)


MEANS = Dictionary({("urn:lab", "TG"): CATALOGUE.analyte("triglycerides")}, {"mio/ml": "10*6/mL"})


def test_a_code_that_was_explained_has_its_analyte():
    assert read(MEANS, seen()).analyte is CATALOGUE.analyte("triglycerides")


@pytest.mark.parametrize("other", [{"system": "L"}, {"code": "TGX"}, {"code": "tg"}])
def test_another_code_stays_unknown(other):
    assert read(MEANS, seen(**other)).analyte is None


def test_a_code_everybody_knows_keeps_its_meaning():
    glucose = CATALOGUE.analyte("glucose")
    assert read(MEANS, seen(analyte=glucose)).analyte is glucose


@pytest.mark.parametrize(
    ("unit", "read_as"),
    [("Mio/ml", "10*6/mL"), ("MIO / ml", "10*6/mL"), ("mg/dl", "mg/dl"), ("parsec", "parsec"),
     ("", "")],
)  # fmt: skip
def test_a_spelling_is_read_as_it_was_explained_and_others_as_they_came(unit, read_as):
    assert read(MEANS, seen(unit=unit)).unit == read_as


def test_without_anything_said_the_reports_are_the_same():
    reports = [Report(Person((), "", "", None), ())]
    assert Dictionary().read(reports) == reports


def test_spelling_is_folded():
    assert (folded_unit(" Mio / ML "), folded_unit("")) == ("mio/ml", "")
