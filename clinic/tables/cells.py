"""What stands in one cell of a table, and how text is written so that no spreadsheet runs it."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

Cell = str | Decimal | date | datetime | time | None

RUNS = re.compile(r"'*\s*[=+\-@＝＋－＠\t\r\n]")  # Excel runs the wide ones, too
"""Text that a spreadsheet may take for a formula when it opens the file."""


class Unreadable(ValueError):  # noqa: N818 -- a sentence for whoever chose the file
    """The file is no table that can be read; says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row as a person counts them in the file, with the text it came as."""

    number: int
    cells: tuple[Cell, ...]
    original: str


def harmless(text: str) -> str:
    """The text with a mark before it where a spreadsheet would run it; every export uses this."""
    return f"'{text}" if RUNS.match(text) else text


def as_it_was(text: str) -> str:
    """What `harmless` was given: a file we wrote reads back as what it was written from."""
    return text[1:] if text[:1] == "'" and RUNS.match(text[1:]) else text


def words_of(cell: Cell) -> str:
    """The cell as text: days and instants year first, numbers with a point and no exponent."""
    match cell:
        case None:
            return ""
        case str():
            return cell
        case Decimal():
            return f"{cell:f}"
        case datetime():
            return cell.isoformat(sep=" ")
        case _:
            return cell.isoformat()
