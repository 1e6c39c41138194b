"""Workbooks for the tests: as a spreadsheet writes them, and as it never would."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl

EDIT = Callable[[Any], None]


def workbook(*rows: list[Any], edit: EDIT | None = None) -> bytes:
    """A workbook with these rows on its first sheet, changed by `edit` before it is saved."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if edit:
        edit(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def rewritten(raw: bytes, path: str, change: Callable[[bytes], bytes]) -> bytes:
    """The same workbook with one of its parts changed by hand."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w", 8) as new:
        for part in old.infolist():
            content = old.read(part.filename)
            new.writestr(part.filename, change(content) if part.filename == path else content)
    return out.getvalue()
