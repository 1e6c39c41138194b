"""FHIR as JSON is read without trusting it, and written to the last digit."""

import contextlib
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic import fhir

HEAD = b'{"resourceType":"Observation"'


def sentence(raw: bytes) -> str:
    with pytest.raises(fhir.Malformed) as why:
        fhir.read(raw)
    return str(why.value)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        pytest.param(b"\xff\xfe", "It is not written in UTF-8.", id="another encoding"),
        pytest.param(
            b"<Observation/>",
            "It is not JSON: expecting value at line 1, column 1.",
            id="XML",
        ),
        pytest.param(b"[]", "It is not one resource: a JSON object is expected.", id="a list"),
        pytest.param(b"{}", "It does not say what it is: “resourceType” is missing.", id="no type"),
        pytest.param(
            HEAD + b',"a":1,"a":2}', "“a” stands twice in the same object.", id="a key twice"
        ),
        pytest.param(HEAD + b',"a":NaN}', "NaN is not a number.", id="NaN"),
        pytest.param(
            HEAD + b',"a":"\\u0000"}',
            "It holds a character (NUL) that no record can hold.",
            id="NUL",
        ),
        pytest.param(
            HEAD + b',"a":"\\ud800"}',
            "It holds half a character, which no record can hold.",
            id="half a character",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(raw, said):
    assert sentence(raw) == said


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(HEAD + b',"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}", id="deep lists"),
        pytest.param(HEAD + b',"a":' + b'{"b":' * 900 + b"1" + b"}" * 901, id="deep objects"),
        pytest.param(HEAD + b',"a":1e999999999}', id="a huge exponent"),
        pytest.param(HEAD + b',"a":' + b"9" * 1_000_000 + b"}", id="a million digits"),
    ],
)
def test_what_could_stop_a_reader_is_refused_at_once(raw):
    began = time.monotonic()
    sentence(raw)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(("levels", "taken"), [(38, True), (39, False)])
def test_forty_levels_are_read_and_no_more(levels, taken):
    raw = HEAD + b',"a":' + b"[" * levels + b"1" + b"]" * levels + b"}"
    if taken:
        assert fhir.read(raw).resource["resourceType"] == "Observation"
    else:
        assert sentence(raw) == "It is nested more than 40 levels deep."


@pytest.mark.parametrize(("digits", "taken"), [(40, True), (41, False)])
def test_a_number_has_forty_digits_at_most(digits, taken):
    raw = HEAD + b',"a":' + b"1" * digits + b"}"
    if taken:
        assert fhir.read(raw).resource["a"] == Decimal("1" * digits)
    else:
        assert sentence(raw) == f"A number in it is too long: {'1' * 24}…"


@pytest.mark.parametrize("text", ["5.60", "0.0560", "-0.5", "310", "1000000000000.25"])
def test_a_number_is_written_as_it_was_read(text):
    raw = HEAD + f',"a":{text}}}'.encode()
    assert f'"a": {text}' in fhir.written(fhir.read(raw).resource)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(raw):
    with contextlib.suppress(fhir.Malformed):
        assert fhir.read(raw).resource["resourceType"]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["code", "coding", "valueQuantity", "value", "system", "status", "subject",
                     "reference", "component", "hasMember", "referenceRange", "contained", "id"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)  # fmt: skip
def test_the_standard_answers_any_shape_with_sentences(content):
    resource = {"resourceType": "Observation", "component": content, "code": content}
    found = fhir.faults(resource)
    assert all(issue.sentence.endswith(".") for issue in found)


def test_what_the_standard_forbids_is_named_with_its_place():
    resource = {
        "resourceType": "Observation",
        "statusx": "final",
        "valueQuantity": {"value": "a"},
        "code": {"text": "x"},
    }
    found = {(issue.expression, issue.sentence) for issue in fhir.faults(resource)}
    assert found == {
        ("Observation.statusx", "FHIR R4 knows no “statusx” here."),
        (
            "Observation.valueQuantity.value",
            "It is not as FHIR R4 has it: Decimal value string does not match spec regex.",
        ),
    }


ZONE = ZoneInfo("America/Los_Angeles")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-02-12T08:15:00-08:00", datetime(2026, 2, 12, 16, 15, tzinfo=UTC)),
        ("2026-02-12T08:15:00.250-08:00", datetime(2026, 2, 12, 16, 15, tzinfo=UTC)),
        ("2026-02-12T16:15:00Z", datetime(2026, 2, 12, 16, 15, tzinfo=UTC)),
        ("2026-07-12T08:15:00", datetime(2026, 7, 12, 15, 15, tzinfo=UTC)),
        ("2026-02-12", None),
        ("2026", None),
        ("1899-12-31T23:59:00Z", None),
        ("1900-01-01T00:00:00Z", datetime(1900, 1, 1, tzinfo=UTC)),
        ("2026-02-30T08:00:00Z", None),
        ("yesterday", None),
    ],
)
def test_a_moment_needs_a_day_and_a_time(text, found):
    assert fhir.instant(text, ZONE) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1988-04-17", date(1988, 4, 17)),
        ("2028-02-29", date(2028, 2, 29)),
        ("2027-02-29", None),
        ("1988-04", None),
        ("1988", None),
    ],
)
def test_a_birthday_is_a_whole_day(text, found):
    assert fhir.day(text) == found


@pytest.mark.parametrize(
    ("uri", "short"),
    [
        ("http://loinc.org", "LN"),
        ("http://loinc.org/", "LN"),
        ("http://snomed.info/sct", "SCT"),
        ("https://lab.example/codes/semen", "L"),
        ("urn:oid:1.2.3", "urn:oid:1.2.3"),
        ("", ""),
    ],
)
def test_a_coding_system_goes_by_its_short_word(uri, short):
    assert fhir.system_of(uri) == short


@pytest.mark.parametrize(
    ("quantity", "found"),
    [
        (
            {"value": Decimal("0.056"), "comparator": "<", "code": "10*6/mL", "system": fhir.UCUM},
            ("<0.056", "10*6/mL"),
        ),
        ({"value": Decimal("5.60"), "unit": "Mio/ml"}, ("5.60", "Mio/ml")),
        ({"value": Decimal(3), "unit": "shown", "code": "x", "system": "other"}, ("3", "shown")),
        ({"value": Decimal("0.1"), "code": "1", "system": fhir.UCUM}, ("0.1", "")),
        ({"unit": "mg/dL"}, ("", "mg/dL")),
    ],
)
def test_a_quantity_keeps_its_comparator_and_its_digits(quantity, found):
    assert fhir.amount(quantity) == found
