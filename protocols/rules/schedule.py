"""Where every visit of a programme lies, and which of them a day belongs to."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from protocols.rules.definition import Definition
from protocols.rules.programme import Item, PlannedVisit
from protocols.rules.vocabulary import Anchor, DeviationClass, ItemKind, Need, Phase
from protocols.rules.windows import Timing, Window, add_months

UNSCHEDULED = "UNS"
ANCHORS = {
    Anchor.ENROLMENT: "screening",
    Anchor.FIRST_DOSE: "Day 1",
    Anchor.LAST_DOSE: "last dose",
    Anchor.VISIT: "the visit before",
}


@dataclass(frozen=True, slots=True)
class LaidVisit:
    """A planned visit with its window in clinic-local dates."""

    code: str
    title: str
    window: Window
    missed: DeviationClass


@dataclass(frozen=True, slots=True)
class Assignment:
    """Which visit a day belongs to; `UNS` when none."""

    code: str
    timing: Timing
    offset_days: int | None
    deviation: str | None


@dataclass(frozen=True, slots=True)
class Missed:
    missed: bool
    weight: DeviationClass | None


@dataclass(frozen=True, slots=True)
class Conditions:
    """What decides whether a conditional item is required (domain reference §2.3)."""

    grade_two_at_previous_visit: bool = False
    high_risk: bool = False
    last_abnormal: bool = False
    labs_stale: bool = False


@dataclass(frozen=True, slots=True)
class AskedItem:
    item: Item
    required: bool


def lay_out(
    definition: Definition,
    *,
    first_dose_on: date | None = None,
    last_dose_on: date | None = None,
    enrolled_on: date | None = None,
    attended: Mapping[str, date] | None = None,
) -> tuple[LaidVisit, ...]:
    """Every visit whose anchor is known, in the order of the definition (domain reference §7.1).

    `attended` holds the actual day of each visit that has happened, by its code: a visit that is
    counted from another one lies nowhere before that.
    """
    anchors = {
        Anchor.ENROLMENT: enrolled_on,
        Anchor.FIRST_DOSE: first_dose_on,
        Anchor.LAST_DOSE: last_dose_on,
    }
    days = attended or {}
    laid = []
    for visit in definition.visits:
        anchored_on = (
            days.get(visit.anchor_visit or "")
            if visit.anchor is Anchor.VISIT
            else anchors[visit.anchor]
        )
        if anchored_on is not None:
            laid.append(lay(visit, window_from(visit, anchored_on)))
        elif visit.anchor is Anchor.ENROLMENT and first_dose_on is not None:
            laid.append(lay(visit, screening_window(definition, first_dose_on)))
    return tuple(laid)


def lay(visit: PlannedVisit, window: Window) -> LaidVisit:
    return LaidVisit(visit.code, visit.title, window, visit.missed)


def window_from(visit: PlannedVisit, anchored_on: date) -> Window:
    """The window of one visit, counted from the day it hangs on."""
    return Window.around(
        due_from(visit, anchored_on),
        before=visit.before_days,
        after=visit.after_days,
        tolerance=visit.tolerance_days,
        early_tolerance=visit.early_tolerance_days,
    )


def due_from(visit: PlannedVisit, anchored_on: date) -> date:
    """The target day: so many days after its anchor, or calendar months (31 Jan + 1 is 28 Feb)."""
    if visit.offset_months is not None:
        return add_months(anchored_on, visit.offset_months)
    return anchored_on + timedelta(days=visit.offset_days or 0)


def counted_from(visit: PlannedVisit) -> str:
    """Day 1 + 30 days; M6 + 3 months: where a visit lies, while it has no day."""
    anchor = visit.anchor_visit or ANCHORS[visit.anchor]
    amount, unit = visit.offset_days or 0, "day"
    if visit.offset_months is not None:
        amount, unit = visit.offset_months, "month"
    if amount == 0:
        return anchor
    sign = "+" if amount > 0 else "−"
    return f"{anchor} {sign} {abs(amount)} {unit}{'' if abs(amount) == 1 else 's'}"


def prescribing_visit(definition: Definition, number: int) -> str:
    """The code of the visit that bottle number so-and-so waits for: the first is handed out at the
    start, the second at the first month; after the last planned one comes the visit behind it."""
    codes = [visit.code for visit in definition.visits if visit.phase is Phase.TREATMENT]
    writing = [
        visit.code
        for visit in definition.visits
        if any(item.kind is ItemKind.PRESCRIPTION for item in visit.items)
    ]
    behind = codes[codes.index(writing[-1]) + 1 :] if writing and writing[-1] in codes else codes
    in_order = [*writing, *behind]
    return in_order[min(number, len(in_order)) - 1] if in_order else ""


def hanging_on(definition: Definition, code: str) -> tuple[PlannedVisit, ...]:
    """The visits that are counted from the actual day of this one."""
    return tuple(visit for visit in definition.visits if visit.anchor_visit == code)


def screening_window(definition: Definition, first_dose_on: date) -> Window:
    """Screening seen from Day 1: no earlier than 56 days before it, done by then."""
    return Window.around(first_dose_on, before=definition.gates.screening_max_days, after=0)


def provisional_start(definition: Definition, enrolled_on: date) -> Window:
    """The days on which the baseline visit can be booked before Day 1 is known.

    The second semen analysis needs a week after the first, and eligibility lasts 56 days.
    """
    opens_on = enrolled_on + timedelta(days=definition.gates.semen_gap_days)
    closes_on = enrolled_on + timedelta(days=definition.gates.eligible_for_days)
    return Window(opens_on, closes_on, closes_on)


def assign(laid: Iterable[LaidVisit], visit_on: date, *, done: Collection[str] = ()) -> Assignment:
    """The visit a day belongs to, among those not done (domain reference §7.1).

    On time goes before early or late, then the nearest target, then the later visit of the plan.
    """
    open_visits = [
        visit
        for visit in laid
        if visit.code not in done and visit.window.timing(visit_on) is not Timing.UNS
    ]
    if not open_visits:
        return Assignment(UNSCHEDULED, Timing.UNS, None, None)
    found = min(
        reversed(open_visits),
        key=lambda visit: (visit_on not in visit.window, abs(visit.window.offset(visit_on))),
    )
    timing = found.window.timing(visit_on)
    deviation = {Timing.EARLY: "VISIT_EARLY", Timing.LATE: "VISIT_LATE"}.get(timing)
    return Assignment(found.code, timing, found.window.offset(visit_on), deviation)


def missed(visit: LaidVisit, *, as_of: date, attended: bool) -> Missed:
    """A visit is missed when its last assignable day is over and nothing was assigned to it."""
    if attended or as_of <= visit.window.latest_on:
        return Missed(missed=False, weight=None)
    return Missed(missed=True, weight=visit.missed)


def day_number(first_dose_on: date, on: date) -> int:
    """Day 1 is the day of the first capsule; the day before is day -1: there is no day 0."""
    distance = (on - first_dose_on).days
    return distance + 1 if distance >= 0 else distance


def month_of_programme(definition: Definition, first_dose_on: date, on: date) -> int | None:
    """The k of "Month k of 6", from 1 on Day 1 (domain reference §1.3); none before it."""
    day = day_number(first_dose_on, on)
    if day < 1:
        return None
    dose = definition.dose
    return min(dose.cycles, -(-day // dose.cycle_days))


def asked_items(visit: PlannedVisit, conditions: Conditions) -> tuple[AskedItem, ...]:
    """What the visit asks for, each item required or optional under these conditions."""
    required = {
        Need.ALWAYS: True,
        Need.IF_FLAGGED: conditions.grade_two_at_previous_visit or conditions.high_risk,
        Need.IF_ABNORMAL: conditions.last_abnormal,
        Need.IF_STALE: conditions.labs_stale,
        Need.OPTIONAL: False,
    }
    return tuple(AskedItem(item, required[item.need]) for item in visit.items)


def confirmation_window(definition: Definition, first_seen_on: date) -> Window:
    """When the confirming semen analysis is collected after sperm are first found (§7.1)."""
    rule = definition.response
    opens_on = first_seen_on + timedelta(days=rule.confirm_from_days)
    closes_on = first_seen_on + timedelta(days=rule.confirm_to_days)
    return Window(opens_on, opens_on, closes_on)
