"""The first page of the portal: what to do now, what comes next, what is new."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from patients.models import Letter
from protocols.models import DiaryDose, Feeling
from protocols.queries.dosing import run_out_on
from protocols.queries.portal_course import Course
from protocols.queries.portal_owner import Owner
from protocols.queries.portal_visits import Coming
from protocols.rules.diary import SLOTS, slots_of
from protocols.rules.dosing import blood_donation_blocked_until, re_treatment_earliest
from protocols.rules.portal_words import (
    Standing,
    StandingFacts,
    agenda,
    greeting,
    new_words,
    plural,
    standing,
    visit_words,
)
from protocols.rules.vocabulary import Status

DAY = timedelta(days=1)
#: From so many days before they run out the page says so.
SUPPLY_DAYS = 7
NONE_TODAY = Standing(
    "No capsule today",
    "None is planned for today. If you think that is wrong, please call before you take one.",
)


@dataclass(frozen=True, slots=True)
class Slot:
    """One capsule of one day, ticked or not."""

    key: str
    tick: DiaryDose | None
    go: bool = False

    @property
    def word(self) -> str:
        return self.key.capitalize()


@dataclass(frozen=True, slots=True)
class Today:
    """The capsules of today, or what stands in their place."""

    on: date
    slots: tuple[Slot, ...]
    standing: Standing | None
    missed: int = 0
    change: str = ""
    supply_until: date | None = None

    @property
    def left(self) -> int:
        return sum(slot.tick is None for slot in self.slots)

    @property
    def said(self) -> str:
        """What a screen reader is told after a tap."""
        return ". ".join(f"{s.word}: {'taken' if s.tick else 'not ticked'}" for s in self.slots)


@dataclass(frozen=True, slots=True)
class Home:
    greeting: str
    sentence: str
    today: Today
    feeling: Feeling | None
    may_feel: bool
    renew: str = ""


def home_of(course: Course, coming: Coming | None) -> Home:
    """Everything above the results, from what was read already."""
    owner = course.owner
    local = owner.now.astimezone(owner.zone)
    today = today_of(course)
    return Home(
        greeting=greeting(local, owner.patient.called),
        sentence=agenda(owner.today, _agenda(course, today, coming)),
        today=today,
        feeling=course.felt.get(owner.today),
        may_feel=course.live,
        renew=renew_of(course),
    )


def renew_of(course: Course) -> str:
    """His consent to the treatment has new words; nothing of this once the programme is over."""
    needed = course.definition.gates.consents if course.definition and course.live else ()
    since = [text.since_on for text in course.outdated if text.kind in needed]
    return new_words(max(since), course.owner.site.phone) if since else ""


def today_of(course: Course) -> Today:
    on = course.owner.today
    slots = slots_on(course, on)
    if not slots:
        return Today(on, (), standing_of(course))
    first_open = next((slot.key for slot in slots if slot.tick is None), "")
    yesterday = slots_on(course, on - DAY)
    return Today(
        on,
        tuple(Slot(s.key, s.tick, go=s.key == first_open) for s in slots),
        None,
        missed=sum(slot.tick is None for slot in yesterday),
        change=_change(course, on),
        supply_until=_supply(course),
    )


def slots_on(course: Course, on: date) -> tuple[Slot, ...]:
    """What was ordered for that day; a tick that no order stands behind is shown as well."""
    wanted = slots_of(course.capsules_on(on))
    return tuple(
        Slot(key, course.ticks.get((on, key)))
        for key in SLOTS
        if key in wanted or (on, key) in course.ticks
    )


def standing_of(course: Course) -> Standing:
    owner, enrolment = course.owner, course.enrolment
    status = course.status
    if course.held_on(owner.today):
        status = Status.ON_HOLD
    last = enrolment.last_dose_on if enrolment else None
    said = standing(
        status,
        StandingFacts(
            since_on=enrolment.status_since if enrolment else owner.today,
            clinician=course.clinician,
            phone=owner.site.phone,
            donation_until=_donation(course, last),
            again_from=_again(course, last),
            today=owner.today,
        ),
    )
    return said or NONE_TODAY


def _donation(course: Course, last: date | None) -> date | None:
    if last is None or course.definition is None:
        return None
    return blood_donation_blocked_until(course.definition.dose, last)


def _again(course: Course, last: date | None) -> date | None:
    if last is None or course.definition is None:
        return None
    return re_treatment_earliest(course.definition.dose, last)


def _change(course: Course, on: date) -> str:
    """From tomorrow on there are fewer, more or none."""
    now, then = course.capsules_on(on), course.capsules_on(on + DAY)
    if now == then:
        return ""
    if then == 0:
        return "From tomorrow on, please take none until we have spoken."
    if then == 1:
        return "From tomorrow on, one a day: in the morning."
    return "From tomorrow on, one in the morning and one in the evening again."


def _supply(course: Course) -> date | None:
    """The last day with capsules, once it is near."""
    if course.doses is None:
        return None
    today = course.owner.clinic_today
    ends = run_out_on(course.doses, today)
    if ends is None or ends > today + timedelta(days=SUPPLY_DAYS):
        return None
    return max(ends - DAY, today)


def _agenda(course: Course, today: Today, coming: Coming | None) -> Iterator[str]:
    if today.left:
        yield f"{plural(today.left, 'capsule')} left today"
    elif today.slots:
        yield "capsules done for today"
    if coming is not None and coming.starts_at is not None:
        local = coming.starts_at.astimezone(course.owner.site.zone)
        yield visit_words(local.date(), f"{local:%H:%M}", course.owner.clinic_today)
    if course.owner.news:
        yield plural(len(course.owner.news), "new result")
    if course.owner.unread:
        yield plural(course.owner.unread, "new message")


def last_letter(owner: Owner) -> Letter | None:
    """The clinic's newest words to him."""
    return (
        Letter.objects.visible_to(owner.account)
        .filter(patient=owner.patient, from_patient=False)
        .select_related("written_by")
        .order_by("-written_at", "-pk")
        .first()
    )
