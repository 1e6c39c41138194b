"""LDL by three formulas, each at the edge of where it holds."""

from decimal import Decimal

import pytest

from labs.rules.lipids import (
    FACTORS,
    TG_ROWS,
    LdlMethod,
    LipidProblem,
    calculated_lipids,
    martin_hopkins_factor,
    shown_ldl,
)
from labs.rules.quantities import Quantity


def panel(total, hdl, tg, unit="mg/dL", **more):
    return calculated_lipids(
        total_cholesterol=Quantity.parse(str(total), unit),
        hdl=Quantity.parse(str(hdl), unit),
        triglycerides=Quantity.parse(str(tg), unit),
        **more,
    )


def test_the_table_has_its_checksum():
    assert (len(FACTORS), {len(row) for row in FACTORS}) == (30, {6})
    assert sum(sum(row) for row in FACTORS) == Decimal("949.4")


@pytest.mark.parametrize("row", range(1, len(TG_ROWS) - 1), ids=lambda row: f"TG {TG_ROWS[row]}")
def test_each_row_begins_at_its_lower_edge(row):
    edge = Decimal(TG_ROWS[row])

    assert martin_hopkins_factor(tg=edge, non_hdl=Decimal(99)) == FACTORS[row][0]
    assert martin_hopkins_factor(tg=edge - 1, non_hdl=Decimal(99)) == FACTORS[row - 1][0]


@pytest.mark.parametrize(
    ("non_hdl", "column"),
    [("99.9", 0), ("100", 1), ("129", 1), ("130", 2), ("159", 2), ("160", 3), ("189", 3),
     ("190", 4), ("219", 4), ("220", 5), ("400", 5)],
)  # fmt: skip
def test_each_column_begins_at_its_lower_edge(non_hdl, column):
    factor = martin_hopkins_factor(tg=Decimal(150), non_hdl=Decimal(non_hdl))

    assert factor == FACTORS[TG_ROWS.index(147)][column]


@pytest.mark.parametrize(
    ("tg", "known"), [("6.9", False), ("7", True), ("399", True), ("400", False)]
)
def test_the_table_is_used_from_7_to_below_400(tg, known):
    assert (martin_hopkins_factor(tg=Decimal(tg), non_hdl=Decimal(150)) is not None) is known


def test_the_three_formulas_on_one_sample():
    result = panel(240, 38, 310, fasting=True)

    assert (result.non_hdl, result.friedewald) == (202, 140)
    assert result.martin_hopkins_factor == Decimal("6.5")
    assert float(result.martin_hopkins) == pytest.approx(202 - 310 / 6.5)
    sampson = 240 / 0.948 - 38 / 0.971 - (310 / 8.56 + 310 * 202 / 2140 - 310**2 / 16100) - 9.44
    assert float(result.sampson) == pytest.approx(sampson)
    assert (result.errors, result.warnings) == ((), ())


@pytest.mark.parametrize(
    ("tg", "unit", "friedewald", "sampson"),
    [
        pytest.param("399", "mg/dL", True, True, id="below 400"),
        pytest.param("400", "mg/dL", False, True, id="400"),
        pytest.param("800", "mg/dL", False, True, id="800"),
        pytest.param("800.1", "mg/dL", False, False, id="above 800"),
        pytest.param("4.5", "mmol/L", True, True, id="4.5 mmol"),
        pytest.param("4.51", "mmol/L", False, True, id="above 4.5 mmol"),
        pytest.param("9.03", "mmol/L", False, True, id="799.8 mg as mmol"),
        pytest.param("9.04", "mmol/L", False, False, id="800.7 mg as mmol"),
    ],
)
def test_where_each_formula_holds(tg, unit, friedewald, sampson):
    result = panel(*((300, 40) if unit == "mg/dL" else (8, 1)), tg, unit)

    assert (result.friedewald is not None, result.sampson is not None) == (friedewald, sampson)


def test_mmol_has_its_own_friedewald_divisor():
    assert panel("5", "1", "2.2", "mmol/L").friedewald == 3


def test_both_units_give_the_same_martin_hopkins_and_sampson():
    mg = panel(200, 50, 120)
    mmol = panel(
        Decimal(200) / Decimal("38.67"),
        Decimal(50) / Decimal("38.67"),
        Decimal(120) / Decimal("88.57"),
        "mmol/L",
    )

    assert float(mmol.martin_hopkins * Decimal("38.67")) == pytest.approx(float(mg.martin_hopkins))
    assert float(mmol.sampson * Decimal("38.67")) == pytest.approx(float(mg.sampson))


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        pytest.param((50, 51, 100), LipidProblem.HDL_ABOVE_TOTAL, id="HDL above total"),
        pytest.param((200, "<20", 100), LipidProblem.NOT_A_NUMBER, id="comparator"),
        pytest.param((200, 50, -1), LipidProblem.BELOW_ZERO, id="below zero"),
        pytest.param((200, 50, 100, "g/L"), LipidProblem.UNIT_UNKNOWN, id="unit"),
    ],
)
def test_a_contradiction_gives_no_numbers(values, problem):
    result = panel(*values)

    assert (result.errors, result.non_hdl, result.sampson) == ((problem,), None, None)


def test_units_are_not_mixed():
    mixed = calculated_lipids(
        total_cholesterol=Quantity.parse("200", "mg/dL"),
        hdl=Quantity.parse("1.3", "mmol/L"),
        triglycerides=Quantity.parse("100", "mg/dL"),
    )

    assert mixed.errors == (LipidProblem.UNITS_DIFFER,)


def test_hdl_may_be_all_of_the_total():
    assert panel(50, 50, 10).non_hdl == 0


def test_a_negative_ldl_is_not_shown_but_said():
    result = panel(60, 40, 300, fasting=True)

    assert (result.non_hdl, result.friedewald) == (20, None)
    assert result.warnings == (LipidProblem.NEGATIVE_LDL,)


def test_friedewald_does_not_hold_without_fasting():
    assert panel(200, 50, 100, fasting=False).friedewald is None
    assert panel(200, 50, 100, fasting=False).warnings == (LipidProblem.NOT_FASTING,)
    assert panel(200, 50, 100).warnings == (LipidProblem.FASTING_UNKNOWN,)


def test_sampson_is_shown_unless_the_laboratory_sent_an_ldl():
    result = panel(200, 50, 100)

    assert shown_ldl(result, lab_sent_ldl=True) is None
    assert shown_ldl(result, lab_sent_ldl=False).method is LdlMethod.SAMPSON
    assert shown_ldl(panel(300, 50, 900), lab_sent_ldl=False) is None
    assert result.by(LdlMethod.FRIEDEWALD) == result.friedewald
