"""From the bytes of a table to reports, by what a person said its columns mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from clinic.tables import cells, files
from labs.models import Laboratory
from labs.rules.reported import Report, Unreadable
from labs.rules.table_columns import Columns, fingerprint, guessed
from labs.rules.table_dates import Orders, orders_of
from labs.rules.table_numbers import Marks, marks_of
from labs.rules.table_reports import cells_that, reports_from

TOP = 8
"""So many rows at the top may hold something else than the headings."""

LOOKED_AT = 5_000
"""So many rows show how a file writes its numbers and days; a later one that differs is refused."""

NOBODY_SAID = "Nobody has said yet what its columns mean."
NO_ROWS = "There is no row below the headings."


def read(raw: bytes, laboratory: Laboratory, options: Mapping[str, object]) -> list[Report]:
    """The reports of a table; `options` hold its columns and when it was received."""
    columns = options.get("columns")
    if not isinstance(columns, dict):
        raise Unreadable(NOBODY_SAID)
    try:
        return reports_from(
            opened(raw).rows(),
            Columns.from_json(columns),
            zone=ZoneInfo(laboratory.site.time_zone),
            received_at=datetime.fromisoformat(str(options["received_at"])),
        )
    except cells.Unreadable as why:
        raise Unreadable(str(why)) from why


def recognised(raw: bytes) -> str:
    """The format of a file by its content, whatever it is called."""
    head = raw[:2000].lstrip(b"\xef\xbb\xbf\x0b \t\r\n")
    if head.startswith((b"MSH", b"FHS", b"BHS")):
        return "hl7"
    if head.startswith((b"{", b"[")):
        return "fhir"
    if head.startswith(b"<"):
        raise Unreadable("This is XML. FHIR is taken in as JSON, tables as CSV or .xlsx.")
    return "xlsx" if raw.startswith((files.ZIP, files.OLD_OFFICE)) else "csv"


def opened(raw: bytes) -> files.TableFile:
    return files.open_table(raw)


@dataclass(frozen=True, slots=True)
class Sight:
    """What a table shows before anybody says what its columns mean."""

    headings: tuple[str, ...]
    headings_in: int
    rows: list[cells.Row]
    notes: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.headings)

    @property
    def below(self) -> int:
        """How many rows were looked at below the headings; a longer table has more."""
        return sum(row.number > self.headings_in for row in self.rows)

    @property
    def first(self) -> list[tuple[str, ...]]:
        below = (row for row in self.rows if row.number > self.headings_in)
        return [texts(row) for row in islice(below, 3)]

    def questions(self, columns: Columns) -> tuple[Marks, Orders]:
        """What the numbers and the days of these columns show of how they are written."""
        return (
            marks_of(cells_that(self.rows, columns, numeric=True)),
            orders_of(cells_that(self.rows, columns, numeric=False)),
        )


def look_at(raw: bytes) -> Sight:
    """The headings and as many rows as are looked at before; a table without rows is refused."""
    try:
        table = opened(raw)
        rows = list(islice(table.rows(), LOOKED_AT))
    except cells.Unreadable as why:
        raise Unreadable(str(why)) from why
    if not rows:
        raise Unreadable("This file is empty.")
    top = rows[:TOP]
    headings = max(top, key=lambda row: (known_headings(row), -row.number))
    sight = Sight(texts(headings), headings.number, rows, tuple(table.notes))
    if not sight.below:
        raise Unreadable(NO_ROWS)
    return sight


def known_headings(row: cells.Row) -> int:
    """How many cells of a row are headings we know."""
    return len(guessed([text if len(text) < 80 else "" for text in texts(row)]).meanings)


def texts(row: cells.Row) -> tuple[str, ...]:
    return tuple(cells.words_of(cell).strip() for cell in row.cells)
