"""Where the points, lines and words of a small graph over time stand; the template draws them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

LEFT, RIGHT = 40.0, 332.0
TOP, BOTTOM = 14.0, 128.0
WIDTH, HEIGHT = 456, 150
TICK_GAP = 64.0
VALUE_GAP = 30.0
HEADROOM = 1.12


@dataclass(frozen=True, slots=True)
class Point:
    """One measurement: its day, its number, how it is printed, and a word under it."""

    on: date
    value: float
    shown: str
    tick: str
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Level:
    """A line across at a limit: the number on the left, what it means on the right."""

    at: float
    left: str
    right: str
    kind: str = "d-grid"


@dataclass(frozen=True, slots=True)
class Mark:
    x: str
    y: str
    above: str
    label_y: str
    label: str
    tick: str
    anchor: str
    bad: bool


@dataclass(frozen=True, slots=True)
class Line:
    y: str
    text_y: str
    left: str
    right: str
    kind: str


@dataclass(frozen=True, slots=True)
class Plot:
    """Everything a template needs, as text with one decimal."""

    title: str
    path: str
    marks: Sequence[Mark]
    lines: Sequence[Line]
    start_x: str
    start: str
    normal_y: str
    normal_height: str


def number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def plot(
    title: str,
    points: Sequence[Point],
    levels: Sequence[Level],
    *,
    start_on: date | None = None,
    start: str = "",
    normal_below: float | None = None,
    between: bool = False,
) -> Plot:
    """Lay points over time against levels; `between` writes a level's meaning above its line."""
    first, last = points[0].on.toordinal(), points[-1].on.toordinal()
    ceiling = max([point.value for point in points] + [level.at for level in levels]) * HEADROOM

    def x(day: date) -> float:
        if last == first:
            return (LEFT + RIGHT) / 2
        return LEFT + 12 + (RIGHT - LEFT - 34) * (day.toordinal() - first) / (last - first)

    def y(value: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * value / (ceiling or 1)

    started = start_on is not None and first <= start_on.toordinal() <= last
    return Plot(
        title=title,
        path="L".join(f"{number(x(point.on))} {number(y(point.value))}" for point in points),
        marks=marks(points, [x(p.on) for p in points], [y(p.value) for p in points]),
        lines=[
            Line(
                y=number(y(level.at)),
                text_y=number(y(level.at) + 4 - (11 if between else 0)),
                left=level.left,
                right=level.right,
                kind=level.kind,
            )
            for level in levels
        ],
        start_x=number(x(start_on)) if started and start_on else "",
        start=start,
        normal_y=number(y(normal_below)) if normal_below is not None else "",
        normal_height=number(BOTTOM - y(normal_below)) if normal_below is not None else "",
    )


def marks(points: Sequence[Point], xs: Sequence[float], ys: Sequence[float]) -> list[Mark]:
    """Points with their numbers and days; what would stand on its neighbour is left out."""
    drawn: list[Mark] = []
    tick_at = value_at = -TICK_GAP
    end = len(points) - 1
    for at, (point, x, y) in enumerate(zip(points, xs, ys, strict=True)):
        room = at == end or xs[end] - x >= TICK_GAP
        ticked = room and (at == end or x - tick_at >= TICK_GAP)
        valued = at == end or (x - value_at >= VALUE_GAP and xs[end] - x >= VALUE_GAP)
        tick_at = x if ticked else tick_at
        value_at = x if valued else value_at
        drawn.append(
            Mark(
                x=number(x),
                y=number(y),
                above=number(y - 9),
                label_y=number(BOTTOM + 17),
                label=point.shown if valued else "",
                tick=point.tick if ticked else "",
                anchor="t-mid",
                bad=point.bad,
            )
        )
    return drawn
