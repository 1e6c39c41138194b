"""What may be done with a frozen container: its states, what covers it, where it may stand (§4.8).

Facts in, sentences out: an empty sentence is no objection. Nothing here is ever destroyed because
a day has come; a day only asks a person.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Status(StrEnum):
    """Where a container is in its life."""

    STORED = "stored"
    RESERVED = "reserved"
    THAWED = "thawed"
    USED = "used"
    TRANSFERRED = "transferred"
    DISCARDED = "discarded"


class Verb(StrEnum):
    """What two people do with a container."""

    STORE = "store"
    RECEIVE = "receive"
    MOVE = "move"
    RESERVE = "reserve"
    RELEASE = "release"
    THAW = "thaw"
    USE = "use"
    TRANSFER = "transfer"
    DISCARD = "discard"


#: From where each verb leads where. What is not here is refused.
STEPS: Mapping[tuple[Status | None, Verb], Status] = {
    (None, Verb.STORE): Status.STORED,
    (None, Verb.RECEIVE): Status.STORED,
    (Status.STORED, Verb.MOVE): Status.STORED,
    (Status.RESERVED, Verb.MOVE): Status.RESERVED,
    (Status.STORED, Verb.RESERVE): Status.RESERVED,
    (Status.RESERVED, Verb.RELEASE): Status.STORED,
    (Status.STORED, Verb.THAW): Status.THAWED,
    (Status.RESERVED, Verb.THAW): Status.THAWED,
    (Status.THAWED, Verb.USE): Status.USED,
    (Status.STORED, Verb.TRANSFER): Status.TRANSFERRED,
    (Status.RESERVED, Verb.TRANSFER): Status.TRANSFERRED,
    (Status.STORED, Verb.DISCARD): Status.DISCARDED,
    (Status.RESERVED, Verb.DISCARD): Status.DISCARDED,
    (Status.THAWED, Verb.DISCARD): Status.DISCARDED,
}
#: In these it holds a position of a tank; in the others it holds none.
IN_TANK = frozenset({Status.STORED, Status.RESERVED})

_IS: Mapping[Status, str] = {
    Status.STORED: "It is in the tank.",
    Status.RESERVED: "It is reserved already.",
    Status.THAWED: "It has been thawed; what is thawed is not frozen again.",
    Status.USED: "It has been used.",
    Status.TRANSFERRED: "It has left for another clinic.",
    Status.DISCARDED: "It has been discarded.",
}
_ONLY: Mapping[Verb, str] = {
    Verb.RELEASE: "Only what is reserved is released.",
    Verb.USE: "Only what has been thawed is used.",
}


def step(status: Status | None, verb: Verb) -> Status | None:
    """Where the verb leads from here; None where it may not be done."""
    return STEPS.get((status, verb))


def step_refusal(status: Status | None, verb: Verb) -> str:
    """Why the verb may not be done from here, or ""."""
    if (status, verb) in STEPS:
        return ""
    if status is None:
        return "It is not in the books yet."
    if verb in _ONLY:
        return f"{_IS[status]} {_ONLY[verb]}"
    return _IS[status]


def verbs_from(status: Status) -> list[Verb]:
    """What may be done with a container as it is now."""
    return [verb for verb in Verb if (status, verb) in STEPS]


class Cover(StrEnum):
    """Whether his word still stands behind what is stored."""

    COVERED = "covered"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    MISSING = "missing"
    DIED = "died"


class OnDeath(StrEnum):
    """What he has written down for his death."""

    DISCARD = "discard"
    PARTNER = "partner"
    UNDECIDED = "undecided"


#: Days before the end on which he is reminded; the first is also when a task appears [PD].
RENEWAL_DAYS = (90, 30, 7)
#: How long an agreement is offered for, unless another is written down [PD].
USUAL_YEARS = 5


def cover(*, expires_on: date | None, withdrawn: bool, died: bool, today: date) -> Cover:
    """What his agreement is worth today; its last day still counts."""
    if died:
        return Cover.DIED
    if withdrawn:
        return Cover.WITHDRAWN
    if expires_on is None:
        return Cover.MISSING
    if expires_on < today:
        return Cover.EXPIRED
    if (expires_on - today).days <= RENEWAL_DAYS[0]:
        return Cover.EXPIRING
    return Cover.COVERED


_WITHOUT: Mapping[Cover, str] = {
    Cover.EXPIRED: "His agreement to storage has ended.",
    Cover.WITHDRAWN: "He has withdrawn his consent to storage.",
    Cover.MISSING: "There is no agreement to storage on file.",
    Cover.DIED: "He has died.",
}
#: What is asked of his agreement: freezing and using need it whole, sending on only that he lives.
_NEEDS_COVER = frozenset({Verb.STORE, Verb.RECEIVE, Verb.RESERVE, Verb.THAW, Verb.USE})
_WHAT_TO_DO: Mapping[Verb, str] = {
    Verb.STORE: "Ask him, and record it, before anything is stored.",
    Verb.RECEIVE: "Ask him, and record it, before anything is taken in.",
    Verb.RESERVE: "Ask him before anything is reserved.",
    Verb.THAW: "Ask him before anything is thawed.",
    Verb.USE: "Ask him before anything is used.",
}


def cover_refusal(verb: Verb, covered: Cover, on_death: OnDeath = OnDeath.UNDECIDED) -> str:
    """Why his word does not cover the verb, or "". Moving and discarding need no word of this."""
    if covered in (Cover.COVERED, Cover.EXPIRING):
        return ""
    if covered is Cover.DIED:
        return _after_death(verb, on_death)
    if verb in _NEEDS_COVER:
        return f"{_WITHOUT[covered]} {_WHAT_TO_DO[verb]}"
    return ""


def _after_death(verb: Verb, on_death: OnDeath) -> str:
    if verb in (Verb.STORE, Verb.RECEIVE):
        return "He has died: nothing new is stored."
    if verb in _NEEDS_COVER or verb is Verb.TRANSFER:
        if on_death is OnDeath.PARTNER:
            return ""
        return "He has died and left no word that his partner may use it."
    return ""


def task(covered: Cover, days_left: int | None) -> str:
    """What a person is asked to do about what is stored, or "" when nothing is."""
    if covered is Cover.EXPIRING and days_left is not None:
        when = {0: "ends today", 1: "ends tomorrow"}.get(days_left, f"ends in {days_left} days")
        return f"His agreement {when}: ask him whether to renew it"
    return {
        Cover.EXPIRED: "His agreement has ended: ask him what should become of it",
        Cover.WITHDRAWN: "He has withdrawn his consent: ask him what should become of it",
        Cover.MISSING: "No agreement is on file: ask him what he wishes",
        Cover.DIED: "He has died: decide by what he has written down",
    }.get(covered, "")


def reminder_days(expires_on: date) -> list[tuple[int, date]]:
    """On which days he is reminded that something of his runs out."""
    return [(days, expires_on - timedelta(days=days)) for days in RENEWAL_DAYS]


class Clearance(StrEnum):
    """What his blood says of infection."""

    CLEAR = "clear"
    POSITIVE = "positive"
    MISSING = "missing"
    OLD = "old"


VIRUSES = ("hiv", "hbv", "hcv", "syphilis")
NEGATIVE, POSITIVE = "negative", "positive"
#: So old may a screening be on the day of freezing [PD].
SCREENING_DAYS = 180


def clearance(
    answers: Mapping[str, str] | None, tested_on: date | None, frozen_on: date
) -> Clearance:
    """Whether all four tests are negative and young enough; one positive outweighs the rest."""
    if answers is None or tested_on is None:
        return Clearance.MISSING
    if POSITIVE in answers.values():
        return Clearance.POSITIVE
    if any(answers.get(virus) != NEGATIVE for virus in VIRUSES):
        return Clearance.MISSING
    return Clearance.OLD if (frozen_on - tested_on).days > SCREENING_DAYS else Clearance.CLEAR


def tank_refusal(cleared: Clearance, *, quarantine: bool) -> str:
    """Why a container may not stand in this tank, or "" [PD]."""
    if quarantine or cleared is Clearance.CLEAR:
        return ""
    because = {
        Clearance.POSITIVE: "A test of his for infection is positive.",
        Clearance.OLD: f"His tests for infection are older than {SCREENING_DAYS} days.",
        Clearance.MISSING: "His four tests for infection are not all on file.",
    }[cleared]
    return f"{because} It stands in a quarantine tank."


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """One position: canister, cane, place on the cane; each is counted from 1."""

    canister: int
    cane: int
    position: int

    def __str__(self) -> str:
        return f"{self.canister}-{self.cane}-{self.position}"


@dataclass(frozen=True, slots=True)
class Size:
    """How a tank is built."""

    canisters: int
    canes: int
    positions: int

    def __contains__(self, spot: Spot) -> bool:
        return (
            1 <= spot.canister <= self.canisters
            and 1 <= spot.cane <= self.canes
            and 1 <= spot.position <= self.positions
        )

    def __len__(self) -> int:
        return self.canisters * self.canes * self.positions

    def spots(self) -> Iterator[Spot]:
        for canister in range(1, self.canisters + 1):
            for cane in range(1, self.canes + 1):
                for position in range(1, self.positions + 1):
                    yield Spot(canister, cane, position)


def first_free(size: Size, taken: Collection[Spot]) -> Spot | None:
    """The first position nobody has, in the order one counts them; None in a full tank."""
    return next((spot for spot in size.spots() if spot not in taken), None)


class Nitrogen(StrEnum):
    """Whether somebody has looked after the nitrogen of a tank."""

    GOOD = "good"
    LOW = "low"
    OVERDUE = "overdue"
    NEVER = "never"


def nitrogen(
    *, read_on: date | None, level_cm: int, every_days: int, least_cm: int, today: date
) -> Nitrogen:  # fmt: skip
    """How a tank stands; a low level counts before a late reading, for it is the more pressing."""
    if read_on is None:
        return Nitrogen.NEVER
    if level_cm < least_cm:
        return Nitrogen.LOW
    return Nitrogen.OVERDUE if (today - read_on).days > every_days else Nitrogen.GOOD


def differences(expected: Collection[str], found: Collection[str]) -> tuple[list[str], list[str]]:
    """What should be there and was not found, and what was found and should not be there."""
    return sorted(set(expected) - set(found)), sorted(set(found) - set(expected))
