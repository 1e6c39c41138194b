"""What contradicts itself on a sheet, what may count, and what follows by arithmetic."""

from datetime import timedelta
from decimal import Decimal

import pytest

from labs.rules.quantities import Quantity
from labs.rules.semen import assess
from labs.rules.semen_checks import check_sheet, errors_of, warnings_of
from labs.rules.semen_limits import FIELD_LIMITS
from labs.rules.semen_reading import SheetError, read_sheet
from tests.labs.rules.sheets import COLLECTED, IN_PELLET, NONE_FOUND, NORMAL, WHOLE, sheet

STEP = Decimal("0.001")


def codes(problems):
    return [(problem.field, problem.code) for problem in problems]


@pytest.mark.parametrize("base", [WHOLE, NONE_FOUND, IN_PELLET, NORMAL])
def test_an_ordinary_sheet_has_nothing_wrong(base):
    assert check_sheet(sheet(base), now=COLLECTED) == ()


def field_edges():
    whole = {"fresh_sperm_n", "fresh_fields_examined", "pellet_sperm_n", "pellet_motile_n",
             "motility_n_assessed", "morphology_n_assessed", "agglutination_grade"}  # fmt: skip
    for key, limits in FIELD_LIMITS.items():
        step = Decimal(1) if key in whole else STEP
        for end, outward in zip(limits.hard, (-step, step), strict=True):
            if end is not None:
                yield pytest.param(key, end, False, id=f"{key} at {end}")
                yield pytest.param(key, end + outward, True, id=f"{key} beyond {end}")


@pytest.mark.parametrize(("key", "value", "refused"), list(field_edges()))
def test_a_field_beyond_its_hard_range_is_refused(key, value, refused):
    problems = check_sheet(read_sheet({key: value}))

    assert ((key, "OUT_OF_RANGE") in codes(problems)) is refused


@pytest.mark.parametrize(
    ("found", "bounded"), [(100_000, True), (100_001, False), (9_223_372_036_854_775_808, False)]
)
def test_a_slip_of_the_key_in_a_count_has_no_bound_and_stops_no_page(found, bounded):
    derived = assess(sheet(IN_PELLET, pellet_sperm_n=found)).derived

    assert (derived.detection_limit_per_ml is not None) is bounded


def soft_edges():
    for key, limits in FIELD_LIMITS.items():
        for end, outward in zip(limits.soft, (-1, 1), strict=True):
            if end is None or limits.soft[0] == limits.soft[1]:
                continue
            at_end = limits.soft_top_is_out and outward == 1
            yield pytest.param(key, end, at_end, id=f"{key} at {end}")
            if key not in ("motility_n_assessed", "morphology_n_assessed"):
                yield pytest.param(key, end + outward * STEP, True, id=f"{key} beyond {end}")
            else:
                yield pytest.param(key, end + outward, True, id=f"{key} beyond {end}")


@pytest.mark.parametrize(("key", "value", "unusual"), list(soft_edges()))
def test_a_field_beyond_its_soft_range_is_questioned(key, value, unusual):
    problems = check_sheet(read_sheet({key: value}))

    assert ((key, "UNUSUAL") in codes(problems)) is unusual


@pytest.mark.parametrize(("g", "minutes", "warned"), [(3000, 15, 0), (2999, 15, 1), (3000, 16, 1)])
def test_another_way_to_spin_the_pellet_is_questioned(g, minutes, warned):
    problems = check_sheet(sheet(NONE_FOUND, pellet_g=g, pellet_min=minutes))

    assert [problem.code for problem in problems] == ["UNUSUAL"] * warned


