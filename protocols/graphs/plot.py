"""Small line graphs of one row of the record, as geometry: the same on the screen and on paper.

They are drawn by a template at once, in the page's own colours, light and dark. A value that was
not found hangs at its detection limit with an arrow, never at nought; limits are words in the
picture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import ceil, floor, log10

Place = Callable[[date], float]

LETTER = 5.6
MONTH_LABEL_GAP = 48.0
PER_ML_FLOOR = 1.0


@dataclass(frozen=True, slots=True)
class Point:
    """One value; `kind` is dot, ring, full, down (none seen, at its limit), void or crit."""

    on: date
    value: float
    text: str
    kind: str = "dot"


@dataclass(frozen=True, slots=True)
class Line:
    """A limit drawn across, with its words."""

    value: float
    words: str
    css: str = "d-dash"


@dataclass(frozen=True, slots=True)
class Band:
    """The reference: a side that is None is open."""

    low: float | None
    high: float | None
    words: str


@dataclass(frozen=True, slots=True)
class Frame:
    """How large the drawing is, and the margins around its field."""

    wide: int
    high: int
    left: int
    right: int
    top: int = 14
    bottom: int = 26

    @property
    def base(self) -> int:
        return self.high - self.bottom


LARGE = Frame(640, 196, left=56, right=74)
#: With a strip of the dose between the field and the days.
DOSED = Frame(640, 221, left=56, right=74, bottom=51)
SMALL = Frame(252, 122, left=32, right=48, top=12, bottom=22)


@dataclass(frozen=True, slots=True)
class Mark:
    x: float
    y: float
    kind: str

    @property
    def r(self) -> float:
        return {"full": 6.5, "crit": 4.5, "ring": 4.8, "void": 4.5}.get(self.kind, 2.8)


@dataclass(frozen=True, slots=True)
class Word:
    x: float
    y: float
    text: str
    css: str = ""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days on one dose, under the field; a hold is an empty frame."""

    x: float
    y: float
    wide: float
    high: float
    css: str
    hatched: bool = False


@dataclass(frozen=True, slots=True)
class Dose:
    """What he took from one day on, up to another; `held` when nothing."""

    begins: date
    ends: date
    words: str
    held: bool = False


@dataclass(slots=True)
class Plot:
    """What templates/protocols/record/_plot.svg.html draws."""

    key: str
    frame: Frame
    title: str
    words: str
    rules: list[tuple[float, str]] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    texts: list[Word] = field(default_factory=list)
    stretches: list[Stretch] = field(default_factory=list)
    path: str = ""
    band: tuple[float, float] | None = None
    today_x: float | None = None

    @property
    def field_wide(self) -> int:
        return self.frame.wide - self.frame.left - self.frame.right


