"""One decimal mark for a file, and no number that could be two."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labs.rules.quantities import Quantity
from labs.rules.table_numbers import DecimalMark, NumberUnclear, marks_of, plain_number

POINT, COMMA = DecimalMark.POINT, DecimalMark.COMMA


@pytest.mark.parametrize(
    ("texts", "proven"),
    [
        pytest.param(["131", "5.6"], POINT, id="a point"),
        pytest.param(["131", "5,6"], COMMA, id="a comma"),
        pytest.param(["131", "12"], None, id="none is needed"),
        pytest.param(["0,125"], COMMA, id="no thousand begins with a nought"),
        pytest.param(["0.125"], POINT, id="nor with a point"),
        pytest.param(["1234,567"], COMMA, id="four digits are no group"),
        pytest.param(["1.234,5"], COMMA, id="both marks"),
        pytest.param(["1,234.5"], POINT, id="both marks the other way"),
        pytest.param(["< 0,056"], COMMA, id="behind a comparator"),
        pytest.param(["1,234"], None, id="could be two"),
        pytest.param(["5.6", "5,6"], None, id="both are used"),
        pytest.param(["5,6", "1.234"], COMMA, id="another number decides"),
        pytest.param(["none", "1.2.3", ""], None, id="words"),
    ],
)
def test_the_mark_that_the_numbers_of_a_file_prove(texts, proven):
    assert marks_of(texts).proven is proven


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        pytest.param(["5.6"], "", id="proven"),
        pytest.param(["12"], "", id="not needed"),
        pytest.param(["1,234"], "“1,234” could be a thousand or a fraction", id="unclear"),
        pytest.param(["5.6", "5,6"], "“5.6” has a decimal point and “5,6” a decimal", id="both"),
    ],
)
def test_a_person_is_asked_only_where_the_file_does_not_say(texts, says):
    assert marks_of(texts).question.startswith(says)
    assert bool(marks_of(texts).question) is bool(says)


@pytest.mark.parametrize(
    ("text", "mark", "plain"),
    [
        ("131", None, "131"),
        ("5,6", COMMA, "5.6"),
        ("5.6", POINT, "5.6"),
        ("1.234", POINT, "1.234"),
        ("1,234", COMMA, "1.234"),
        ("1.234,5", COMMA, "1234.5"),
        ("12,345.75", POINT, "12345.75"),
        ("<0,056", COMMA, "<0.056"),
        ("≥ 1,5", COMMA, "≥ 1.5"),
        ("−2,5", COMMA, "-2.5"),
        ("none", COMMA, "none"),
    ],
)
def test_a_number_is_read_under_the_mark_of_its_file(text, mark, plain):
    assert plain_number(text, mark) == plain


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        pytest.param("5,6", None, id="nobody has said"),
        pytest.param("5.6", COMMA, id="a point where commas are"),
        pytest.param("5,6", POINT, id="a comma where points are"),
        pytest.param("1.234", COMMA, id="a thousand or a slip"),
        pytest.param("1,234", POINT, id="a thousand or a slip, the other way"),
        pytest.param("1,234,567", POINT, id="marks for thousands only"),
    ],
)
def test_a_number_that_could_be_two_is_refused(text, mark):
    with pytest.raises(NumberUnclear, match=text):
        plain_number(text, mark)


@given(
    number=st.decimals(0, 99999, places=2),
    mark=st.sampled_from(list(DecimalMark)),
)
def test_a_number_written_under_either_mark_is_the_same_number(number, mark):
    written = f"{number:.2f}".replace(".", mark.letter)

    assert Quantity.parse(plain_number(written, mark)).value == Decimal(number)
