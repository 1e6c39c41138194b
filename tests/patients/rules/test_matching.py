from dataclasses import replace
from datetime import date

import pytest

from patients.rules.matching import Identity, Likeness, Match, compare

HIM = Identity(
    "Daniel",
    "Rourke",
    date(1990, 3, 12),
    record_number="HF-0147",
    phone="+1 555 010 0142",
    email="dan@example.org",
)
#: Shares nothing with him.
OTHER = Identity("Marco", "Bianchi", date(1984, 11, 30), phone="555 777 1234", email="m@x.org")


@pytest.mark.parametrize(
    ("shared", "likeness", "reasons"),
    [
        pytest.param({}, Likeness.UNLIKE, (), id="nothing"),
        pytest.param(
            {"record_number": "hf-0147"}, Likeness.CERTAIN, ("same record number",), id="number"
        ),
        pytest.param(
            {"given_name": "Daniel", "family_name": "Rourke", "born_on": date(1990, 3, 12)},
            Likeness.LIKELY,
            ("same name", "same birth date"),
            id="name and birth date",
        ),
        pytest.param(
            {"given_name": "Danial", "family_name": "Rourk", "born_on": date(1990, 3, 12)},
            Likeness.LIKELY,
            ("similar name", "same birth date"),
            id="similar name, same birth date",
        ),
        pytest.param(
            {"given_name": "Rourke", "family_name": "Daniel", "born_on": date(1990, 3, 12)},
            Likeness.LIKELY,
            ("given and family name exchanged", "same birth date"),
            id="names exchanged",
        ),
        pytest.param(
            {"given_name": "Daniel", "family_name": "Rourke", "born_on": date(1990, 12, 3)},
            Likeness.LIKELY,
            ("same name", "day and month of birth exchanged"),
            id="day and month exchanged",
        ),
        pytest.param(
            {"given_name": "Daniel", "family_name": "Rourke", "born_on": date(1990, 3, 21)},
            Likeness.POSSIBLE,
            ("same name", "birth date differs in one place"),
            id="same name, slip in the date",
        ),
        pytest.param(
            {"given_name": "Daniel", "family_name": "Rourke"},
            Likeness.UNLIKE,
            ("same name",),
            id="a namesake",
        ),
        pytest.param(
            {"born_on": date(1990, 3, 12)},
            Likeness.UNLIKE,
            ("same birth date",),
            id="born on the same day",
        ),
        pytest.param(
            {"phone": "(555) 010-0142"}, Likeness.POSSIBLE, ("same telephone",), id="telephone"
        ),
        pytest.param(
            {"email": " DAN@example.org "}, Likeness.POSSIBLE, ("same e-mail",), id="e-mail"
        ),
        pytest.param(
            {
                "given_name": "Daniel",
                "family_name": "Rourke",
                "born_on": date(1990, 3, 21),
                "phone": "555 010 0142",
            },
            Likeness.LIKELY,
            ("same name", "birth date differs in one place", "same telephone"),
            id="name, slip in the date, telephone",
        ),
    ],
)
def test_compare(shared, likeness, reasons):
    assert compare(HIM, replace(OTHER, **shared)) == Match(likeness, reasons)


def test_comparing_does_not_depend_on_who_is_first():
    twin = replace(HIM, given_name="Danny", record_number="")
    assert compare(HIM, twin).likeness is compare(twin, HIM).likeness


def test_an_unknown_number_or_address_is_no_likeness():
    blank = replace(OTHER, phone="", email="")
    assert not compare(replace(HIM, record_number="", phone="", email=""), blank)