@dataclass(frozen=True, slots=True)
class Axis:
    """Values to heights, linear or on decades."""

    low: float
    high: float
    frame: Frame
    decades: bool = False

    def y(self, value: float) -> float:
        low, high, at = self.low, self.high, value
        if self.decades:
            low, high, at = log10(low), log10(high), log10(max(value, self.low))
        share = (min(max(at, low), high) - low) / ((high - low) or 1)
        return round(self.frame.base - share * (self.frame.base - self.frame.top), 1)

    @property
    def ticks(self) -> list[float]:
        if self.decades:
            return [10.0**n for n in range(round(log10(self.low)), round(log10(self.high)) + 1, 2)]
        step = nice_step((self.high - self.low) / 3)
        first = ceil(self.low / step)
        return [n * step for n in range(first, floor(self.high / step) + 1)]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a graph is of, and the limits it is read against."""

    key: str
    title: str
    band: Band | None = None
    lines: tuple[Line, ...] = ()
    decades: bool = False


def plot(
    subject: Subject,
    points: Sequence[Point],
    *,
    frame: Frame = LARGE,
    today: date | None = None,
    doses: Sequence[Dose] = (),
) -> Plot | None:
    """The drawing of a series; None without a point."""
    if not points:
        return None
    axis = axis_of(subject, points, frame)
    drawn = Plot(
        key=subject.key,
        frame=frame,
        title=subject.title,
        words="; ".join(f"{point.on.day} {point.on:%b} {point.text}" for point in points),
    )
    days = (points[0].on, max(points[-1].on, today or points[-1].on))
    place = placer(frame, *days)
    if today is not None and points[-1].on == today:
        drawn.today_x = place(today)
    draw_limits(drawn, subject, axis)
    draw_ticks(drawn, axis, subject)
    draw_points(drawn, points, axis, place)
    draw_days(drawn, points, place, today)
    draw_doses(drawn, doses, days, place)
    return drawn


def draw_doses(drawn: Plot, doses: Sequence[Dose], days: tuple[date, date], place: Place) -> None:
    """Under the field, as far as it reaches: what he took, and when it was held."""
    first, last = days
    y = drawn.frame.base + 11
    shown = [dose for dose in doses if dose.begins < last and dose.ends > first]
    if not shown:
        return
    drawn.texts.append(Word(drawn.frame.left - 7, y + 9, "dose", "t-end"))
    for dose in shown:
        x, end = place(max(dose.begins, first)), place(min(dose.ends, last))
        css = "d-hold d-open" if dose.held else "d-dose"
        wide = round(end - x, 1)
        drawn.stretches.append(Stretch(x, y, wide, 12, css))
        if wide > len(dose.words) * LETTER + 6:
            ink = "t-mid t-warn" if dose.held else "t-mid t-on"
            drawn.texts.append(Word(round(x + wide / 2, 1), y + 10, dose.words, ink))
    drawn.words += "; " + "; ".join(
        f"from {dose.begins.day} {dose.begins:%b} {dose.words}" for dose in shown
    )


def placer(frame: Frame, first_on: date, last_on: date) -> Place:
    """Days to places between the margins; a single day stands in the middle."""
    left, wide = frame.left + 10, frame.wide - frame.left - frame.right - 20

    def x(on: date) -> float:
        days = (last_on - first_on).days
        share = (on - first_on).days / days if days else 0.5
        return round(left + wide * share, 1)

    return x


def axis_of(subject: Subject, points: Sequence[Point], frame: Frame) -> Axis:
    values = [point.value for point in points]
    limits = [line.value for line in subject.lines]
    if subject.band is not None:
        limits += [at for at in (subject.band.low, subject.band.high) if at is not None]
    if subject.decades:
        top = max([*values, *limits, 100.0])
        return Axis(PER_ML_FLOOR, 10.0 ** ceil(log10(top)), frame, decades=True)
    low, high = min([*values, *limits]), max([*values, *limits])
    room = (high - low) * 0.12 or abs(high) * 0.1 or 1.0
    return Axis(max(0.0, low - room) if low >= 0 else low - room, high + room, frame)


def nice_step(rough: float) -> float:
    """1, 2, 5, 10, 20 … : the next above."""
    if rough <= 0:
        return 1.0
    power = 10.0 ** floor(log10(rough))
    return next(power * n for n in (1, 2, 5, 10) if power * n >= rough * 0.999)


def draw_limits(drawn: Plot, subject: Subject, axis: Axis) -> None:
    frame = drawn.frame
    if subject.band is not None:
        top = axis.y(subject.band.high if subject.band.high is not None else axis.high)
        low = axis.y(subject.band.low if subject.band.low is not None else axis.low)
        drawn.band = (top, round(low - top, 1))
        if subject.decades:
            drawn.texts.append(
                Word(frame.left + 8, round((top + low) / 2 + 4, 1), subject.band.words)
            )
        else:
            at = round(min(max((top + low) / 2 + 4, frame.top + 8), frame.base - 3), 1)
            drawn.texts.append(Word(frame.wide - frame.right + 4, at, subject.band.words))
    for line in subject.lines:
        y = axis.y(line.value)
        drawn.rules.append((y, line.css))
        inside = subject.decades
        x = frame.left + 8 if inside else frame.wide - frame.right + 4
        drawn.texts.append(Word(x, round(y - 5 if inside else y + 4, 1), line.words))


def draw_ticks(drawn: Plot, axis: Axis, subject: Subject) -> None:
    """Numbers at the side: the limits where there are some, else round steps."""
    frame = drawn.frame
    marked = [line.value for line in subject.lines] if not subject.decades else []
    if subject.band is not None and not subject.decades:
        marked += [at for at in (subject.band.low, subject.band.high) if at is not None]
    taken: list[float] = []
    for value in [*marked, *axis.ticks]:
        y = axis.y(value)
        if any(abs(y - other) < 12 for other in taken):
            continue
        taken.append(y)
        drawn.texts.append(Word(frame.left - 7, round(y + 4, 1), shortened(value), "t-end"))
        if value not in marked:
            drawn.rules.append((y, "d-grid"))


def draw_points(drawn: Plot, points: Sequence[Point], axis: Axis, place: Place) -> None:
    known = [point for point in points if point.kind not in ("down", "void")]
    if len(known) > 1:
        at = "L".join(f"{place(point.on)} {axis.y(point.value)}" for point in known)
        drawn.path = f"M{at}"
    for point in points:
        x, y = place(point.on), axis.y(point.value)
        said = point is points[-1] or point.kind in ("down", "crit", "void", "ring", "full")
        drawn.marks.append(Mark(x, y, point.kind))
        if said:
            drawn.texts.append(point_words(point, x, y, last=point is points[-1]))


def point_words(point: Point, x: float, y: float, *, last: bool) -> Word:
    """A value's words over it; those of the last stand beside it, where there is room."""
    if point.kind == "void":
        return Word(round(x - 8, 1), round(y + 4, 1), point.text, "t-end t-halo")
    if point.kind == "full" and last:
        return Word(round(x + 11, 1), round(y - 1, 1), f"{point.text}, motile", "t-acc t-halo")
    if point.kind == "full":
        return Word(x, round(max(y - 11, 10), 1), point.text, "t-mid t-acc t-halo")
    if point.kind == "crit":
        return Word(round(x - 9, 1), round(y + 4, 1), point.text, "t-end t-crit t-halo")
    return Word(x, round(max(y - 10, 10), 1), point.text, "t-mid t-ink t-halo")


def draw_days(drawn: Plot, points: Sequence[Point], place: Place, today: date | None) -> None:
    """The days under the graph, the last always, the others where there is room."""
    y = drawn.frame.high - 8
    taken: list[float] = []
    for point in [points[-1], *points[:-1]]:
        x = place(point.on)
        if all(abs(x - other) >= MONTH_LABEL_GAP for other in taken):
            taken.append(x)
            css = "t-mid t-acc" if point.on == today else "t-mid"
            drawn.texts.append(Word(x, y, f"{point.on.day} {point.on:%b}", css))


def shortened(value: float) -> str:
    """1, 100, 10 000, 1 M."""
    if value >= 1_000_000:
        return f"{value / 1_000_000:g} M"
    return f"{value:,.0f}".replace(",", "\N{NO-BREAK SPACE}") if value >= 100 else f"{value:g}"
