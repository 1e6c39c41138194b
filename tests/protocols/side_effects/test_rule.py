"""What a value drafts: every row of the CTCAE table below, at and above its limits (§3.2)."""

from datetime import date
from decimal import Decimal

import pytest

from labs.rules.ctcae import published_grade_table
from labs.rules.grading import LabReading
from labs.rules.quantities import Comparator, Quantity
from protocols.rules.adverse_events import code_of, shipped_clinical_grades
from protocols.rules.side_effects import (
    NOTHING,
    Told,
    Weight,
    course,
    of_results,
    of_symptom,
    reports,
)

TABLE = published_grade_table()
BOOK = shipped_clinical_grades()


def reading(analyte, value, unit, *, uln=None, lln=None, baseline=None, comparator=None):
    def number(text):
        return None if text is None else Decimal(text)

    return LabReading(
        analyte=analyte,
        quantity=Quantity(Decimal(value), unit, comparator),
        uln=number(uln),
        lln=number(lln),
        baseline=None if baseline is None else Quantity(Decimal(baseline), unit),
        baseline_uln=number(uln),
    )


def graded(*readings):
    return {draft.code: draft.grade for draft in of_results(readings, TABLE)}


@pytest.mark.parametrize(
    ("analyte", "unit", "limits", "rows"),
    [
        ("triglycerides", "mg/dL", {},
         [("149", 0), ("150", 1), ("300", 1), ("301", 2), ("500", 2), ("501", 3), ("1000", 3),
          ("1001", 4)]),
        ("triglycerides", "mmol/L", {},
         [("1.70", 0), ("1.71", 1), ("3.42", 1), ("3.43", 2), ("5.7", 2), ("5.71", 3),
          ("11.4", 3), ("11.41", 4)]),
        ("total_cholesterol", "mg/dL", {"uln": "200"},
         [("200", 0), ("201", 1), ("300", 1), ("301", 2), ("400", 2), ("401", 3), ("500", 3),
          ("501", 4)]),
        ("total_cholesterol", "mmol/L", {"uln": "5.2"},
         [("5.2", 0), ("5.21", 1), ("7.75", 1), ("7.76", 2), ("10.34", 2), ("10.35", 3),
          ("12.92", 3), ("12.93", 4)]),
        ("alt", "U/L", {"uln": "40"},
         [("40", 0), ("41", 1), ("120", 1), ("121", 2), ("200", 2), ("201", 3), ("800", 3),
          ("801", 4)]),
        ("ast", "U/L", {"uln": "40", "baseline": "60"},
         [("89", 0), ("90", 1), ("180", 1), ("181", 2), ("300", 2), ("301", 3), ("1200", 3),
          ("1201", 4)]),
        ("ck", "U/L", {"uln": "200"},
         [("200", 0), ("201", 1), ("500", 1), ("501", 2), ("1000", 2), ("1001", 3), ("2000", 3),
          ("2001", 4)]),
        ("bilirubin", "mg/dL", {"uln": "1.0"},
         [("1.0", 0), ("1.1", 1), ("1.5", 1), ("1.6", 2), ("3.0", 2), ("3.1", 3), ("10", 3),
          ("10.1", 4)]),
        ("alp", "U/L", {"uln": "100"},
         [("100", 0), ("101", 1), ("250", 1), ("251", 2), ("500", 2), ("501", 3), ("2000", 3),
          ("2001", 4)]),
        ("ggt", "U/L", {"uln": "60"},
         [("60", 0), ("61", 1), ("150", 1), ("151", 2), ("300", 2), ("301", 3), ("1200", 3),
          ("1201", 4)]),
        ("hemoglobin", "g/dL", {"lln": "13.5"},
         [("13.5", 0), ("13.4", 1), ("10.0", 1), ("9.9", 2), ("8.0", 2), ("7.9", 3)]),
        ("wbc", "10*9/L", {"lln": "4.0"},
         [("4.0", 0), ("3.9", 1), ("3.0", 1), ("2.9", 2), ("2.0", 2), ("1.9", 3), ("1.0", 3),
          ("0.9", 4)]),
        ("anc", "10*9/L", {"lln": "1.8"},
         [("1.8", 0), ("1.7", 1), ("1.5", 1), ("1.4", 2), ("1.0", 2), ("0.9", 3), ("0.5", 3),
          ("0.4", 4)]),
        ("platelets", "10*9/L", {"lln": "150"},
         [("150", 0), ("149", 1), ("75", 1), ("74", 2), ("50", 2), ("49", 3), ("25", 3),
          ("24", 4)]),
        ("glucose", "mg/dL", {"lln": "70"},
         [("70", 0), ("69", 1), ("55", 1), ("54", 2), ("40", 2), ("39", 3), ("30", 3),
          ("29", 4)]),
        # symptoms not recorded: at least the grade without them
        ("lipase", "U/L", {"uln": "60"},
         [("60", 0), ("61", 1), ("90", 1), ("91", 2), ("120", 2), ("121", 2), ("301", 3)]),
    ],
)  # fmt: skip
def test_every_row_at_each_limit(analyte, unit, limits, rows):
    for value, grade in rows:
        found = list(graded(reading(analyte, value, unit, **limits)).values())
        assert found == [grade], (analyte, unit, value)


