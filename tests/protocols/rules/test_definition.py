"""A definition is read as a whole or refused with the place that is wrong."""

import json

import pytest
import yaml
from pydantic import ValidationError

from protocols.rules.definition import (
    SHIPPED,
    DefinitionError,
    awaiting_sign_off,
    content_hash,
    document,
    load,
    restore,
    shipped,
)
from protocols.rules.vocabulary import Action, ItemKind, Need
from tests.protocols.rules.given import PROGRAMME

LABS_DEFINITIONS = SHIPPED.parent.parent / "labs" / "definitions"
TEXT = (SHIPPED / "isotretinoin_six_months.yaml").read_text(encoding="utf-8")


def changed(**parts):
    return document(PROGRAMME) | parts


def problems(stored):
    with pytest.raises(DefinitionError) as caught:
        load(stored) if isinstance(stored, str) else restore(stored)
    return [str(problem) for problem in caught.value.problems]


def test_the_shipped_programme_is_twenty_milligrams_twice_daily_for_180_days():
    dose = PROGRAMME.dose
    assert (dose.daily_mg, dose.daily_capsules, dose.days) == (40, 2, 180)
    assert dose.days * dose.daily_capsules == 360


def test_the_visits_are_those_of_the_programme():
    assert [(row.code, row.anchor.value, row.offset_days) for row in PROGRAMME.visits[:10]] == [
        ("V0", "enrolment", 0),
        ("V1", "first_dose", 0),
        ("M1", "first_dose", 30),
        ("M2", "first_dose", 60),
        ("M3", "first_dose", 90),
        ("M4", "first_dose", 120),
        ("M5", "first_dose", 150),
        ("M6", "first_dose", 180),
        ("FU1", "last_dose", 30),
        ("FU2", "last_dose", 90),
    ]


LABS = {
    "V0": {
        "lipids",
        "liver",
        "muscle",
        "glucose",
        "blood_count",
        "bilirubin_creatinine",
        "hormones",
    },
    "M1": {"lipids", "liver", "muscle", "glucose"},
    "M2": {"lipids", "liver"},
    "M3": {
        "lipids",
        "liver",
        "muscle",
        "glucose",
        "blood_count",
        "bilirubin_creatinine",
        "hormones",
    },
    "M4": set(),
    "M5": set(),
    "M6": {
        "lipids",
        "liver",
        "muscle",
        "glucose",
        "blood_count",
        "bilirubin_creatinine",
        "hormones",
    },
    "FU1": set(),
    "FU2": set(),
}


@pytest.mark.parametrize(("code", "panels"), LABS.items())
def test_the_laboratory_of_each_visit_is_that_of_the_monitoring_table(code, panels):
    items = PROGRAMME.visit(code).items
    always = {row.panel for row in items if row.kind is ItemKind.LABS and row.need is Need.ALWAYS}
    assert always == panels


@pytest.mark.parametrize("code", ["V0", "V1", "M1", "M2", "M3", "M4", "M5", "M6", "FU1"])
def test_mood_side_effects_and_sexual_function_are_asked_at_every_visit(code):
    kinds = {item.kind for item in PROGRAMME.visit(code).items}
    assert {ItemKind.PHQ9, ItemKind.AE_CHECKLIST, ItemKind.SEXUAL_FUNCTION} <= kinds


def test_the_last_treatment_visit_prescribes_nothing():
    kinds = {item.kind for item in PROGRAMME.visit("M6").items}
    assert not kinds & {ItemKind.PRESCRIPTION, ItemKind.DISPENSE}


def test_every_clinical_choice_names_its_source_and_waits_for_the_medical_lead():
    waiting = awaiting_sign_off(PROGRAMME)
    assert "safety.analytes[0].bands[2]" in waiting
    assert "dose" in waiting
    assert len(waiting) == TEXT_CHOICES


TEXT_CHOICES = sum(
    1
    for line in json.dumps(document(PROGRAMME), indent=1).splitlines()
    if '"signed_off": false' in line
)


def test_a_definition_survives_being_stored_as_json():
    stored = json.loads(json.dumps(document(PROGRAMME)))
    assert restore(stored) == PROGRAMME
    assert content_hash(restore(stored)) == content_hash(PROGRAMME)


def test_the_hash_ignores_layout_and_sees_a_changed_limit():
    reordered = json.dumps(dict(reversed(document(PROGRAMME).items())), indent=3)
    assert content_hash(load(reordered)) == content_hash(PROGRAMME)
    assert content_hash(restore(changed(title="Another"))) != content_hash(PROGRAMME)


