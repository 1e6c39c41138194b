"""The code of a container finds slips, and the numbers after a thaw are what they are called."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labs.rules.storage_numbers import (
    carrier_warning,
    check_digit,
    code_refusal,
    cryo_id,
    cryosurvival_pct,
    recovery_pct,
    scanned,
    spoken,
)

CODES = st.builds(cryo_id, st.integers(2020, 2090), st.integers(1, 999_999_999))


def test_the_published_example_of_damm():
    assert check_digit("572") == "4"


@given(CODES)
def test_every_code_is_read_back_as_it_is_printed(code):
    assert code_refusal(code) == ""
    assert code_refusal(spoken(code).lower()) == ""
    assert scanned(spoken(code)) == code


@given(CODES, st.data())
def test_one_wrong_digit_is_always_noticed(code, data):
    at = data.draw(st.integers(1, len(code) - 1))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != code[at]]))
    assert code_refusal(code[:at] + other + code[at + 1 :]) != ""


@given(CODES, st.data())
def test_two_digits_that_changed_places_are_always_noticed(code, data):
    at = data.draw(st.integers(1, len(code) - 2))
    turned = code[:at] + code[at + 1] + code[at] + code[at + 2 :]
    assert turned == code or code_refusal(turned) != ""


@pytest.mark.parametrize("text", ["", "C", "26000427", "D26000427", "C2600042٧", "C260004", "<b>"])
def test_what_is_no_code_is_told_so(text):
    assert code_refusal(text).startswith("A code is C and digits")


@pytest.mark.parametrize(
    ("kind", "n", "ml", "warned"),
    [
        ("vial", 99, "0.5", True),
        ("vial", 100, "0.5", False),
        ("cryopiece", 99, "0.001", False),
        ("cryotop", 3, "0.001", False),
        ("cell_sleeper", 3, "0.001", False),
        ("micro_straw", 199_999, "0.1", False),
        ("micro_straw", 200_000, "0.1", True),
        ("straw", 200_000, "0.1", False),
        ("vial", None, "0.5", False),
    ],
)
def test_few_sperm_want_a_single_carrier_and_many_no_micro_straw(kind, n, ml, warned):
    assert bool(carrier_warning(kind, n, Decimal(ml))) == warned


def test_recovery_and_cryosurvival_are_shares_of_what_there_was_before():
    assert recovery_pct(7, 12) == Decimal("58.3")
    assert cryosurvival_pct(Decimal(15), Decimal(30)) == Decimal("50.0")
    assert cryosurvival_pct(Decimal(15), Decimal(0)) is None
    assert recovery_pct(0, 12) == Decimal("0.0")
