"""Numbers in tables: one decimal mark for a whole file, and no number that could be two.

"1,234" is one and a bit to some and a thousand to others. The file decides by its other
numbers; where it does not, a person is asked.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

SIGN = r"(?:<=|>=|<|>|≤|≥|=)?\s*[-−]?"  # also the minus of typesetters
ONE_MARK = re.compile(rf"\s*{SIGN}([0-9]*)([.,])([0-9]+)\s*%?\s*")
MARKED_BOTH = re.compile(rf"\s*{SIGN}[0-9]{{1,3}}(?:([.,'\s])[0-9]{{3}})+([.,])[0-9]+\s*%?\s*")
THOUSANDS = re.compile(rf"\s*{SIGN}[0-9]{{1,3}}(?:([.,'\s])[0-9]{{3}}){{2,}}\s*")
MARKS = {".": "point", ",": "comma"}


class DecimalMark(StrEnum):
    POINT = "point"
    COMMA = "comma"

    @property
    def letter(self) -> str:
        return "." if self is DecimalMark.POINT else ","


class NumberUnclear(ValueError):  # noqa: N818 -- a sentence for whoever looks at the row
    """The text could be two numbers, or none under the mark of this file."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What the numbers of a file show: one that proves each mark, and one that is unclear."""

    point: str = ""
    comma: str = ""
    unclear: str = ""

    @property
    def proven(self) -> DecimalMark | None:
        """The mark every number agrees with; None where none is needed, or two are used."""
        if bool(self.point) == bool(self.comma):
            return None
        return DecimalMark.POINT if self.point else DecimalMark.COMMA

    @property
    def question(self) -> str:
        """Why a person must say which mark it is; nothing where the file says it."""
        if self.point and self.comma:
            return (
                f"“{self.point}” has a decimal point and “{self.comma}” a decimal comma. "
                "Rows of the kind you do not choose are refused."
            )
        if self.unclear and not self.proven:
            return f"“{self.unclear}” could be a thousand or a fraction: nothing in the file says."
        return ""


def marks_of(texts: Iterable[str]) -> Marks:
    """Look at every number of a file for the decimal mark it uses."""
    point = comma = unclear = ""
    for text in texts:
        shown = text.strip()
        match mark_in(shown):
            case DecimalMark.POINT:
                point = point or shown
            case DecimalMark.COMMA:
                comma = comma or shown
            case "unclear":
                unclear = unclear or shown
        if point and comma:
            break
    return Marks(point, comma, unclear)


def mark_in(text: str) -> DecimalMark | str | None:
    """The decimal mark this number proves, "unclear", or None where it needs none."""
    if both := MARKED_BOTH.fullmatch(text):
        grouped, decimal = both.groups()
        return DecimalMark(MARKS[decimal]) if grouped != decimal else None
    one = ONE_MARK.fullmatch(text)
    if one is None:
        return None
    whole, mark, part = one.groups()
    could_be_thousands = len(part) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0")
    return "unclear" if could_be_thousands else DecimalMark(MARKS[mark])


def plain_number(text: str, mark: DecimalMark | None) -> str:
    """The number with a decimal point and without thousands; other words stay as they are.

    `mark` is None for a file in which no number needs one.
    """
    bare = text.strip().replace("−", "-").removeprefix("=").strip()
    if THOUSANDS.fullmatch(bare):
        raise NumberUnclear(f"“{text}” is written with marks for thousands. Write it without.")
    found = mark_in(bare)
    if found is None:
        return bare
    if mark is None:
        raise NumberUnclear(f"“{text}” could be two numbers.")
    if found != "unclear" and found is not mark:
        raise NumberUnclear(
            f"“{text}” does not have the decimal {mark.value} that the file is said to have."
        )
    if found == "unclear" and mark.letter not in bare:
        raise NumberUnclear(
            f"“{text}” could be a thousand or a fraction. Write it without a mark for thousands."
        )
    whole, _, part = bare.rpartition(mark.letter)
    return re.sub(r"[.,'\s](?=[0-9]{3})", "", whole) + "." + part