LATER = COLLECTED + timedelta(hours=24)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("base", "changes", "expected"),
    [
        pytest.param(
            NORMAL, {"analysis_started_at": COLLECTED - SECOND},
            [("analysis_started_at", "BEFORE_COLLECTION")], id="analysed before it was collected",
        ),
        pytest.param(
            NORMAL, {"received_at": COLLECTED - SECOND}, [("received_at", "BEFORE_COLLECTION")],
            id="received before it was collected",
        ),
        pytest.param(NORMAL, {"received_at": LATER}, [], id="received a day later"),
        pytest.param(
            NORMAL, {"received_at": LATER + SECOND}, [("received_at", "TOO_LATE")],
            id="received more than a day later",
        ),
        pytest.param(
            NORMAL, {"pr": None, "pr_rapid": 30, "pr_slow": 25, "np": 8, "im": 38}, [],
            id="motility adds to 101",
        ),
        pytest.param(
            NORMAL, {"pr": None, "pr_rapid": 30, "pr_slow": 25, "np": 8, "im": 39},
            [("im", "MOTILITY_SUM")], id="motility adds to 102",
        ),
        pytest.param(NORMAL, {"im": 36}, [], id="motility adds to 99"),
        pytest.param(NORMAL, {"im": 35}, [("im", "MOTILITY_SUM")], id="motility adds to 98"),
        pytest.param(
            NORMAL, {"pr": 90, "np": 12, "im": None, "vitality_pct": None},
            [("np", "MOTILITY_SUM")], id="motile alone is over 100",
        ),
        pytest.param(
            NORMAL, {"pr_rapid": 30, "pr_slow": 27}, [("pr", "PROGRESSIVE_DIFFERS")],
            id="progressive given twice",
        ),
        pytest.param(
            IN_PELLET, {"pellet_motile_n": 15}, [("pellet_motile_n", "MOTILE_ABOVE_FOUND")],
            id="more motile than found",
        ),
        pytest.param(IN_PELLET, {"pellet_motile_n": 14}, [], id="all found are motile"),
        pytest.param(
            IN_PELLET, {"pellet_sperm_seen": False}, [("pellet_sperm_n", "PELLET_CONTRADICTS")],
            id="counted but not seen in the pellet",
        ),
        pytest.param(
            IN_PELLET, {"pellet_done": False}, [("pellet_done", "PELLET_NOT_DONE")],
            id="a result of no pellet",
        ),
        pytest.param(
            IN_PELLET, {"pellet_fraction_examined": "1.01"},
            [("pellet_fraction_examined", "OUT_OF_RANGE")], id="more than the whole pellet",
        ),
        pytest.param(
            IN_PELLET, {"pellet_fraction_examined": 0},
            [("pellet_fraction_examined", "OUT_OF_RANGE")], id="no part of the pellet",
        ),
        pytest.param(
            NORMAL, {"fresh_sperm_seen": "seen", "pellet_sperm_n": 3}, [], id="seen in both",
        ),
        pytest.param(
            NONE_FOUND, {"concentration": "0.1"}, [("concentration", "COUNTED_BUT_NOT_SEEN")],
            id="counted but not seen",
        ),
        pytest.param(
            NONE_FOUND, {"concentration": ">=0.1"}, [("concentration", "COUNTED_BUT_NOT_SEEN")],
            id="at least so many but not seen",
        ),
        pytest.param(NONE_FOUND, {"concentration": "<0.056"}, [], id="fewer than, none seen"),
        pytest.param(NONE_FOUND, {"concentration": "<=0.056"}, [], id="at most, none seen"),
        pytest.param(NONE_FOUND, {"concentration": "0"}, [], id="nought, none seen"),
        pytest.param(
            NONE_FOUND, {"pr": 0}, [("pr", "NOTHING_TO_ASSESS")], id="motility of none",
        ),
        pytest.param(
            NONE_FOUND, {"vitality_pct": 5, "normal_pct": 5},
            [("vitality_pct", "NOTHING_TO_ASSESS"), ("normal_pct", "NOTHING_TO_ASSESS")],
            id="vitality and shape of none",
        ),
        pytest.param(
            IN_PELLET, {"volume_ml": 0}, [("volume_ml", "SPERM_WITHOUT_VOLUME")], id="no volume",
        ),
        pytest.param(
            NORMAL, {"concentration": "1000", "volume_ml": "5.1"},
            [("concentration", "OUT_OF_RANGE")], id="more than 5000 million",
        ),
        pytest.param(
            NORMAL, {"status": "final", "technologist": "J. Amsel"},
            [("verified_by", "SECOND_PERSON_NEEDED")], id="final by nobody else",
        ),
        pytest.param(
            NORMAL, {"status": "final", "technologist": "J. Amsel", "verified_by": "J. Amsel"},
            [("verified_by", "SECOND_PERSON_NEEDED")], id="final by the same person",
        ),
        pytest.param(
            NORMAL, {"status": "final", "technologist": "J. Amsel", "verified_by": "R. Ito"}, [],
            id="final by two",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_together(base, changes, expected):
    assert codes(errors_of(check_sheet(sheet(base, **changes)))) == expected


def test_a_sample_is_not_collected_in_the_future():
    problems = check_sheet(sheet(NORMAL), now=COLLECTED - SECOND)

    assert codes(problems) == [("collected_at", "COLLECTED_IN_FUTURE")]


COUNTED = {"count_pairs": [(200, 240)], "dilution": 20, "squares": 25}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"concentration": "44"}, [], id="the same"),
        pytest.param({"concentration": "46.2"}, [], id="5 % more"),
        pytest.param({"concentration": "46.21"}, ["CONCENTRATION_DIFFERS"], id="over 5 % more"),
        pytest.param({"concentration": "41.8"}, [], id="5 % less"),
        pytest.param({"concentration": "41.79"}, ["CONCENTRATION_DIFFERS"], id="over 5 % less"),
        pytest.param({"concentration": "<0.056"}, ["CONCENTRATION_DIFFERS"], id="another bound"),
        pytest.param({"concentration": ">40"}, [], id="a bound that allows it"),
        pytest.param({"dilution": 3}, ["CHAMBER_IMPOSSIBLE"], id="no such dilution"),
        pytest.param({"count_pairs": [(5001, 200)]}, ["OUT_OF_RANGE"], id="count too large"),
        pytest.param({"count_pairs": [(200, 200)] * 4}, ["TOO_MANY_PAIRS"], id="four pairs"),
    ],
)
def test_the_entered_concentration_is_the_counted_one(changes, expected):
    problems = check_sheet(sheet(NORMAL | COUNTED | {"concentration": None}, **changes))

    assert [problem.code for problem in errors_of(problems)] == expected


