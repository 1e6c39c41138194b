"""Bars of a rule's findings by week: what it would have raised beside what was raised then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from protocols.rules.back_test_load import Week

#: So many of the latest weeks are drawn; the numbers beside the drawing count them all.
SHOWN = 26
WIDTH, BOTTOM, TOP, LEFT = 560, 96.0, 14.0, 24.0
WIDEST = 18.0


@dataclass(frozen=True, slots=True)
class Bar:
    css: str
    x: str
    y: str
    wide: str
    high: str
    hatched: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    css: str
    x: str
    y: str
    text: str


@dataclass(frozen=True, slots=True)
class Bars:
    """Everything the template needs; `title` is read out."""

    title: str
    bars: Sequence[Bar]
    labels: Sequence[Label]
    #: How many weeks are drawn, where there were more: the last ones.
    last: int = 0


def bars_of(weeks: Sequence[Week]) -> Bars | None:
    """Two bars a week; None where there is nothing to draw."""
    shown = weeks[-SHOWN:]
    most = max((max(week.would, week.did) for week in shown), default=0)
    if not most:
        return None
    step = (WIDTH - LEFT) / len(shown)
    title = "By week, would have fired and did fire: " + ", ".join(
        f"{week.monday.day} {week.monday:%b} {week.would} and {week.did}" for week in shown
    )
    last = len(shown) if len(weeks) > len(shown) else 0
    return Bars(title, list(drawn(shown, step, most)), list(labels(shown, step, most)), last)


def drawn(weeks: Sequence[Week], step: float, most: int) -> Iterator[Bar]:
    wide = min(max(2.0, step / 2 - 2), WIDEST)
    for number, week in enumerate(weeks):
        for place, (count, css) in enumerate(((week.would, "d-dose"), (week.did, "d-ae"))):
            high = (BOTTOM - TOP) * count / most
            if count:
                x = LEFT + number * step + place * (wide + 1)
                yield Bar(css, f"{x:.1f}", f"{BOTTOM - high:.1f}", f"{wide:.1f}", f"{high:.1f}")


def labels(weeks: Sequence[Week], step: float, most: int) -> Iterator[Label]:
    yield Label("t-end", f"{LEFT - 6:.1f}", f"{TOP + 4:.1f}", str(most))
    yield Label("t-end", f"{LEFT - 6:.1f}", f"{BOTTOM:.1f}", "0")
    for number in sorted({0, len(weeks) // 2, len(weeks) - 1}):
        monday = weeks[number].monday
        anchor = "t-end" if number and number == len(weeks) - 1 else ""
        x = WIDTH - 2 if anchor else LEFT + number * step
        yield Label(anchor, f"{x:.1f}", f"{BOTTOM + 16:.1f}", f"{monday.day} {monday:%b}")
