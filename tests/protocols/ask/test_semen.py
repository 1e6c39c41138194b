"""One sample, several samples and the response, row by row of domain reference §1.3 and §4."""

import pytest

from tests.protocols.ask.asked import ask, refused

PELLET = {"pellet_done": True, "pellet_g": 3000, "pellet_min": 15}
EMPTY = {"fresh_sperm_seen": "none", **PELLET, "pellet_sperm_n": 0}
MOTILITY = {"pr": 50, "np": 10, "motility_n_assessed": 200}
SHAPES = {"normal_pct": 10, "morphology_n_assessed": 200}
NORMAL = {
    "fresh_sperm_seen": "seen", "volume_ml": 3, "complete": "complete", "concentration": 50,
    **MOTILITY, **SHAPES,
}  # fmt: skip
ON_TIME = {
    "collected_at": "2026-04-12T08:40:00-07:00",
    "analysis_started_at": "2026-04-12T09:40:00-07:00",
}


def said(**given):
    return ask("semen", **given)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"volume_ml": 0}, "ASPERMIA"),
        ({"volume_ml": 0, "fresh_sperm_seen": "none"}, "ASPERMIA"),
        ({"fresh_sperm_seen": "none"}, "NO_SPERM_SEEN_PELLET_PENDING"),
        ({"fresh_sperm_seen": "none", "pellet_done": False}, "NO_SPERM_SEEN_PELLET_PENDING"),
        ({"fresh_sperm_seen": "none", "pellet_sperm_n": 0}, "NO_SPERM_SEEN_PELLET_PENDING"),
        (EMPTY, "AZOOSPERMIA_SAMPLE"),
        ({**EMPTY, "pellet_g": 1000}, "AZOOSPERMIA_SAMPLE"),
        ({**EMPTY, "pellet_g": 999}, "NO_SPERM_SEEN_PELLET_PENDING"),
        ({**EMPTY, "pellet_min": 14}, "NO_SPERM_SEEN_PELLET_PENDING"),
        ({**EMPTY, "concentration": "<0.056"}, "AZOOSPERMIA_SAMPLE"),
        ({"fresh_sperm_seen": "none", "pellet_sperm_n": 1}, "CRYPTOZOOSPERMIA"),
        ({**EMPTY, "pellet_g": 600, "pellet_sperm_n": 3}, "CRYPTOZOOSPERMIA"),
        (NORMAL, "NORMOZOOSPERMIA"),
        ({**NORMAL, "concentration": 13}, "NORMOZOOSPERMIA"),
        ({**NORMAL, "concentration": 12.99}, "OLIGO"),
        ({**NORMAL, "pr": 30}, "NORMOZOOSPERMIA"),
        ({**NORMAL, "pr": 29}, "ASTHENO"),
        ({**NORMAL, "normal_pct": 4}, "NORMOZOOSPERMIA"),
        ({**NORMAL, "normal_pct": 3.9}, "TERATO"),
        ({**NORMAL, "concentration": 1, "pr": 10}, "OLIGOASTHENO"),
        ({**NORMAL, "concentration": 1, "normal_pct": 1}, "OLIGOTERATO"),
        ({**NORMAL, "pr": 10, "normal_pct": 1}, "ASTHENOTERATO"),
        ({**NORMAL, "concentration": 1, "pr": 10, "normal_pct": 1}, "OLIGOASTHENOTERATO"),
        ({**NORMAL, "pr_rapid": 20, "pr_slow": 9, "pr": None}, "ASTHENO"),
        ({**NORMAL, "pr_rapid": 20, "pr_slow": 10, "pr": None}, "NORMOZOOSPERMIA"),
        ({**NORMAL, "normal_pct": None}, "INCOMPLETE"),
        ({**NORMAL, "normal_pct": None, "pr": 10}, "ASTHENO"),
        ({**NORMAL, "motility_n_assessed": 49}, "INCOMPLETE"),
        ({**NORMAL, "motility_n_assessed": 50}, "NORMOZOOSPERMIA"),
        ({**NORMAL, "morphology_n_assessed": 49}, "INCOMPLETE"),
        ({**NORMAL, "morphology_n_assessed": None}, "INCOMPLETE"),
        ({}, "INCOMPLETE"),
    ],
)
def test_a_sample_gets_the_name_of_the_table(given, name):
    assert said(**given)["class"] == name


