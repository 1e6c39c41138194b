"""Numbers of orders and specimens: read back, and no slip of a finger or an eye gets through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labs.rules.accession import (
    Meant,
    Numbered,
    NumberError,
    number_meant,
    order_number,
    specimen_number,
)

KEYS = st.integers(min_value=1, max_value=999_999_999)
YEARS = st.integers(min_value=2020, max_value=2099)


@given(year=YEARS, key=KEYS)
def test_a_number_is_read_back_as_what_it_stands_for(year, key):
    assert number_meant(order_number(year, key)) == Meant(Numbered.ORDER, year % 100, key)
    assert number_meant(specimen_number(year, key)) == Meant(Numbered.SPECIMEN, year % 100, key)


@given(year=YEARS, key=KEYS, data=st.data())
def test_one_wrong_digit_is_found(year, key, data):
    number = specimen_number(year, key)
    at = data.draw(st.integers(min_value=1, max_value=len(number) - 1))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != number[at]]))

    with pytest.raises(NumberError):
        number_meant(number[:at] + other + number[at + 1 :])


@given(year=YEARS, key=KEYS, data=st.data())
def test_two_digits_that_changed_places_are_found(year, key, data):
    number = specimen_number(year, key)
    at = data.draw(st.integers(min_value=1, max_value=len(number) - 2))
    turned = number[:at] + number[at + 1] + number[at] + number[at + 2 :]

    if turned != number:
        with pytest.raises(NumberError):
            number_meant(turned)


@pytest.mark.parametrize("text", ["s26-00042-8", " S26 00042 8 ", "S26000428"])
def test_spaces_hyphens_and_small_letters_do_not_count(text):
    assert number_meant(text) == Meant(Numbered.SPECIMEN, 26, 42)


@pytest.mark.parametrize("text", ["", "S", "X26000427", "S2600042", "26000427", "S２6000427"])
def test_what_is_no_number_of_ours_is_refused_with_a_sentence(text):
    with pytest.raises(NumberError, match=r"Scan it again|check digit"):
        number_meant(text)
