"""What helps while a sheet is typed, at the edges of each table."""

from decimal import Decimal

import pytest

from labs.rules.semen_checks import check_sheet
from labs.rules.semen_hints import dilution_for, hints, limit_notes
from labs.rules.semen_sheet import Edition
from tests.labs.rules.sheets import IN_PELLET, NONE_FOUND, NORMAL, WHOLE, sheet

CHAMBER = WHOLE | {"fresh_sperm_seen": "seen", "dilution": 20, "squares": 25}


def said(key, base=CHAMBER, **changes):
    return hints(sheet(base, **changes)).get(key, ())


@pytest.mark.parametrize(
    ("per_field", "dilution", "semen", "fixative"),
    [
        ("200.1", 50, 50, 2450), ("200", 20, 50, 950), ("40", 20, 50, 950),
        ("39.9", 10, 50, 450), ("16", 10, 50, 450), ("15.9", 5, 50, 200), ("15", 5, 50, 200),
        ("2", 5, 50, 200), ("1.9", 2, 100, 100), ("0", 2, 100, 100),
    ],
)  # fmt: skip
def test_the_wet_preparation_says_how_to_dilute(per_field, dilution, semen, fixative):
    row = dilution_for(Decimal(per_field))

    assert (row.dilution, row.semen_ul, row.fixative_ul) == (dilution, semen, fixative)


@pytest.mark.parametrize(
    ("dilution", "squares", "words"),
    [
        (20, 25, "1 grid at 1:20: sum ÷ 10 is M/mL."),
        (2, 225, "9 grids at 1:2: sum ÷ 900 is M/mL."),
        (50, 5, "5 squares at 1:50: sum ÷ 0.8 is M/mL."),
    ],
)
def test_area_and_dilution_give_the_factor(dilution, squares, words):
    assert said("squares", dilution=dilution, squares=squares) == (words,)


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ([(210, 195)], ["Sum 405, difference 15, allowed 39: the pair is accepted."]),
        ([(220, 181)], ["Sum 401, difference 39, allowed 39: the pair is accepted."]),
        ([(221, 181)], ["Sum 402, difference 40, allowed 39: count a second pair."]),
        (
            [(300, 200), (300, 201)],
            ["Sum 500, difference 100, allowed 43: count a second pair.",
             "Sum 501, difference 99, allowed 43: count a third pair."],
        ),
        (
            [(300, 200)] * 3,
            ["Sum 500, difference 100, allowed 43: count a second pair.",
             "Sum 500, difference 100, allowed 43: count a third pair.",
             "Sum 500, difference 100, allowed 43: the mean of the three is used."],
        ),
        ([(501, 500)], ["Sum 1001: agreement is not assessed above 1000."]),
        ([(500, 500)], ["Sum 1000, difference 0, allowed 61: the pair is accepted."]),
        ([(0, 0)], ["Sum 0: nothing counted."]),
    ],
)  # fmt: skip
def test_each_pair_says_what_to_do_next(pairs, words):
    found = hints(sheet(CHAMBER, count_pairs=pairs))

    assert [found[f"count_b{n}"][0] for n in range(1, len(words) + 1)] == words


def test_an_accepted_pair_ends_the_counting():
    found = hints(sheet(CHAMBER, count_pairs=[(210, 195), (400, 100)]))

    assert "count_b2" not in found


@pytest.mark.parametrize(
    ("g", "minutes", "enough"), [(1000, 15, True), (999, 15, False), (1000, 14, False)]
)
def test_the_pellet_step_says_whether_it_can_show_that_there_is_none(g, minutes, enough):
    (words,) = said("pellet_min", NONE_FOUND, pellet_g=g, pellet_min=minutes)

    assert ("can show that there is none." in words) is enough
    assert ("cannot show" in words) is not enough


def test_none_in_a_tenth_of_the_pellet_of_two_millilitres_is_fewer_than_fifteen():
    assert said("pellet_sperm_n", NONE_FOUND, volume_ml="2.0") == (
        "None seen: fewer than 15\u00a0per mL of semen.",
    )


