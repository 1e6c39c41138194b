"""Record numbers and telephone numbers: how they are written, and how people type them.

A record number carries no check digit, because it never identifies anybody alone: a
result is filed, and a man checked in, only with a second identifier beside it (domain
reference §6.4).
"""

import re
from typing import Final

WIDTH: Final = 4
LONGEST: Final = 20
TYPED = re.compile(r"([a-z]{0,6})[- ]?(\d{1,9})")
#: Fewer digits than this are more likely a part of something else.
FEWEST_PHONE_DIGITS: Final = 6


def record_number(prefix: str, number: int) -> str:
    """The house's form: HF-0147, and HF-12345 when four digits no longer do."""
    return f"{prefix}-{number:0{WIDTH}d}"


def ours(text: str, prefix: str) -> str | None:
    """The record number meant by "HF-147", "hf0147" or "147"; None when it is none of ours."""
    typed = TYPED.fullmatch(text.strip().lower())
    if typed is None or typed[1] not in {"", prefix.lower()}:
        return None
    return record_number(prefix, int(typed[2]))


def phone_digits(text: str) -> str:
    """The digits somebody would dial, without the zeros or the plus in front."""
    return "".join(c for c in text if c.isascii() and c.isdecimal()).lstrip("0")


def same_phone(one: str, other: str) -> bool:
    """Equal but for a country code on one of them."""
    a, b = phone_digits(one), phone_digits(other)
    if min(len(a), len(b)) < FEWEST_PHONE_DIGITS:
        return False
    return a == b or (abs(len(a) - len(b)) <= 3 and (a.endswith(b) or b.endswith(a)))
