"""Fourteen days of the diary, today first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from protocols.models import Feeling
from protocols.queries.portal_course import Course
from protocols.queries.portal_home import Slot, slots_on
from protocols.rules.diary import MOODS, diary_days


@dataclass(frozen=True, slots=True)
class Day:
    """One day: its capsules, or that there were none, and how it felt."""

    on: date
    slots: tuple[Slot, ...]
    held: bool
    before: bool
    feeling: Feeling | None

    @property
    def mood(self) -> str:
        return MOODS[self.feeling.mood] if self.feeling else ""


#: What of the counselling is said again beside the capsules; the danger signs stand apart.
DANGER = "WARNING_SIGNS"
REMINDED = ("NEVER_SHARE", "NO_BLOOD_DONATION", "SUN_AND_SKIN", "EYES")


@dataclass(frozen=True, slots=True)
class Advice:
    """How to take them, what to keep in mind, and when to stop and call."""

    lines: tuple[str, ...]
    danger: str


@dataclass(frozen=True, slots=True)
class Diary:
    days: tuple[Day, ...]
    open: bool
    advice: Advice | None = None

    @property
    def ticked(self) -> int:
        return sum(slot.tick is not None for day in self.days for slot in day.slots)

    @property
    def asked(self) -> int:
        return sum(len(day.slots) for day in self.days)


def diary_of(course: Course) -> Diary:
    first = course.enrolment.first_dose_on if course.enrolment else None
    return Diary(
        tuple(
            Day(
                on=on,
                slots=slots_on(course, on),
                held=course.held_on(on),
                before=first is None or on < first,
                feeling=course.felt.get(on),
            )
            for on in diary_days(course.owner.today)
        ),
        open=course.live,
        advice=advice_of(course),
    )


def advice_of(course: Course) -> Advice | None:
    """In the words of his own programme; nothing where he takes no capsules."""
    definition = course.definition
    if definition is None or course.enrolment is None or course.enrolment.first_dose_on is None:
        return None
    told = {item.code: item.text for item in definition.counselling}
    reminded = tuple(told[code] for code in REMINDED if code in told)
    return Advice((*definition.dose.instructions, *reminded), told.get(DANGER, ""))
