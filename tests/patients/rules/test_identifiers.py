import pytest

from patients.rules.identifiers import ours, phone_digits, record_number, same_phone


@pytest.mark.parametrize(
    ("number", "form"), [(1, "HF-0001"), (9999, "HF-9999"), (10000, "HF-10000")]
)
def test_record_number_has_four_digits_until_they_no_longer_do(number, form):
    assert record_number("HF", number) == form


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("HF-0147", "HF-0147"),
        ("hf147", "HF-0147"),
        ("hf 147", "HF-0147"),
        ("147", "HF-0147"),
        ("XX-147", None),
        ("P000123", None),
        ("rourke", None),
        ("", None),
    ],
)
def test_record_number_as_people_type_it(typed, meant):
    assert ours(typed, "HF") == meant


def test_phone_digits_are_what_is_dialled():
    assert phone_digits("+1 (555) 010-0142") == "15550100142"
    assert phone_digits("0151 234") == "151234"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param("+1 555 010 0142", "555 010-0142", True, id="country code on one"),
        pytest.param("+49 151 2345678", "0151 2345678", True, id="zero instead of the code"),
        pytest.param("555 010 0142", "555 010 0143", False, id="another number"),
        pytest.param("555 01", "555 01", False, id="five digits are no number"),
        pytest.param("555 012", "555012", True, id="six digits are"),
        pytest.param("", "", False, id="none"),
    ],
)
def test_same_phone(one, other, same):
    assert same_phone(one, other) is same_phone(other, one) is same
