"""Text files with a mark between the columns: any usual encoding, mark and end of line."""

import csv
import io
from collections.abc import Iterator
from itertools import islice

from clinic.tables.cells import Row, Unreadable, as_it_was

DELIMITERS = (",", ";", "\t", "|")
BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig", "UTF-8"),
    (b"\xff\xfe\x00\x00", "utf-32", "UTF-32"),
    (b"\x00\x00\xfe\xff", "utf-32", "UTF-32"),
    (b"\xff\xfe", "utf-16", "UTF-16"),
    (b"\xfe\xff", "utf-16", "UTF-16"),
)
WINDOWS = "Windows-1252"
SNIFFED_ROWS = 30
NO_TEXT = "This is no text file. Save it as CSV (UTF-8), or as a workbook (.xlsx)."


def decoded(raw: bytes) -> tuple[str, str]:
    """The text and the name of its encoding; Windows-1252 only where it is no UTF-8."""
    for mark, codec, name in BOMS:
        if raw.startswith(mark):
            return _decoded_as(raw, codec), name
    head = raw[:4000]
    if b"\x00" in head:
        even, odd = head[::2].count(0), head[1::2].count(0)
        if max(even, odd) * 8 < len(head) or min(even, odd) * 10 > max(even, odd):
            raise Unreadable(NO_TEXT)
        return _decoded_as(raw, "utf-16-be" if even > odd else "utf-16-le"), "UTF-16"
    try:
        return raw.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        return _decoded_as(raw, "cp1252"), WINDOWS


def _decoded_as(raw: bytes, codec: str) -> str:
    try:
        return raw.decode(codec)
    except UnicodeDecodeError as why:
        raise Unreadable(
            "The letters of this file cannot be told. Save it as CSV (UTF-8)."
        ) from why


class _Lines:
    """Hands out the lines of a text and remembers those of the record being read."""

    def __init__(self, text: str) -> None:
        self.lines = iter(io.StringIO(text, newline=""))
        self.taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for line in self.lines:
            self.taken.append(line)
            yield line

    def original(self) -> str:
        """Everything since the last call, without the end of its last line."""
        text = "".join(self.taken).removesuffix("\n").removesuffix("\r")
        self.taken.clear()
        return text


def records(text: str, delimiter: str) -> Iterator[Row]:
    """Every record that holds anything; a quotation mark left open is refused with its row."""
    if "\x00" in text:
        raise Unreadable(NO_TEXT)
    lines = _Lines(_without_hint(text)[0])
    reader = csv.reader(iter(lines), delimiter=delimiter, strict=True)
    number = 1 if _without_hint(text)[1] else 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as why:
            raise Unreadable(_says(number, str(why))) from why
        original = lines.original()
        if any(cell.strip() for cell in cells):
            yield Row(number, tuple(as_it_was(cell.strip(" \xa0")) for cell in cells), original)


def _says(number: int, why: str) -> str:
    if "field larger" in why:
        return f"Row {number} holds a cell longer than {csv.field_size_limit():,} letters."
    return f"Row {number}: a quotation mark is opened and not closed, or stands inside a cell."


def _without_hint(text: str) -> tuple[str, str]:
    """The text without the line "sep=;" that spreadsheets write, and the mark it names."""
    line, end, rest = text.partition("\n")
    word = line.strip('\r \ufeff"')
    if end and word.lower().startswith("sep=") and len(word) == 5:
        return rest, word[4]
    return text, ""


def delimiter_of(text: str) -> str:
    """The mark between the columns: the one that cuts most rows into equally many cells."""
    if named := _without_hint(text)[1]:
        return named
    best, delimiter = (0.0, 0), ","
    for candidate in DELIMITERS:
        score = _score(text, candidate)
        if score > best:
            best, delimiter = score, candidate
    return delimiter


def _score(text: str, delimiter: str) -> tuple[float, int]:
    """What share of the first rows has the width of most, and how wide that is."""
    try:
        widths = [len(row.cells) for row in islice(records(text, delimiter), SNIFFED_ROWS)]
    except Unreadable:
        return (0.0, 0)
    if not widths:
        return (0.0, 0)
    common = max(set(widths), key=lambda width: (widths.count(width), width))
    return (0.0, 0) if common < 2 else (widths.count(common) / len(widths), common)
