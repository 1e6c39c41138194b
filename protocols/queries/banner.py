"""The strip above every page about one man: who he is, where he stands, what is next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from labs.models import SemenAnalysis
from labs.rules.semen_class import CLASS_NAMES, SemenClass
from patients.models import Patient
from patients.rules.age import completed_years
from protocols.models import ON_TREATMENT, AdverseEvent, Enrolment, Finding, Visit
from protocols.queries.dosing import DoseSummary, summarise
from protocols.queries.story import Booked, Story, story_of
from protocols.rules.schedule import UNSCHEDULED

DAYS_PER_MONTH = 30
#: Most a banner can carry without hiding what is beneath it.
FLAGS = 2


@dataclass(frozen=True, slots=True)
class Flag:
    """One thing nobody may overlook: icon, word and colour."""

    kind: str
    icon: str
    word: str


@dataclass(frozen=True, slots=True)
class Programme:
    """Where he stands: "Month 3 of 6, day 89", and the window he is in or comes to."""

    headline: str
    line: str


@dataclass(frozen=True, slots=True)
class Category:
    """What his last valid sample says, since which day, and what he was before."""

    name: str
    since_on: date | None
    was: str


@dataclass(frozen=True, slots=True)
class Next:
    """The visit he comes to next: its window, and its booking if it has one."""

    visit: Visit
    booking: Booked | None
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class Banner:
    """Everything the banner shows; nothing in it asks the database again."""

    patient: Patient
    age: int
    enrolment: Enrolment | None
    programme: Programme
    category: Category | None
    dose: DoseSummary | None
    next: Next | None
    flags: tuple[Flag, ...]
    more_flags: int = 0


def banner(patient: Patient, today: date) -> Banner:
    """The banner of one man, in one query (two when his site is not loaded)."""
    return banner_of(story_of(patient), today)


def banner_of(story: Story, today: date) -> Banner:
    raised = flags(story)
    return Banner(
        patient=story.patient,
        age=completed_years(story.patient.born_on, today),
        enrolment=story.enrolment,
        programme=programme(story, today),
        category=category(story.samples, story),
        dose=summarise(story.doses, today) if story.doses and story.first_dose_on else None,
        next=next_visit(story, today),
        flags=raised[:FLAGS],
        more_flags=len(raised[FLAGS:]),
    )


def month(day: int, of: int) -> int:
    """The month of treatment, the last one at most (domain reference §1.3)."""
    return min(of, max(1, -(-day // DAYS_PER_MONTH)))


def programme(story: Story, today: date) -> Programme:
    enrolment = story.enrolment
    if enrolment is None:
        return Programme("Not in the programme", "registered only")
    day = story.day(today)
    status = enrolment.get_status_display()
    since = f"since {_short(enrolment.status_since)}"
    if day is None or day < 1 or story.definition is None:
        return Programme(status, since)
    if enrolment.status in ON_TREATMENT:
        cycles = story.definition.dose.cycles
        return Programme(
            f"Month {month(day, cycles)} of {cycles}, day {day}", window_line(story, today)
        )
    return Programme(f"{status}, day {day}", since)


def window_line(story: Story, today: date) -> str:
    """The window that is open, or the next that opens."""
    for visit in story.visits:
        if visit.attended_on or not visit.opens_on or not visit.closes_on:
            continue
        if visit.status != Visit.Status.PLANNED or visit.closes_on < today:
            continue
        if visit.opens_on <= today:
            until = "by" if visit.code == UNSCHEDULED else "window to"
            return f"{visit.short_name} {until} {_short(visit.closes_on)}"
        return f"{visit.short_name} opens {_short(visit.opens_on)}"
    return "no visit to come"


def category(samples: list[SemenAnalysis], story: Story) -> Category | None:
    """The class of the last valid sample, back to where its unbroken run began."""
    valid = [row for row in samples if row.valid]
    if not valid:
        return None
    last = valid[-1].result_class
    began = 0
    for at in range(len(valid) - 1, -1, -1):
        if valid[at].result_class != last:
            began = at + 1
            break
    was = class_name(valid[began - 1].result_class).lower() if began else ""
    return Category(class_name(last), story.local(valid[began].collected_at), was)


def class_name(code: str) -> str:
    """What a sample is called, as one word of a man's state."""
    if code == SemenClass.AZOOSPERMIA_SAMPLE:
        return "Azoospermia"
    return CLASS_NAMES[SemenClass(code)]


def next_visit(story: Story, today: date) -> Next | None:
    """The first visit he has not come to: overdue and still of use, open now, or to come."""
    if story.enrolment is None or story.enrolment.status in ("SCREEN_FAILED", "CLOSED"):
        return None
    awaited = [
        visit
        for visit in story.visits
        if visit.status == Visit.Status.PLANNED and visit.closes_on is not None
    ]
    if not awaited:
        return None
    visit = min(awaited, key=lambda row: (row.target_on, row.pk))
    overdue = visit.closes_on is not None and visit.closes_on < today
    return Next(visit, story.bookings.get(visit.pk), overdue)


def flags(story: Story) -> tuple[Flag, ...]:
    """What must not be overlooked, the most dangerous first."""
    found = [_finding_flag(row) for row in story.findings if row.urgency <= 3]
    found += [_allergy_flag(word) for word in story.allergies[:1]]
    found += [
        Flag("warning", "warn", f"{row.title} G{row.grade}") for row in story.events if _grave(row)
    ]
    if story.patient.deceased_on:
        found.insert(0, Flag("", "info", f"Died {_short(story.patient.deceased_on)}"))
    return tuple(dict.fromkeys(found))  # two answers of one kind are one flag


def _grave(event: AdverseEvent) -> bool:
    return event.ended_on is None and event.grade >= 2


def _finding_flag(finding: Finding) -> Flag:
    if finding.kind == Finding.Kind.FREEZE:
        return Flag("info", "snow", "Freeze today")
    if finding.urgency == 0:
        return Flag("critical", "stop", "Self-harm answer")
    word = {"REDUCE": "Reduce", "HOLD": "Hold", "STOP": "Stop", "REVIEW": "Review"}.get(
        finding.action, "Look"
    )
    return Flag("critical" if finding.urgency <= 2 else "warning", "stop", f"{word} proposed")


def _allergy_flag(substance: str) -> Flag:
    return Flag("warning", "warn", f"Allergy: {substance}")


def _short(on: date) -> str:
    return f"{on.day} {on:%b}"
