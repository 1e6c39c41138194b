"""What stands at the head of Today: the five numbers, and the sentence that answers the page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.http import urlencode

from protocols.queries.today import Appt, Day
from protocols.queries.worklist import EXPECTED, Worklist

NUMBERS = ("Nobody", "One person", "Two people", "Three people", "Four people", "Five people",
           "Six people", "Seven people", "Eight people", "Nine people")  # fmt: skip
#: What each number of the work counts, for one and for more; a number keeps its unit beside it.
WORK_TILES = (
    ("closing", "window closes in 7\u00a0days, not booked",
     "windows closing in 7\u00a0days, not booked", "warning"),
    ("overdue", "visit overdue, not booked", "visits overdue, not booked", "warning"),
    ("results", "result to review", "results to review", ""),
    ("failed", "message failed", "messages failed", "critical"),
)  # fmt: skip


def tiles(day: Day, work: Worklist, show: str) -> list[dict[str, Any]]:
    """Five numbers, each a filter; the chosen one leads back to the whole."""
    counts, here = work.counts, {"day": day.on.isoformat()}
    made = [
        (EXPECTED, day.arrived, "arrived of expected", "", day.expected),
        *(
            (key, counts[key], one if counts[key] == 1 else more, kind, None)
            for key, one, more, kind in WORK_TILES
        ),
    ]
    return [
        {
            "key": key,
            "number": number,
            "label": label,
            "kind": kind if number else "",
            "of": of,
            "on": show == key,
            "query": urlencode(here | ({} if show == key else {"show": key})),
        }
        for key, number, label, kind, of in made
    ]


def sentence(work: Worklist, now: datetime) -> str:
    """The page's answer: how many cannot wait, and until when."""
    count = work.pressing
    until = "before noon" if now.hour < 12 else "today"
    if not count:
        return "Nobody needs you at once."
    word = NUMBERS[count] if count < len(NUMBERS) else f"{count} people"
    return f"{word} need{'s' if count == 1 else ''} you {until}."


def expected(day: Day) -> list[Appt]:
    """Everybody who is to come, once, by the time of his first appointment."""
    first: dict[int, Appt] = {}
    for appt in sorted(day.appts, key=lambda row: (row.starts_at, row.pk)):
        first.setdefault(appt.person or -appt.pk, appt)
    return sorted(first.values(), key=lambda row: (row.here, row.starts_at))
