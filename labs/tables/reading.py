"""From the bytes of a table to reports, by what a person said its columns mean."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
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

LOOKED_AT = 8
"""So many rows at the top may hold something else than the headings."""

ASKED_OF = 5_000
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
    try:
        return opened(raw).kind
    except cells.Unreadable as why:
        raise Unreadable(str(why)) from why


def opened(raw: bytes) -> files.TableFile:
    return files.open_table(raw)


@dataclass(frozen=True, slots=True)
class Sight:
    """What a table shows before anybody says what its columns mean."""

    headings: tuple[str, ...]
    headings_in: int
    rows: int
    first: list[tuple[str, ...]] = field(default_factory=list)
    notes: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.headings)


def look_at(raw: bytes) -> Sight:
    """The headings, the first rows and, up to a limit, how many; one without rows is refused."""
    try:
        table = opened(raw)
        rows = table.rows()
        top = list(islice(rows, LOOKED_AT))
        count = len(top) + sum(1 for _ in islice(rows, ASKED_OF))
    except cells.Unreadable as why:
        raise Unreadable(str(why)) from why
    if not top:
        raise Unreadable("This file is empty.")
    at = max(range(len(top)), key=lambda number: (known_headings(top[number]), -number))
    below = count - at - 1
    if below < 1:
        raise Unreadable(NO_ROWS)
    return Sight(
        headings=texts(top[at]),
        headings_in=top[at].number,
        rows=below,
        first=[texts(row) for row in top[at + 1 : at + 4]],
        notes=tuple(table.notes),
    )


def known_headings(row: cells.Row) -> int:
    """How many cells of a row are headings we know."""
    return len(guessed([text if len(text) < 80 else "" for text in texts(row)]).meanings)


def texts(row: cells.Row) -> tuple[str, ...]:
    return tuple(cells.words_of(cell).strip() for cell in row.cells)


def questions(raw: bytes, columns: Columns) -> tuple[Marks, Orders]:
    """What the numbers and the days of these columns show of how they are written."""
    rows: list[cells.Row] = []
    with suppress(cells.Unreadable):  # said when the rows are judged
        rows.extend(islice(opened(raw).rows(), ASKED_OF))
    return (
        marks_of(cells_that(rows, columns, numeric=True)),
        orders_of(cells_that(rows, columns, numeric=False)),
    )
