"""Days and instants in tables; day and month are never told apart by guessing."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from clinic.tables.cells import Cell

YEARS = (1900, 2200)
YEAR_FIRST = re.compile(r"([0-9]{4})([-/.]?)([0-9]{2})\2([0-9]{2})")
YEAR_LAST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})")
DAY_WORD_YEAR = re.compile(r"([0-9]{1,2})(?:\.|-|\s)\s*([A-Za-z]{3,9})\.?(?:-|\s|,\s)\s*([0-9]{4})")
WORD_DAY_YEAR = re.compile(r"([A-Za-z]{3,9})\.?\s+([0-9]{1,2}),?\s+([0-9]{4})")
CLOCK = re.compile(
    r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,][0-9]{1,9})?)?\s*([AaPp])?\.?(?:[Mm]\.?)?"
    r"\s*(Z|[+-][0-9]{2}:?[0-9]{2})?"
)
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
NOON = time(12)


class DayOrder(StrEnum):
    """Which comes first where a date ends with its year: 4/7/2026."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"


class DateUnclear(ValueError):  # noqa: N818 -- a sentence for whoever looks at the row
    """The text is no date this file can mean."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What the dates of a file show: one that proves each order, and one that could be two."""

    day_first: str = ""
    month_first: str = ""
    unclear: str = ""

    @property
    def proven(self) -> DayOrder | None:
        """The only order the dates allow; a person still says that it is so."""
        if bool(self.day_first) == bool(self.month_first):
            return None
        return DayOrder.DAY_FIRST if self.day_first else DayOrder.MONTH_FIRST

    @property
    def asked(self) -> bool:
        return bool(self.day_first or self.month_first or self.unclear)

    @property
    def question(self) -> str:
        if self.day_first and self.month_first:
            return (
                f"“{self.day_first}” has the day first and “{self.month_first}” the month. "
                "Rows of the kind you do not choose are refused."
            )
        if found := self.day_first or self.month_first:
            return f"“{found}” allows one of them only; say that it holds for the whole file."
        return (
            f"“{self.unclear}” could be two days: nothing in the file says." if self.asked else ""
        )


def orders_of(texts: Iterable[str]) -> Orders:
    """Look at every date of a file for the order of day and month it uses."""
    day_first = month_first = unclear = ""
    for text in texts:
        match = YEAR_LAST.match(text.strip())
        if match is None:
            continue
        first, second = int(match[1]), int(match[3])
        if first > 12 >= second:
            day_first = day_first or match[0]
        elif second > 12 >= first:
            month_first = month_first or match[0]
        elif first != second:
            unclear = unclear or match[0]
    return Orders(day_first, month_first, unclear)


def day_of(cell: Cell, order: DayOrder | None) -> date | None:
    """The day a cell names, or None where it names nothing; what is unclear is refused."""
    match cell:
        case datetime():
            return cell.date()
        case date():
            return cell
        case None | "":
            return None
        case str():
            found, rest = split_day(cell.strip(), order)
            if rest and CLOCK.fullmatch(rest) is None:
                raise DateUnclear(f"“{cell}” is not a day.")
            return found
        case _:
            raise DateUnclear(f"{cell} is a number, not a day. Write days like 2026-02-12.")


def split_day(text: str, order: DayOrder | None) -> tuple[date, str]:
    """The day a text begins with, and what follows it (a time of day, usually)."""
    for pattern, parts in (
        (YEAR_FIRST, _year_first), (DAY_WORD_YEAR, _day_word), (WORD_DAY_YEAR, _word_day),
        (YEAR_LAST, _year_last),
    ):  # fmt: skip
        match = pattern.match(text)
        if match is not None:
            rest = text[match.end() :]
            if rest[:1].isdigit():
                break
            year, month, day = parts(match, order)
            return _date(text, year, month, day), rest.removeprefix("T").strip(" ,")
    raise DateUnclear(f"“{text}” is not a day. Write it like 2026-02-12, with the year in full.")


