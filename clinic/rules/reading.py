"""Who is told of a result that nobody has looked at, and when."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Severity(StrEnum):
    """How much a result matters, gravest first."""

    CRITICAL = "critical"
    OUT_OF_RANGE = "out_of_range"
    IN_RANGE = "in_range"


#: Who is told: whoever looks after him, then her cover and who is on call, then every clinician.
RESPONSIBLE, ON_CALL, EVERYBODY = 1, 2, 3
STEPS = (RESPONSIBLE, ON_CALL, EVERYBODY)
STEP_WORDS = {
    RESPONSIBLE: "whoever looks after him",
    ON_CALL: "her cover and who is on call",
    EVERYBODY: "every clinician of the site",
}
Hours = tuple[int, int, int]
#: Hours without a look before each step: proposed here, for a clinic to sign off.
PROPOSED: Mapping[Severity, Hours] = {
    Severity.CRITICAL: (1, 2, 4),
    Severity.OUT_OF_RANGE: (24, 48, 72),
    Severity.IN_RANGE: (72, 120, 168),
}
MOST_HOURS = 336


def why_not_hours(hours: Sequence[int]) -> str:
    """Why these are no hours to go by, or nothing."""
    if any(not 1 <= at <= MOST_HOURS for at in hours):
        return f"Each is 1 to {MOST_HOURS} hours: after two weeks he sees it in any case."
    if not hours[0] < hours[1] < hours[2]:
        return "Each step comes later than the one before."
    return ""


def steps_due(
    *, since: datetime, now: datetime, hours: Hours, taken: Collection[int]
) -> tuple[int, ...]:
    """The steps whose time has come and that were not taken; hours that passed, on any clock."""
    waited = now - since
    return tuple(
        step
        for step, after in zip(STEPS, hours, strict=True)
        if step not in taken and waited >= timedelta(hours=after)
    )


@dataclass(frozen=True, slots=True)
class There:
    """The members who could be told, by key: whose it is, her cover, on call now, all who may."""

    responsible: int | None
    covers: tuple[int, ...]
    on_call: tuple[int, ...]
    clinicians: tuple[int, ...]


def told_at(step: int, there: There) -> tuple[int, ...]:
    """Who is told at a step: never nobody while there is a clinician.

    While she is away both she and her cover are told: the one may be reading, the other must.
    """
    mine = (there.responsible,) if there.responsible is not None else ()
    steps = {
        RESPONSIBLE: (*mine, *there.covers),
        ON_CALL: (*there.covers, *there.on_call),
        EVERYBODY: there.clinicians,
    }
    later = (steps[at] for at in STEPS if at >= step)
    return tuple(dict.fromkeys(next((who for who in later if who), ())))


def waited_words(since: datetime, now: datetime) -> str:
    """ "40 min", "26 h", "3 days": how long nobody has looked."""
    minutes = int((now - since).total_seconds() // 60)
    if minutes < 60:
        return f"{max(minutes, 0)} min"
    hours = minutes // 60
    return f"{hours} h" if hours < 72 else f"{hours // 24} days"