def test_counts_alone_give_the_concentration():
    derived = assess(sheet(NORMAL | COUNTED, concentration=None)).derived

    assert derived.concentration == Quantity(Decimal(44), "10*6/mL")
    assert derived.total_sperm_m.value == 132


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"vitality_pct": 63}, [], id="as many live as move"),
        pytest.param({"vitality_pct": 62}, ["VITALITY_BELOW_MOTILITY"], id="one fewer"),
        pytest.param({"vitality_pct": 53}, ["VITALITY_BELOW_MOTILITY"], id="ten fewer"),
        pytest.param({"vitality_pct": 52}, ["VITALITY_FAR_BELOW_MOTILITY"], id="eleven fewer"),
        pytest.param(
            {"vitality_pct": None, "pr": 31, "np": 8, "im": 61}, ["VITALITY_NEEDED"], id="39 move"
        ),
        pytest.param({"vitality_pct": None, "pr": 31, "np": 9, "im": 60}, [], id="40 move"),
        pytest.param({"place": "home"}, ["COLLECTED_AT_HOME"], id="at home"),
        pytest.param({"method": "electroejaculation"}, ["METHOD_UNUSUAL"], id="method"),
        pytest.param({"complete": "last_lost"}, ["INCOMPLETE_COLLECTION"], id="last lost"),
        pytest.param({"viscosity": "abnormal"}, ["VISCOSITY_ABNORMAL"], id="thread"),
        pytest.param({"appearance": "red_brown"}, ["APPEARANCE_UNUSUAL"], id="colour"),
        pytest.param(
            {"analysis_started_at": COLLECTED + timedelta(minutes=60)}, [], id="after an hour"
        ),
        pytest.param(
            {"analysis_started_at": COLLECTED + timedelta(minutes=60, seconds=1)},
            ["ANALYSIS_LATE"],
            id="after more than an hour",
        ),
    ],
)
def test_what_is_looked_at_again(changes, expected):
    problems = warnings_of(check_sheet(sheet(NORMAL, **changes)))

    assert [problem.code for problem in problems] == expected


LATE = COLLECTED + timedelta(minutes=60, seconds=1)


