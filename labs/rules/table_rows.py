"""Whom a row of a table is about, and when what it says was collected."""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from clinic.tables.cells import Cell, Row, words_of
from labs.rules.reported import Person
from labs.rules.table_columns import Columns
from labs.rules.table_dates import DateUnclear, day_of, instant_of
from labs.rules.table_semen import yes_or_no

EXAMPLE = "EXAMPLE"
"""The record number of the example row in the template; filed by nobody."""

ONLY_THE_DAY = "The file says the day and not the time: noon stands for it."


class RowUnclear(ValueError):  # noqa: N818 -- a sentence for whoever looks at the row
    """Something all values of a row need cannot be read."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How one file is read: its columns, the clock of the site, and when the file came."""

    columns: Columns
    zone: tzinfo
    received_at: datetime

    def text(self, row: Row, meaning: str) -> str:
        return words_of(self.cell(row, meaning)).strip()

    def cell(self, row: Row, meaning: str) -> Cell:
        place = self.columns.place(meaning)
        return row.cells[place] if place is not None and place < len(row.cells) else None


@dataclass(frozen=True, slots=True)
class Kept:
    """What a row says of its collection; `timed` when it says the time and not only the day."""

    specimen: str = ""
    order: str = ""
    collected_at: datetime | None = None
    reported_at: datetime | None = None
    fasting: bool | None = None
    notes: tuple[str, ...] = ()
    timed: bool = False


def misplaced(row: Row, width: int) -> str:
    if any(words_of(cell).strip() for cell in row.cells[width:]):
        return (
            "This row has more cells than the headings: a value may stand under the wrong one. "
            "A number with a comma needs quotation marks where commas separate the columns."
        )
    return ""


def person_of(reading: Reading, row: Row) -> tuple[Person, str]:
    """Whom the row is about, and why it is about nobody where something is missing."""
    number = reading.text(row, "number")
    family, given = reading.text(row, "family_name"), reading.text(row, "given_name")
    if "," in family and not given:
        family, given = (part.strip() for part in family.split(",", 1))
    born, wrong = born_on(reading, row)
    person = Person((number,) if number else (), family, given, born)
    if number.upper().startswith(EXAMPLE):
        return person, "This is the example row of the template. Delete it."
    if wrong:
        return person, wrong
    needed = (("record number", number), ("family name", family), ("date of birth", born))
    lacking = [name for name, said in needed if not said]
    return person, f"The row says no {' and no '.join(lacking)}." if lacking else ""


def born_on(reading: Reading, row: Row) -> tuple[date | None, str]:
    try:
        return day_of(reading.cell(row, "born_on"), reading.columns.days), ""
    except DateUnclear as why:
        return None, f"Date of birth: {why}"


def kept_of(reading: Reading, row: Row) -> Kept:
    days = reading.columns.days
    collected = reading.cell(row, "collected_at")
    at, timed = instant_of(collected, reading.cell(row, "collected_time"), days, reading.zone)
    if at is None:
        raise RowUnclear("The row does not say when it was collected.")
    reported, _ = instant_of(reading.cell(row, "reported_at"), None, days, reading.zone)
    fasting, note = reading.text(row, "fasting"), reading.text(row, "note")
    specimen = reading.text(row, "specimen")
    if len(specimen) > 80:
        raise RowUnclear("A specimen number has at most 80 letters.")
    return Kept(
        specimen=specimen,
        order=reading.text(row, "order"),
        collected_at=at if timed else not_ahead(at, reading),
        reported_at=reported,
        fasting=yes_or_no(fasting) if fasting else None,
        notes=tuple(words for words in (note, "" if timed else ONLY_THE_DAY) if words),
        timed=timed,
    )


def not_ahead(noon: datetime, reading: Reading) -> datetime:
    """Noon of the day the file came in may not have been yet: then the file's own time stands."""
    here = noon.astimezone(reading.zone).date()
    same_day = reading.received_at.astimezone(reading.zone).date() == here
    return min(noon, reading.received_at) if same_day else noon
