"""What people read: calm and true for the patient, exact for the clinician; and how values move."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labs.rules.plain_words import Contact, plain_sentence, range_in_words
from labs.rules.quantities import Quantity
from labs.rules.ranges import Flag
from labs.rules.semen import assess, says_to_patient
from labs.rules.trends import TrendPoint, change_from, slope_per_30_days, slope_words
from tests.labs.rules.sheets import IN_PELLET, NONE_FOUND, NORMAL, WHOLE, sheet

CLINIC = Contact("Dr Okafor", "555 0142")


@pytest.mark.parametrize(
    ("base", "changes", "sentence"),
    [
        pytest.param(
            IN_PELLET, {},
            "None in the fresh preparation, 14 in the pellet (3000 g × 15 min, 10 % of it "
            "examined), 5 motile: cryptozoospermia in this sample. About 140 in all, "
            "47\u00a0per mL (estimate).",
            id="crypto",
        ),
        pytest.param(
            NONE_FOUND, {"pellet_fraction_examined": "1.0"},
            "None in the fresh preparation, none in the pellet (3000 g × 15 min, all of it "
            "examined): azoospermia in this sample. Up to 1.0\u00a0per mL could have been missed.",
            id="azoo",
        ),
        pytest.param(
            WHOLE, {"fresh_sperm_seen": "none"},
            "No sperm in the fresh preparation, but the pellet has not been examined: "
            "this is not yet azoospermia.",
            id="pending",
        ),
        pytest.param(WHOLE, {"volume_ml": 0}, "No ejaculate: volume 0 mL.", id="aspermia"),
        pytest.param(
            WHOLE, {},
            "It is not recorded whether the fresh preparation held sperm; no class.",
            id="unknown",
        ),
        pytest.param(
            NORMAL, {"concentration": "2", "normal_pct": None},
            "Total 6.0 ×10⁶ (below 39 ×10⁶), progressive 55 % (at least 30 %), "
            "normal forms not assessed: severe oligozoospermia (WHO 6th ed.).",
            id="oligo",
        ),
        pytest.param(
            NORMAL, {"motility_n_assessed": 40, "complete": None},
            "Concentration 66 ×10⁶/mL (at least 16 ×10⁶/mL), progressive 55 % (fewer than 50 "
            "assessed), normal forms 14 % (at least 4 %): no class, because not every axis was "
            "assessed (WHO 6th ed.).",
            id="incomplete",
        ),
    ],
)  # fmt: skip
def test_a_sample_in_a_sentence_for_the_clinician(base, changes, sentence):
    assert assess(sheet(base, **changes)).sentence == sentence


def test_labels_and_notes_as_prose():
    assert assess(sheet(NONE_FOUND, volume_ml="1.2", ph="7.0")).remarks == (
        "Also: low volume, low pH. Low volume, acid and no sperm: consider obstruction or CBAVD; "
        "review the diagnosis."
    )
    assert assess(sheet(IN_PELLET)).remarks == ""


@pytest.mark.parametrize(
    ("base", "changes", "before", "sentence"),
    [
        pytest.param(
            IN_PELLET, {"pellet_motile_n": 0}, True,
            "A few sperm were found again. They were not moving yet.", id="again, still",
        ),
        pytest.param(
            IN_PELLET, {}, False, "A few sperm were found. Some of them were moving.", id="first",
        ),
        pytest.param(
            IN_PELLET, {"pellet_motile_n": None}, False, "A few sperm were found.", id="not said",
        ),
        pytest.param(
            NORMAL, {"concentration": "0.9"}, False,
            "A few sperm were found. Some of them were moving.", id="few in the fresh preparation",
        ),
        pytest.param(
            NORMAL, {}, True, "Sperm were found again. Some of them were moving.", id="many",
        ),
        pytest.param(
            NONE_FOUND, {}, False,
            "No sperm were found in this sample. One sample says little; "
            "your clinic looks at all of them together with you.",
            id="none",
        ),
        pytest.param(
            WHOLE, {"fresh_sperm_seen": "none"}, False,
            "The laboratory has not finished looking at this sample. Nothing is decided yet.",
            id="pending",
        ),
        pytest.param(
            WHOLE, {"volume_ml": 0}, False,
            "There was no sample to look at. Your clinic will arrange another with you.",
            id="aspermia",
        ),
        pytest.param(
            IN_PELLET, {"complete": "first_fraction_lost"}, False,
            "A few sperm were found. Some of them were moving. This sample could not be read as "
            "planned, so your clinic will ask for another.",
            id="not valid",
        ),
    ],
)  # fmt: skip
def test_a_sample_in_a_sentence_for_the_patient(base, changes, before, sentence):
    assert says_to_patient(sheet(base, **changes), found_before=before) == sentence


@pytest.mark.parametrize(
    ("flag", "grade", "reviewed", "sentence"),
    [
        (Flag.NORMAL, 0, True, "Good to read, nothing to change."),
        (
            Flag.HIGH, 1, True,
            ("Higher than usual. Dr Okafor has looked at it and takes it into account. "
            "Questions are welcome: 555 0142."),
        ),
        (
            Flag.LOW, None, False,
            ("Lower than usual. Dr Okafor looks at it and tells you if anything changes. "
            "Questions are welcome: 555 0142."),
        ),
        (
            Flag.HIGH, 3, False,
            ("Higher than usual. Dr Okafor looks at it and tells you if anything changes. "
            "If nobody has spoken with you about it yet, call 555 0142 today."),
        ),
        (
            Flag.INDETERMINATE, None, False,
            ("This number alone does not say whether it is in the usual range. "
            "Dr Okafor looks at it and tells you if anything changes."),
        ),
        (
            None, None, True,
            ("The laboratory gave no usual range for this one. "
            "Dr Okafor has looked at it and takes it into account."),
        ),
    ],
)  # fmt: skip
def test_a_result_in_a_sentence_for_the_patient(flag, grade, reviewed, sentence):
    assert plain_sentence(flag, grade=grade, reviewed=reviewed, contact=CLINIC) == sentence


@pytest.mark.parametrize("flag", [Flag.HIGH, Flag.LOW])
@pytest.mark.parametrize("grade", [None, 0, 1, 2, 3, 4])
def test_nothing_out_of_range_is_said_without_a_person_and_a_number(flag, grade):
    sentence = plain_sentence(flag, grade=grade, reviewed=False, contact=CLINIC)

    assert CLINIC.name in sentence
    assert CLINIC.phone in sentence


def test_the_usual_range_as_a_phrase():
    assert range_in_words("≤ 40 U/L") == "usual: ≤ 40 U/L"
    assert range_in_words("") == "no usual range given"


def mg(text):
    return Quantity.parse(text, "mg/dL")


@pytest.mark.parametrize(
    ("before", "after", "printed"),
    [
        (mg("200"), mg("155"), "−45 mg/dL (−23 %)"),
        (mg("100"), mg("150"), "+50 mg/dL (+50 %)"),
        (mg("100"), mg("100"), "0 mg/dL (0 %)"),
        (mg("0"), mg("5"), "+5 mg/dL"),
    ],
)
def test_change_from_baseline(before, after, printed):
    assert change_from(before, after).printed() == printed


@pytest.mark.parametrize(
    ("before", "after"),
    [(mg("<5"), mg("7")), (mg("7"), mg(">5")), (mg("7"), Quantity.parse("7", "mmol/L"))],
)
def test_a_change_that_cannot_be_known(before, after):
    assert change_from(before, after) is None


def points(*pairs):
    return [TrendPoint(date.fromordinal(739000 + day), mg(value)) for day, value in pairs]


@pytest.mark.parametrize(
    ("pairs", "slope"),
    [
        pytest.param([(0, "100"), (30, "110"), (60, "120")], 10, id="a line"),
        pytest.param([(0, "100"), (30, "900"), (60, "120"), (90, "130")], 10, id="one odd value"),
        pytest.param([(60, "120"), (0, "100")], 10, id="any order"),
        pytest.param([(0, "100"), (0, "120"), (30, "120")], 10, id="twice on a day"),
        pytest.param([(0, "100"), (30, "<110"), (60, "120")], 10, id="a bound is left out"),
        pytest.param([(0, "100")], None, id="one point"),
        pytest.param([(0, "100"), (0, "110")], None, id="one day"),
        pytest.param([], None, id="none"),
    ],
)
def test_slope_per_30_days(pairs, slope):
    assert slope_per_30_days(points(*pairs)) == slope


def test_units_are_not_mixed_in_a_slope():
    mixed = [*points((0, "100")), TrendPoint(date(2026, 3, 1), Quantity.parse("5", "mmol/L"))]

    assert slope_per_30_days(mixed) is None


def test_slope_in_words():
    assert slope_words(Decimal("-4.4"), "mg/dL") == "−4 mg/dL per 30 days"
    assert slope_words(Decimal("0.25"), "mmol/L", 1) == "+0.3 mmol/L per 30 days"


@given(st.integers(-50, 50), st.lists(st.integers(0, 400), min_size=2, max_size=8, unique=True))
def test_a_straight_line_has_its_own_slope(slope, days):
    line = [
        TrendPoint(date.fromordinal(739000 + day), Quantity(Decimal(slope * day) / 30))
        for day in days
    ]

    assert abs(slope_per_30_days(line) - slope) < Decimal("1e-9")
