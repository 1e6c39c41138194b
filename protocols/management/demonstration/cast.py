"""Who the synthetic men are and how each fares; the thirty add up to the published table.

Domain reference §1.1: 26 without sperm and 4 with almost none; 11 come to produce motile sperm,
9 of them by month 3; chapped lips 30, irritability 14, an altered cholesterol panel 5, rash 4.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

#: Given name, family name, of the thirty at the first site, in the order of `DAYS`.
NAMES = """Daniel Rourke,Marcus Tran,Peter Vance,Ravi Chandra,Wei Lin,Owen Mills,Bruno Okeke,
Amir Farouk,Tom Nyberg,Sami Barakat,Karl Aalto,Tobias Novak,Gabriel Hart,Elias Morgan,
Ryan Castellan,Aaron Fielding,Joel Pryce,Luca Bianchi,Henrik Dahl,Mateo Alvarez,Jonas Weber,
Kofi Mensah,Stefan Ilic,Noah Bergman,Yusuf Demir,Adam Kowal,Liam Costigan,Pavel Horak,
Isaac Feld,Victor Anand"""

#: Days since the first capsule, today; a man comes today where TODAY says so.
DAYS = [
    88, 61, 60, 92, 119, 155, 50, 52, 31, 29, 211, 63, 108, 160, 180, 91, 121, 109, 112, 199,
    205, 275, 118, 104, 138, 70, 200, 128, 149, 106,
]  # fmt: skip

#: Place in the list → month in which motile sperm are first seen. Nine by month 3.
FIRST_MOTILE = {10: 1, 12: 2, 14: 2, 17: 3, 18: 3, 19: 3, 21: 3, 22: 3, 23: 2, 24: 4, 26: 6}
#: The four whose baseline is cryptozoospermia are all among the eleven.
CRYPTOZOOSPERMIA = {10, 18, 23, 26}
#: Six of the eleven have maturation arrest.
MATURATION_ARREST = {12, 17, 19, 21, 22, 24}
#: Two of the azoospermic men never had a retrieval.
NO_RETRIEVAL = {7, 16}
#: A few that do not move, at month 1: a confirming sample is ordered.
FIRST_SPERM = {7: 1}
#: Two or three points at every visit until today.
EVEN_TEMPERED = {0}
IRRITABLE = {0, 1, 2, 4, 8, 10, 11, 13, 17, 19, 21, 23, 26, 28}
RAISED_LIPIDS = {0, 5, 14, 20, 27}
RASH = {3, 12, 22, 29}


@dataclass(frozen=True, slots=True)
class Man:
    """One synthetic man and what becomes of him."""

    place: int
    given_name: str
    family_name: str
    born_on: date
    days: int
    azoospermia: bool
    first_motile_month: int | None
    first_sperm_month: int | None
    histology: str
    retrieval: bool
    irritable: bool
    raised_lipids: bool
    rash: bool
    weight_kg: float

    @property
    def random(self) -> Random:
        """His own chance, the same every time he is made."""
        return Random(f"halfyear {self.place}")  # noqa: S311 -- synthetic data, not a secret


def thirty(today: date) -> list[Man]:
    """The thirty treated men of the first site."""
    names = [name.strip().split(" ", 1) for name in NAMES.replace("\n", "").split(",")]
    return [man(place, given, family, today) for place, (given, family) in enumerate(names)]


def man(place: int, given: str, family: str, today: date) -> Man:
    chance = Random(f"man {place}")  # noqa: S311 -- synthetic data, not a secret
    arrest = place in MATURATION_ARREST
    return Man(
        place=place,
        given_name=given,
        family_name=family,
        born_on=today - timedelta(days=365 * chance.randint(29, 46) + chance.randint(20, 340)),
        days=DAYS[place] if place < len(DAYS) else 0,
        azoospermia=place not in CRYPTOZOOSPERMIA,
        first_motile_month=FIRST_MOTILE.get(place),
        first_sperm_month=FIRST_SPERM.get(place),
        histology="maturation_arrest" if arrest else chance.choice(["sco", "hypospermatogenesis"]),
        retrieval=place not in NO_RETRIEVAL and place not in CRYPTOZOOSPERMIA,
        irritable=place in IRRITABLE,
        raised_lipids=place in RAISED_LIPIDS,
        rash=place in RASH,
        weight_kg=round(chance.uniform(66, 98), 1),
    )


#: Who comes today, for which month. The story of the day tells what happens.
TODAY = {0: 3, 2: 2, 3: 3, 8: 1, 9: 1, 13: 5, 14: 6, 15: 3, 16: 4, 28: 5}
#: Who comes tomorrow: his blood was drawn elsewhere yesterday.
TOMORROW = {4: 4}
#: Who has not come: past the window with nothing booked (25), past the last possible day (29).
NOT_COME = {25: 2, 29: 3}
#: Windows that close in a few days with nothing booked; the first man was called twice.
CLOSING = {5: 5, 11: 2}
#: Whose follow-up is today.
FOLLOW_UP_TODAY = 10
#: One man's address bounces, so that a message that failed can be seen.
BOUNCES = 6

#: Given name, family name and the state he is in, of the men who are not among the thirty; their
#: places in the cast are counted on from these.
HERE, THERE = 40, 150
OTHERS_HERE = [
    ("James", "Pellew", "SCREENING"),
    ("Simon", "Arkwright", "REFERRED"),
    ("Dario", "Conti", "ELIGIBLE"),
    ("Felix", "Oduya", "CONSENTED"),
    ("Rafael", "Ortega", "SCREEN_FAILED"),
]
OTHERS_THERE = [
    ("Nils", "Halvorsen", "SCREENING"),
    ("Emil", "Sandoval", "ACTIVE"),
    ("Hugo", "Lefevre", "ON_HOLD"),
    ("Patrick", "Doyle", "DISCONTINUED"),
    ("Ivan", "Petrov", "WITHDRAWN_TREATMENT"),
    ("Samuel", "Achebe", "WITHDRAWN_CONSENT"),
    ("Oskar", "Lind", "LOST_TO_FOLLOW_UP"),
    ("Miles", "Cartwright", "COMPLETED_TREATMENT"),
    ("Arthur", "Quill", "DECEASED"),
]
