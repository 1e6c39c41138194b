"""Is this the same person? Graded, with the reasons, so that a human decides."""

from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from itertools import pairwise

from patients.rules.dates import exchanged, one_slip_apart
from patients.rules.identifiers import same_phone
from patients.rules.names import similar, squeezed


class Likeness(IntEnum):
    """How sure one may be; UNLIKE is a different person until somebody knows better."""

    UNLIKE = 0
    POSSIBLE = 1
    LIKELY = 2
    CERTAIN = 3

    @property
    def word(self) -> str:
        return ("Somebody else", "Possibly him", "Very likely him", "The same man")[self]


@dataclass(frozen=True, slots=True)
class Identity:
    """What is known of who somebody is; an empty word is unknown."""

    given_name: str
    family_name: str
    born_on: date
    record_number: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    likeness: Likeness
    reasons: tuple[str, ...]

    def __bool__(self) -> bool:
        return self.likeness is not Likeness.UNLIKE


def compare(one: Identity, other: Identity) -> Match:
    """How alike two people are, and in what.

    A shared number is CERTAIN (the number is given out once). Name and birth date together
    are LIKELY; a name with a slip in the date, or a way to reach him that two people share,
    is POSSIBLE: brothers share a telephone, and two men a name.
    """
    name, same_name = _name(one, other)
    day, same_day = _birth(one, other)
    reach = _reach(one, other)
    reasons = tuple(reason for reason in (_number(one, other), name, day, *reach) if reason)
    return Match(
        _likeness(bool(_number(one, other)), (bool(name), same_name), (bool(day), same_day), reach),
        reasons,
    )


def _likeness(
    number: bool, name: tuple[bool, bool], day: tuple[bool, bool], reach: tuple[str, ...]
) -> Likeness:
    """`name` and `day` are each (alike, exactly the same)."""
    if number:
        return Likeness.CERTAIN
    if (name[0] and day[1]) or (name[1] and day[0] and reach):
        return Likeness.LIKELY
    if (name[1] and day[0]) or (reach and (name[0] or day[0])) or len(reach) > 1:
        return Likeness.POSSIBLE
    return Likeness.POSSIBLE if reach else Likeness.UNLIKE


def _number(one: Identity, other: Identity) -> str:
    same = one.record_number and one.record_number.lower() == other.record_number.lower()
    return "same record number" if same else ""


def _name(one: Identity, other: Identity) -> tuple[str, bool]:
    """Why the names are alike, and whether they are exactly the same."""
    mine = (squeezed(one.given_name), squeezed(one.family_name))
    his = (squeezed(other.given_name), squeezed(other.family_name))
    if mine == his:
        return "same name", True
    if mine == his[::-1]:
        return "given and family name exchanged", True
    straight = similar(one.given_name, other.given_name) and similar(
        one.family_name, other.family_name
    )
    crossed = similar(one.given_name, other.family_name) and similar(
        one.family_name, other.given_name
    )
    return ("similar name", False) if straight or crossed else ("", False)


def _birth(one: Identity, other: Identity) -> tuple[str, bool]:
    if one.born_on == other.born_on:
        return "same birth date", True
    if exchanged(one.born_on) == other.born_on:
        return "day and month of birth exchanged", True
    if one_slip_apart(one.born_on, other.born_on) or _digits_apart(one.born_on, other.born_on) == 1:
        return "birth date differs in one place", False
    return "", False


def _digits_apart(one: date, other: date) -> int:
    """How many digits differ; two neighbours exchanged are one slip."""
    a, b = f"{one:%Y%m%d}", f"{other:%Y%m%d}"
    apart = [i for i in range(8) if a[i] != b[i]]
    turned = any(apart == [i, j] and (a[i], a[j]) == (b[j], b[i]) for i, j in pairwise(range(8)))
    return 1 if turned else len(apart)


def _reach(one: Identity, other: Identity) -> tuple[str, ...]:
    phone = "same telephone" if same_phone(one.phone, other.phone) else ""
    email = one.email.strip().lower()
    mail = "same e-mail" if email and email == other.email.strip().lower() else ""
    return tuple(reason for reason in (phone, mail) if reason)
