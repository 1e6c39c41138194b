"""What another version of the programme would change for one man under way (domain reference §7).

Definitions, days and what is booked go in; moves, additions and what falls outside come out, each
with its sentence. What is done and what is pinned never moves. Nothing here decides: a clinician
moves one man, some or none.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from protocols.rules.definition import Definition
from protocols.rules.schedule import LaidVisit, lay, lay_out, provisional_start
from protocols.rules.vocabulary import Need, Phase
from protocols.rules.windows import Window

Days = tuple[date, date, date]


@dataclass(frozen=True, slots=True)
class Anchors:
    """The days his visits are counted from, as far as they are known."""

    first_dose_on: date | None = None
    last_dose_on: date | None = None
    enrolled_on: date | None = None
    #: The actual day of each visit that has happened, by its code.
    attended: Mapping[str, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StandingVisit:
    """One of his visits as it stands: opens, target, closes; done means not awaited any more."""

    code: str
    title: str
    days: Days
    done: bool = False
    pinned: bool = False
    booked_on: tuple[date, ...] = ()
    #: Not needed in his version, but only because an earlier change of version dropped it.
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """A man as he stands today."""

    anchors: Anchors
    visits: tuple[StandingVisit, ...]
    today: date
    #: The phases he is in or has before him: only there is a visit added to his plan.
    phases: frozenset[Phase] = frozenset(Phase)


class Falls(StrEnum):
    """Why a man falls out of the new plan; none of it forces him out of treatment."""

    VISIT_GONE = "visit_gone"
    WINDOW_OVER = "window_over"
    ITEM_MISSED = "item_missed"
    FINDING = "finding"
    ELIGIBILITY = "eligibility"
    GATE = "gate"


@dataclass(frozen=True, slots=True)
class Fall:
    why: Falls
    sentence: str


class What(StrEnum):
    MOVES = "moves"
    ADDED = "added"
    GONE = "gone"
    STAYS = "stays"


@dataclass(frozen=True, slots=True)
class Move:
    """What happens to one visit; STAYS is for one whose new window would be over already."""

    what: What
    code: str
    title: str
    was: Days | None
    becomes: Days | None

    @property
    def sentence(self) -> str:
        match self.what:
            case What.ADDED:
                return f"{self.code} is new: {spoken(self.becomes)}."
            case What.GONE:
                return f"{self.code} is not asked for any more; it was {spoken(self.was)}."
            case What.STAYS:
                return (
                    f"{self.code} stays on {spoken(self.was)}: in the new version its days,"
                    f" {spoken(self.becomes)}, would be over already."
                )
            case _ if self.was and self.becomes and self.was[1] == self.becomes[1]:
                return (
                    f"{self.code} keeps its day, {day(self.was[1])}; its window"
                    f" {span(self.was)} becomes {span(self.becomes)}."
                )
            case _:
                return f"{self.code} moves from {spoken(self.was)} to {spoken(self.becomes)}."


@dataclass(frozen=True, slots=True)
class Outside:
    """A booking that would lie outside its visit's window, or whose visit would be gone."""

    code: str
    on: date
    window: Days | None

    @property
    def sentence(self) -> str:
        if self.window is None:
            return f"The booking of {day(self.on)} is for {self.code}, which would be gone."
        return (
            f"The booking of {day(self.on)} for {self.code} would be outside its window,"
            f" {span(self.window)}."
        )


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything the other version would change for one man."""

    moves: tuple[Move, ...] = ()
    outside: tuple[Outside, ...] = ()
    falls: tuple[Fall, ...] = ()

    @property
    def any(self) -> bool:
        return bool(self.moves or self.outside or self.falls)

    @property
    def moving(self) -> int:
        """How many of his visits get other days; a visit that is added or gone is not moved."""
        return sum(move.what is What.MOVES for move in self.moves)

    @property
    def falls_out(self) -> bool:
        return bool(self.falls)


@dataclass(frozen=True, slots=True)
class Counts:
    """What the change would come to for all men looked at."""

    men: int = 0
    changing: int = 0
    visits: int = 0
    bookings: int = 0
    falling: int = 0

    def plus(self, found: Iterable[Changes]) -> "Counts":
        rows = list(found)
        return Counts(
            self.men + len(rows),
            self.changing + sum(row.any for row in rows),
            self.visits + sum(row.moving for row in rows),
            self.bookings + sum(len(row.outside) for row in rows),
            self.falling + sum(row.falls_out for row in rows),
        )


def plan_of(definition: Definition, anchors: Anchors) -> dict[str, LaidVisit]:
    """Every visit that can be laid today, by its code; before Day 1 the baseline provisionally."""
    laid = lay_out(
        definition,
        first_dose_on=anchors.first_dose_on,
        last_dose_on=anchors.last_dose_on,
        enrolled_on=anchors.enrolled_on,
        attended=anchors.attended,
    )
    if anchors.first_dose_on is None and anchors.enrolled_on is not None:
        window = provisional_start(definition, anchors.enrolled_on)
        laid = (
            *laid,
            *(lay(visit, window) for visit in definition.visits if visit.is_start),
        )
    return {visit.code: visit for visit in laid}


def moves_of(then: Definition, man: Standing) -> tuple[Move, ...]:
    """What happens to each of his visits, in the order of the new plan; the lost ones last."""
    standing = {visit.code: visit for visit in man.visits}
    planned = {visit.code: visit.phase for visit in then.visits}
    found = [
        move
        for laid in plan_of(then, man.anchors).values()
        if (move := move_to(laid, standing.get(laid.code), man.today)) is not None
        and (move.what is not What.ADDED or planned[laid.code] in man.phases)
    ]
    gone = [
        Move(What.GONE, visit.code, visit.title, visit.days, None)
        for visit in man.visits
        if visit.code not in planned and movable(visit)
    ]
    return (*found, *gone)


def movable(visit: StandingVisit) -> bool:
    """What is done and what is pinned stays where it is, whatever a version says."""
    return not (visit.done or visit.pinned)


def move_to(laid: LaidVisit, visit: StandingVisit | None, today: date) -> Move | None:
    """What becomes of one visit that the new version plans; None where nothing does."""
    becomes = days_of(laid.window)
    over = laid.window.latest_on < today
    if visit is None or visit.dropped:
        return None if over else Move(What.ADDED, laid.code, laid.title, None, becomes)
    if not movable(visit) or visit.days == becomes:
        return None
    return Move(What.STAYS if over else What.MOVES, laid.code, laid.title, visit.days, becomes)


def outside_of(moves: Iterable[Move], man: Standing) -> tuple[Outside, ...]:
    """The bookings that were inside their window and would not be any more."""
    becoming = {move.code: move for move in moves if move.what in (What.MOVES, What.GONE)}
    return tuple(
        Outside(visit.code, on, becoming[visit.code].becomes)
        for visit in man.visits
        if visit.code in becoming
        for on in visit.booked_on
        if on >= man.today
        and inside(visit.days, on)
        and not inside(becoming[visit.code].becomes, on)
    )


def falls_of_visits(moves: Iterable[Move], today: date) -> Iterator[Fall]:
    """Visits his new version does not have, and those whose days would be over already."""
    for move in moves:
        if move.what is What.GONE:
            yield Fall(Falls.VISIT_GONE, move.sentence)
        elif move.what is What.STAYS:
            yield Fall(Falls.WINDOW_OVER, move.sentence)
        elif move.was and move.becomes and move.becomes[2] < today <= move.was[2]:
            yield Fall(
                Falls.WINDOW_OVER,
                f"{move.code} would be late at once: its window would have closed on"
                f" {day(move.becomes[2])}.",
            )


def falls_of_items(now: Definition, then: Definition, man: Standing) -> Iterator[Fall]:
    """What the new version always asks for at a visit that he has behind him without it."""
    asked_now = {visit.code: visit for visit in now.visits}
    asked_then = {visit.code: visit for visit in then.visits}
    for visit in man.visits:
        was, becomes = asked_now.get(visit.code), asked_then.get(visit.code)
        if not visit.done or visit.dropped or was is None or becomes is None:
            continue
        known = {(item.kind, item.panel) for item in was.items}
        missed = [
            then.panel(item.panel).title if item.panel else item.kind.value.replace("_", " ")
            for item in becomes.items
            if item.need is Need.ALWAYS and (item.kind, item.panel) not in known
        ]
        if missed:
            words = ", ".join(missed)
            yield Fall(
                Falls.ITEM_MISSED,
                f"{visit.code} is behind him and would also have asked for: {words}.",
            )


def changes_of(
    now: Definition, then: Definition, man: Standing, further: Iterable[Fall] = ()
) -> Changes:
    """Compare the two for one man; `further` is what his results and papers say (falls)."""
    moves = moves_of(then, man)
    return Changes(
        moves=moves,
        outside=outside_of(moves, man),
        falls=(*falls_of_visits(moves, man.today), *falls_of_items(now, then, man), *further),
    )


def days_of(window: Window) -> Days:
    return window.opens_on, window.due_on, window.closes_on


def inside(days: Days | None, on: date) -> bool:
    return days is not None and days[0] <= on <= days[2]


def day(on: date) -> str:
    return f"{on.day} {on:%b %Y}"


def span(days: Days | None) -> str:
    """A window by its ends: 25 Jun – 9 Jul 2026."""
    if days is None:
        return "no days"
    first, _, last = days
    year = "" if first.year == last.year else f" {first.year}"
    return f"{first.day} {first:%b}{year} – {day(last)}"


def spoken(days: Days | None) -> str:
    """A target with its window around it: 2 Jul 2026 (25 Jun – 9 Jul 2026)."""
    return "no day" if days is None else f"{day(days[1])} ({span(days)})"
