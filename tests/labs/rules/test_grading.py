"""Every row of the CTCAE table, below, at and above each of its limits (domain reference §3.2)."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labs.rules.ctcae import published_grade_table, read_grade_table
from labs.rules.grading import GradeStatus, LabReading, grade
from labs.rules.quantities import Quantity

TABLE = published_grade_table()


def reading(analyte, text, unit, **limits):
    numbers = {
        key: value if key == "symptomatic" or value is None else Decimal(value)
        for key, value in limits.items()
        if key != "baseline"
    }
    baseline = limits.get("baseline")
    return LabReading(
        analyte,
        Quantity.parse(text, unit),
        baseline=None if baseline is None else Quantity.parse(baseline, unit),
        **numbers,
    )


def graded(*args, **limits):
    return grade(reading(*args, **limits), TABLE).grade


def edges(analyte, unit, steps, *, falls=False, **limits):
    """For each (limit, grade below or at, grade above) three cases around it."""
    for limit, at, beyond in steps:
        below, above = Decimal(limit) - Decimal("0.01"), Decimal(limit) + Decimal("0.01")
        before = beyond if falls else at[0]
        after = at[0] if falls else beyond
        for word, number, expected in (
            ("below", below, before),
            ("at", Decimal(limit), at[1]),
            ("above", above, after),
        ):
            yield pytest.param(
                analyte, str(number), unit, limits, expected, id=f"{analyte} {word} {limit} {unit}"
            )


HIGH = [
    *edges(
        "triglycerides",
        "mg/dL",
        [("150", (0, 1), 1), ("300", (1, 1), 2), ("500", (2, 2), 3), ("1000", (3, 3), 4)],
    ),
    *edges(
        "triglycerides",
        "mmol/L",
        [("1.71", (0, 1), 1), ("3.42", (1, 1), 2), ("5.7", (2, 2), 3), ("11.4", (3, 3), 4)],
    ),
    *edges(
        "total_cholesterol",
        "mg/dL",
        [("190", (0, 0), 1), ("300", (1, 1), 2), ("400", (2, 2), 3), ("500", (3, 3), 4)],
        uln="190",
    ),
    *edges(
        "total_cholesterol",
        "mmol/L",
        [("5.0", (0, 0), 1), ("7.75", (1, 1), 2), ("10.34", (2, 2), 3), ("12.92", (3, 3), 4)],
        uln="5.0",
    ),
    *(
        case
        for analyte in ("alt", "ast")
        for case in edges(
            analyte,
            "U/L",
            [("40", (0, 0), 1), ("120", (1, 1), 2), ("200", (2, 2), 3), ("800", (3, 3), 4)],
            uln="40",
            baseline="40",
        )
    ),
    *(
        case
        for analyte in ("alt", "ast")
        for case in edges(
            analyte,
            "U/L",
            [("75", (0, 1), 1), ("150", (1, 1), 2), ("250", (2, 2), 3), ("1000", (3, 3), 4)],
            uln="40",
            baseline="50",
        )
    ),
    *edges(
        "ck",
        "U/L",
        [("200", (0, 0), 1), ("500", (1, 1), 2), ("1000", (2, 2), 3), ("2000", (3, 3), 4)],
        uln="200",
    ),
    *edges(
        "bilirubin",
        "mg/dL",
        [("1.2", (0, 0), 1), ("1.8", (1, 1), 2), ("3.6", (2, 2), 3), ("12", (3, 3), 4)],
        uln="1.2",
        baseline="0.8",
    ),
    *edges(
        "bilirubin",
        "mg/dL",
        [("2", (0, 0), 1), ("3", (1, 1), 2), ("6", (2, 2), 3), ("20", (3, 3), 4)],
        uln="1.2",
        baseline="2",
    ),
    *(
        case
        for analyte in ("alp", "ggt")
        for case in edges(
            analyte,
            "U/L",
            [("100", (0, 0), 1), ("250", (1, 1), 2), ("500", (2, 2), 3), ("2000", (3, 3), 4)],
            uln="100",
            baseline="90",
        )
    ),
    *edges(
        "ggt",
        "U/L",
        [("400", (0, 1), 1), ("500", (1, 1), 2), ("1000", (2, 2), 3), ("4000", (3, 3), 4)],
        uln="100",
        baseline="200",
    ),
    *edges(
        "lipase",
        "U/L",
        [("60", (0, 0), 1), ("90", (1, 1), 2), ("120", (2, 2), 2), ("300", (2, 2), 3)],
        uln="60",
        symptomatic=False,
    ),
    *edges(
        "amylase",
        "U/L",
        [("60", (0, 0), 1), ("90", (1, 1), 2), ("120", (2, 2), 3), ("300", (3, 3), 4)],
        uln="60",
        symptomatic=True,
    ),
    *edges(
        "weight", "kg", [("84", (0, 1), 1), ("88", (1, 2), 2), ("96", (2, 3), 3)], baseline="80"
    ),
]
LOW = [
    *edges(
        "hemoglobin",
        "g/dL",
        [("13.5", (0, 0), 1), ("10", (1, 1), 2), ("8", (2, 2), 3)],
        falls=True,
        lln="13.5",
    ),
    *(
        case
        for unit in ("10*9/L", "10*3/uL")
        for analyte, lln, steps in (
            ("wbc", "4", [("4", (0, 0), 1), ("3", (1, 1), 2), ("2", (2, 2), 3), ("1", (3, 3), 4)]),
            (
                "anc",
                "1.8",
                [("1.8", (0, 0), 1), ("1.5", (1, 1), 2), ("1", (2, 2), 3), ("0.5", (3, 3), 4)],
            ),
            (
                "platelets",
                "150",
                [("150", (0, 0), 1), ("75", (1, 1), 2), ("50", (2, 2), 3), ("25", (3, 3), 4)],
            ),
        )
        for case in edges(analyte, unit, steps, falls=True, lln=lln)
    ),
    *edges(
        "glucose",
        "mg/dL",
        [("70", (0, 0), 1), ("55", (1, 1), 2), ("40", (2, 2), 3), ("30", (3, 3), 4)],
        falls=True,
        lln="70",
    ),
]


@pytest.mark.parametrize(("analyte", "value", "unit", "limits", "expected"), HIGH + LOW)
def test_grade_at_each_limit(analyte, value, unit, limits, expected):
    assert graded(analyte, value, unit, **limits) == expected


def test_the_same_blood_may_grade_differently_in_two_units():
    assert graded("triglycerides", "501", "mg/dL") == 3
    assert graded("triglycerides", "5.657", "mmol/L") == 2


def test_a_multiple_of_the_limit_is_exact_although_the_limit_is_a_fraction():
    assert graded("bilirubin", "3.3", "mg/dL", uln="1.1", baseline="1") == 2


def test_cholesterol_falls_back_to_200_when_the_report_has_no_limit():
    assert [graded("total_cholesterol", value, "mg/dL") for value in ("200", "201")] == [0, 1]
    assert [graded("total_cholesterol", value, "mmol/L") for value in ("5.17", "5.18")] == [0, 1]


@pytest.mark.parametrize(
    ("analyte", "value", "unit", "limits", "expected"),
    [
        pytest.param(
            "triglycerides", ">1000", "mg/dL", {}, ("GRADED", 4, None), id="above the top"
        ),
        pytest.param(
            "triglycerides", ">=1000", "mg/dL", {}, ("INDETERMINATE", None, 3), id="at or above it"
        ),
        pytest.param("triglycerides", "<150", "mg/dL", {}, ("GRADED", 0, None), id="below grade 1"),
        pytest.param(
            "triglycerides", "<=150", "mg/dL", {}, ("INDETERMINATE", None, 0), id="perhaps grade 1"
        ),
        pytest.param(
            "triglycerides", ">300", "mg/dL", {}, ("INDETERMINATE", None, 2), id="certainly grade 2"
        ),
        pytest.param("anc", "<0.5", "10*9/L", {}, ("GRADED", 4, None), id="low beyond the last"),
        pytest.param(
            "anc", "<1.5", "10*9/L", {}, ("INDETERMINATE", None, 2), id="low, perhaps worse"
        ),
        pytest.param("alt", "<5", "U/L", {"uln": "40"}, ("GRADED", 0, None), id="far below normal"),
        pytest.param(
            "lipase", "130", "U/L", {"uln": "60"}, ("INDETERMINATE", None, 2), id="symptoms unknown"
        ),
        pytest.param(
            "lipase", "100", "U/L", {"uln": "60"}, ("GRADED", 2, None), id="symptoms do not matter"
        ),
    ],
)
def test_a_comparator_grades_only_what_it_decides(analyte, value, unit, limits, expected):
    result = grade(reading(analyte, value, unit, **limits), TABLE)

    assert (result.status, result.grade, result.at_least) == expected


@pytest.mark.parametrize(
    ("case", "why"),
    [
        pytest.param(reading("alt", "90", "U/L"), "no upper limit", id="no ULN"),
        pytest.param(reading("hemoglobin", "12", "g/dL"), "no lower limit", id="no LLN"),
        pytest.param(reading("triglycerides", "620", "g/L"), "no limits in g/L", id="unit"),
        pytest.param(
            reading("hemoglobin", "120", "g/L", lln="130"), "no limits in g/L", id="Hb g/L"
        ),
        pytest.param(reading("triglycerides", "620", ""), "no limits in no unit", id="no unit"),
        pytest.param(reading("ldl", "190", "mg/dL"), "no limits for this analyte", id="LDL"),
        pytest.param(reading("concentration", "0", "10*6/mL"), "reason for treatment", id="sperm"),
        pytest.param(reading("triglycerides", "-3", "mg/dL"), "below zero", id="negative"),
        pytest.param(reading("weight", "90", "kg"), "no baseline value", id="no baseline"),
        pytest.param(
            reading("alt", "90", "U/L", uln="40", baseline=">60"), "not an exact", id="baseline >60"
        ),
        pytest.param(
            reading("alt", "90", "U/L", uln="40", baseline="<60"), "does not say", id="baseline <60"
        ),
        pytest.param(
            replace(
                reading("alt", "90", "U/L", uln="40", baseline_uln="0.7"),
                baseline=Quantity(Decimal("0.9"), "ukat/L"),
            ),
            "another unit",
            id="abnormal baseline in another unit",
        ),
    ],
)
def test_why_there_is_no_grade(case, why):
    result = grade(case, TABLE)

    assert (result.status, result.grade, result.at_least) == (GradeStatus.CANNOT_GRADE, None, None)
    assert why in result.sentence


def test_a_limit_that_is_not_needed_need_not_be_known():
    assert graded("hemoglobin", "9.9", "g/dL") == 2


def test_an_unknown_baseline_is_graded_against_the_limit_of_normal_and_says_so():
    result = grade(reading("alt", "90", "U/L", uln="40"), TABLE)

    assert (result.grade, result.term) == (1, "Alanine aminotransferase increased")
    assert result.sentence == (
        "90 U/L is grade 1 for Alanine aminotransferase increased "
        "(no baseline known, so against the limit of normal)."
    )


def test_a_high_glucose_has_no_grade_of_its_own_and_says_so():
    assert grade(reading("glucose", "260", "mg/dL", lln="70"), TABLE).sentence == (
        "260 mg/dL is grade 0 for Hypoglycemia. CTCAE 5.0 has no numeric limits for a high glucose."
    )


@given(
    values=st.lists(st.decimals(min_value=1, max_value=3000, places=2), min_size=2, max_size=2).map(
        sorted
    ),
    analyte=st.sampled_from(["triglycerides", "total_cholesterol"]),
)
def test_more_fat_never_has_a_lower_grade(values, analyte):
    low, high = (graded(analyte, f"{value:f}", "mg/dL") for value in values)

    assert low <= high


@given(
    bound=st.decimals(min_value=1, max_value=1200, places=1),
    below=st.decimals(min_value="0.001", max_value=1, places=3),
)
def test_a_comparator_never_denies_the_grade_of_a_number_it_allows(bound, below):
    number = (bound * below).quantize(Decimal("0.001"))
    result = grade(reading("triglycerides", f"<={bound:f}", "mg/dL"), TABLE)
    real = graded("triglycerides", f"{number:f}", "mg/dL")

    assert result.grade == real if result.grade is not None else result.at_least <= real


def test_a_step_with_two_limits_is_refused():
    text = """
version: "5.0"
cholesterol_uln_fallback: {}
never_raised: []
terms:
  - name: T
    meddra: ""
    analytes: [t]
    direction: high
    printed: [{units: [mg/dL], steps: [{grade: 1, above: "1", from: "1", of: value}]}]
"""
    with pytest.raises(ValueError, match="a step has one limit"):
        read_grade_table(text)