@pytest.mark.parametrize("analyte", ["concentration", "total_sperm", "ldl", "hdl"])
def test_sperm_numbers_and_what_has_no_term_are_never_side_effects(analyte):
    assert graded(reading(analyte, "0", "mg/dL", uln="100")) == {}


def test_a_high_glucose_has_no_numeric_grade():
    assert graded(reading("glucose", "260", "mg/dL", uln="100", lln="70")) == {}


@pytest.mark.parametrize(
    ("before", "now", "grade"),
    [("140", "150", 1), ("150", "300", 0), ("299", "300", 0), ("299", "301", 2), ("320", "300", 0),
     ("320", "500", 0), ("320", "501", 3), (None, "150", 1)],
)  # fmt: skip
def test_only_what_is_worse_than_the_baseline_by_a_grade(before, now, grade):
    assert graded(reading("triglycerides", now, "mg/dL", baseline=before)) == {
        "hypertriglyceridemia": grade
    }


def test_without_a_limit_of_normal_nothing_is_drafted():
    assert graded(reading("alt", "90", "U/L")) == {}


def test_behind_a_comparator_the_least_grade_counts():
    over = reading("triglycerides", "500", "mg/dL", comparator=Comparator.GT)
    assert graded(over) == {"hypertriglyceridemia": 3}


def test_two_analytes_of_one_term_are_one_side_effect_by_the_worse():
    both = [reading("lipase", "91", "U/L", uln="60"), reading("amylase", "101", "U/L", uln="100")]
    assert graded(*both) == {"lipase_or_amylase_increased": 2}


ONE, TWO, THREE = date(2026, 6, 1), date(2026, 7, 1), date(2026, 8, 1)


@pytest.mark.parametrize(
    ("told", "grade", "worst", "ended", "proposed"),
    [
        ([], None, 0, None, None),
        ([Told(ONE, 0)], None, 0, None, None),
        ([Told(ONE, 2)], 2, 2, None, None),
        ([Told(ONE, 2), Told(TWO, 1)], 1, 2, None, None),
        ([Told(TWO, 1), Told(ONE, 3)], 1, 3, None, None),
        ([Told(ONE, 2), Told(TWO, 0)], 2, 2, TWO, None),
        ([Told(ONE, 2), Told(TWO, 0, by_rule=True)], 2, 2, None, TWO),
        ([Told(ONE, 2), Told(TWO, 0), Told(THREE, 1)], 1, 2, None, None),
        ([Told(ONE, 3), Told(TWO, 5)], 5, 5, TWO, None),
    ],
)
def test_the_course_gives_the_present_and_the_worst_grade_and_the_end(
    told, grade, worst, ended, proposed
):
    found = course(told)
    assert (found.grade, found.worst, found.ended_on, found.proposed_end_on) == (
        grade, worst, ended, proposed,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("symptom", "code", "grade"),
    [
        ("icp_headache", "pseudotumor_cerebri", 1),
        ("hearing", "hearing_impaired", 1),
        ("vision", "blurred_vision", 2),
        ("abdominal_pain_severe", "abdominal_pain", 3),
        ("rectal_bleeding", "rectal_bleeding", 1),
        ("severe_diarrhoea", "diarrhoea", 3),
        ("jaundice", "jaundice", 1),
        ("severe_rash", "rash", 3),
        ("muscle_weakness", "muscle_weakness", 1),
        ("suicidal_thoughts", "suicidal_ideation", 1),
        ("psychosis", "psychosis", 1),
        ("aggression", "aggression", 1),
        ("cheilitis", "cheilitis", 1),
        ("dry_skin", "dry_skin", 1),
        ("dry_eyes", "dry_eyes", 1),
        ("epistaxis", "epistaxis", 1),
        ("myalgia", "myalgia", 1),
        ("muscle_pain", "myalgia", 2),
        ("photosensitivity", "photosensitivity", 1),
    ],
)
def test_a_told_symptom_is_an_item_with_the_least_grade_it_can_have(symptom, code, grade):
    found = of_symptom(symptom, "As told", BOOK)
    assert (found.code, found.grade) == (code, grade)


@pytest.mark.parametrize("kind", [
    "death", "life_threatening", "hospitalisation", "disability", "congenital_anomaly",
    "medically_important",
])  # fmt: skip
@pytest.mark.parametrize(
    ("relation", "codes"),
    [
        ("unrelated", ("SAE_REPORT",)),
        ("unlikely", ("SAE_REPORT",)),
        ("possible", ("SAE_REPORT", "MEDWATCH_REPORT")),
        ("probable", ("SAE_REPORT", "MEDWATCH_REPORT")),
        ("definite", ("SAE_REPORT", "MEDWATCH_REPORT")),
    ],
)
def test_what_is_serious_is_reported_and_to_medwatch_when_possibly_related(kind, relation, codes):
    assert reports(NOTHING, Weight(kind, relation, 2)) == codes
    assert reports(NOTHING, Weight("", relation, 4)) == ()
    assert reports(Weight(kind, relation, 2), Weight(kind, relation, 3)) == ()


def test_every_expected_code_is_a_side_effect_that_can_be_recorded_or_drafted():
    named = {code for _, rows in BOOK.choices() for code, _ in rows}
    drafted = {code_of(term.name) for term in TABLE.terms} | {"jaundice", "psychosis"}
    assert set(BOOK.expected.codes) <= named | drafted
