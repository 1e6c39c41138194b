"""Three LDLs beside each other, at each edge of what each formula holds for."""

from decimal import Decimal

import pytest

from labs.rules.ldl_methods import side_by_side
from labs.rules.lipids import FACTORS, LdlMethod
from labs.rules.quantities import Quantity

S, M, F = LdlMethod.SAMPSON, LdlMethod.MARTIN_HOPKINS, LdlMethod.FRIEDEWALD


def three(tg, total="220", hdl="45", unit="mg/dL", fasting=True):
    return side_by_side(
        total_cholesterol=Quantity.parse(total, unit),
        hdl=Quantity.parse(hdl, unit),
        triglycerides=Quantity.parse(tg, unit),
        fasting=fasting,
    )


def given(found) -> set:
    return {each.method for each in found.methods if each.value is not None}


@pytest.mark.parametrize(
    ("tg", "methods"),
    [
        ("6.9", {S, F}), ("7", {S, M, F}), ("7.1", {S, M, F}),
        ("399.9", {S, M, F}), ("400", {S}), ("400.1", {S}),
        ("799.9", {S}), ("800", {S}), ("800.1", set()),
    ],
)  # fmt: skip
def test_each_formula_is_given_where_it_holds_and_nowhere_else(tg, methods):
    found = three(tg)

    assert given(found) == methods
    assert all(bool(each.why_not) is (each.value is None) for each in found.methods)


@pytest.mark.parametrize(("tg", "friedewald"), [("4.49", True), ("4.5", True), ("4.51", False)])
def test_friedewald_has_its_own_limit_in_mmol(tg, friedewald):
    assert (F in given(three(tg, "6.0", "1.2", "mmol/L"))) is friedewald


@pytest.mark.parametrize(
    ("tg", "method", "why"),
    [
        ("800.1", S, "Triglycerides are above 800 mg/dL."),
        ("6.9", M, "Triglycerides are below 7 mg/dL, where its table begins."),
        ("400", M, "Triglycerides are 400 mg/dL or more."),
        ("400", F, "Triglycerides are 400 mg/dL or more."),
    ],
)
def test_it_says_why_one_is_not_given(tg, method, why):
    (found,) = [each for each in three(tg).methods if each.method is method]

    assert found.why_not == why


@pytest.mark.parametrize(
    ("fasting", "is_given", "words"),
    [
        (True, True, ""),
        (None, True, "Friedewald holds for a fasting sample; fasting is not recorded."),
        (False, False, "Friedewald does not hold: the sample was not fasting."),
    ],
)
def test_friedewald_asks_whether_he_was_fasting(fasting, is_given, words):
    (found,) = [each for each in three("150", fasting=fasting).methods if each.method is F]

    assert ((found.value is not None), found.caution + found.why_not) == (is_given, words)


def test_a_negative_result_is_not_given_and_says_so():
    found = three("390", total="60", hdl="40")

    assert given(found) == set()
    assert {each.why_not for each in found.methods} == {
        "A formula gave a negative LDL, which is not shown."
    }


@pytest.mark.parametrize(
    ("total", "hdl", "why"),
    [
        ("44", "45", "HDL is higher than total cholesterol; one of them is wrong."),
        ("<220", "45", "A value with < or > cannot be calculated with."),
    ],
)
def test_none_is_calculated_from_values_that_contradict_each_other(total, hdl, why):
    found = three("150", total=total, hdl=hdl)

    assert (found.methods, found.refused) == ((), why)


def test_hdl_as_high_as_the_total_is_no_contradiction():
    assert three("7", total="45", hdl="45").refused == ""


def test_mixed_units_are_refused():
    found = side_by_side(
        total_cholesterol=Quantity.parse("5.5", "mmol/L"),
        hdl=Quantity.parse("45", "mg/dL"),
        triglycerides=Quantity.parse("150", "mg/dL"),
        fasting=True,
    )

    assert found.refused == "The three values were reported in different units."


def test_sampson_comes_first():
    assert [each.method for each in three("150").methods] == [S, M, F]


def test_the_180_cells_of_martin_and_hopkins_add_up():
    assert (sum(len(row) for row in FACTORS), sum(sum(row) for row in FACTORS)) == (
        180,
        Decimal("949.4"),
    )
