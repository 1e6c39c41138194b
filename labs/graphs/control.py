"""A Levey-Jennings graph: z-scores in the order of time, between lines at 1, 2 and 3 SD."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from labs.graphs.vega import (
    CIRCLE,
    DOWN,
    THEMES,
    UP,
    Specification,
    day_words,
    short_day,
    spaced,
    specification,
    words_expression,
)

TOP = 4.0
LINES = {0: "", 1: "ink-3", -1: "ink-3", 2: "warning", -2: "warning", 3: "critical", -3: "critical"}
MOST_DAYS = 6


@dataclass(frozen=True, slots=True)
class Control:
    """One reading: how many SD from what it should be, what was read, what it breaks."""

    on: date
    z: float
    shown: str
    breaks: str = ""
    rejected: bool = False

    @property
    def height(self) -> float:
        return min(max(self.z, -TOP), TOP)

    @property
    def words(self) -> str:
        tail = f", breaks {self.breaks}" if self.breaks else ""
        return f"{day_words(self.on)} {self.z:+.1f} SD ({self.shown}){tail}"


def levey_jennings(
    title: str,
    readings: Sequence[Control],
    *,
    theme: str = "screen",
    size: tuple[int, int] = (410, 170),
) -> Specification:
    """Readings one after the other; beyond four SD a point hangs at the edge with an arrow."""
    colours = THEMES[theme]
    rows = [row_of(at, reading, colours) for at, reading in enumerate(readings)]
    described = "; ".join(reading.words for reading in readings) or "no readings"
    return specification(
        f"{title}, in standard deviations: {described}",
        [*line_layers(colours), *point_layers(rows, readings, colours)],
        [],
        colours,
        size,
    )


def row_of(at: int, reading: Control, colours: dict[str, str]) -> Specification:
    kind = "critical" if reading.rejected else "warning" if reading.breaks else "ink"
    beyond = abs(reading.z) > TOP
    shape = (DOWN if reading.z < 0 else UP) if beyond else CIRCLE
    return {
        "at": at, "value": reading.height, "label": reading.breaks,
        "shape": shape, "stroke": colours[kind],
        "fill": "transparent" if beyond else colours[kind], "size": 90 if beyond else 45,
        "ink": colours[kind],
    }  # fmt: skip


def line_layers(colours: dict[str, str]) -> list[Specification]:
    layers = []
    for at, name in LINES.items():
        data = {"values": [{"value": at}]}
        y = {"y": {"field": "value", "type": "quantitative"}}
        dashed = {"strokeDash": [3, 3]} if abs(at) in (1, 2) else {}
        rule = {"type": "rule", "color": colours[name or "ink-2"], "strokeWidth": 1, **dashed}
        layers.append({"data": data, "mark": rule, "encoding": y})
    return layers


def point_layers(
    rows: list[Specification], readings: Sequence[Control], colours: dict[str, str]
) -> list[Specification]:
    places = list(range(len(readings)))
    labelled = spaced(places, MOST_DAYS)
    x = {
        "field": "at", "type": "quantitative", "title": None,
        "scale": {"domain": [-0.6, max(len(rows), 2) - 0.4], "nice": False},
        "axis": {
            "values": labelled, "grid": False,
            "labelExpr": words_expression({str(at): short_day(readings[at].on) for at in labelled})
            if labelled
            else "''",
        },
    }  # fmt: skip
    y = {
        "field": "value", "type": "quantitative", "title": None,
        "scale": {"domain": [-TOP - 0.4, TOP + 0.6], "nice": False},
        "axis": {
            "values": [-3, -2, -1, 0, 1, 2, 3], "grid": False,
            "labelExpr": "(datum.value > 0 ? '+' : '') + datum.value + ' SD'",
        },
    }  # fmt: skip
    literal = {
        name: {"field": name, "type": "nominal", "scale": None}
        for name in ("fill", "stroke", "shape")
    } | {"size": {"field": "size", "type": "quantitative", "scale": None}}
    line = {"type": "line", "color": colours["ink-3"], "strokeWidth": 1}
    mark = {"type": "point", "strokeWidth": 1.6, "opacity": 1}
    words = {"type": "text", "fontSize": 11, "fontWeight": 600, "dy": -11}
    ink = {"field": "ink", "type": "nominal", "scale": None}
    return [
        {"data": {"values": rows}, "mark": line, "encoding": {"x": x, "y": y}},
        {"data": {"values": rows}, "mark": mark, "encoding": {"x": x, "y": y, **literal}},
        {
            "data": {"values": [row for row in rows if row["label"]]},
            "mark": words,
            "encoding": {"x": x, "y": y, "text": {"field": "label"}, "color": ink},
        },
    ]