def test_a_definition_never_changes_once_read():
    with pytest.raises(ValidationError, match="frozen"):
        PROGRAMME.version = 2
    with pytest.raises(ValidationError, match="frozen"):
        PROGRAMME.safety.analytes[0].bands[0].action = Action.STOP


def test_a_definition_can_be_a_key_because_all_of_it_is_immutable():
    assert {PROGRAMME: 1}[shipped()] == 1


def test_an_unknown_key_is_refused_with_its_path():
    visits = document(PROGRAMME)["visits"]
    visits[2]["offset"] = 3
    assert problems(changed(visits=visits)) == [
        "visits[2].offset: There is no “offset” here. Did you mean “offset_days”?"
    ]


def test_a_missing_number_is_refused_with_its_path():
    visits = document(PROGRAMME)["visits"]
    del visits[3]["before_days"]
    assert problems(changed(visits=visits)) == [
        "visits[3].before_days: “before_days” is missing. Write for example “before_days: 30”."
    ]


def test_a_visit_given_twice_is_refused():
    visits = document(PROGRAMME)["visits"]
    assert problems(changed(visits=[*visits, visits[0]])) == [
        "visits[14].code: The visit V0 is given twice, here and as number 1: rename one.",
    ]


def test_a_visit_that_asks_for_an_unknown_panel_is_refused():
    panels = [row for row in document(PROGRAMME)["panels"] if row["key"] != "glucose"]
    wrong = problems(changed(panels=panels))
    assert wrong[0] == (
        "visits[0].items[8].panel: There is no panel glucose. There are: lipids, liver, muscle, "
        "blood_count, bilirubin_creatinine, hormones."
    )
    assert len(wrong) == 6


def test_a_key_written_twice_is_refused_rather_than_the_last_kept():
    assert "written twice" in problems("key: one\nversion: 1\nversion: 2\n")[0]


def test_a_text_that_is_not_yaml_is_refused():
    assert "not readable" in problems("visits: [")[0]


def test_a_band_with_two_edges_is_refused():
    safety = document(PROGRAMME)["safety"]
    safety["analytes"][0]["bands"][0]["over"] = "3"
    assert problems(changed(safety=safety)) == [
        "safety.analytes[0].bands[0]: Give one of over, at_least and under."
    ]


def test_mood_bands_that_leave_a_total_out_are_refused():
    mood = document(PROGRAMME)["mood"]
    mood["bands"][1]["at_least"] = 6
    assert problems(changed(mood=mood)) == [
        "mood.bands[1].at_least: The totals 5 to 5 have no band: begin here."
    ]


def test_a_reduced_dose_that_is_no_reduction_is_refused():
    dose = document(PROGRAMME)["dose"] | {"reduced_daily_capsules": 2}
    assert problems(changed(dose=dose)) == [
        "dose.reduced_daily_capsules: The reduced dose must be below the full dose of 2 a day."
    ]


def test_a_band_on_an_unknown_symptom_is_refused():
    safety = document(PROGRAMME)["safety"]
    safety["analytes"][0]["bands"][0]["symptoms"] = ["boredom"]
    [problem] = problems(changed(safety=safety))
    assert problem.startswith(
        "safety.analytes[0].bands[0].symptoms[0]: There is no symptom boredom. There are: "
    )


def test_every_panel_and_every_limit_names_an_analyte_of_the_catalogue():
    catalogue = yaml.safe_load((LABS_DEFINITIONS / "analytes.yaml").read_text(encoding="utf-8"))
    known = {row["key"] for row in catalogue["analytes"]}
    panels = {key for panel in PROGRAMME.panels for key in panel.analytes + panel.optional_analytes}
    judged = {key for table in PROGRAMME.safety.analytes for key in table.analytes}
    screened = {limit.analyte for limit in PROGRAMME.eligibility.labs}
    assert panels | judged | screened <= known


def test_the_panels_are_known_to_the_laboratory_under_the_same_keys():
    ordered = yaml.safe_load((LABS_DEFINITIONS / "panels.yaml").read_text(encoding="utf-8"))
    analytes = {row["key"]: set(row["analytes"]) for row in ordered["panels"]}
    for panel in PROGRAMME.panels:
        assert set(panel.analytes + panel.optional_analytes) == analytes[panel.key]
