"""A value keeps its comparator, and a comparator decides only what it decides."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labs.rules.quantities import Comparator, Quantity, QuantityError, rounded, significant
from labs.rules.ranges import Flag, Range, RangeError, flag_words
from labs.rules.units import PRINTED, is_known_unit, normalised_unit

NUMBERS = st.decimals(min_value="0.001", max_value=5000, places=3)


@pytest.mark.parametrize(
    ("text", "value", "comparator"),
    [
        ("13", "13", None),
        ("5.60", "5.60", None),
        (" <0.056 ", "0.056", Comparator.LT),
        ("<= 0.1", "0.1", Comparator.LE),
        (">1000", "1000", Comparator.GT),
        (">=25", "25", Comparator.GE),
        ("≤ 7", "7", Comparator.LE),
        ("≥7", "7", Comparator.GE),
        (".5", "0.5", None),
        ("-12", "-12", None),
    ],
)
def test_a_reported_value_is_read_as_it_was_written(text, value, comparator):
    assert Quantity.parse(text, "mg/dL") == Quantity(Decimal(value), "mg/dL", comparator)


@pytest.mark.parametrize(
    "text", ["", "abc", "1,5", "1 000", "<>5", "NaN", "Infinity", "1e3", "5 mg", "٣", "--5", "5."]
)
def test_what_is_not_one_number_is_refused_in_words(text):
    with pytest.raises(QuantityError, match="is not a number"):
        Quantity.parse(text)


@given(value=NUMBERS, sign=st.sampled_from(["", "<", "<=", ">", ">="]))
def test_a_value_survives_being_written_and_read(value, sign):
    quantity = Quantity.parse(f"{sign}{value:f}", "mg/dL")

    assert Quantity.parse(str(quantity), "mg/dL") == quantity


@pytest.mark.parametrize(
    ("text", "unit", "decimals", "printed"),
    [
        ("<0.056", "10*6/mL", None, "< 0.056 ×10⁶/mL"),
        (">=25", "umol/L", None, "≥ 25 µmol/L"),
        ("5.645", "mmol/L", 2, "5.65 mmol/L"),
        ("7.4", "[pH]", None, "7.4"),
        ("-3", "mg/dL", 0, "−3 mg/dL"),
        ("12", "furlong", None, "12 furlong"),
    ],
)
def test_a_value_as_people_read_it(text, unit, decimals, printed):
    assert Quantity.parse(text, unit).printed(decimals) == printed


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        ("0.5", 0, "1"),
        ("2.5", 0, "3"),
        ("2.449", 1, "2.4"),
        ("-0.004", 2, "0.00"),
        ("7", 2, "7.00"),
    ],
)
def test_rounding_is_half_away_from_zero(value, decimals, text):
    assert rounded(Decimal(value), decimals) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0.0555555", "0.056"),
        ("155", "160"),
        ("8", "8.0"),
        ("99.6", "100"),
        ("0.996", "1.0"),
        ("66", "66"),
        ("0", "0"),
    ],
)
def test_two_significant_figures(value, text):
    assert f"{significant(Decimal(value)):f}" == text


@pytest.mark.parametrize(
    ("spelled", "unit"),
    [
        ("mg/dl", "mg/dL"), ("MG/DL", "mg/dL"), ("U/l", "U/L"), ("IU/L", "[IU]/L"),
        ("mIU/mL", "m[IU]/mL"), ("µmol/L", "umol/L"), ("K/uL", "10*3/uL"), ("x10^9/L", "10*9/L"),
        ("10*6/mL", "10*6/mL"), ("million/mL", "10*6/mL"), (" % ", "%"), ("days", "d"),
    ],
)  # fmt: skip
def test_a_known_spelling_becomes_its_ucum_code(spelled, unit):
    assert normalised_unit(spelled) == unit


@pytest.mark.parametrize("text", ["furlong", "mg/100mL", "mmol", "units"])
def test_units_are_never_guessed(text):
    assert normalised_unit(text) is None


def test_every_spelling_of_a_code_leads_back_to_it():
    assert {normalised_unit(code) for code in PRINTED} == set(PRINTED)
    assert not is_known_unit("mg/dl")


@pytest.mark.parametrize(
    ("text", "expected", "printed"),
    [
        ("<200", Range(high=Decimal(200), high_open=True), "< 200 U/L"),
        ("<=40", Range(high=Decimal(40)), "≤ 40 U/L"),
        ("up to 40", Range(high=Decimal(40)), "≤ 40 U/L"),
        (">=40", Range(low=Decimal(40)), "≥ 40 U/L"),
        ("> 1.5", Range(low=Decimal("1.5"), low_open=True), "> 1.5 U/L"),
        ("2-7", Range(low=Decimal(2), high=Decimal(7)), "2–7 U/L"),
        ("1.5–12.4", Range(low=Decimal("1.5"), high=Decimal("12.4")), "1.5–12.4 U/L"),
        ("10 to 40", Range(low=Decimal(10), high=Decimal(40)), "10–40 U/L"),
        ("-2 - 3", Range(low=Decimal(-2), high=Decimal(3)), "-2–3 U/L"),
    ],
)
def test_a_range_is_read_and_printed(text, expected, printed):
    assert Range.parse(text) == expected
    assert expected.printed("U/L") == printed
    assert Range.parse(str(expected)) == expected


@pytest.mark.parametrize("text", ["", "negative", "7-2", "<", "1-2-3", "see note"])
def test_what_is_no_range_is_refused(text):
    with pytest.raises(RangeError):
        Range.parse(text)


@pytest.mark.parametrize(
    ("limits", "value", "flag"),
    [
        pytest.param("2-7", "1.9", Flag.LOW, id="below"),
        pytest.param("2-7", "2", Flag.NORMAL, id="at the lower limit"),
        pytest.param("2-7", "7", Flag.NORMAL, id="at the upper limit"),
        pytest.param("2-7", "7.1", Flag.HIGH, id="above"),
        pytest.param("<200", "199", Flag.NORMAL, id="under an open limit"),
        pytest.param("<200", "200", Flag.HIGH, id="at an open limit"),
        pytest.param("<200", "<200", Flag.NORMAL, id="a bound at the open limit"),
        pytest.param("<200", "<=200", Flag.INDETERMINATE, id="a bound that includes it"),
        pytest.param("<200", ">=200", Flag.HIGH, id="at least the open limit"),
        pytest.param("<200", ">199", Flag.INDETERMINATE, id="more than just below it"),
        pytest.param(">=16", "<0.056", Flag.LOW, id="far below"),
        pytest.param(">=16", "<16", Flag.LOW, id="less than the limit"),
        pytest.param(">=16", "<=16", Flag.INDETERMINATE, id="the limit or less"),
        pytest.param(">=16", ">=16", Flag.NORMAL, id="the limit or more"),
        pytest.param(">16", "16", Flag.LOW, id="at an open lower limit"),
        pytest.param("1.5-12.4", "<5", Flag.INDETERMINATE, id="may be low"),
        pytest.param("1.5-12.4", ">5", Flag.INDETERMINATE, id="may be high"),
        pytest.param("1.5-12.4", ">12.4", Flag.HIGH, id="above the upper limit"),
        pytest.param("0-5", "<0.1", Flag.NORMAL, id="nothing is less than none"),
    ],
)
def test_where_a_value_stands(limits, value, flag):
    assert Range.parse(limits).flag(Quantity.parse(value)) is flag


def test_flags_have_words():
    assert [flag_words(flag) for flag in Flag] == ["low", "in range", "high", "cannot be told"]


@given(bound=NUMBERS, share=st.decimals(min_value="0.001", max_value="0.999", places=3))
def test_a_bound_never_says_other_than_a_number_below_it(bound, share):
    limits = Range.parse("10-1000")
    said = limits.flag(Quantity(bound, "", Comparator.LT))

    assert said in (Flag.INDETERMINATE, limits.flag(Quantity(bound * share)))
