"""Results over time as Vega-Lite: pure functions from points to a specification.

Every point carries its own label, limits are words in the picture, and a value that was not found
hangs at its detection limit. `theme` "screen" takes the page's colours, light or dark, by name;
"light" and "dark" write them out, for paper and for pictures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import log10
from typing import Any

Specification = dict[str, Any]

LIGHT = {
    "ink": "#1e1c19", "ink-2": "#575249", "ink-3": "#6b655a", "line": "#e3dccf",
    "line-2": "#cfc6b6", "accent": "#0d5756", "band": "#dfeae3", "surface": "#fffdf9",
    "critical": "#9c2328", "warning": "#7f4f00",
}  # fmt: skip
DARK = {
    "ink": "#efeae1", "ink-2": "#b9b2a5", "ink-3": "#a09889", "line": "#35322c",
    "line-2": "#4a463e", "accent": "#7cc7bf", "band": "#24332c", "surface": "#1f1e1b",
    "critical": "#f29a92", "warning": "#e6b964",
}  # fmt: skip
SCREEN = {name: f"var(--hy-{name})" for name in LIGHT}
THEMES = {"screen": SCREEN, "light": LIGHT, "dark": DARK}

#: A bar with an arrow below it: what the method could not have seen lies under here.
DOWN = "M-1,-1L1,-1M0,-1L0,1.2M-0.6,0.5L0,1.2L0.6,0.5"
UP = "M-1,1L1,1M0,1L0,-1.2M-0.6,-0.5L0,-1.2L0.6,-0.5"
CIRCLE = "circle"

FLOOR_PER_ML, TOP_PER_ML = 1.0, 3e8
BAND_PER_ML = (16e6, 208e6)
CRYPTO_PER_ML = 1e5
"""Domain reference §4.2 (5th and 95th centile, WHO 6th ed.) and §4.5."""

PER_ML_TICKS = {1: "1", 100: "100", 10_000: "10 000", 1_000_000: "1 M", 100_000_000: "100 M"}


@dataclass(frozen=True, slots=True)
class Point:
    """One result on the graph, as it is written there; `comparator` is "", "<" or ">"."""

    on: date
    value: float
    label: str
    comparator: str = ""
    grade: int | None = None


@dataclass(frozen=True, slots=True)
class Threshold:
    """A limit across the graph with its word; `kind` is "", warning or critical."""

    value: float
    words: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """The reference range; a side that is None is open."""

    low: float | None
    high: float | None
    words: str


@dataclass(frozen=True, slots=True)
class Sample:
    """One semen analysis: what was estimated, or how many could have been missed."""

    on: date
    per_ml: float | None
    limit_per_ml: float | None
    seen: bool | None
    motile: bool | None
    valid: bool | None

    @property
    def kind(self) -> str:
        """Which mark it gets: void, full, ring or down."""
        if self.valid is False or self.seen is None:
            return "void"
        if not self.seen:
            return "down"
        return "full" if self.motile else "ring"

    @property
    def height(self) -> float:
        """Where it stands: at its number, else at its detection limit, else on the floor."""
        at = self.per_ml if self.seen and self.per_ml else self.limit_per_ml or self.per_ml
        return min(max(at or FLOOR_PER_ML, FLOOR_PER_ML), TOP_PER_ML)

    @property
    def label(self) -> str:
        if self.kind == "void":
            return "not valid"
        if self.kind == "down":
            return f"< {number_words(self.limit_per_ml)}" if self.limit_per_ml else "none seen"
        return number_words(self.per_ml) if self.per_ml else "seen"


def trend(
    name: str,
    points: Sequence[Point],
    *,
    unit: str,
    band: Band | None = None,
    thresholds: Sequence[Threshold] = (),
    theme: str = "screen",
    size: tuple[int, int] = (560, 150),
) -> Specification:
    """One analyte over time, with its range, its limits and every value written beside its dot."""
    colours = THEMES[theme]
    low, high = domain_of(points, band, thresholds)
    shown = [limit for limit in thresholds if low <= limit.value <= high]
    y = {
        "field": "value", "type": "quantitative", "title": None,
        "scale": {"domain": [low, high], "zero": False, "nice": False},
        "axis": {"tickCount": 4, "grid": True},
    }  # fmt: skip
    layers = [
        *band_layers(band, low, high, colours),
        *(layer for limit in shown for layer in threshold_layers(limit, colours)),
        *point_layers([trend_row(point, colours) for point in points], y, points, colours),
    ]
    return specification(
        f"{name}, {unit}: {said(points)}", layers, [p.on for p in points], colours, size
    )


def sperm_log(
    samples: Sequence[Sample], *, theme: str = "screen", size: tuple[int, int] = (600, 190)
) -> Specification:
    """Sperm per millilitre on a log scale; none seen hangs at the detection limit."""
    colours = THEMES[theme]
    y = {
        "field": "value", "type": "quantitative", "title": None,
        "scale": {"type": "log", "domain": [FLOOR_PER_ML, TOP_PER_ML], "nice": False},
        "axis": {
            "values": list(PER_ML_TICKS), "grid": True,
            "labelExpr": words_expression({str(k): v for k, v in PER_ML_TICKS.items()}),
        },
    }  # fmt: skip
    reference = Band(*BAND_PER_ML, "Reference 16–208 M/mL, WHO 6th ed., 5th–95th centile")
    practice = Threshold(CRYPTO_PER_ML, "100 000/mL, usual practice limit for cryptozoospermia")
    rows = [sample_row(sample, colours) for sample in samples]
    if samples and samples[-1].kind == "full":
        rows[-1] |= {"label": f"{samples[-1].label}, motile", "place": "right"}
    found = [Point(s.on, s.height, s.label) for s in samples if s.kind in {"full", "ring"}]
    layers = [
        *band_layers(reference, FLOOR_PER_ML, TOP_PER_ML, colours, inside=True),
        *threshold_layers(practice, colours, inside=True),
        *point_layers(rows, y, found, colours),
    ]
    words = "; ".join(f"{day_words(s.on)} {sample_words(s)}" for s in samples) or "no samples"
    description = f"Sperm per millilitre, log scale: {words}"
    return specification(description, layers, [s.on for s in samples], colours, size)


def sample_words(sample: Sample) -> str:
    return {
        "void": "not valid",
        "down": f"none seen, {sample.label} per mL" if sample.limit_per_ml else "none seen",
        "ring": f"{sample.label} per mL, none motile",
        "full": f"{sample.label} per mL, motile",
    }[sample.kind]


def said(points: Sequence[Point]) -> str:
    return "; ".join(f"{day_words(p.on)} {p.label}" for p in points) or "no results"


def day_words(on: date) -> str:
    return f"{on.day} {on:%b %Y}"


def number_words(value: float | None) -> str:
    """7, 42, 10 000, 1.2 M: short enough to stand over a dot."""
    if value is None:
        return ""
    if value >= 1e6:
        return f"{value / 1e6:.3g} M"
    digits = max(0, 1 - int(log10(value))) if value and value < 10 else 0
    return f"{value:,.{digits}f}".replace(",", " ").removesuffix(".0")


def domain_of(
    points: Sequence[Point], band: Band | None, thresholds: Sequence[Threshold]
) -> tuple[float, float]:
    """From what was measured and its range, with room; a far limit does not flatten the line."""
    values = [point.value for point in points] or [0.0]
    if band is not None:
        values += [side for side in (band.low, band.high) if side is not None]
    top = max(values)
    values += [limit.value for limit in thresholds if limit.value <= top * 1.15]
    low, high = min(values), max(values)
    room = (high - low or high or 1.0) * 0.14
    return max(0.0, low - room) if low >= 0 else low - room, high + room


def band_layers(
    band: Band | None, low: float, high: float, colours: dict[str, str], *, inside: bool = False
) -> list[Specification]:
    if band is None:
        return []
    bottom = low if band.low is None else max(band.low, low)
    top = high if band.high is None else min(band.high, high)
    said_at = top if inside else (bottom + top) / 2
    row = {"value": bottom, "to": top, "at": said_at, "words": band.words}
    drawn = {"data": {"values": [row]}}
    words = across_words(colours["ink-2"], inside=inside)
    if inside:
        words |= {"baseline": "top", "dy": 5}
    return [
        drawn
        | {
            "mark": {"type": "rect", "color": colours["band"]},
            "encoding": {"y": height_of("value"), "y2": {"field": "to"}},
        },
        drawn | {"mark": words, "encoding": {"y": height_of("at"), "text": {"field": "words"}}},
    ]


def height_of(field: str) -> Specification:
    return {"field": field, "type": "quantitative"}


def threshold_layers(
    limit: Threshold, colours: dict[str, str], *, inside: bool = False
) -> list[Specification]:
    colour = colours[limit.kind] if limit.kind else colours["ink-3"]
    drawn = {"data": {"values": [{"value": limit.value, "words": limit.words}]}}
    y = {"y": {"field": "value", "type": "quantitative"}}
    rule = {"type": "rule", "color": colour, "strokeWidth": 1}
    dashed = {} if limit.kind else {"strokeDash": [3, 3]}
    return [
        drawn | {"mark": rule | dashed, "encoding": y},
        drawn | {"mark": across_words(colour, inside=inside),
                 "encoding": y | {"text": {"field": "words"}}},
    ]  # fmt: skip


def across_words(colour: str, *, inside: bool) -> Specification:
    """Words of a line: inside the field at its left, or beside it at the right."""
    place = (
        {"x": 8, "align": "left", "dy": -6}
        if inside
        else {"x": {"expr": "width"}, "align": "left", "dx": 6}
    )
    return {"type": "text", "color": colour, "fontSize": 11, **place}


def trend_row(point: Point, colours: dict[str, str]) -> Specification:
    grade = point.grade or 0
    colour = "critical" if grade >= 3 else "warning" if grade == 2 else "ink"
    shape = {"<": DOWN, ">": UP}.get(point.comparator[:1], CIRCLE)
    return {
        "day": point.on.toordinal(), "value": point.value, "label": point.label,
        "shape": shape, "fill": colours[colour] if shape == CIRCLE else "transparent",
        "stroke": colours[colour], "size": 40 if shape == CIRCLE else 80, "ink": colours[colour],
        "place": "over",
    }  # fmt: skip


def sample_row(sample: Sample, colours: dict[str, str]) -> Specification:
    kind = sample.kind
    fill = {"full": colours["accent"], "ring": colours["surface"], "void": colours["line-2"]}
    edge = {"full": "accent", "ring": "accent", "void": "ink-3", "down": "ink"}[kind]
    return {
        "day": sample.on.toordinal(), "value": sample.height, "label": sample.label,
        "shape": DOWN if kind == "down" else CIRCLE, "fill": fill.get(kind, "transparent"),
        "stroke": colours[edge], "size": {"full": 120, "ring": 70, "void": 60}.get(kind, 90),
        "ink": colours["accent" if kind == "full" else "ink-2"],
        "place": "left" if kind == "void" else "over",
    }  # fmt: skip


def point_layers(
    rows: list[Specification], y: Specification, joined: Sequence[Point], colours: dict[str, str]
) -> list[Specification]:
    """The line through what is a number, the marks, and the label over each."""
    days = [row["day"] for row in rows]
    x = {
        "field": "day", "type": "quantitative", "title": None,
        "scale": {"domain": [min(days, default=0) - 4, max(days, default=1) + 4], "nice": False},
        "axis": {"values": spaced(days), "labelExpr": day_expression(days), "grid": False},
    }  # fmt: skip
    through = [{"day": p.on.toordinal(), "value": p.value} for p in joined if not p.comparator]
    literal = {
        name: {"field": name, "type": "nominal", "scale": None}
        for name in ("fill", "stroke", "shape")
    } | {"size": {"field": "size", "type": "quantitative", "scale": None}}
    line = {"type": "line", "color": colours["ink-2"], "strokeWidth": 1.4}
    mark = {"type": "point", "strokeWidth": 1.8, "opacity": 1}
    return [
        {"data": {"values": through}, "mark": line, "encoding": {"x": x, "y": y}},
        {"data": {"values": rows}, "mark": mark, "encoding": {"x": x, "y": y, **literal}},
        *(label_layer(rows, place, x, y) for place in PLACES),
    ]


#: Where a label stands: over its mark, or beside it where two would cover each other.
PLACES: dict[str, Specification] = {
    "over": {"dy": -12},
    "left": {"dx": -9, "align": "right"},
    "right": {"dx": 11, "align": "left"},
}


def label_layer(
    rows: list[Specification], place: str, x: Specification, y: Specification
) -> Specification:
    return {
        "data": {"values": [row for row in rows if row["place"] == place]},
        "mark": {"type": "text", "fontSize": 12, "fontWeight": 600, **PLACES[place]},
        "encoding": {
            "x": x,
            "y": y,
            "text": {"field": "label"},
            "color": {"field": "ink", "type": "nominal", "scale": None},
        },
    }


def spaced(days: Sequence[int], most: int = 9) -> list[int]:
    """The days that get a label below the axis: the last one, then those far enough apart."""
    known = sorted(set(days), reverse=True)
    if not known:
        return []
    apart = max((known[0] - known[-1]) / most, 1)
    kept = [known[0]]
    for day in known[1:]:
        if kept[-1] - day >= apart:
            kept.append(day)
    return sorted(kept)


def day_expression(days: Sequence[int]) -> str:
    named = {str(day): short_day(date.fromordinal(day)) for day in days}
    return words_expression(named)


def short_day(on: date) -> str:
    return f"{on.day} {on:%b}"


def words_expression(words: dict[str, str]) -> str:
    """A Vega expression that writes these words at these values."""
    inside = ", ".join(f"'{value}': '{word}'" for value, word in words.items())
    return f"({{{inside}}})[toString(datum.value)]"


def specification(
    description: str,
    layers: list[Specification],
    days: Sequence[date],
    colours: dict[str, str],
    size: tuple[int, int],
) -> Specification:
    """The layers in the house's type and colours; what they show is said in the description."""
    width, height = size
    axis = {
        "domainColor": colours["line-2"], "tickColor": colours["line-2"],
        "gridColor": colours["line"], "labelColor": colours["ink-2"], "labelFontSize": 11,
        "domain": False, "ticks": False, "labelPadding": 6,
    }  # fmt: skip
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": description,
        "width": width,
        "height": height,
        "background": None,
        "padding": 4,
        "layer": layers,
        "config": {"font": "Inter", "view": {"stroke": None}, "axis": axis},
    }
