"""What headings seem to mean, and what a table must say before it is read."""

import pytest

from labs.rules.table_columns import Columns, Layout, fingerprint, guess, guessed, missing
from labs.rules.table_dates import DayOrder
from labs.rules.table_numbers import DecimalMark

LONG = ["MRN", "Last name", "DOB", "Collected", "Test code", "Result", "Units"]
WIDE = ["Patient ID", "Surname", "Date of birth", "Collection date", "LDL (mg/dL)", "ALT [U/L]"]


@pytest.mark.parametrize(
    ("heading", "meaning", "unit"),
    [
        ("MRN", "number", ""),
        ("date_of_birth", "born_on", ""),
        ("Date Of Birth", "born_on", ""),
        ("LDL (mg/dL)", "value:ldl", "mg/dL"),
        ("LDL-C [mmol/L]", "value:ldl", "mmol/L"),
        ("Triglycerides mg/dl", "value:triglycerides", "mg/dL"),
        ("SGPT (U/L)", "value:alt", "U/L"),
        ("2571-8", "value:triglycerides", ""),
        ("FSH (m[IU]/mL)", "value:fsh", "m[IU]/mL"),
        ("LDL (barrels)", "value:ldl", ""),
        ("LDL", "value:ldl", ""),
        ("pH", "value:ph", "[pH]"),
        ("Volume (mL)", "value:volume_ml", "mL"),
        ("pr (%)", "value:pr", "%"),
        ("dilution", "sheet:dilution", ""),
        ("Count A", "sheet:count_a", ""),
        ("Pellet spun at (g)", "sheet:pellet_g", ""),
        ("Favourite colour", "", ""),
        ("", "", ""),
    ],
)
def test_a_heading_is_guessed_by_what_it_is_called_anywhere(heading, meaning, unit):
    assert guess(heading) == (meaning, unit)


def test_of_two_columns_that_seem_to_hold_the_same_the_first_is_taken():
    assert guessed(["MRN", "Patient ID", "LDL (mg/dL)", "ldl"]).meanings == {
        0: "number", 2: "value:ldl",
    }  # fmt: skip


@pytest.mark.parametrize(("headings", "layout"), [(LONG, Layout.LONG), (WIDE, Layout.WIDE)])
def test_both_layouts_are_guessed_wholly(headings, layout):
    columns = guessed(headings)

    assert (columns.layout, missing(columns)) == (layout, [])


@pytest.mark.parametrize(
    ("headings", "says"),
    [
        pytest.param(LONG[1:], "No column holds the record number.", id="no number"),
        pytest.param(LONG[:3] + LONG[4:], "No column holds the day of collection.", id="no time"),
        pytest.param(LONG[:-1], "No column holds the unit; without it", id="no unit"),
        pytest.param(LONG[:4] + LONG[5:], "No column says which test", id="no test"),
        pytest.param(LONG[:5] + LONG[6:], "for the code of the test, but none", id="no value"),
        pytest.param([*LONG, "LDL (mg/dL)"], "Either each row holds one value", id="both layouts"),
        pytest.param(WIDE[:4], "No column holds a value.", id="nothing measured"),
        pytest.param([*WIDE, "CK"], "Say the unit of CK.", id="an analyte without unit"),
        pytest.param([*WIDE, "CK (barrels)"], "Say the unit of CK.", id="in a unit nobody knows"),
    ],
)  # fmt: skip
def test_what_a_table_lacks_is_said(headings, says):
    assert [sentence for _, sentence in missing(guessed(headings)) if says in sentence] != []


def test_two_columns_for_the_same_are_refused_at_both():
    columns = guessed(LONG)
    twice = Columns(dict(columns.meanings) | {7: "number"})

    assert [at for at, _ in missing(twice)] == ["0", "7"]


def test_columns_are_kept_and_read_back_equal():
    columns = Columns(
        {0: "number", 3: "value:ldl"}, {3: "mg/dL"}, DayOrder.DAY_FIRST, DecimalMark.COMMA, 2
    )

    assert Columns.from_json(columns.as_json()) == columns
    assert Columns.from_json(guessed(WIDE).as_json()) == guessed(WIDE)


def test_a_layout_is_known_again_by_its_headings_in_their_order():
    assert fingerprint(LONG) == fingerprint([heading.upper() for heading in LONG])
    assert fingerprint(LONG) != fingerprint(LONG[::-1])