def _date(text: str, year: int, month: int, day: int) -> date:
    try:
        found = date(year, month, day)
    except ValueError:
        raise DateUnclear(f"There is no day “{text}”.") from None
    if not YEARS[0] <= year <= YEARS[1]:
        raise DateUnclear(f"The year of “{text}” cannot be.")
    return found


def _year_first(match: re.Match[str], order: DayOrder | None) -> tuple[int, int, int]:
    return int(match[1]), int(match[3]), int(match[4])


def _day_word(match: re.Match[str], order: DayOrder | None) -> tuple[int, int, int]:
    return int(match[3]), _month(match[2]), int(match[1])


def _word_day(match: re.Match[str], order: DayOrder | None) -> tuple[int, int, int]:
    return int(match[3]), _month(match[1]), int(match[2])


def _year_last(match: re.Match[str], order: DayOrder | None) -> tuple[int, int, int]:
    first, second, year = int(match[1]), int(match[3]), int(match[4])
    if order is None and first != second:
        raise DateUnclear(f"“{match[0]}”: nobody has said whether the day or the month is first.")
    return (year, first, second) if order is DayOrder.MONTH_FIRST else (year, second, first)


def _month(word: str) -> int:
    names = [number for number, name in enumerate(MONTHS, 1) if name.startswith(word.lower())]
    if len(names) != 1:
        raise DateUnclear(f"“{word}” is no month.")
    return names[0]


def clock_of(text: str) -> tuple[time, timedelta | None]:
    """A time of day, and how far its clock is from UTC where that is said."""
    match = CLOCK.fullmatch(text.strip())
    if match is None:
        raise DateUnclear(f"“{text}” is not a time of day. Write it like 08:15.")
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if half := (match[4] or "").lower():
        if not 1 <= hour <= 12:
            raise DateUnclear(f"There is no time “{text}”.")
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        return time(hour, minute, second), _offset(match[5])
    except ValueError:
        raise DateUnclear(f"There is no time “{text}”.") from None


def _offset(text: str | None) -> timedelta | None:
    if text is None:
        return None
    if text == "Z":
        return timedelta(0)
    hours, minutes = int(text[1:3]), int(text[-2:])
    if hours > 14 or minutes > 59:
        raise DateUnclear(f"There is no clock “{text}”.")
    return timedelta(hours=hours, minutes=minutes) * (-1 if text[0] == "-" else 1)


def instant_of(
    cell: Cell, clock: Cell, order: DayOrder | None, zone: tzinfo
) -> tuple[datetime | None, bool]:
    """The instant of a day cell and perhaps a clock cell, and whether its time was said.

    Noon stands for a day without a time; the caller says so.
    """
    day = day_of(cell, order)
    if day is None:
        return None, False
    said, offset = _clock_in(cell, clock, order)
    at = said or NOON
    if offset is not None:
        return datetime.combine(day, at, UTC) - offset, True
    return on_the_clock(datetime.combine(day, at), zone), said is not None


def _clock_in(
    cell: Cell, clock: Cell, order: DayOrder | None
) -> tuple[time | None, timedelta | None]:
    match clock:
        case time():
            return clock, None
        case datetime():
            return clock.time(), None
        case str() if clock.strip():
            return clock_of(clock)
    if isinstance(cell, datetime):
        return cell.time(), None
    rest = split_day(cell.strip(), order)[1] if isinstance(cell, str) else ""
    return clock_of(rest) if rest else (None, None)


def on_the_clock(local: datetime, zone: tzinfo) -> datetime:
    """What a clock on the wall of that zone showed, as an instant; an hour it skipped is refused.

    Of an hour that came twice the first is taken.
    """
    found = local.replace(tzinfo=zone).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) != local:
        raise DateUnclear(f"The clocks skipped {local:%H:%M} on {local:%Y-%m-%d}.")
    return found
