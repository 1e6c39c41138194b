"""Codes carry check digits, and some that pass are still the wrong ones (domain reference §6.1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labs.rules.codes import (
    DEPRECATED_LOINC,
    ISOTRETINOIN_CAPSULES,
    MISUSED_LOINC,
    check_code,
    loinc_check_digit,
    passes_verhoeff,
)

GOOD_LOINC = [
    "54231-6",
    "10587-4",
    "3160-9",
    "10580-9",
    "9631-3",
    "10569-2",
    "10568-4",
    "9780-8",
    "6800-7",
    "14194-5",
    "10624-5",
    "10626-0",
    "10620-3",
    "10611-2",
    "10613-8",
    "10622-9",
    "9704-8",
    "10602-1",
    "10603-9",
    "10604-7",
    "10608-8",
    "10585-8",
    "10579-1",
    "10576-7",
    "10605-4",
    "81138-0",
    "10617-9",
    "10615-3",
    "10616-1",
    "10614-6",
    "43154-4",
    "10574-2",
    "10633-6",
    "10577-5",
    "2093-3",
    "2571-8",
    "2085-9",
    "13457-7",
    "96259-7",
    "18262-6",
    "2089-1",
    "43396-1",
    "1742-6",
    "1920-8",
    "2157-6",
    "24331-1",
]


@pytest.mark.parametrize("code", GOOD_LOINC)
def test_a_loinc_code_we_use_is_sound(code):
    assert check_code("loinc", code).valid


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("11068-0", "check digit"),
        ("49573-4", "check digit"),
        ("2093-4", "check digit"),
        ("2093", "up to seven digits"),
        ("12345678-1", "up to seven digits"),
        ("SEM-FRESH", "up to seven digits"),
        *((code, "deprecated") for code in sorted(DEPRECATED_LOINC)),
        ("10589-0", "spermatids"),
        ("10591-6", "spermatocytes"),
        ("10610-4", "tail"),
        ("12841-3", "PSA"),
        ("72514-3", "not a sperm count"),
    ],
)
def test_a_loinc_code_never_to_use(code, why):
    verdict = check_code("loinc", code)

    assert not verdict.valid
    assert why in verdict.reasons[0]


def test_every_trap_but_the_failing_two_has_a_sound_check_digit():
    for code in (*DEPRECATED_LOINC, *MISUSED_LOINC):
        number, digit = code.split("-")
        assert loinc_check_digit(number) == int(digit)


def test_a_misused_code_may_stand_for_what_it_is():
    assert check_code("loinc", "10589-0", use="spermatids").valid
    assert not check_code("loinc", "10589-0", use="ph").valid
    assert not check_code("loinc", "72514-3", use="anything").valid


@pytest.mark.parametrize("code", ["48188009", "88311004", "119347001"])
def test_a_snomed_code_we_use_is_sound(code):
    assert check_code("snomed", code).valid


@pytest.mark.parametrize(
    "code", ["425442002", "281571000", "250726004", "250729006", "48188008", "0481", "4818800x9"]
)
def test_a_wrong_snomed_code_is_refused(code):
    assert not check_code("snomed", code).valid


@given(place=st.integers(0, 8), digit=st.integers(0, 9))
def test_one_wrong_digit_never_passes(place, digit):
    code = "119347001"
    changed = f"{code[:place]}{digit}{code[place + 1 :]}"

    assert passes_verhoeff(changed) is (changed == code)


def test_the_ingredient_is_not_the_capsule():
    assert check_code("rxnorm", "6064", use="ingredient").valid
    assert check_code("rxnorm", "6064").valid
    assert not check_code("rxnorm", "6064", use="capsule_20_mg").valid
    assert ISOTRETINOIN_CAPSULES["197844"] == "20 mg"
    assert all(check_code("rxnorm", code, use="capsule").valid for code in ISOTRETINOIN_CAPSULES)
    assert not check_code("rxnorm", "19784A").valid


def test_an_unknown_system_is_refused():
    assert check_code("icd", "N46.01").reasons == (
        "icd is not a code system that is checked here.",
    )