@pytest.mark.parametrize(
    ("concentration", "severity"),
    [
        (0.099, "VERY_SEVERE"), (0.1, "SEVERE"), (4.99, "SEVERE"), (5, "MODERATE"),
        (9.99, "MODERATE"), (10, "MILD"), (12.9, "MILD"), (13, None), ("<0.056", "VERY_SEVERE"),
        ("<0.2", None),
    ],
)  # fmt: skip
def test_severity_goes_by_concentration(concentration, severity):
    assert said(**{**NORMAL, "concentration": concentration})["severity"] == severity


@pytest.mark.parametrize(
    ("given", "axis"),
    [
        ({"concentration": 16, "complete": None}, "NORMAL"),
        ({"concentration": 15.9, "complete": None}, "ABNORMAL"),
        ({"concentration": 15.9, "complete": "spilled"}, "ABNORMAL"),
        ({"concentration": 15.9, "volume_ml": None}, "ABNORMAL"),
        ({"concentration": 13, "volume_ml": 3}, "NORMAL"),
        ({"concentration": 15, "edition": "5th-2010", "complete": None}, "NORMAL"),
        ({"concentration": 14.9, "edition": "5th-2010", "complete": None}, "ABNORMAL"),
        ({"concentration": None}, "NOT_ASSESSED"),
        ({"concentration": "<40", "complete": None}, "NOT_ASSESSED"),
        ({"concentration": ">250"}, "NORMAL"),
    ],
)
def test_the_number_decides_by_total_where_the_volume_is_that_of_a_whole_sample(given, axis):
    assert said(**{**NORMAL, **given})["axes"]["oligo"] == axis


def test_the_fifth_edition_has_its_own_limits():
    given = {**NORMAL, "edition": "5th-2010", "pr": 31}
    answer = said(**given)
    assert answer["class"] == "ASTHENO"
    assert "5th-2010" in answer["ruleset"]
    assert said(**{**given, "pr": 32})["class"] == "NORMOZOOSPERMIA"


@pytest.mark.parametrize(
    ("given", "label"),
    [
        ({"vitality_pct": 53, "pr": 30, "np": 11}, "NECRO"),
        ({"leukocytes_pox": 1.0}, "LEUKO"),
        ({"leukocytes_pox": ">=1"}, "LEUKO"),
        ({"erythrocytes_seen": True}, "HAEMO"),
        ({"volume_ml": 1.39}, "HYPO_VOLUME"),
        ({"volume_ml": 6.91}, "HIGH_VOLUME"),
        ({"ph": 7.19}, "LOW_PH"),
        ({"viscosity": "abnormal"}, "VISCOSITY"),
        ({"liquefaction_min": 61}, "LIQUEFACTION"),
        ({"mar_igg": 50}, "ANTIBODY"),
    ],
)
def test_a_label_is_added_at_its_limit(given, label):
    assert said(**{**NORMAL, "concentration": 60, **given})["labels"] == [label]


@pytest.mark.parametrize(
    "given",
    [
        {"vitality_pct": 54, "pr": 30, "np": 11}, {"vitality_pct": 53, "pr": 30, "np": 12},
        {"leukocytes_pox": 0.99}, {"leukocytes_pox": "<2"}, {"volume_ml": 1.4},
        {"volume_ml": 6.9}, {"ph": 7.2}, {"viscosity": "normal"}, {"liquefaction_min": 60},
        {"mar_igg": 49}, {"erythrocytes_seen": False},
    ],
)  # fmt: skip
def test_no_label_short_of_its_limit(given):
    assert said(**{**NORMAL, "concentration": 60, **given})["labels"] == []


