"""What somebody means who types into the search: words, a birth date, a number."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from patients.rules.dates import birth_dates
from patients.rules.identifiers import FEWEST_PHONE_DIGITS, ours, phone_digits
from patients.rules.names import folded

#: An index of letter triples finds fragments of at least this many letters.
FRAGMENT: Final = 3
LONGEST: Final = 80
MOST_WORDS: Final = 6
PHONE_SIGNS: Final = set("0123456789+-()./ ")


@dataclass(frozen=True, slots=True)
class Sought:
    """Everything here must hold of a man who is found.

    `fragments` stand anywhere in what is known of him; `beginnings` begin one of his words;
    `starts` and `number` are for a text too short for the index: the beginning of the name
    he is sorted by, or his whole record number.
    """

    born_on: tuple[date, ...] = ()
    fragments: tuple[str, ...] = ()
    beginnings: tuple[str, ...] = ()
    starts: str = ""
    number: str = ""

    def __bool__(self) -> bool:
        return self != NOTHING


NOTHING: Final = Sought()


def read(text: str, *, prefix: str) -> Sought:
    """Take `text` apart; the date first, then a telephone number, then words."""
    days, rest = birth_dates(folded("".join(c for c in text[:LONGEST] if c.isprintable())))
    if _is_phone(rest):
        return Sought(born_on=days, fragments=(phone_digits(rest),))
    words = [_word(word, prefix) for word in rest.replace(",", " ").split()[:MOST_WORDS]]
    # Everybody here has the site's own prefix: it says nothing.
    words = [word for word in words if word != prefix.lower()]
    long = tuple(word for word in words if len(word) >= FRAGMENT)
    short = tuple(word for word in words if len(word) < FRAGMENT)
    if long or days:
        return Sought(born_on=days, fragments=long, beginnings=short)
    if len(short) == 1 and short[0].isdecimal():
        return Sought(number=ours(short[0], prefix) or "")
    return Sought(starts=" ".join(short))


def _is_phone(text: str) -> bool:
    return set(text) <= PHONE_SIGNS and len(phone_digits(text)) >= FEWEST_PHONE_DIGITS


def _word(word: str, prefix: str) -> str:
    """A record number typed without its hyphen or zeros is put into its form."""
    number = ours(word, prefix) if word.startswith(prefix.lower()) else None
    return number.lower() if number else word
