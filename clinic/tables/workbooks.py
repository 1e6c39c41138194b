"""Workbooks (.xlsx): read row by row, with a limit on everything that could grow without end."""

import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import IO, Any

import openpyxl

from clinic.tables.cells import Cell, Row, Unreadable, as_it_was, words_of

MOST_PARTS = 2000
MOST_MB = {"xl/sharedStrings.xml": 40, "xl/styles.xml": 8, "xl/workbook.xml": 2}
MOST_MB_IN_ALL = 160
MB = 1_000_000
OLD_OFFICE = b"\xd0\xcf\x11\xe0"
CHUNK = 1_000_000
LONGEST_ROW = 8_000_000
MOST_ROW_NUMBER = 100_001

MERGED = re.compile(rb"<(?:\w+:)?mergeCell [^>]*?ref=\"([^\"]{1,30})\"")
TAG = rb"<(?:\w+:)?"
UNCALCULATED = re.compile(
    rb"(?:</(?:\w+:)?f>|" + TAG + rb"f(?: [^>]*)?/>)\s*"
    rb"(?:" + TAG + rb"v ?/>|" + TAG + rb"v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
HIDDEN_ROW = re.compile(rb"<(?:\w+:)?row [^>]*?hidden=\"(?:1|true)\"")
HIDDEN_COLUMN = re.compile(rb"<(?:\w+:)?col [^>]*?hidden=\"(?:1|true)\"")
ROW_NUMBER = re.compile(rb"[<:]row [^>]*?\br=\"([0-9]{1,9})\"")


@dataclass(slots=True)
class Workbook:
    """The one sheet that is read, with what a person should know about the others."""

    raw: bytes
    sheet: str
    notes: list[str] = field(default_factory=list)

    def rows(self, *, most_rows: int, most_columns: int) -> Iterator[Row]:
        """Every row that holds anything; what lies beyond the limits is refused."""
        with _opened(self.raw) as book:
            try:
                yield from _rows(book[self.sheet], most_rows, most_columns)
            except Unreadable:
                raise
            except Exception as why:
                raise Unreadable(DAMAGED) from why


LOOKED_AT = 50
TOO_MANY_ROWS = "This sheet has more than {:,} rows. Send it in several files."
DAMAGED = "This workbook is damaged. Open it in the spreadsheet program and save it anew."


def open_workbook(raw: bytes) -> Workbook:
    """Look at a workbook without reading it; refuse what is none, or too large when unpacked."""
    refuse_other_kinds(raw)
    refuse_bombs(raw)
    with _opened(raw) as book:
        shown = [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]
        hidden = [sheet.title for sheet in book.worksheets if sheet.sheet_state != "visible"]
        filled = [title for title in shown if _holds_anything(book[title])]
        paths = {sheet.title: sheet._worksheet_path for sheet in book.worksheets}
    if not filled:
        raise Unreadable("No visible sheet of this workbook holds anything.")
    if len(filled) > 1:
        names = ", ".join(f"“{title}”" for title in filled[:5])
        raise Unreadable(
            f"{len(filled)} sheets of this workbook hold values: {names}. "
            "Keep the one to read, and send the others as files of their own."
        )
    notes = [f"The hidden sheet “{title}” was not read." for title in hidden[:5]]
    return Workbook(raw, filled[0], notes + _looked_through(raw, paths[filled[0]]))


def refuse_other_kinds(raw: bytes) -> None:
    if raw.startswith(OLD_OFFICE):
        raise Unreadable(
            "This is an old Excel file (.xls), or one with a password. "
            "Save it as .xlsx without a password."
        )


def refuse_bombs(raw: bytes) -> None:
    """No part may unpack to more than it should: asked of the index, before anything is read."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            parts = archive.infolist()
            kind = archive.read("mimetype")[:80] if "mimetype" in archive.namelist() else b""
    except Exception as why:
        raise Unreadable(DAMAGED) from why
    if b"opendocument" in kind:
        raise Unreadable("This is an OpenDocument file. Save it as .xlsx or as CSV.")
    names = {part.filename for part in parts}
    if "xl/workbook.xml" not in names:
        raise Unreadable("This archive is no workbook (.xlsx).")
    large = [part for part in parts if part.file_size > MOST_MB.get(part.filename, 1000) * MB]
    total = sum(part.file_size for part in parts)
    if large or total > MOST_MB_IN_ALL * MB or len(parts) > MOST_PARTS:
        raise Unreadable(
            f"Unpacked, this workbook is larger than {MOST_MB_IN_ALL} MB. Nothing of it was read."
        )


@contextmanager
def _opened(raw: bytes) -> Iterator[Any]:
    """The workbook, open; whatever the library stumbles over is said in one sentence."""
    try:
        book = openpyxl.load_workbook(
            io.BytesIO(raw), read_only=True, data_only=True, keep_links=False
        )
    except Exception as why:
        raise Unreadable(DAMAGED) from why
    try:
        yield book
    finally:
        book.close()


def _holds_anything(sheet: Any) -> bool:
    if not hasattr(sheet, "reset_dimensions"):
        return False  # a sheet that is one chart
    try:
        sheet.reset_dimensions()
        rows = sheet.iter_rows(max_row=LOOKED_AT, max_col=LOOKED_AT, values_only=True)
        return any(value not in (None, "") for row in rows for value in row)
    except Exception as why:
        raise Unreadable(DAMAGED) from why


def _looked_through(raw: bytes, path: str) -> list[str]:
    """What the cells alone do not say: merged cells and formulas without a result are refused."""
    rows = columns = 0
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive, archive.open(path.lstrip("/")) as part:
            for text in _chunks(part):
                refuse_unclear(text)
                if b"hidden=" in text:
                    rows += len(HIDDEN_ROW.findall(text))
                    columns += len(HIDDEN_COLUMN.findall(text))
    except (
        KeyError,
        OSError,
        EOFError,
        zipfile.BadZipFile,
        NotImplementedError,
        ValueError,
    ) as why:
        if isinstance(why, Unreadable):
            raise
        raise Unreadable(DAMAGED) from why
    notes = [f"Hidden rows are read as well: there are {rows}."] if rows else []
    return notes + (["Hidden columns are read as well."] if columns else [])


def refuse_unclear(text: bytes) -> None:
    """One piece of a sheet; plain searches first, because a sheet may have a hundred megabytes."""
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise Unreadable(DAMAGED)
    if b"mergeCell " in text and (merged := MERGED.search(text)):
        raise Unreadable(
            f"The cells {merged[1].decode(errors='replace')} are merged: nobody can "
            "tell whose they are. Undo the merging and save the workbook."
        )
    if (b"<f" in text or b":f" in text) and UNCALCULATED.search(text):
        raise Unreadable(
            "This workbook has formulas without a result. Open it in the spreadsheet "
            "program, save it, and send it again."
        )
    last = ROW_NUMBER.search(text, max(text.rfind(b"<row "), text.rfind(b":row "), 0))
    if last and int(last[1]) > MOST_ROW_NUMBER:
        raise Unreadable(TOO_MANY_ROWS.format(MOST_ROW_NUMBER - 1))


def _chunks(part: IO[bytes]) -> Iterator[bytes]:
    """The part in pieces that end with a row, so that no cell is cut in two."""
    kept = b""
    while piece := part.read(CHUNK):
        text = kept + piece
        end = text.rfind(b"row>") + len(b"row>")
        if end < len(b"row>"):
            if len(text) > LONGEST_ROW:
                raise Unreadable(DAMAGED)
            kept = text
            continue
        kept = text[end:]
        yield text[:end]
    yield kept


def _rows(sheet: Any, most_rows: int, most_columns: int) -> Iterator[Row]:
    width = _width(sheet, most_columns)
    for number, cells in enumerate(sheet.iter_rows(max_col=width + 1), start=1):
        if number > most_rows:
            raise Unreadable(TOO_MANY_ROWS.format(most_rows - 1))
        read = [_cell(cell) for cell in cells]
        while read and read[-1] in (None, ""):
            read.pop()
        if read:
            yield Row(number, tuple(read), "\t".join(words_of(cell) for cell in read))


def _width(sheet: Any, most_columns: int) -> int:
    """How wide the first rows are: what stands one column further on is read, too."""
    sheet.reset_dimensions()
    widest = 1
    for row in sheet.iter_rows(max_row=LOOKED_AT, max_col=most_columns + 1, values_only=True):
        filled = [at for at, value in enumerate(row, start=1) if value not in (None, "")]
        widest = max(widest, *filled[-1:])
    if widest > most_columns:
        raise Unreadable(f"This sheet has more than {most_columns} columns.")
    return widest


def _cell(cell: Any) -> Cell:
    """The value as it was typed: a day without a time is a day, a percentage is what it shows."""
    value = cell.value
    match value:
        case None:
            return None
        case bool():
            return "TRUE" if value else "FALSE"
        case str():
            return as_it_was(value.strip(" \xa0"))
        case int() | float():
            number = Decimal(repr(value))
            return number * 100 if "%" in (cell.number_format or "") else _plain(number)
        case datetime():
            timed = "h" in (cell.number_format or "").lower()
            return value if timed or value.time() != time(0) else value.date()
        case timedelta():
            return str(value)
        case date() | time():
            return value
        case _:
            return str(value)


def _plain(number: Decimal) -> Decimal:
    """12.0 as a workbook keeps it is 12."""
    return number.to_integral_value() if number == number.to_integral_value() else number
