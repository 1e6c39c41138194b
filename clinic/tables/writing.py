"""Tables as files: one way to write CSV and one to write workbooks, for every export here."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

import openpyxl

from clinic.tables.cells import Cell, harmless, words_of

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
LONGEST = 32_000


def csv_file(rows: Iterable[Sequence[Cell]], *, delimiter: str = ",") -> bytes:
    """A CSV file that every spreadsheet opens with its letters right and nothing run."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    for row in rows:
        writer.writerow([harmless(words_of(cell)).replace("\x00", "") for cell in row])
    return text.getvalue().encode("utf-8-sig", errors="replace")


def workbook(rows: Iterable[Sequence[Cell]], *, title: str) -> bytes:
    """A workbook with one sheet; text is text, whatever it begins with."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    for row in rows:
        sheet.append([_written(cell) for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _written(cell: Cell) -> Cell:
    match cell:
        case str():
            return harmless(UNPRINTABLE.sub("", cell)[:LONGEST])
        case Decimal():
            # A workbook keeps numbers as floats; what would not come back the same goes as text.
            return cell if Decimal(repr(float(cell))) == cell else words_of(cell)
        case datetime():
            return cell.replace(tzinfo=None)
        case _:
            return cell
