"""What one sample is called: every rule, and both sides of every limit (domain reference §4.6)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labs.rules.semen import assess
from labs.rules.semen_class import Axes, Axis, OligoSeverity, SemenClass
from tests.labs.rules.sheets import IN_PELLET, NONE_FOUND, NORMAL, WHOLE, sheet

OPEN = Axes()


def test_an_ordinary_sample():
    result = assess(sheet(NORMAL))

    assert (result.name, result.severity) == (SemenClass.NORMOZOOSPERMIA, None)
    assert result.axes == Axes(Axis.NORMAL, Axis.NORMAL, Axis.NORMAL)
    assert (result.labels, result.notes, result.warnings) == ((), (), ())
    assert result.sentence == (
        "Total 198 ×10⁶ (at least 39 ×10⁶), progressive 55 % (at least 30 %), "
        "normal forms 14 % (at least 4 %): normozoospermia (WHO 6th ed.)."
    )


@pytest.mark.parametrize(
    ("base", "changes", "name"),
    [
        pytest.param(WHOLE, {"volume_ml": 0}, "ASPERMIA", id="no ejaculate"),
        pytest.param(
            WHOLE, {"fresh_sperm_seen": "none"}, "NO_SPERM_SEEN_PELLET_PENDING", id="no pellet"
        ),
        pytest.param(
            NONE_FOUND,
            {"pellet_done": False, "pellet_sperm_n": None},
            "NO_SPERM_SEEN_PELLET_PENDING",
            id="pellet not done",
        ),
        pytest.param(NONE_FOUND, {}, "AZOOSPERMIA_SAMPLE", id="pellet empty"),
        pytest.param(
            NONE_FOUND, {"pellet_g": 1000}, "AZOOSPERMIA_SAMPLE", id="spun just enough"
        ),
        pytest.param(
            NONE_FOUND, {"pellet_g": 999}, "NO_SPERM_SEEN_PELLET_PENDING", id="spun too gently"
        ),
        pytest.param(
            NONE_FOUND, {"pellet_min": 14}, "NO_SPERM_SEEN_PELLET_PENDING", id="spun too short"
        ),
        pytest.param(
            NONE_FOUND, {"pellet_g": None}, "NO_SPERM_SEEN_PELLET_PENDING", id="speed unknown"
        ),
        pytest.param(
            NONE_FOUND, {"pellet_min": None}, "NO_SPERM_SEEN_PELLET_PENDING", id="time unknown"
        ),
        pytest.param(NONE_FOUND, {"pellet_sperm_n": 1}, "CRYPTOZOOSPERMIA", id="one in the pellet"),
        pytest.param(
            IN_PELLET, {"pellet_g": None, "pellet_min": None}, "CRYPTOZOOSPERMIA",
            id="found however it was spun",
        ),
        pytest.param(
            NONE_FOUND, {"pellet_sperm_n": None, "pellet_sperm_seen": True}, "CRYPTOZOOSPERMIA",
            id="found but not counted",
        ),
        pytest.param(WHOLE, {}, "INCOMPLETE", id="nothing looked at"),
        pytest.param(WHOLE, {"pellet_sperm_n": 3}, "INCOMPLETE", id="fresh not looked at"),
        pytest.param(NORMAL, {"fresh_sperm_seen": None}, "NORMOZOOSPERMIA", id="counted, so seen"),
        pytest.param(NORMAL, {"normal_pct": None}, "INCOMPLETE", id="an axis is missing"),
        pytest.param(NORMAL, {"normal_pct": None, "pr": 29}, "ASTHENO", id="missing and abnormal"),
        pytest.param(NORMAL, {"motility_n_assessed": 49}, "INCOMPLETE", id="too few looked at"),
        pytest.param(
            NORMAL, {"motility_n_assessed": None}, "INCOMPLETE", id="not known how many"
        ),
    ],
)  # fmt: skip
def test_what_decides_the_name(base, changes, name):
    assert assess(sheet(base, **changes)).name == name


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"concentration": "10"}, "OLIGO"),
        ({"pr": 20, "np": 30, "im": 50}, "ASTHENO"),
        ({"normal_pct": 3}, "TERATO"),
        ({"concentration": "10", "pr": 20, "np": 30, "im": 50}, "OLIGOASTHENO"),
        ({"concentration": "10", "normal_pct": 3}, "OLIGOTERATO"),
        ({"pr": 20, "np": 30, "im": 50, "normal_pct": 3}, "ASTHENOTERATO"),
        ({"concentration": "10", "pr": 20, "np": 30, "im": 50, "normal_pct": 3},
         "OLIGOASTHENOTERATO"),
    ],
)  # fmt: skip
def test_the_name_joins_what_is_abnormal(changes, name):
    assert assess(sheet(NORMAL, **changes)).name == name


@pytest.mark.parametrize(
    ("changes", "axis"),
    [
        pytest.param({"concentration": "13"}, Axis.NORMAL, id="total 39"),
        pytest.param({"concentration": "12.99"}, Axis.ABNORMAL, id="total just below 39"),
        pytest.param(
            {"concentration": "16", "volume_ml": None}, Axis.NORMAL, id="concentration 16"
        ),
        pytest.param(
            {"concentration": "15.9", "volume_ml": None}, Axis.ABNORMAL, id="concentration below 16"
        ),
        pytest.param(
            {"concentration": "15", "complete": "spilled"}, Axis.ABNORMAL, id="part was spilled"
        ),
        pytest.param(
            {"concentration": "15", "complete": None}, Axis.ABNORMAL, id="completeness unknown"
        ),
        pytest.param({"concentration": None}, Axis.NOT_ASSESSED, id="not counted"),
        pytest.param({"concentration": "<0.056"}, Axis.ABNORMAL, id="a bound that decides"),
        pytest.param({"concentration": "<100"}, Axis.NOT_ASSESSED, id="a bound that does not"),
        pytest.param({"concentration": ">20"}, Axis.NORMAL, id="a lower bound that decides"),
    ],
)
def test_oligo_goes_by_the_total_where_it_is_known(changes, axis):
    assert assess(sheet(NORMAL, **changes)).axes.oligo is axis


@pytest.mark.parametrize(
    ("changes", "astheno", "terato"),
    [
        pytest.param({"pr": 30, "np": 12, "im": 58}, "NORMAL", "NORMAL", id="progressive 30"),
        pytest.param({"pr": 29, "np": 13, "im": 58}, "ABNORMAL", "NORMAL", id="progressive 29"),
        pytest.param({"normal_pct": 4}, "NORMAL", "NORMAL", id="4 normal"),
        pytest.param({"normal_pct": "3.9"}, "NORMAL", "ABNORMAL", id="3.9 normal"),
        pytest.param({"motility_n_assessed": 50}, "NORMAL", "NORMAL", id="fifty looked at"),
        pytest.param({"motility_n_assessed": 49}, "NOT_CLASSIFIED", "NORMAL", id="49 for motion"),
        pytest.param({"morphology_n_assessed": 49}, "NORMAL", "NOT_CLASSIFIED", id="49 for shape"),
        pytest.param({"pr": None}, "NOT_ASSESSED", "NORMAL", id="progressive unknown"),
    ],
)
def test_motility_and_morphology_axes(changes, astheno, terato):
    axes = assess(sheet(NORMAL, **changes)).axes

    assert (axes.astheno, axes.terato) == (astheno, terato)


@pytest.mark.parametrize(
    ("concentration", "severity"),
    [
        ("0.099", OligoSeverity.VERY_SEVERE), ("0.1", OligoSeverity.SEVERE),
        ("4.99", OligoSeverity.SEVERE), ("5", OligoSeverity.MODERATE),
        ("9.99", OligoSeverity.MODERATE), ("10", OligoSeverity.MILD),
        ("12.9", OligoSeverity.MILD), ("13", None),
        ("<0.056", OligoSeverity.VERY_SEVERE), ("<0.1", OligoSeverity.VERY_SEVERE),
        ("<=0.1", None), ("<5", None),
    ],
)  # fmt: skip
def test_severity_goes_by_concentration(concentration, severity):
    assert assess(sheet(NORMAL, concentration=concentration)).severity is severity


@pytest.mark.parametrize("base", [NONE_FOUND, IN_PELLET, WHOLE], ids=["azoo", "crypto", "unknown"])
def test_no_axis_is_assessed_without_sperm_in_the_fresh_preparation(base):
    assert assess(sheet(base)).axes == OPEN


@pytest.mark.parametrize(
    ("changes", "labels"),
    [
        pytest.param(
            {"vitality_pct": 53, "pr": 31, "np": 10, "im": 59}, ["NECRO"], id="few live and move"
        ),
        pytest.param({"vitality_pct": 54, "pr": 31, "np": 10, "im": 59}, [], id="54 live"),
        pytest.param({"vitality_pct": 53, "pr": 31, "np": 11, "im": 58}, [], id="42 move"),
        pytest.param({"leukocytes_pox": "1.0"}, ["LEUKO"], id="leukocytes 1.0"),
        pytest.param({"leukocytes_pox": "0.99"}, [], id="leukocytes below"),
        pytest.param({"leukocytes_pox": "<1.0"}, [], id="leukocytes under the bound"),
        pytest.param({"leukocytes_pox": ">=1.0"}, ["LEUKO"], id="leukocytes at least 1.0"),
        pytest.param({"erythrocytes_seen": True}, ["HAEMO"], id="red cells"),
        pytest.param({"erythrocytes_seen": False}, [], id="no red cells"),
        pytest.param({"volume_ml": "1.4"}, [], id="volume 1.4"),
        pytest.param({"volume_ml": "1.39"}, ["HYPO_VOLUME"], id="volume below 1.4"),
        pytest.param({"volume_ml": "6.9"}, [], id="volume 6.9"),
        pytest.param({"volume_ml": "6.91"}, ["HIGH_VOLUME"], id="volume above 6.9"),
        pytest.param({"ph": "7.2"}, [], id="pH 7.2"),
        pytest.param({"ph": "7.19"}, ["LOW_PH"], id="pH below 7.2"),
        pytest.param({"viscosity": "abnormal"}, ["VISCOSITY"], id="thread"),
        pytest.param({"liquefaction_min": 60}, [], id="liquid at 60"),
        pytest.param({"liquefaction_min": 61}, ["LIQUEFACTION"], id="liquid after 60"),
        pytest.param({"mar_igg": 49}, [], id="MAR 49"),
        pytest.param({"mar_igg": 50}, ["ANTIBODY"], id="MAR 50"),
        pytest.param({"immunobead_iga": 50}, ["ANTIBODY"], id="bead 50"),
    ],
)
def test_add_on_labels(changes, labels):
    assert list(assess(sheet(NORMAL, **changes)).labels) == labels


@pytest.mark.parametrize(
    ("base", "changes", "labels"),
    [
        pytest.param(NONE_FOUND, {"ph": 7}, ["LOW_PH"], id="azoospermia is labelled"),
        pytest.param(IN_PELLET, {"ph": 7}, ["LOW_PH"], id="cryptozoospermia is labelled"),
        pytest.param(WHOLE, {"ph": 7, "fresh_sperm_seen": "none"}, [], id="pending is not"),
        pytest.param(WHOLE, {"ph": 7, "volume_ml": 0}, [], id="aspermia is not"),
        pytest.param(WHOLE, {"ph": 7}, [], id="unknown is not"),
    ],
)
def test_labels_follow_a_class(base, changes, labels):
    assert list(assess(sheet(base, **changes)).labels) == labels


@pytest.mark.parametrize(
    ("base", "changes", "notes"),
    [
        pytest.param(
            NORMAL, {"concentration": "15.9"}, ["LOW_CONCENTRATION"], id="enough in all, thinly"
        ),
        pytest.param(NORMAL, {"concentration": "16"}, [], id="concentration 16"),
        pytest.param(
            NORMAL, {"pr": 31, "np": 10, "im": 59}, ["LOW_TOTAL_MOTILITY"], id="41 % move"
        ),
        pytest.param(NORMAL, {"pr": 31, "np": 11, "im": 58}, [], id="42 % move"),
        pytest.param(IN_PELLET, {}, ["MOTILE_IN_PELLET"], id="motile in the pellet"),
        pytest.param(IN_PELLET, {"pellet_motile_n": 0}, [], id="none motile in the pellet"),
        pytest.param(NONE_FOUND, {"pellet_g": 600}, ["PELLET_NOT_CONCLUSIVE"], id="600 g"),
        pytest.param(
            NORMAL,
            {"complete": "first_fraction_lost"},
            ["CONCENTRATION_UNRELIABLE"],
            id="first lost",
        ),
        pytest.param(
            NONE_FOUND,
            {"volume_ml": "1.3", "ph": "7.1"},
            ["CONSIDER_OBSTRUCTION"],
            id="obstruction",
        ),
        pytest.param(NONE_FOUND, {"volume_ml": "1.4", "ph": "7.1"}, [], id="volume is enough"),
        pytest.param(NONE_FOUND, {"volume_ml": "1.3", "ph": "7.2"}, [], id="not acid"),
        pytest.param(
            IN_PELLET, {"volume_ml": "1.3", "ph": "7.1", "pellet_motile_n": 0}, [], id="not azoo"
        ),
    ],
)
def test_notes(base, changes, notes):
    assert list(assess(sheet(base, **changes)).notes) == notes


@pytest.mark.parametrize(
    ("changes", "sixth", "fifth"),
    [
        pytest.param(
            {"concentration": "15", "volume_ml": None}, "OLIGO", "NORMOZOOSPERMIA", id="15 per mL"
        ),
        pytest.param({"pr": 31, "np": 15, "im": 54}, "NORMOZOOSPERMIA", "ASTHENO", id="31 % swim"),
    ],
)
def test_each_edition_has_its_own_limits(changes, sixth, fifth):
    assert assess(sheet(NORMAL, **changes)).name == sixth
    assert assess(sheet(NORMAL, edition="5th-2010", **changes)).name == fifth
    assert assess(sheet(NORMAL, edition="5th-2010")).edition_name == "WHO 5th ed."


@pytest.mark.parametrize(
    ("base", "changes", "seen", "motile"),
    [
        pytest.param(NONE_FOUND, {}, False, False, id="none at all"),
        pytest.param(NONE_FOUND, {"pellet_g": 600}, None, None, id="pellet not conclusive"),
        pytest.param(IN_PELLET, {}, True, True, id="motile in the pellet"),
        pytest.param(IN_PELLET, {"pellet_motile_n": 0}, True, False, id="none of them motile"),
        pytest.param(IN_PELLET, {"pellet_motile_n": None}, True, None, id="motility not said"),
        pytest.param(NORMAL, {}, True, True, id="moving in the fresh preparation"),
        pytest.param(NORMAL, {"pr": 0, "np": 0, "im": 100}, True, False, id="all still"),
        pytest.param(NORMAL, {"pr": 0, "np": 1, "im": 99}, True, True, id="one on the spot"),
        pytest.param(NORMAL, {"pr": None, "np": None, "im": 60}, True, True, id="only immotile"),
        pytest.param(NORMAL, {"pr": None, "np": None, "im": None}, True, None, id="not assessed"),
        pytest.param(WHOLE, {}, None, None, id="nothing looked at"),
    ],
)
def test_what_has_been_seen(base, changes, seen, motile):
    result = assess(sheet(base, **changes))

    assert (result.sperm_seen, result.motile_seen) == (seen, motile)


@given(
    concentration=st.decimals(min_value="0.001", max_value=300, places=3),
    pr=st.integers(0, 60),
    normal=st.integers(0, 30),
)
def test_normal_is_said_only_when_every_axis_is(concentration, pr, normal):
    result = assess(
        sheet(NORMAL, concentration=str(concentration), pr=pr, np=40, im=60 - pr, normal_pct=normal)
    )
    enough = concentration * Decimal("3.0") >= 39 and pr >= 30 and normal >= 4

    assert (result.name is SemenClass.NORMOZOOSPERMIA) is enough
