"""Birth dates as people write them: 1990-03-12, 12.3.1990, 12/3/90, 12 Mar 1990, March 12, 1990."""

import re
from datetime import date
from typing import Final

MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
        start=1,
    )
}
_MONTH = r"(?P<word>[a-z]{3,9})\.?"
WRITTEN: Final = (
    re.compile(r"(?<!\d)(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})(?!\d)"),
    re.compile(r"(?<!\d)(?P<d>\d{1,2})\.\s?(?P<m>\d{1,2})\.\s?(?P<y>\d{4}|\d{2})(?!\d)"),
    re.compile(r"(?<!\d)(?P<either>\d{1,2})/(?P<other>\d{1,2})/(?P<y>\d{4}|\d{2})(?!\d)"),
    re.compile(rf"(?<!\d)(?P<d>\d{{1,2}})\.?\s?{_MONTH}\s?(?P<y>\d{{4}})(?!\d)"),
    re.compile(rf"(?<![a-z]){_MONTH}\s(?P<d>\d{{1,2}}),?\s(?P<y>\d{{4}})(?!\d)"),
)


def birth_dates(text: str) -> tuple[tuple[date, ...], str]:
    """Every day the date written in `text` can mean, and the text without it.

    A slash leaves open which is the month, and two digits which century: both are meant.
    """
    for pattern in WRITTEN:
        found = pattern.search(text)
        days = _days(found.groupdict()) if found else ()
        if found and days:
            return days, " ".join((text[: found.start()] + " " + text[found.end() :]).split())
    return (), text


def exchanged(day: date) -> date | None:
    """The date with its day and month the other way round, when there is one."""
    try:
        turned = day.replace(month=day.day, day=day.month)
    except ValueError:
        return None
    return turned if turned != day else None


def one_slip_apart(one: date, other: date) -> bool:
    """Alike in two of day, month and year: what a slip of the pen does."""
    return [
        one.year == other.year,
        one.month == other.month,
        one.day == other.day,
    ].count(True) == 2


def _days(parts: dict[str, str | None]) -> tuple[date, ...]:
    year = parts["y"] or ""
    years = [int(year)] if len(year) == 4 else [1900 + int(year), 2000 + int(year)]
    found = []
    for day, month in _day_and_month(parts):
        for y in years:
            try:
                found.append(date(y, month, day))
            except ValueError:
                continue
    return tuple(dict.fromkeys(found))


def _day_and_month(parts: dict[str, str | None]) -> list[tuple[int, int]]:
    if parts.get("either"):
        a, b = int(parts["either"] or 0), int(parts["other"] or 0)
        return [(a, b), (b, a)]
    day = int(parts["d"] or 0)
    if parts.get("word"):
        month = MONTHS.get((parts["word"] or "")[:3], 0)
        return [(day, month)]
    return [(day, int(parts["m"] or 0))]
