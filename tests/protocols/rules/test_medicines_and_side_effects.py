"""Medicines by name (domain reference §2.2), side effects by checklist and grade (§3.1, §3.3)."""

import pytest

from protocols.rules.adverse_events import (
    MEDWATCH,
    Relatedness,
    Seriousness,
    load_clinical_grades,
    reporting_tasks,
    shipped_clinical_grades,
)
from protocols.rules.definition import SHIPPED, DefinitionError
from protocols.rules.interactions import check
from tests.protocols.rules.given import PROGRAMME

GRADES = shipped_clinical_grades()
TEXT = (SHIPPED / "ctcae_clinical.yaml").read_text(encoding="utf-8")


def found(*names, on_treatment=False):
    rows = check(PROGRAMME.medicines, names, on_treatment=on_treatment)
    return [(row.code, row.effect.value) for row in rows]


@pytest.mark.parametrize(
    ("medicine", "at_start", "on_treatment"),
    [
        ("Tetracycline", "block", "hold"),
        ("doxycycline 100 mg daily", "block", "hold"),
        ("MINOCYCLINE", "block", "hold"),
        ("acitretin", "block", "block"),
        ("tretinoin", "block", "block"),
        ("Vitamin A 10,000 IU", "block", "block"),
        ("cod-liver oil", "block", "block"),
        ("Vitamin-A", "block", "block"),
        ("cod liver oil", "block", "block"),
        ("Isotretinoin 20 mg", "block", "info"),
        ("Accutane", "block", "info"),
        ("phenytoin", "block", "block"),
        ("Methotrexate 10 mg weekly", "block", "block"),
        ("testosterone gel", "block", "block"),
        ("nandrolone", "block", "block"),
        ("prednisone", "caution", "caution"),
        ("Warfarin", "caution", "caution"),
        ("orlistat", "caution", "caution"),
        ("hydrochlorothiazide", "caution", "caution"),
        ("St. John's wort", "info", "info"),
        ("st johns wort", "info", "info"),
        ("Saint John’s Wort", "info", "info"),
        ("paracetamol", None, None),
        ("Vitamin B12", None, None),
        ("vitamin and mineral tablet", None, None),
        ("", None, None),
    ],
)
def test_a_medicine_is_known_by_its_name(medicine, at_start, on_treatment):
    for effect, treated in ((at_start, False), (on_treatment, True)):
        assert [row[1] for row in found(medicine, on_treatment=treated)] == [effect] * bool(effect)


def test_isotretinoin_is_not_mistaken_for_tretinoin():
    assert found("isotretinoin") == [("isotretinoin", "block")]


def test_the_gravest_comes_first_and_each_says_which_medicine():
    rows = check(PROGRAMME.medicines, ["hypericum", "warfarin", "doxycycline"], on_treatment=True)
    assert [row.code for row in rows] == ["tetracycline", "warfarin", "st_johns_wort"]
    assert rows[0].sentence.startswith("doxycycline: A tetracycline")
    assert [row.blocks_dispensing for row in rows] == [True, False, False]


def test_every_listed_name_is_found_by_itself_and_under_its_own_rule_only():
    names = [(name, rule.code) for rule in PROGRAMME.medicines for name in rule.names]
    assert [[row[0] for row in found(name)] for name, _ in names] == [[code] for _, code in names]


def test_a_medicine_that_excludes_names_a_known_exclusion():
    known = {rule.code for rule in PROGRAMME.eligibility.exclusions}
    assert {rule.exclusion for rule in PROGRAMME.medicines if rule.exclusion} <= known


def test_the_checklist_covers_the_label_and_marks_what_the_study_saw():
    seen = {item.code for item in GRADES.items() if item.in_index_study}
    assert seen == {"cheilitis", "dry_skin", "rash", "irritability", "cholesterol_high"}
    assert [group.key for group in GRADES.checklist] == [
        "skin",
        "eyes",
        "nose_and_mouth",
        "muscles_and_joints",
        "nerves",
        "mood",
        "gut",
        "ears",
        "general",
        "sexual",
        "laboratory",
    ]


@pytest.mark.parametrize(
    ("term", "grades"),
    [
        ("Cheilitis", [1, 2, 3]),
        ("Dry skin", [1, 2, 3]),
        ("Dry eye", [1, 2, 3]),
        ("Night blindness", [1, 2, 3, 4]),
        ("Epistaxis", [1, 2, 3, 4, 5]),
        ("Myalgia", [1, 2, 3]),
        ("Irritability", [1, 2, 3]),
        ("Depression", [1, 2, 3, 4, 5]),
        ("Suicidal ideation", [1, 2, 3, 4]),
        ("Suicide attempt", [3, 4, 5]),
        ("Insomnia", [1, 2, 3]),
        ("Alopecia", [1, 2]),
        ("Papilledema", [1, 2, 3, 4]),
        ("Nausea", [1, 2, 3]),
        ("Diarrhea", [1, 2, 3, 4, 5]),
        ("Pancreatitis", [2, 3, 4, 5]),
        ("Libido decreased", [1, 2]),
    ],
)
def test_a_term_has_only_its_own_grades(term, grades):
    assert [grade for grade, _ in GRADES.term(term).choices()] == grades


def test_an_item_without_a_term_or_with_an_unknown_one():
    assert GRADES.item("dizziness").term is None
    assert GRADES.item("boredom") is None
    assert GRADES.term("Boredom") is None


def test_a_checklist_that_names_an_unknown_term_is_refused():
    with pytest.raises(DefinitionError, match="unknown terms: Chelitis"):
        load_clinical_grades(TEXT.replace("term: Cheilitis, in_index", "term: Chelitis, in_index"))


def test_a_grade_out_of_range_is_refused_with_its_path():
    with pytest.raises(DefinitionError, match=r"terms\[0\]: A grade is 1, 2, 3 or 4"):
        load_clinical_grades(
            TEXT.replace("{term: Cheilitis, grades: {1:", "{term: Cheilitis, grades: {6:")
        )


@pytest.mark.parametrize(
    ("seriousness", "relatedness", "tasks"),
    [
        (None, "definite", ()),
        ("hospitalisation", "unrelated", ()),
        ("hospitalisation", "unlikely", ()),
        ("hospitalisation", "possible", (MEDWATCH,)),
        ("death", "definite", (MEDWATCH,)),
    ],
)
def test_a_serious_event_that_may_come_from_the_drug_is_reported(seriousness, relatedness, tasks):
    kind = Seriousness(seriousness) if seriousness else None
    assert reporting_tasks(kind, Relatedness(relatedness)) == tasks
