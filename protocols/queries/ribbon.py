"""The timeline of the whole programme as one drawing: rows in, geometry out.

The same drawing is on the record and in the report (templates/protocols/record/_ribbon.svg.html).
Everything is placed in days; nothing here asks the clock or the database.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from labs.models import SemenAnalysis
from protocols.models import ON_TREATMENT, AdverseEvent, DoseSegment, Visit
from protocols.queries.story import Story

WIDTH = 1138
LEFT, MARGIN = 100, 14
TOP_Y, VISIT_Y, DOSE_Y, DOSE_HIGH, SEMEN_Y, EVENT_Y = 12, 30, 80, 24, 108, 130
LANE, LANES = 14, 4
LEGEND_WIDE = 310
LETTER = 5.6
DAY = timedelta(days=1)
EARLIEST = timedelta(days=56)
LATEST = timedelta(days=45)


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of days; `css` is its class in drawings.css."""

    x: float
    y: float
    wide: float
    high: float
    css: str
    hatched: bool = False


@dataclass(frozen=True, slots=True)
class Dot:
    """A day with a mark: kinds are visit, extra, planned, missed, full, ring, down, void."""

    x: float
    y: float
    kind: str
    r: float = 5

    @property
    def top(self) -> float:
        """Where the arrow of "none seen" begins."""
        return round(self.y - 4.5, 1)


@dataclass(frozen=True, slots=True)
class Label:
    x: float
    y: float
    text: str
    css: str = ""


@dataclass(slots=True)
class Ribbon:
    """What the template draws; `title` and `words` say the same to who cannot see it."""

    title: str
    words: str
    height: int
    today_x: float | None
    width: int = WIDTH
    grid: list[float] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    dots: list[Dot] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)

    @property
    def right(self) -> int:
        """Where the days end."""
        return self.width - MARGIN


@dataclass(frozen=True, slots=True)
class Scale:
    """Days to pixels."""

    first_on: date
    last_on: date
    right: int = WIDTH - MARGIN

    def x(self, on: date) -> float:
        days = max((self.last_on - self.first_on).days, 1)
        at = LEFT + (self.right - LEFT) * (on - self.first_on).days / days
        return round(min(max(at, LEFT), self.right), 1)

    def wide(self, begins: date, ends: date) -> float:
        return round(max(self.x(ends) - self.x(begins), 3), 1)


def ribbon_of(story: Story, today: date, width: int = WIDTH) -> Ribbon | None:
    """The ribbon of one man; None before he has a visit to draw. Paper is narrower."""
    if not story.visits:
        return None
    scale = replace(scale_of(story, today), right=width - MARGIN)
    drawn = Ribbon(
        title="Timeline of the programme",
        words=" ".join(words_of(story, today)),
        height=0,
        width=width,
        today_x=scale.x(today) if scale.first_on <= today <= scale.last_on else None,
    )
    draw_visits(drawn, story, scale, today)
    draw_doses(drawn, story, scale, today)
    draw_samples(drawn, story, scale)
    lanes = draw_events(drawn, story, scale, today)
    bottom = EVENT_Y + LANE * max(lanes, 1)
    drawn.height = draw_legend(drawn, bottom)
    return drawn


def scale_of(story: Story, today: date) -> Scale:
    """From the first thing on file to the last that is planned within half a year of today."""
    shown = [visit for visit in story.visits if shown_on(visit) is not None]
    days = [day for visit in shown for day in (shown_on(visit),) if day]
    days += [story.local(sample.collected_at) for sample in story.samples]
    first = story.first_dose_on
    end = first + timedelta(days=treatment_days(story)) if first else today
    begins = min([*days, today])
    if first:
        begins = max(begins, first - EARLIEST)
    closing = [
        visit.closes_on for visit in shown if visit.closes_on and visit.closes_on <= end + LATEST
    ]
    latest = max([end, today, *closing, *(day for day in days if day <= today)])
    return Scale(begins - 4 * DAY, latest + 3 * DAY)


def treatment_days(story: Story) -> int:
    return story.definition.dose.days if story.definition else 0


def shown_on(visit: Visit) -> date | None:
    return visit.attended_on or visit.target_on


def draw_visits(drawn: Ribbon, story: Story, scale: Scale, today: date) -> None:
    """Windows as bars, what happened as dots, what is planned as rings, codes above."""
    free_from = 0.0
    for visit in sorted(story.visits, key=lambda row: (shown_on(row) or today, row.pk)):
        on = shown_on(visit)
        if on is None or not scale.first_on <= on <= scale.last_on:
            continue
        if visit.opens_on and visit.closes_on and is_window(visit, story):
            drawn.bars.append(
                Bar(
                    scale.x(visit.opens_on),
                    VISIT_Y - 6,
                    scale.wide(visit.opens_on, visit.closes_on),
                    12,
                    "d-win",
                )
            )
        drawn.dots.append(visit_dot(visit, scale.x(on)))
        free_from = head(drawn, visit, story, scale, free_from, today)


