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


@dataclass(frozen=True, slots=True)
class Diary:
    days: tuple[Day, ...]
    open: bool

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
    )
