"""Who already registered might be the man in front of us."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from patients.models import Patient
from patients.rules.dates import exchanged
from patients.rules.identifiers import FEWEST_PHONE_DIGITS, phone_digits
from patients.rules.matching import Identity, Match, compare
from patients.rules.names import folded

#: More likenesses than this help nobody to decide.
MOST = 8
#: The end of a number is the same with and without the country code.
PHONE_TAIL = 7


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A registered man and in what he is like the one asked about."""

    patient: Patient
    match: Match


def possible_duplicates(
    rows: QuerySet[Patient], who: Identity, *, most: int = MOST
) -> list[Duplicate]:
    """Everybody among `rows` who may be the same person, the likeliest first.

    The database fetches who shares a birth date, a name or a way to reach him, each by an
    index; the rule then compares them one by one.
    """
    found = [
        Duplicate(patient, match)
        for patient in rows.filter(_worth_comparing(who))[: most * 25]
        if (match := compare(who, patient.identity))
    ]
    found.sort(key=lambda duplicate: (-duplicate.match.likeness, duplicate.patient.sort_name))
    return found[:most]


def _worth_comparing(who: Identity) -> Q:
    given, family = folded(who.given_name), folded(who.family_name)
    days = {who.born_on, exchanged(who.born_on)} - {None}
    worth = Q(born_on__in=days) | Q(sort_name__in=[f"{family} {given}", f"{given} {family}"])
    if who.record_number:
        worth |= Q(record_number__in={who.record_number, who.record_number.upper()})
    digits = phone_digits(who.phone)
    if len(digits) >= FEWEST_PHONE_DIGITS:
        worth |= Q(search_text__contains=digits[-PHONE_TAIL:])
    if who.email:
        worth |= Q(search_text__contains=folded(who.email))
    return worth