@pytest.mark.parametrize(
    ("given", "note"),
    [
        ({**NORMAL, "concentration": 15}, "LOW_CONCENTRATION"),
        ({**NORMAL, "pr": 35, "np": 6}, "LOW_TOTAL_MOTILITY"),
        ({**EMPTY, "pellet_sperm_n": 4, "pellet_motile_n": 1}, "MOTILE_IN_PELLET"),
        ({**EMPTY, "volume_ml": 1.3, "ph": 7.1}, "CONSIDER_OBSTRUCTION"),
    ],
)
def test_a_note_tells_what_the_name_would_hide(given, note):
    assert note in said(**given)["notes"]


def test_what_follows_by_arithmetic():
    answer = said(**{**NORMAL, "volume_ml": 2.5, "concentration": 20, "pr": 40, "np": 20})
    assert answer["total_sperm_m"] == 50
    assert answer["progressive_pct"] == 40
    assert answer["total_motility_pct"] == 60
    assert answer["tmsc_m"] == 30
    assert answer["tpmsc_m"] == 20


def test_a_comparator_is_carried_on():
    assert said(**EMPTY, concentration="<0.056", volume_ml=2)["total_sperm_m"] == "<0.112"


def test_the_pellet_is_estimated_and_its_silence_bounded():
    found = said(**{**EMPTY, "pellet_sperm_n": 14, "pellet_fraction_examined": 0.1, "volume_ml": 2})
    assert found["pellet_estimate"] == 140
    assert found["detection_limit_per_ml"] == pytest.approx(21.886486 / 0.2, abs=1e-3)
    none = said(**EMPTY, pellet_fraction_examined=0.05, volume_ml=2)
    assert none["detection_limit_per_ml"] == 30
    assert said(**EMPTY, volume_ml=2)["detection_limit_per_ml"] is None


def test_a_percentile_is_a_bracket_of_the_table():
    found = said(**{**NORMAL, "volume_ml": 2.5})["percentiles"]
    assert found["volume_ml"] == "between the 25th and 50th percentile"
    assert found["total_motility_pct"] == "between the 25th and 50th percentile"