@pytest.mark.parametrize(
    ("base", "changes", "valid", "reasons"),
    [
        pytest.param(NORMAL, {}, True, [], id="ordinary"),
        pytest.param(IN_PELLET, {}, True, [], id="found in the pellet"),
        pytest.param(NONE_FOUND, {}, True, [], id="none in a proper pellet"),
        pytest.param(
            NORMAL, {"analysis_started_at": COLLECTED + timedelta(minutes=60)}, True, [],
            id="after an hour",
        ),
        pytest.param(
            NORMAL, {"analysis_started_at": LATE}, False, ["ANALYSIS_LATE"], id="too late"
        ),
        pytest.param(
            NORMAL, {"complete": "first_fraction_lost"}, False, ["FIRST_FRACTION_LOST"],
            id="first fraction lost",
        ),
        pytest.param(NORMAL, {"complete": "last_lost"}, True, [], id="last fraction lost"),
        pytest.param(NORMAL, {"abstinence_days": 9}, True, [], id="abstinence too long"),
        pytest.param(
            NONE_FOUND, {"pellet_g": 600}, False, ["PELLET_MISSING"], id="pellet not conclusive"
        ),
        pytest.param(NORMAL, {"status": "preliminary"}, False, ["NOT_FINAL"], id="preliminary"),
        pytest.param(NORMAL, {"status": "corrected"}, True, [], id="corrected"),
        pytest.param(NORMAL, {"collected_at": None}, None, [], id="times unknown"),
        pytest.param(
            NORMAL, {"collected_at": None, "complete": "first_fraction_lost"}, False,
            ["FIRST_FRACTION_LOST"], id="times unknown but decided",
        ),
        pytest.param(WHOLE, {}, None, [], id="nothing looked at"),
        pytest.param(WHOLE, {"volume_ml": 0}, False, ["NO_EJACULATE"], id="no ejaculate"),
    ],
)  # fmt: skip
def test_whether_a_sample_may_count(base, changes, valid, reasons):
    result = assess(sheet(base, **changes))

    assert (result.valid, list(result.invalid_reasons)) == (valid, reasons)


@pytest.mark.parametrize(
    ("changes", "deviations"),
    [
        pytest.param({"abstinence_days": 2}, [], id="two days"),
        pytest.param({"abstinence_days": "1.9"}, ["SEMEN_PREP"], id="less than two days"),
        pytest.param({"abstinence_days": 7}, [], id="seven days"),
        pytest.param({"abstinence_days": "7.1"}, ["SEMEN_PREP"], id="more than seven days"),
        pytest.param({"complete": "spilled"}, ["SEMEN_PREP"], id="spilled"),
        pytest.param({"complete": "last_lost"}, ["SEMEN_PREP"], id="last lost"),
        pytest.param({"complete": "first_fraction_lost"}, ["SEMEN_INVALID"], id="first lost"),
        pytest.param({"analysis_started_at": LATE}, ["SEMEN_INVALID"], id="too late"),
        pytest.param(
            {"analysis_started_at": LATE, "abstinence_days": 1},
            ["SEMEN_INVALID", "SEMEN_PREP"],
            id="both",
        ),
        pytest.param({"status": "preliminary"}, [], id="preliminary is no deviation"),
    ],
)
def test_deviations(changes, deviations):
    assert list(assess(sheet(NORMAL, **changes)).deviations) == deviations


@pytest.mark.parametrize(
    ("values", "key"),
    [
        pytest.param({"colour_of_cap": "red"}, "colour_of_cap", id="no such field"),
        pytest.param({"concentration": "many"}, "concentration", id="no number"),
        pytest.param({"volume_ml": "a cup"}, "volume_ml", id="no decimal"),
        pytest.param({"complete": "mostly"}, "complete", id="no such word"),
    ],
)
def test_a_value_that_fits_no_field_is_refused(values, key):
    with pytest.raises(SheetError) as refused:
        read_sheet(values)

    assert [field for field, _ in refused.value.problems] == [key]


def test_words_and_keys_that_laboratories_use():
    read = read_sheet(
        {"fresh_sperm_seen": "N", "total_motility": 63, "immunobead_igg": 20, "immunobead_iga": 55,
         "ph": ""}
    )  # fmt: skip

    assert (read.fresh_sperm_seen, read.im, read.immunobead, read.ph) == ("none", 37, 55, None)
