"""Which free times suit a visit best, and why: nearness to the ideal day, his habits, his
clinician, fasting, what else he comes for that day, and how full the day is already.

Dates, wall clocks and busy times in; ranked times with their reasons out. The weights are the
programme's own choice: a day from the ideal one costs 10, everything else is told in days.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY_COST = 10.0
OTHER_CLINICIAN = 25.0
#: Nothing to eat for 9 to 12 hours before (domain reference §2.3): nobody fasts until noon.
FASTING_UNTIL = time(10)
LATE_FAST = 30.0
OUTSIDE_HIS_HOURS = 12.0
USUAL_WEEKDAY = -6.0
SAME_STAY = -30.0
SAME_DAY_WAIT_PER_HOUR = 5.0
OTHER_DAY_THAN_STAY = 20.0
FULL_DAY = 8.0
#: A stay without a wait that anybody would remark on.
SHORT_WAIT = timedelta(minutes=30)
APART = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A free time of one resource; `load` is how full that resource's day is, 0 to 1."""

    starts_at: datetime
    ends_at: datetime
    resource: int
    is_clinician: bool = False
    load: float = 0.0


@dataclass(frozen=True, slots=True)
class Stay:
    """Something else of the same visit that is booked already."""

    starts_at: datetime
    ends_at: datetime
    what: str


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is known of the visit and of the man; days and hours are on the clinic's clock."""

    zone: ZoneInfo
    ideal_on: date
    opens_on: date | None = None
    closes_on: date | None = None
    fasting: bool = False
    clinician: int | None = None
    clinician_name: str = ""
    hours: tuple[time, time] | None = None
    hours_words: str = ""
    weekday: int | None = None
    stays: tuple[Stay, ...] = ()


@dataclass(frozen=True, slots=True)
class Ranked:
    """A time with what it costs, and the reasons in the order they weigh."""

    candidate: Candidate
    cost: float
    reasons: tuple[str, ...] = field(default=())

    @property
    def sentence(self) -> str:
        return "; ".join(self.reasons)


#: How people write when they like to come, as hours of the day; a word stands before its parts.
PREFERENCES: tuple[tuple[str, time, time], ...] = (
    ("early morning", time(0), time(9)),
    ("late afternoon", time(15), time(23, 59)),
    ("afternoon", time(12), time(23, 59)),
    ("morning", time(0), time(12)),
    ("lunch", time(11, 30), time(13, 30)),
    ("midday", time(11, 30), time(13, 30)),
    ("noon", time(11, 30), time(13, 30)),
    ("evening", time(16), time(23, 59)),
    ("after work", time(16), time(23, 59)),
)


CLOCK = re.compile(r"\b(after|from|before|until) (\d{1,2})(?:[:.](\d\d))?\b")


def preferred_hours(words: str) -> tuple[time, time] | None:
    """The hours meant by "mornings" or "after 17:00"; None when it is said otherwise."""
    said = words.casefold()
    for word, hour, minute in CLOCK.findall(said):
        if int(hour) < 24 and int(minute or 0) < 60:
            edge = time(int(hour), int(minute or 0))
            late = word in ("after", "from")
            return (edge, time(23, 59)) if late else (time(0), edge)
    return next(((start, end) for name, start, end in PREFERENCES if name in said), None)


def usual_weekday(days: Iterable[date]) -> int | None:
    """The weekday he came on at least twice, and more often than on any other."""
    counts: dict[int, int] = {}
    for day in days:
        counts[day.weekday()] = counts.get(day.weekday(), 0) + 1
    best = sorted(counts.items(), key=lambda row: -row[1])
    if not best or best[0][1] < 2 or (len(best) > 1 and best[1][1] == best[0][1]):
        return None
    return best[0][0]


def rank(candidates: Iterable[Candidate], wishes: Wishes, *, limit: int = 5) -> list[Ranked]:
    """The best times, cheapest first, spread over days: one a day while there are days enough.

    Equal costs are told apart by time and by the order of the resources, so that the same
    calendar always gives the same list.
    """
    judged = sorted(
        (judge(one, wishes) for one in candidates),
        key=lambda row: (row.cost, row.candidate.starts_at, row.candidate.resource),
    )
    chosen: list[Ranked] = []
    days: set[date] = set()
    for row in judged:
        day = row.candidate.starts_at.astimezone(wishes.zone).date()
        if len(chosen) < limit and day not in days:
            chosen.append(row)
            days.add(day)
    for row in judged:
        if len(chosen) < limit and far_from(row.candidate, chosen):
            chosen.append(row)
    return sorted(chosen, key=lambda row: (row.cost, row.candidate.starts_at))


