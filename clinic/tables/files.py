"""A file somebody chose: which kind of table it is, and its rows."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from clinic.tables.cells import Row, Unreadable
from clinic.tables.delimited import WINDOWS, decoded, delimiter_of, records
from clinic.tables.workbooks import MOST_ROW_NUMBER, OLD_OFFICE, Workbook, open_workbook

MOST_ROWS = MOST_ROW_NUMBER
"""A hundred thousand and the headings."""

MOST_COLUMNS = 200
__all__ = ["MOST_COLUMNS", "MOST_ROWS", "OLD_OFFICE", "ZIP", "TableFile", "open_table"]
CSV, XLSX = "csv", "xlsx"
ZIP = b"PK\x03\x04"
PICTURES_AND_PRINTS = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"{\\rtf")


@dataclass(slots=True)
class TableFile:
    """A table before anybody says what its columns mean; `rows` reads it from the start."""

    kind: str
    text: str = ""
    delimiter: str = ""
    encoding: str = ""
    book: Workbook | None = None
    notes: list[str] = field(default_factory=list)

    def rows(self) -> Iterator[Row]:
        if self.book is not None:
            yield from self.book.rows(most_rows=MOST_ROWS, most_columns=MOST_COLUMNS)
            return
        for count, row in enumerate(records(self.text, self.delimiter), start=1):
            if count > MOST_ROWS:
                raise Unreadable(
                    f"This file has more than {MOST_ROWS - 1:,} rows. Send it in several files."
                )
            if len(row.cells) > MOST_COLUMNS:
                raise Unreadable(f"Row {row.number} has more than {MOST_COLUMNS} columns.")
            yield row


def open_table(raw: bytes, *, delimiter: str = "") -> TableFile:
    """Tell by its content what it is, and look at it; `delimiter` where a person said it."""
    if not raw.strip(b"\x00 \t\r\n"):
        raise Unreadable("This file is empty.")
    if raw.startswith((ZIP, OLD_OFFICE)):
        book = open_workbook(raw)
        return TableFile(XLSX, book=book, notes=book.notes)
    if raw.startswith(PICTURES_AND_PRINTS):
        raise Unreadable(
            "This is a picture or a print, not a table. Send a CSV file or a workbook."
        )
    text, encoding = decoded(raw)
    notes = []
    if encoding == WINDOWS:
        notes.append("The letters were read as Windows-1252: look whether names are right.")
    return TableFile(CSV, text, delimiter or delimiter_of(text), encoding, notes=notes)
