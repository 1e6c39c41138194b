"""What lies on the shelf: which lot goes out first, and which must not go out at all (§2.1, §7.3).

Capsules come by the whole; a product of another kind is another product.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from protocols.rules.contradiction import Contradiction

#: More than this in one movement is a slip of the finger.
MOST_AT_ONCE = 100_000


class Expiry(StrEnum):
    FINE = "fine"
    SOON = "soon"
    TOO_SHORT = "too short"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Lot:
    """One lot as it stands; `pk` is the caller's own key."""

    pk: int
    number: str
    formulation: str
    strength_mg: int
    expires_on: date
    on_shelf: int
    recalled: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a prescription asks for on the day it is handed over."""

    capsules: int
    days: int
    formulation: str
    strength_mg: int
    on: date

    @property
    def lasts_until(self) -> date:
        """The day after the last of them is taken: the lot must still be good the day before."""
        return self.on + timedelta(days=self.days)


def expiry(expires_on: date, on: date, *, warn_days: int, supply_days: int) -> Expiry:
    """How near its end a lot is: over, too near for a whole supply, near, or not."""
    if expires_on <= on:
        return Expiry.EXPIRED
    if expires_on < on + timedelta(days=supply_days):
        return Expiry.TOO_SHORT
    if expires_on <= on + timedelta(days=warn_days):
        return Expiry.SOON
    return Expiry.FINE


def against(lot: Lot, wanted: Wanted) -> Iterator[str]:
    """Every reason why this lot cannot go out on this prescription; its kind is asked apart."""
    if lot.recalled:
        yield f"Lot {lot.number} has been recalled: none of it is handed over."
    if lot.strength_mg != wanted.strength_mg:
        yield f"Lot {lot.number} is of {lot.strength_mg} mg; {wanted.strength_mg} mg is prescribed."
    if lot.expires_on <= wanted.on:
        yield f"Lot {lot.number} expired on {day(lot.expires_on)}."
    elif lot.expires_on < wanted.lasts_until:
        yield (
            f"The capsules expire before they would be used up: lot {lot.number} is good until "
            f"{day(lot.expires_on)}."
        )
    if lot.on_shelf < wanted.capsules:
        yield (
            f"There are {lot.on_shelf} capsules of lot {lot.number} on the shelf, and "
            f"{wanted.capsules} are prescribed."
        )


def suitable(lots: Iterable[Lot], wanted: Wanted) -> list[Lot]:
    """The lots that may go out without asking anybody, first expiring first."""
    fit = [
        lot
        for lot in lots
        if lot.formulation == wanted.formulation and not any(against(lot, wanted))
    ]
    return sorted(fit, key=lambda lot: (lot.expires_on, lot.pk))


def counted(capsules: int | None, field: str = "capsules", *, least: int = 1) -> int:
    """A number of capsules as the ledger takes it: whole, and not beyond belief."""
    if isinstance(capsules, bool) or not isinstance(capsules, int):
        raise Contradiction(field, "Whole capsules only: half a capsule is not counted.")
    if capsules < least:
        raise Contradiction(
            field, "Capsules are counted from 0 up." if least == 0 else "At least one capsule."
        )
    if capsules > MOST_AT_ONCE:
        raise Contradiction(field, f"That is more than {MOST_AT_ONCE} capsules at once.")
    return capsules


def day(on: date) -> str:
    return f"{on.day} {on:%b %Y}"