def far_from(candidate: Candidate, chosen: Sequence[Ranked]) -> bool:
    """Two hours from every time that is offered already: a choice, not the same time twice."""
    return all(abs(candidate.starts_at - row.candidate.starts_at) >= APART for row in chosen)


def judge(candidate: Candidate, wishes: Wishes) -> Ranked:
    """What this time costs and why."""
    parts = [
        nearness(candidate, wishes),
        together(candidate, wishes),
        fasting(candidate, wishes),
        clinician(candidate, wishes),
        his_hours(candidate, wishes),
        his_weekday(candidate, wishes),
        fullness(candidate),
    ]
    return Ranked(
        candidate,
        round(sum(cost for cost, _ in parts), 3),
        tuple(words for _, words in parts if words),
    )


Part = tuple[float, str]


def nearness(candidate: Candidate, wishes: Wishes) -> Part:
    on = candidate.starts_at.astimezone(wishes.zone).date()
    away = (on - wishes.ideal_on).days
    if away == 0:
        return 0.0, "the ideal day"
    days = f"{abs(away)} day{'' if abs(away) == 1 else 's'}"
    words = f"{days} {'after' if away > 0 else 'before'} ideal"
    outside = (wishes.opens_on is not None and on < wishes.opens_on) or (
        wishes.closes_on is not None and on > wishes.closes_on
    )
    return DAY_COST * abs(away), f"{words}, outside the window" if outside else words


def together(candidate: Candidate, wishes: Wishes) -> Part:
    """The same stay as what he comes for already, or at least the same day."""
    if not wishes.stays:
        return 0.0, ""
    day = candidate.starts_at.astimezone(wishes.zone).date()
    same_day = [s for s in wishes.stays if s.starts_at.astimezone(wishes.zone).date() == day]
    if not same_day:
        return OTHER_DAY_THAN_STAY, f"another day than {wishes.stays[0].what}"
    wait, stay = min(((gap(candidate, stay), stay) for stay in same_day), key=lambda pair: pair[0])
    minutes = int(wait.total_seconds() // 60)
    if wait <= SHORT_WAIT:
        words = f"one stay with {stay.what}"
        return SAME_STAY + minutes / 60 * SAME_DAY_WAIT_PER_HOUR, (
            words if minutes == 0 else f"{words}, a wait of {minutes} min"
        )
    hours, rest = divmod(minutes, 60)
    length = f"{hours} h" + (f" {rest} min" if rest else "") if hours else f"{rest} min"
    return minutes / 60 * SAME_DAY_WAIT_PER_HOUR, f"a wait of {length} from {stay.what}"


def gap(candidate: Candidate, stay: Stay) -> timedelta:
    if candidate.starts_at >= stay.ends_at:
        return candidate.starts_at - stay.ends_at
    return max(stay.starts_at - candidate.ends_at, timedelta(0))


def fasting(candidate: Candidate, wishes: Wishes) -> Part:
    if not wishes.fasting:
        return 0.0, ""
    wall = candidate.starts_at.astimezone(wishes.zone).time()
    if wall < FASTING_UNTIL:
        return 0.0, "early enough for a fasting draw"
    return LATE_FAST, "late for a fasting draw"


def clinician(candidate: Candidate, wishes: Wishes) -> Part:
    if not candidate.is_clinician or wishes.clinician is None:
        return 0.0, ""
    if candidate.resource == wishes.clinician:
        return 0.0, "his own clinician"
    return OTHER_CLINICIAN, f"instead of {wishes.clinician_name}"


def his_hours(candidate: Candidate, wishes: Wishes) -> Part:
    if wishes.hours is None:
        return 0.0, ""
    start, end = wishes.hours
    if start <= candidate.starts_at.astimezone(wishes.zone).time() < end:
        return 0.0, f"as he likes it: {wishes.hours_words}"
    return OUTSIDE_HIS_HOURS, f"he prefers {wishes.hours_words}"


def his_weekday(candidate: Candidate, wishes: Wishes) -> Part:
    if wishes.weekday is None:
        return 0.0, ""
    usual = candidate.starts_at.astimezone(wishes.zone).weekday() == wishes.weekday
    return (USUAL_WEEKDAY, "his usual weekday") if usual else (0.0, "")


def fullness(candidate: Candidate) -> Part:
    """A quiet day is the cheaper one; only a full one is worth a word."""
    words = "a full day" if candidate.load >= 0.75 else ""
    return round(FULL_DAY * candidate.load, 3), words
