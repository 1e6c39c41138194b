"""The ring of a programme: one arc for each month, filled as far as he has come."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi, sin

CENTRE, RADIUS = 46.0, 38.0
#: Between two months, in radians.
GAP = 0.075


@dataclass(frozen=True, slots=True)
class Arc:
    """One month: its whole path, and the part that is done ("" when none)."""

    path: str
    done: str
    now: bool


@dataclass(frozen=True, slots=True)
class Ring:
    """What templates/portal/_ring.svg.html draws."""

    words: str
    head: str
    sub: str
    arcs: tuple[Arc, ...]


def ring(*, cycles: int, cycle_days: int, day: int | None, over: bool = False) -> Ring:
    """Month k of n on that day of treatment; before it nothing is filled, after it everything."""
    days = cycles * cycle_days
    if over:
        arcs = tuple(arc(n, cycles, 1.0) for n in range(cycles))
        return Ring("All months are done.", "✓", "done", arcs)
    if day is None or day < 1:
        arcs = tuple(arc(n, cycles, 0.0) for n in range(cycles))
        return Ring("Not begun yet.", "–", f"of {cycles}", arcs)
    month = min(cycles, -(-day // cycle_days))
    shares = [min(1.0, max(0.0, day / cycle_days - n)) for n in range(cycles)]
    return Ring(
        words=f"Month {month} of {cycles}. Day {min(day, days)} of {days}.",
        head=str(month),
        sub=f"of {cycles}",
        arcs=tuple(arc(n, cycles, share, now=n + 1 == month) for n, share in enumerate(shares)),
    )


def arc(number: int, of: int, share: float, *, now: bool = False) -> Arc:
    whole = 2 * pi / of
    start = number * whole + GAP / 2
    reach = whole - GAP
    return Arc(
        path=swept(start, start + reach),
        done=swept(start, start + reach * share) if share else "",
        now=now,
    )


def swept(start: float, end: float) -> str:
    """Clockwise from the top."""
    (x0, y0), (x1, y1) = point(start), point(end)
    return f"M{x0:.2f} {y0:.2f}A{RADIUS:g} {RADIUS:g} 0 0 1 {x1:.2f} {y1:.2f}"


def point(angle: float) -> tuple[float, float]:
    return CENTRE + RADIUS * sin(angle), CENTRE - RADIUS * cos(angle)
