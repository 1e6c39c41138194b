"""What a page shows of one message or file: its rows by what became of them, and the text of it."""

from dataclasses import dataclass

from django.db.models import Count

from labs.models import InboundMessage, StagedRow
from labs.queries.collections import candidates
from labs.rules.judging import DONE, WRITTEN
from labs.rules.reported import Person, Report
from patients.models import Patient

#: Of a longer message the beginning is shown; all of it can be downloaded.
MOST_SHOWN = 20_000
State = StagedRow.State


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows have one state."""

    state: str
    name: str
    rows: int

    @property
    def waits(self) -> bool:
        return self.state not in DONE


@dataclass(frozen=True, slots=True)
class Stranger:
    """A person of the message whom nobody surely is, and whom it might be."""

    person: Person
    near: list[Patient]


def tallies(message: InboundMessage) -> list[Tally]:
    counted = dict(message.rows.order_by("state").values_list("state").annotate(rows=Count("pk")))
    return [
        Tally(state, _name(message, state), counted[state])
        for state in State.values
        if state in counted
    ]


def _name(message: InboundMessage, state: str) -> str:
    """Before it is filed, a new value is new; afterwards it is filed."""
    if message.state == InboundMessage.State.STAGED and state == State.NEW:
        return "New"
    return str(State(state).label)


def fileable(found: list[Tally]) -> int:
    return sum(tally.rows for tally in found if tally.state in WRITTEN)


def strangers(message: InboundMessage, reports: list[Report], *, most: int = 5) -> list[Stranger]:
    """The people to match by hand, each with who is near; a few at a time."""
    waiting = set(message.rows.filter(state=State.UNMATCHED).values_list("person_key", flat=True))
    found: dict[str, Person] = {}
    for report in reports:
        if report.person.key in waiting:
            found.setdefault(report.person.key, report.person)
    site = message.site
    return [Stranger(person, candidates(person, site)) for person in list(found.values())[:most]]
