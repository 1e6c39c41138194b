"""Our numbers for what is asked for and what is taken: R and S, year, number, check digit.

The check digit finds every digit that was misread and every two that changed places.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from labs.rules.storage_numbers import check_digit, scanned

NUMBER = re.compile(r"([RS])(\d{2})(\d{5,9})(\d)", re.ASCII)


class Numbered(StrEnum):
    ORDER = "R"
    SPECIMEN = "S"


class NumberError(ValueError):
    """What was typed or scanned is none of our numbers; says why."""


@dataclass(frozen=True, slots=True)
class Meant:
    """What a number stands for: the row of that key, of that year."""

    kind: Numbered
    year: int
    key: int


def order_number(year: int, key: int) -> str:
    """The number of an order, such as R26000428."""
    return _number(Numbered.ORDER, year, key)


def specimen_number(year: int, key: int) -> str:
    """The number of a specimen, such as S26000428: what a laboratory sends back with results."""
    return _number(Numbered.SPECIMEN, year, key)


def _number(kind: Numbered, year: int, key: int) -> str:
    digits = f"{year % 100:02d}{key:05d}"
    return f"{kind.value}{digits}{check_digit(digits)}"


def number_meant(text: str) -> Meant:
    """What somebody typed or scanned, with spaces and hyphens or without, checked."""
    found = NUMBER.fullmatch(scanned(text))
    if found is None:
        raise NumberError("A number is R or S and digits, such as S26000428. Scan it again.")
    if check_digit(found[2] + found[3]) != found[4]:
        raise NumberError(
            "The check digit does not fit: scan it again, or read it aloud digit by digit."
        )
    return Meant(Numbered(found[1]), int(found[2]), int(found[3]))