def is_window(visit: Visit, story: Story) -> bool:
    """The windows of screening and start are as wide as the drawing and say nothing."""
    first, on = story.first_dose_on, visit.attended_on or visit.target_on
    return first is not None and on is not None and on > first


def visit_dot(visit: Visit, x: float) -> Dot:
    if visit.attended_on:
        return Dot(x, VISIT_Y, "visit", 5) if visit.planned_id else Dot(x, VISIT_Y, "visit", 3.5)
    if visit.status in (Visit.Status.MISSED, Visit.Status.SKIPPED):
        return Dot(x, VISIT_Y, "void", 4.5)
    return Dot(x, VISIT_Y, "planned", 4.5)


def head(
    drawn: Ribbon, visit: Visit, story: Story, scale: Scale, free_from: float, today: date
) -> float:
    """The visit's code over its target, where there is room; returns where the next may begin."""
    if visit.planned_id is None:
        return free_from
    is_start = story.first_dose_on is not None and visit.code == story.start_code
    anchor = (visit.attended_on if is_start else None) or visit.target_on or visit.attended_on
    if visit.attended_on and not is_window(visit, story) and not is_start:
        anchor = visit.attended_on
    if anchor is None:
        return free_from
    x = scale.x(anchor)
    if is_start or is_window(visit, story):
        drawn.grid.append(x)
    text = "Day 1" if is_start else visit.code
    half = len(text) * LETTER / 2 + 3
    if x - half < free_from:
        return free_from
    css = "t-mid t-acc" if now_in(visit, today) else ("t-mid t-ink" if is_start else "t-mid")
    drawn.labels.append(Label(x, TOP_Y, text, css))
    return x + half


def now_in(visit: Visit, today: date) -> bool:
    if not visit.opens_on or not visit.closes_on or visit.attended_on not in (None, today):
        return False
    return visit.opens_on <= today <= visit.closes_on and visit.planned_id is not None


def draw_doses(drawn: Ribbon, story: Story, scale: Scale, today: date) -> None:
    """Each order as a bar as high as its dose, a hold hatched, what is still planned dashed."""
    first, enrolment = story.first_dose_on, story.enrolment
    if first is None or enrolment is None or story.doses is None:
        return
    planned_end = first + timedelta(days=treatment_days(story))
    on_treatment = enrolment.status in ON_TREATMENT
    full = story.doses.dose.daily_mg
    for segment in story.doses.segments:
        begins = segment.during.lower
        ends = min(segment.during.upper or date.max, max(today, begins), enrolment_end(story))
        if ends > begins:
            dose_bar(drawn, segment, scale, begins, ends, full)
    plan = story.doses.plan
    if on_treatment and plan is not None and planned_end > today:
        x, wide = scale.x(today), scale.wide(today, planned_end)
        drawn.bars.append(Bar(x, DOSE_Y - DOSE_HIGH, wide, DOSE_HIGH, "d-plan"))
        text = f"{plan.mg_per_day} planned to {short(planned_end - DAY)}"
        if plan.kind == DoseSegment.Kind.HOLD:
            text = "on hold"
        if wide > len(text) * LETTER + 8:
            drawn.labels.append(Label(round(x + wide / 2, 1), DOSE_Y - 8, text, "t-mid"))


def enrolment_end(story: Story) -> date:
    """The day after the last capsule, once there is one."""
    last = story.enrolment.last_dose_on if story.enrolment else None
    return last + DAY if last else date.max


def dose_bar(
    drawn: Ribbon, segment: DoseSegment, scale: Scale, begins: date, ends: date, full: int
) -> None:
    x, wide = scale.x(begins), scale.wide(begins, ends)
    middle = round(x + wide / 2, 1)
    if segment.kind == DoseSegment.Kind.HOLD:
        drawn.bars.append(Bar(x, DOSE_Y - DOSE_HIGH, wide, DOSE_HIGH, "d-hold", hatched=True))
        text = f"held {(ends - begins).days} d"
        drawn.labels.append(Label(middle, DOSE_Y + 13, text, "t-mid t-warn"))
        return
    high = round(DOSE_HIGH * min(segment.mg_per_day / full, 1), 1)
    drawn.bars.append(Bar(x, round(DOSE_Y - high, 1), wide, high, "d-dose"))
    text = str(segment.mg_per_day)
    if wide > len(text) * LETTER + 6:
        y = DOSE_Y - (8 if high > 16 else 2)
        drawn.labels.append(Label(middle, y, text, "t-mid t-on"))


def draw_samples(drawn: Ribbon, story: Story, scale: Scale) -> None:
    for sample in story.samples:
        on = story.local(sample.collected_at)
        if scale.first_on <= on <= scale.last_on:
            kind = sample_kind(sample)
            r = 7 if kind == "full" else (4.5 if kind == "void" else 5)
            drawn.dots.append(Dot(scale.x(on), SEMEN_Y, kind, r))