@pytest.mark.parametrize(
    ("given", "valid", "deviations"),
    [
        ({**NORMAL, **ON_TIME}, True, []),
        ({**NORMAL, **ON_TIME, "analysis_started_at": "2026-04-12T09:40:01-07:00"},
         False, ["SEMEN_INVALID"]),
        ({**NORMAL}, None, []),
        ({**NORMAL, **ON_TIME, "complete": "first_fraction_lost"}, False, ["SEMEN_INVALID"]),
        ({**NORMAL, "complete": "first_fraction_lost"}, False, ["SEMEN_INVALID"]),
        ({**NORMAL, **ON_TIME, "complete": "last_lost"}, True, ["SEMEN_PREP"]),
        ({**NORMAL, **ON_TIME, "complete": "spilled"}, True, ["SEMEN_PREP"]),
        ({**NORMAL, **ON_TIME, "abstinence_days": 1.9}, True, ["SEMEN_PREP"]),
        ({**NORMAL, **ON_TIME, "abstinence_days": 2}, True, []),
        ({**NORMAL, **ON_TIME, "abstinence_days": 7}, True, []),
        ({**NORMAL, **ON_TIME, "abstinence_days": 8}, True, ["SEMEN_PREP"]),
        ({"fresh_sperm_seen": "none", **ON_TIME}, False, ["SEMEN_INVALID"]),
        ({"fresh_sperm_seen": "none"}, False, ["SEMEN_INVALID"]),
        ({**EMPTY, **ON_TIME}, True, []),
        (EMPTY, None, []),
        ({**ON_TIME, **PELLET, "pellet_sperm_n": 0}, True, []),
        (ON_TIME, None, []),
    ],
)  # fmt: skip
def test_whether_a_sample_counts_for_the_response(given, valid, deviations):
    answer = said(**given)
    assert (answer["valid"], answer["deviations"]) == (valid, deviations)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"pr_rapid": 30, "pr_slow": 20, "np": 20, "im": 28}, "im"),
        ({"pr_rapid": 30, "pr_slow": 20, "np": 20, "im": 32}, "im"),
        ({"pellet_sperm_n": 1, "pellet_motile_n": 2}, "pellet_motile_n"),
        ({**EMPTY, "pr": 0}, "pr"),
        ({**EMPTY, "vitality_pct": 40}, "vitality_pct"),
        ({**EMPTY, "normal_pct": 4}, "normal_pct"),
        ({**ON_TIME, "analysis_started_at": "2026-04-12T08:39:59-07:00"}, "analysis_started_at"),
        ({**ON_TIME, "analysis_started_at": "2026-04-13T08:40:01-07:00"}, "analysis_started_at"),
        ({"abstinence_days": -1}, "abstinence_days"),
        ({"volume_ml": 0, "fresh_sperm_seen": "seen"}, "volume_ml"),
        ({"volume_ml": 0, "concentration": 3}, "volume_ml"),
        ({"volume_ml": 0, "pr": 30}, "volume_ml"),
        ({"concentration": 0.1, "fresh_sperm_seen": "none"}, "concentration"),
        ({"concentration": ">=0.1", "fresh_sperm_seen": "none"}, "concentration"),
        ({"volume_ml": 15.1}, "volume_ml"), ({"volume_ml": -0.1}, "volume_ml"),
        ({"ph": 3.9}, "ph"), ({"ph": 10.1}, "ph"), ({"pr": 101}, "pr"),
        ({"pellet_fraction_examined": 0}, "pellet_fraction_examined"),
        ({"pellet_fraction_examined": 1.1}, "pellet_fraction_examined"),
        ({"pellet_g": 99}, "pellet_g"), ({"pellet_g": 5001}, "pellet_g"),
        ({"liquefaction_min": 241}, "liquefaction_min"), ({"concentration": 1001}, "concentration"),
        ({"motility_n_assessed": 2001}, "motility_n_assessed"),
        ({"leukocytes_pox": 201}, "leukocytes_pox"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_at_its_field(given, field):
    assert field in refused("semen", **given)


@pytest.mark.parametrize(
    "given",
    [
        {"pr_rapid": 30, "pr_slow": 20, "np": 20, "im": 29},
        {"pr_rapid": 30, "pr_slow": 20, "np": 20, "im": 31},
        {"fresh_sperm_seen": "seen", "pellet_sperm_n": 5},
        {"fresh_sperm_seen": "none", "concentration": "<0.056"},
        {"fresh_sperm_seen": "none", "concentration": "<=0.1"},
        {"fresh_sperm_seen": "none", "concentration": 0},
        {"volume_ml": 15}, {"ph": 4}, {"pellet_fraction_examined": 1},
    ],
)  # fmt: skip
def test_what_may_be_is_answered(given):
    assert said(**given)["sentence"]


def test_what_is_only_unusual_is_a_warning():
    answer = said(**{**EMPTY, "pellet_g": 2999, "pellet_min": 16, "volume_ml": 7.1})
    assert answer["warnings"] == ["VOLUME_ML_UNUSUAL", "PELLET_G_UNUSUAL", "PELLET_MIN_UNUSUAL"]
    moving = said(**{**NORMAL, "vitality_pct": 49})
    assert moving["warnings"] == ["VITALITY_FAR_BELOW_MOTILITY"]
    assert said(**EMPTY)["warnings"] == []


def sample(on, **given):
    return {"collected_on": on, **EMPTY, **given}


@pytest.mark.parametrize(
    ("samples", "confirmed_on"),
    [
        ([], None),
        ([sample("2026-01-01")], None),
        ([sample("2026-01-01"), sample("2026-01-07")], None),
        ([sample("2026-01-01"), sample("2026-01-08")], "2026-01-08"),
        ([sample("2026-01-08"), sample("2026-01-01")], "2026-01-08"),
        ([sample("2026-01-01"), sample("2026-01-05"), sample("2026-01-09")], "2026-01-09"),
        ([sample("2026-01-01"), sample("2026-01-08", pellet_g=999)], None),
        ([sample("2026-01-01"), sample("2026-01-08", pellet_sperm_n=1)], None),
        ([sample("2024-02-22"), sample("2024-02-29")], "2024-02-29"),
    ],
)
def test_azoospermia_needs_two_empty_pellets_a_week_apart(samples, confirmed_on):
    answer = ask("azoospermia", samples=samples)
    assert (answer["confirmed"], answer["confirmed_on"]) == (bool(confirmed_on), confirmed_on)
    assert answer["reasons"]


def test_no_sample_yet_is_read_by_the_current_edition():
    assert ask("azoospermia", samples=[])["ruleset"].endswith(", WHO_SEMEN 6th-2021")


def test_a_contradiction_in_one_of_several_samples_says_which():
    samples = [sample("2026-01-01"), sample("2026-01-09", pr=10)]
    assert list(refused("azoospermia", samples=samples)) == ["samples[1].pr"]


def seen(on, motile=True, valid=True, sperm=True):
    return {"collected_on": on, "sperm_seen": sperm, "motile_seen": motile, "valid": valid}


@pytest.mark.parametrize(
    ("analyses", "status", "on"),
    [
        ([], "NONE", None),
        ([seen("2026-01-01"), seen("2026-01-08")], "PROVISIONAL", None),
        ([seen("2026-02-01")], "PROVISIONAL", None),
        ([seen("2026-02-01"), seen("2026-02-07")], "PROVISIONAL", None),
        ([seen("2026-02-01"), seen("2026-02-08")], "CONFIRMED", "2026-02-01"),
        ([seen("2026-02-01"), seen("2026-02-04"), seen("2026-02-08")], "CONFIRMED", "2026-02-01"),
        ([seen("2026-02-01"), seen("2026-02-04", motile=False), seen("2026-02-08")],
         "PROVISIONAL", None),
        ([seen("2026-02-01"), seen("2026-02-04", motile=False, valid=False), seen("2026-02-08")],
         "CONFIRMED", "2026-02-01"),
        ([seen("2026-02-01"), seen("2026-02-08", motile=False)], "NONE", None),
        ([seen("2026-02-01"), seen("2026-02-08"), seen("2026-03-08", motile=False)],
         "CONFIRMED", "2026-02-01"),
        ([seen("2026-02-01", valid=None), seen("2026-02-08")], "PROVISIONAL", None),
    ],
)  # fmt: skip
def test_a_response_is_an_unbroken_run_over_a_week(analyses, status, on):
    answer = ask("response", first_dose_on="2026-01-01", baseline="azoospermia", analyses=analyses)
    assert (answer["status"], answer["response_date"]) == (status, on)


@pytest.mark.parametrize(
    ("on", "later", "days", "month"),
    [
        ("2026-01-02", "2026-01-09", 1, 1), ("2026-01-31", "2026-02-07", 30, 1),
        ("2026-02-01", "2026-02-08", 31, 2), ("2026-03-02", "2026-03-09", 60, 2),
        ("2026-03-03", "2026-03-10", 61, 3),
    ],
)  # fmt: skip
def test_the_month_of_a_response_rounds_up(on, later, days, month):
    analyses = [seen(on), seen(later)]
    answer = ask(
        "response", first_dose_on="2026-01-01", baseline="cryptozoospermia", analyses=analyses
    )
    assert (answer["days"], answer["month"]) == (days, month)


def test_first_sperm_and_first_motile_need_no_valid_sample():
    analyses = [
        seen("2026-01-20", motile=False, valid=False), seen("2026-02-20", valid=False),
    ]  # fmt: skip
    answer = ask("response", first_dose_on="2026-01-01", baseline="azoospermia", analyses=analyses)
    assert answer["first_sperm_on"] == "2026-01-20"
    assert answer["first_motile_on"] == "2026-02-20"
    assert answer["evaluable"] is False


def test_motile_sperm_are_sperm():
    analyses = [seen("2026-02-01", sperm=False)]
    given = {"first_dose_on": "2026-01-01", "baseline": "azoospermia", "analyses": analyses}
    assert list(refused("response", **given)) == ["analyses[0].motile_seen"]
