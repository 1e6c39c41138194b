"""The bar of a visit's window: where it opens, its ideal day, what is shut, what is offered.

Plain numbers for a small drawing; the template writes the SVG.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

LEFT, RIGHT = 46.0, 391.0


@dataclass(frozen=True, slots=True)
class Stretch:
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    chosen: bool


@dataclass(frozen=True, slots=True)
class WindowBar:
    """One day is one stretch; dots stand in the middle of their day."""

    opens_on: date
    closes_on: date
    ideal_on: date
    ideal_x: float
    today_x: float | None
    shut: tuple[Stretch, ...]
    dots: tuple[Dot, ...]
    offered: tuple[date, ...]

    @property
    def ideal_anchor(self) -> str:
        """Words beside an edge of the drawing stay inside it."""
        if self.ideal_x < 70:
            return ""
        return "t-end" if self.ideal_x > 370 else "t-mid"


def window_bar(
    *,
    opens_on: date,
    closes_on: date,
    ideal_on: date,
    today: date,
    shut: Iterable[date],
    offered: Sequence[date],
    chosen: date | None = None,
) -> WindowBar:
    """Place the days of a window between the left and the right edge."""
    days = (closes_on - opens_on).days + 1
    step = (RIGHT - LEFT) / days

    def middle(day: date) -> float:
        return round(LEFT + step * ((day - opens_on).days + 0.5), 1)

    def inside(day: date) -> bool:
        return opens_on <= day <= closes_on

    shown = sorted({day for day in offered if inside(day)} | ({chosen} if chosen else set()))
    return WindowBar(
        opens_on=opens_on,
        closes_on=closes_on,
        ideal_on=ideal_on,
        ideal_x=middle(ideal_on),
        today_x=middle(today) if inside(today) else None,
        shut=tuple(joined([day for day in sorted(set(shut)) if inside(day)], opens_on, step)),
        dots=tuple(Dot(middle(day), day == chosen) for day in shown if inside(day)),
        offered=tuple(shown),
    )


def joined(days: Sequence[date], first: date, step: float) -> Iterable[Stretch]:
    """Neighbouring days as one stretch."""
    begun: list[date] = []
    for day in days:
        if begun and (day - begun[-1]).days > 1:
            yield stretch(begun, first, step)
            begun = []
        begun.append(day)
    if begun:
        yield stretch(begun, first, step)


def stretch(days: Sequence[date], first: date, step: float) -> Stretch:
    at = (days[0] - first).days
    return Stretch(round(LEFT + at * step, 1), round(len(days) * step, 1))