def sample_kind(sample: SemenAnalysis) -> str:
    """Filled: motile. Ring: sperm, none motile. Arrow: none seen. Grey: not valid, or unknown."""
    if sample.motile_seen:
        return "full" if sample.valid else "void"
    if not sample.valid:
        return "void"
    if sample.sperm_seen:
        return "ring"
    return "down" if sample.sperm_seen is False else "void"


def draw_events(drawn: Ribbon, story: Story, scale: Scale, today: date) -> int:
    """Side effects as lines with their grade, in as few lanes as their words allow."""
    lanes: list[float] = []
    events = sorted(story.events, key=lambda row: (row.onset_on, row.pk))
    worst = sorted(events, key=lambda row: (-row.worst_grade, row.onset_on))
    hidden = 0
    for event in [row for row in events if row in worst[: 2 * LANES]]:
        begins = max(event.onset_on, scale.first_on)
        ends = min(event.ended_on or today, scale.last_on)
        x, wide = scale.x(begins), scale.wide(begins, max(ends, begins))
        text = event_words(event)
        lane = next((n for n, taken in enumerate(lanes) if x > taken + 8), len(lanes))
        if lane >= LANES:
            hidden += 1
            continue
        taken_to = x + wide + 6 + len(text) * LETTER
        lanes[lane : lane + 1] = [taken_to]
        y = EVENT_Y + LANE * lane
        drawn.bars.append(Bar(x, y, wide, 5, event_css(event)))
        draw_event_words(drawn, text, x, wide, y, taken_to)
    hidden += max(0, len(events) - 2 * LANES)
    if hidden:
        below = EVENT_Y + LANE * len(lanes) + 6.5
        drawn.labels.append(Label(LEFT, below, f"and {hidden} more, on their own page"))
    return len(lanes) + (1 if hidden else 0)


def draw_event_words(
    drawn: Ribbon, text: str, x: float, wide: float, y: float, taken_to: float
) -> None:
    """Behind the line, or before it where the drawing ends."""
    if taken_to <= drawn.width:
        drawn.labels.append(Label(round(x + wide + 6, 1), y + 6.5, text, "t-halo"))
    else:
        drawn.labels.append(Label(round(x - 6, 1), y + 6.5, text, "t-end t-halo"))


def event_css(event: AdverseEvent) -> str:
    if event.worst_grade >= 3:
        return "d-ae3"
    return "d-ae2" if event.worst_grade == 2 else "d-ae"


def event_words(event: AdverseEvent) -> str:
    state = "" if event.ended_on is None else ", over"
    return f"{event.title} G{event.worst_grade}{state}"


LEGEND = (("full", "motile"), ("ring", "none motile"), ("down", "none seen"), ("void", "not valid"))


def draw_legend(drawn: Ribbon, bottom: int) -> int:
    """What the marks mean: in the empty stretch after today, else on a line of its own."""
    at = drawn.today_x
    later = [dot.x for dot in drawn.dots if dot.y == SEMEN_Y and at and dot.x > at + 8]
    if at is not None and not later and drawn.right - at > LEGEND_WIDE:
        x, y, height = at + 26, SEMEN_Y, bottom + 2
    else:
        x, y, height = LEFT, bottom + 8, bottom + 16
    for kind, text in LEGEND:
        drawn.dots.append(Dot(round(x, 1), y, kind, 4.5))
        drawn.labels.append(Label(round(x + 10, 1), y + 4, text, "t-halo"))
        x += 26 + len(text) * LETTER
    return height


def words_of(story: Story, today: date) -> Iterator[str]:
    """The drawing in sentences."""
    first = story.first_dose_on
    day = story.day(today)
    if first is not None and day is not None:
        yield f"Day 1 was {short(first)} {first:%Y}; today is day {day}."
    done = [row for row in story.visits if row.attended_on]
    if done:
        yield "Came for " + ", ".join(f"{v.code} on {short(v.attended_on)}" for v in done) + "."
    for segment in story.doses.segments if story.doses else []:
        held = segment.kind == DoseSegment.Kind.HOLD
        dose = "on hold" if held else f"{segment.mg_per_day} mg a day"
        yield f"From {short(segment.during.lower)} {dose}."
    said = {"full": "motile sperm", "ring": "sperm, none motile", "down": "none seen",
            "void": "not valid"}  # fmt: skip
    for sample in story.samples:
        yield f"Sample {short(story.local(sample.collected_at))}: {said[sample_kind(sample)]}."
    for event in story.events:
        yield f"{event_words(event)} from {short(event.onset_on)}."


def short(on: date | None) -> str:
    return f"{on.day} {on:%b}" if on else ""
