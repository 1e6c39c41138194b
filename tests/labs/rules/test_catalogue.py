"""The shipped catalogue is sound, converts without loss, and a wrong file is refused by name."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labs.rules.catalogue import (
    DEFINITIONS,
    CatalogueError,
    ValueKind,
    published_catalogue,
    read_catalogue,
)
from labs.rules.ctcae import published_grade_table
from labs.rules.quantities import Comparator, Quantity
from labs.rules.ranges import Range
from labs.rules.semen_sheet import SemenSheet

CATALOGUE = published_catalogue()
BLOOD_KEYS = [
    "total_cholesterol",
    "hdl",
    "ldl",
    "triglycerides",
    "non_hdl",
    "alt",
    "ast",
    "ck",
    "bilirubin",
    "glucose",
    "creatinine",
    "fsh",
    "lh",
    "testosterone",
    "estradiol",
    "prolactin",
    "inhibin_b",
    "hemoglobin",
    "wbc",
    "anc",
    "platelets",
    "lipase",
]


@pytest.mark.parametrize("key", BLOOD_KEYS)
def test_every_blood_analyte_has_a_code_a_unit_and_limits(key):
    analyte = CATALOGUE.analyte(key)

    assert analyte.loinc
    assert analyte.unit
    assert analyte.hard[0] < analyte.hard[1]
    assert CATALOGUE.by_loinc(analyte.loinc[0].code) is analyte


@pytest.mark.parametrize("analyte", CATALOGUE.analytes, ids=lambda analyte: analyte.key)
def test_a_soft_range_lies_within_the_hard_one(analyte):
    if analyte.hard and analyte.soft:
        assert analyte.hard[0] <= analyte.soft[0] < analyte.soft[1] <= analyte.hard[1]


def test_every_graded_analyte_but_weight_is_in_the_catalogue():
    graded = {key for term in published_grade_table().terms for key in term.analytes}

    assert graded - {analyte.key for analyte in CATALOGUE.analytes} == {"weight"}


def test_printed_grade_units_are_units_of_their_analyte():
    for term in published_grade_table().terms:
        for key in set(term.analytes) - {"weight"}:
            units = {unit for printed in term.printed for unit in printed.units}
            assert units <= set(CATALOGUE.analyte(key).units), key


def test_semen_keys_are_fields_of_the_sheet_or_known_others():
    semen = {analyte.key for analyte in CATALOGUE.analytes if analyte.group == "semen"}
    others = {
        "colour", "clarity", "total_sperm", "total_motility", "morphology", "immature_germ_cells",
        "agglutinated_pct", "immunobead_igg", "immunobead_iga",
    }  # fmt: skip

    assert semen - set(SemenSheet.__dataclass_fields__) == others


@pytest.mark.parametrize(
    ("key", "value", "unit", "to", "shown"),
    [
        ("total_cholesterol", "240", "mg/dL", "mmol/L", "6.21"),
        ("triglycerides", "500", "mg/dL", "mmol/L", "5.65"),
        ("triglycerides", "7", "mmol/L", "mg/dL", "620"),
        ("glucose", "100", "mg/dL", "mmol/L", "5.55"),
        ("creatinine", "1.00", "mg/dL", "umol/L", "88"),
        ("creatinine", "88.4", "umol/L", "mg/dL", "1.00"),
        ("bilirubin", "1.2", "mg/dL", "umol/L", "20.5"),
        ("testosterone", "300", "ng/dL", "nmol/L", "10.4"),
        ("estradiol", "30", "pg/mL", "pmol/L", "110"),
        ("prolactin", "10", "ng/mL", "m[IU]/L", "212"),
        ("alt", "60", "U/L", "ukat/L", "1.00"),
        ("fsh", "12.4", "m[IU]/mL", "[IU]/L", "12.4"),
        ("inhibin_b", "80", "pg/mL", "ng/L", "80"),
        ("hemoglobin", "14.5", "g/dL", "g/L", "145"),
        ("wbc", "5.6", "10*3/uL", "10*9/L", "5.6"),
        ("triglycerides", "<150", "mg/dL", "mmol/L", "< 1.69"),
    ],
)
def test_conversion_and_display(key, value, unit, to, shown):
    analyte = CATALOGUE.analyte(key)

    assert analyte.displayed(analyte.converted(Quantity.parse(value, unit), to)) == shown


@given(
    key=st.sampled_from(["total_cholesterol", "hdl", "ldl", "triglycerides", "glucose"]),
    value=st.integers(1, 20000),
)
def test_mg_comes_back_from_mmol_to_the_integer(key, value):
    analyte = CATALOGUE.analyte(key)
    there = analyte.converted(Quantity(Decimal(value), "mg/dL"), "mmol/L")
    displayed = Quantity.parse(analyte.displayed(there), "mmol/L")

    assert analyte.displayed(analyte.converted(there, "mg/dL")) == str(value)
    assert analyte.displayed(analyte.converted(displayed, "mg/dL")) == str(value)


@given(
    data=st.data(),
    value=st.decimals(min_value="0.01", max_value=10000, places=2),
    comparator=st.sampled_from([None, *Comparator]),
)
def test_every_conversion_comes_back(data, value, comparator):
    analyte = data.draw(st.sampled_from([a for a in CATALOGUE.analytes if a.conversions]))
    unit = data.draw(st.sampled_from(analyte.units))
    there = analyte.converted(Quantity(value, analyte.unit, comparator), unit)
    back = analyte.converted(there, analyte.unit)

    assert back.comparator is comparator
    assert abs(back.value - value) < Decimal("1e-18")


def test_limits_convert_with_their_value():
    triglycerides = CATALOGUE.analyte("triglycerides")
    limits = triglycerides.range_in("mg/dL", Range.parse("<2"), "mmol/L")

    assert limits == Range(high=Decimal("177.14"), high_open=True)


@pytest.mark.parametrize(
    ("value", "unit", "possible", "usual"),
    [
        ("4.99", "mg/dL", False, False),
        ("5", "mg/dL", True, False),
        ("30", "mg/dL", True, True),
        ("1000", "mg/dL", True, True),
        ("1001", "mg/dL", True, False),
        ("20001", "mg/dL", False, False),
        ("12", "mmol/L", True, False),
        ("7", "mmol/L", True, True),
    ],
)
def test_hard_and_soft_ranges_hold_in_every_unit(value, unit, possible, usual):
    triglycerides = CATALOGUE.analyte("triglycerides")
    quantity = Quantity.parse(value, unit)

    assert triglycerides.is_possible(quantity) is possible
    assert triglycerides.is_usual(quantity) is usual


def test_a_unit_of_another_analyte_is_not_accepted():
    assert CATALOGUE.analyte("alt").accepts("U/L")
    assert not CATALOGUE.analyte("alt").accepts("mg/dL")
    with pytest.raises(CatalogueError, match="not measured in"):
        CATALOGUE.analyte("alt").converted(Quantity(Decimal(1), "mg/dL"), "U/L")


def test_what_messages_name_is_found():
    assert CATALOGUE.by_loinc("13457-7").key == "ldl"
    assert CATALOGUE.by_loinc("43154-4").value is ValueKind.CODED
    assert CATALOGUE.panel_by_loinc("24331-1").key == "lipids"
    assert CATALOGUE.panel_by_loinc("54231-6").key == "semen"
    assert CATALOGUE.by_local_code("SEM-PELLET-N").implies == {
        "pellet_done": "true",
        "pellet_fraction_examined": "1",
    }
    assert (CATALOGUE.by_loinc("99999-9"), CATALOGUE.by_local_code("SEM-X")) == (None, None)


@pytest.mark.parametrize("find", [CATALOGUE.analyte, CATALOGUE.panel])
def test_an_unknown_key_is_refused(find):
    with pytest.raises(CatalogueError, match="There is no"):
        find("nothing")


def files():
    return {
        name: (DEFINITIONS / f"{name}.yaml").read_text(encoding="utf-8")
        for name in ("analytes", "panels", "local_codes")
    }


@pytest.mark.parametrize(
    ("file", "old", "new", "why"),
    [
        pytest.param("analytes", "code: 2571-8", "code: 2571-9", "check digit", id="check digit"),
        pytest.param("analytes", "code: 2571-8", "code: 2085-9", "LOINC given twice", id="code"),
        pytest.param("analytes", "code: 2571-8", "code: 10571-8", "deprecated", id="deprecated"),
        pytest.param("analytes", "unit: U/L", "unit: units", "not a unit", id="unit"),
        pytest.param("analytes", "key: hdl", "key: ldl", "analyte given twice", id="key"),
        pytest.param("analytes", 'divisor: "88.57"', 'factor: "88.57"', "factor", id="field"),
        pytest.param(
            "analytes", ', divisor: "88.57"', "", "divisor or a multiplier", id="no factor"
        ),
        pytest.param("analytes", 'range: "<150"', 'range: "low"', "not a range", id="range"),
        pytest.param("panels", "[alt, ast]", "[alt, asat]", "unknown analytes: asat", id="panel"),
        pytest.param("panels", "key: muscle", "key: liver", "panel given twice", id="panel key"),
        pytest.param("local_codes", "analyte: ph", "analyte: acid", "acid", id="local analyte"),
        pytest.param("local_codes", "SEM-PH", "SEM-DFI", "local code given twice", id="local"),
    ],
)
def test_a_wrong_definition_is_refused_by_name(file, old, new, why):
    texts = files()
    assert old in texts[file]
    texts[file] = texts[file].replace(old, new, 1)

    with pytest.raises(ValueError, match=why):
        read_catalogue(**texts)
