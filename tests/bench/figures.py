"""Timing many requests, and printing what came of it."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import zip_longest

Work = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Figures:
    """What so many requests took, each in milliseconds, and how long all of them together."""

    taken_ms: tuple[float, ...]
    seconds: float
    failed: int = 0

    def percentile(self, share: float) -> float:
        """The value below which this share of the requests lies (nearest rank)."""
        ordered = sorted(self.taken_ms)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]

    @property
    def p50(self) -> float:
        return self.percentile(0.5)

    @property
    def p95(self) -> float:
        return self.percentile(0.95)

    @property
    def per_second(self) -> float:
        return len(self.taken_ms) / self.seconds


def timed(work: Sequence[Work]) -> Figures:
    """One after another; each piece of work says whether it was answered as it should be."""
    taken, failed, begun = [], 0, time.perf_counter()
    for piece in work:
        at = time.perf_counter()
        failed += not piece()
        taken.append(1000 * (time.perf_counter() - at))
    return Figures(tuple(taken), time.perf_counter() - begun, failed)


def in_turn(work: Sequence[Work], beside: Sequence[Work]) -> tuple[Figures, Figures]:
    """One of the one, one of the other: what disturbs a moment disturbs both."""
    ones = [(timed([one]), timed([other])) for one, other in zip(work, beside, strict=True)]
    return gathered([one for one, _ in ones]), gathered([other for _, other in ones])


def gathered(parts: Sequence[Figures]) -> Figures:
    return Figures(
        tuple(ms for part in parts for ms in part.taken_ms),
        sum(part.seconds for part in parts),
        sum(part.failed for part in parts),
    )


def at_once(shares: Sequence[Sequence[Work]]) -> Figures:
    """Each share in a thread of its own, all of them at the same time."""
    begun = time.perf_counter()
    with ThreadPoolExecutor(len(shares)) as threads:
        found = list(threads.map(timed, shares))
    seconds = time.perf_counter() - begun
    taken = tuple(ms for figures in found for ms in figures.taken_ms)
    return Figures(taken, seconds, sum(figures.failed for figures in found))


def dealt(work: Sequence[Work], hands: int) -> list[list[Work]]:
    return [list(work[n::hands]) for n in range(hands)]


class Table:
    """Rows of words and figures, printed as Markdown as soon as each is known."""

    def __init__(self, title: str, *heads: str) -> None:
        self.widths = [max(len(heads[0]), 34), *(max(len(head), 8) for head in heads[1:])]
        print(f"\n## {title}\n", flush=True)
        self._print(heads)
        print("|" + "|".join("-" * (w + 1) + (":" if n else "-")
                             for n, w in enumerate(self.widths)) + "|")  # fmt: skip

    def row(self, name: str, *cells: object) -> None:
        self._print([name, *(shown(cell) for cell in cells)])

    def _print(self, cells: Sequence[str]) -> None:
        padded = [
            cell.rjust(width) if n else cell.ljust(width)
            for n, (cell, width) in enumerate(zip_longest(cells, self.widths, fillvalue=""))
        ]
        print(f"| {' | '.join(padded)} |", flush=True)


def shown(cell: object) -> str:
    """As few digits as say something."""
    if not isinstance(cell, float):
        return str(cell)
    if cell >= 100:
        return f"{cell:,.0f}"
    return f"{cell:.1f}" if cell >= 10 else f"{cell:.2f}"
