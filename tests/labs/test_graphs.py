from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from clinic.graphs import convert
from labs.graphs import (
    Band,
    Point,
    Sample,
    Threshold,
    band_of,
    points_of,
    samples_of,
    sperm_log,
    trend,
)
from labs.graphs.vega import THEMES, number_words, spaced
from labs.models import Analyte, Result, SemenAnalysis

PACIFIC = ZoneInfo("America/Los_Angeles")
MARCH, JULY, AUGUST = date(2026, 3, 24), date(2026, 7, 21), date(2026, 8, 4)
NONE = Sample(MARCH, 0, 7, seen=False, motile=False, valid=True)
RING = Sample(JULY, 42, 80, seen=True, motile=False, valid=True)
FULL = Sample(AUGUST, 50, 90, seen=True, motile=True, valid=True)
VOID = Sample(JULY, 0, 6, seen=False, motile=False, valid=False)
LIPIDS = [
    Point(MARCH, 118, "118"),
    Point(JULY, 250, "< 250", "<"),
    Point(AUGUST, 612, "612", "", 3),
]


def result(value, unit="mg/dL", comparator="", range_text="<150"):
    return Result(
        analyte=Analyte(key="triglycerides"),
        value=Decimal(value),
        reported=f"{comparator}{value}",
        comparator=comparator,
        unit=unit,
        range_text=range_text,
        collected_at=datetime(2026, 8, 5, 5, 0, tzinfo=UTC),
    )


def rows(specification):
    """The marks of the points: the layer whose shape is a field."""
    layer = next(layer for layer in specification["layer"] if "shape" in layer.get("encoding", {}))
    return layer["data"]["values"]


def words(specification):
    return {
        row[layer["encoding"]["text"]["field"]]
        for layer in specification["layer"]
        if "text" in layer["encoding"]
        for row in layer["data"]["values"]
    }


@pytest.mark.parametrize(
    ("sample", "kind", "height", "label"),
    [
        pytest.param(NONE, "down", 7, "< 7", id="none seen hangs at the detection limit"),
        pytest.param(RING, "ring", 42, "42", id="seen, none motile"),
        pytest.param(FULL, "full", 50, "50", id="motile"),
        pytest.param(VOID, "void", 6, "not valid", id="not valid"),
        pytest.param(
            Sample(MARCH, 0, None, seen=False, motile=False, valid=True),
            "down", 1, "none seen", id="none seen, limit unknown",
        ),
        pytest.param(
            Sample(MARCH, None, None, seen=None, motile=None, valid=None),
            "void", 1, "not valid", id="nobody can tell",
        ),
        pytest.param(
            Sample(MARCH, 42.1e6, None, seen=True, motile=True, valid=True),
            "full", 42.1e6, "42.1 M", id="counted in the chamber",
        ),
    ],
)  # fmt: skip
def test_a_sample_has_one_mark_at_one_height(sample, kind, height, label):
    assert (sample.kind, sample.height, sample.label) == (kind, height, label)


def test_the_log_graph_says_everything_it_shows():
    drawn = sperm_log([NONE, VOID, RING, FULL])

    assert drawn["description"] == (
        "Sperm per millilitre, log scale: 24 Mar 2026 none seen, < 7 per mL; "
        "21 Jul 2026 not valid; 21 Jul 2026 42 per mL, none motile; 4 Aug 2026 50 per mL, motile"
    )
    assert words(drawn) >= {
        "Reference 16–208 M/mL, WHO 6th ed., 5th–95th centile",
        "100 000/mL, usual practice limit for cryptozoospermia",
        "50, motile",
    }


def test_only_sperm_that_were_seen_are_joined_by_the_line():
    layers = sperm_log([NONE, VOID, RING, FULL])["layer"]
    line = next(x for x in layers if x["mark"]["type"] == "line")

    assert [row["value"] for row in line["data"]["values"]] == [42, 50]


def test_a_value_behind_a_comparator_hangs_and_is_not_joined():
    drawn = trend("Triglycerides", LIPIDS, unit="mg/dL", band=Band(None, 150, "in range"))

    line = next(x for x in drawn["layer"] if x["mark"]["type"] == "line")
    assert [row["value"] for row in line["data"]["values"]] == [118, 612]
    assert [row["shape"] == "circle" for row in rows(drawn)] == [True, False, True]


def test_a_grade_of_three_is_drawn_in_the_colour_of_danger():
    drawn = trend("Triglycerides", LIPIDS, unit="mg/dL", theme="light")

    assert [row["stroke"] for row in rows(drawn)] == [
        THEMES["light"]["ink"], THEMES["light"]["ink"], THEMES["light"]["critical"],
    ]  # fmt: skip


def test_a_far_limit_does_not_flatten_the_line():
    limits = [Threshold(500, "reduce", "warning"), Threshold(5000, "stop", "critical")]

    drawn = trend("Triglycerides", LIPIDS, unit="mg/dL", thresholds=limits)

    assert "reduce" in words(drawn)
    assert "stop" not in words(drawn)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(7.4, "7.4"), (7.0, "7"), (42, "42"), (10_000, "10 000"), (1.25e6, "1.25 M"), (None, "")],
)
def test_numbers_over_dots_are_short(value, shown):
    assert number_words(value) == shown


def test_labels_below_the_axis_keep_apart_and_the_last_day_has_one():
    assert spaced([0, 1, 50, 99, 100], most=4) == [1, 50, 100]
    assert spaced([]) == []


def test_the_same_day_is_told_on_the_clinic_s_clock():
    assert points_of([result("612")], PACIFIC)[0].on == date(2026, 8, 4)


def test_another_unit_is_converted_for_display():
    point = points_of([result("5.68", "mmol/L")], PACIFIC)[0]

    assert (point.value, point.label) == (pytest.approx(503.08, abs=0.01), "503")
    assert band_of([result("5.68", "mmol/L", range_text="<1.70")]).high == pytest.approx(150.569)


def test_words_that_are_no_range_draw_no_band():
    assert band_of([result("612", range_text="see comment")]) is None


def test_samples_come_from_the_columns_of_the_sheet():
    row = SemenAnalysis(
        collected_at=datetime(2026, 8, 4, 15, 0, tzinfo=UTC), estimate_per_ml=Decimal("50.00"),
        detection_limit_per_ml=Decimal("90.10"), sperm_seen=True, motile_seen=True, valid=True,
    )  # fmt: skip

    assert samples_of([row], PACIFIC) == [Sample(AUGUST, 50.0, 90.1, True, True, True)]


@pytest.mark.parametrize("theme", THEMES)
def test_both_graphs_are_drawn_without_a_style_the_policy_would_refuse(theme):
    for drawn in (
        sperm_log([NONE, VOID, RING, FULL], theme=theme),
        trend("Triglycerides", LIPIDS, unit="mg/dL", band=Band(None, 150, "x"), theme=theme),
        trend("Triglycerides", [], unit="mg/dL", theme=theme),
        sperm_log([], theme=theme),
    ):
        svg = convert(drawn)
        assert svg.startswith("<svg")
        assert "style=" not in svg
        assert "<style" not in svg