def test_two_noughts_with_different_parts_searched_read_differently():
    tenth = said("pellet_sperm_n", NONE_FOUND, pellet_fraction_examined="0.1")
    whole = said("pellet_sperm_n", NONE_FOUND, pellet_fraction_examined="1")

    assert (tenth, whole) == (
        ("None seen: fewer than 10\u00a0per mL of semen.",),
        ("None seen: fewer than 1.0\u00a0per mL of semen.",),
    )


@pytest.mark.parametrize("missing", ["pellet_fraction_examined", "volume_ml"])
def test_a_nought_of_which_nobody_knows_what_it_missed_says_so(missing):
    (words,) = said("pellet_sperm_n", NONE_FOUND, **{missing: None})

    assert "nobody can say what was missed" in words


def test_sperm_found_are_estimated_and_bounded():
    assert said("pellet_sperm_n", IN_PELLET) == (
        "About 140 in the whole pellet; at most 73\u00a0per mL of semen.",
    )


def test_nothing_seen_fresh_asks_for_the_pellet():
    (words,) = said("pellet_done", WHOLE | {"fresh_sperm_seen": "none"})

    assert "spin all of it at 3000 g for 15 min" in words


def test_the_percentiles_stand_beside_their_values():
    found = hints(sheet(NORMAL))

    assert found["normal_pct"] == ("Normal forms are between the 50th and 75th percentile.",)
    assert found["pr"] == ("Progressive motility is between the 50th and 75th percentile.",)
    assert "In all 198 ×10⁶." in found["concentration"]


def test_a_sheet_of_the_fifth_edition_has_its_limits_and_no_percentile_of_the_sixth():
    found = hints(sheet(NORMAL, edition="5th-2010"))

    assert [key for key, words in found.items() if "percentile" in " ".join(words)] == []
    assert [
        (limit_notes(edition)["volume_ml"], limit_notes(edition)["pr"].partition(";")[0],
         limit_notes(edition)["concentration"].partition(";")[0],
         limit_notes(edition)["vitality_pct"].partition(";")[0], limit_notes(edition)["normal_pct"])
        for edition in (Edition.WHO_6, Edition.WHO_5)
    ] == [
        ("≥ 1.4", "≥ 30", "≥ 16", "≥ 54", "≥ 4"),
        ("≥ 1.5", "≥ 32", "≥ 15", "≥ 58", "≥ 4"),
    ]  # fmt: skip


# Mean 55: chance allows 1.96 x root(2 x 55 x 45 / 200) = 9.75.
@pytest.mark.parametrize(
    ("second", "entered", "found"),
    [
        ("59", "54.5", []),
        ("59.7", "55", []),
        ("59.8", "55", ["REPLICATES_DISAGREE"]),
        ("60", "55", ["REPLICATES_DISAGREE"]),
        ("56", "54", []),
        ("56", "54.1", ["NOT_THE_MEAN"]),
        ("56", "52", []),
        ("56", "51.9", ["NOT_THE_MEAN"]),
    ],
)
def test_two_percentages_agree_and_their_mean_is_entered(second, entered, found):
    changes = {"progressive_a": 50, "progressive_b": second, "motility_n_assessed": 200,
               "pr": entered, "im": None}  # fmt: skip

    problems = check_sheet(sheet(NORMAL, **changes))

    assert [p.code for p in problems if p.code in ("REPLICATES_DISAGREE", "NOT_THE_MEAN")] == found


def test_replicates_that_agree_say_what_chance_allows():
    assert said("progressive_b", NORMAL, progressive_a=52, progressive_b=58) == (
        "They differ by 6; chance allows 6.9 with 400 in each.",
    )


@pytest.mark.parametrize("kind", ["vitality", "normal"])
def test_every_percentage_is_checked_twice(kind):
    value = {"vitality": "vitality_pct", "normal": "normal_pct"}[kind]
    changes = {f"{kind}_a": 10, f"{kind}_b": 40, value: 25}

    problems = check_sheet(sheet(NORMAL, **changes))

    assert (f"{kind}_b", "REPLICATES_DISAGREE") in [(p.field, p.code) for p in problems]
