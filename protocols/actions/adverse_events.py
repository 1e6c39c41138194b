"""The checklist of a visit opens, grades and closes side effects.

What a person records besides, and what a clinician says of them: protocols.actions.event_review.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from clinic import audit, events
from clinic.models import Account
from clinic.refusal import Refusal
from protocols.actions import side_effects
from protocols.actions.segments import lock_with_person
from protocols.models import AdverseEvent, Enrolment, SymptomGrade, Visit
from protocols.rules.adverse_events import ChecklistItem, shipped_clinical_grades

OPEN_VISIT = (Visit.Status.IN_PROGRESS, Visit.Status.AMENDED)
MISTAKE = "It was ticked by mistake at the visit."


@transaction.atomic
def record_symptoms(
    *,
    visit: Visit,
    grades: Mapping[str, int],
    by: Account,
    now: datetime,
    notes: Mapping[str, str] | None = None,
    onsets: Mapping[str, date] | None = None,
) -> list[AdverseEvent]:
    """Keep the checklist of an open visit, and let the side effects follow it.

    `grades` holds a grade for every item asked, 0 for "asked, and not there"; recording again
    while the visit is open corrects. Returns the side effects that run after it.
    """
    enrolment = lock_with_person(visit.enrolment)
    row = Visit.objects.select_for_update(of=("self",)).get(pk=visit.pk)
    if row.attended_on is None or row.status not in OPEN_VISIT:
        raise Refusal("Side effects are recorded at an open visit.")
    items = {code: checked(code, grade) for code, grade in grades.items()}
    keep_grades(row, grades, notes or {})
    events_now = running(enrolment, row)
    for code, grade in grades.items():
        onset = (onsets or {}).get(code, row.attended_on)
        answer = Answer(items[code], grade, onset, (notes or {}).get(code, ""))
        follow(enrolment, row, answer, event=events_now.get(code), by=by, now=now)
    row.side_effects_at = now
    row.save(update_fields=["side_effects_at"])
    visit.side_effects_at = now
    audit.record(
        actor=by,
        action="symptoms.recorded",
        subject=row,
        person=enrolment.patient,
        site=enrolment.patient.site_id,
        present={code: grade for code, grade in grades.items() if grade},
    )
    row.enrolment = enrolment
    events.report("symptoms.recorded", visit=row)
    return list(AdverseEvent.objects.standing().filter(enrolment=enrolment, ended_on=None))


def keep_grades(visit: Visit, grades: Mapping[str, int], notes: Mapping[str, str]) -> None:
    """Every answer in one statement: a checklist is long, and is saved whenever it is touched."""
    SymptomGrade.objects.bulk_create(
        [
            SymptomGrade(visit=visit, term=code, grade=grade, note=notes.get(code, "").strip())
            for code, grade in grades.items()
        ],
        update_conflicts=True,
        unique_fields=["visit", "term"],
        update_fields=["grade", "note"],
    )


def checked(code: str, grade: int) -> ChecklistItem:
    """The item of the checklist, if it may have this grade."""
    grades = shipped_clinical_grades()
    item = grades.item(code)
    if item is None:
        raise Refusal(f"“{code}” is not on the checklist.", field=code)
    if grade not in {0, *(choice for choice, _ in grades.grades_of(code))}:
        raise Refusal(f"{item.title} has no grade {grade}.", field=code)
    return item


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said to one item: 0 is "asked, and not there"."""

    item: ChecklistItem
    grade: int
    onset_on: date
    note: str = ""


def follow(
    enrolment: Enrolment,
    visit: Visit,
    answer: Answer,
    *,
    event: AdverseEvent | None,
    by: Account,
    now: datetime,
) -> None:
    """Open, change or close the side effect of one item after its grade at a visit."""
    if event is None:
        if answer.grade:
            open_one(enrolment, visit, answer, by=by, now=now)
        return
    event.enrolment = enrolment
    here = event.entries.filter(evidence=visit.label, struck_at=None).first()
    before = event.entries.filter(struck_at=None).exclude(evidence=visit.label)
    if not answer.grade and event.visit_id == visit.pk and not before.exists():
        side_effects.strike_event(event, because=MISTAKE, by=by, now=now)
        return
    began_here = event.visit_id == visit.pk
    on = answer.onset_on if began_here and answer.grade else visit.attended_on or answer.onset_on
    if here is None:
        if not event.entries.filter(struck_at=None).exists():
            first_entry(event)
        side_effects.enter(
            event, on=on, grade=answer.grade, note=answer.note, evidence=visit.label, by=by,
            now=now,
        )  # fmt: skip
    elif (here.on, here.grade, here.note) != (on, answer.grade, answer.note.strip()):
        here.on, here.grade, here.note = on, answer.grade, answer.note.strip()
        here.recorded_at, here.recorded_by = now, by
        here.save()
    change(event, answer, began_here=began_here, by=by, now=now)


def first_entry(event: AdverseEvent) -> None:
    """One that was written down without a course begins it with what it says."""
    side_effects.enter(
        event, on=event.onset_on, grade=event.grade, by=event.recorded_by, now=event.recorded_at
    )


def change(
    event: AdverseEvent, answer: Answer, *, began_here: bool, by: Account, now: datetime
) -> None:
    """What the answer makes of it; a higher grade asks the clinician to look again."""
    was, weight = (event.grade, event.ended_on), side_effects.weight(event)
    side_effects.refresh(event)
    if began_here and answer.grade:
        event.onset_on = answer.onset_on
    if event.grade > was[0]:
        event.reviewed_at = event.reviewed_by = event.news_at = None
    side_effects.keep(event)
    if was != (event.grade, event.ended_on):
        side_effects.trail(event, "adverse_event.changed", by)
        side_effects.follow_weight(event, weight, by=by, now=now)


def running(enrolment: Enrolment, visit: Visit) -> dict[str, AdverseEvent]:
    """By item, the side effect that runs, or else the last that this very visit closed."""
    mine = (
        AdverseEvent.objects.select_for_update(of=("self",))
        .standing()
        .filter(Q(ended_on=None) | Q(ended_on=visit.attended_on), enrolment=enrolment)
    )
    ordered = sorted(mine, key=lambda event: (event.ended_on is None, event.pk))
    return {event.term: event for event in ordered}


def open_one(
    enrolment: Enrolment, visit: Visit, answer: Answer, *, by: Account, now: datetime
) -> AdverseEvent:
    if answer.onset_on > (visit.attended_on or enrolment.status_since):
        raise Refusal(f"{answer.item.title} cannot begin after the visit.", field=answer.item.code)
    return side_effects.begin(
        enrolment, code=answer.item.code, title=answer.item.title, grade=answer.grade,
        onset_on=answer.onset_on, visit=visit, note=answer.note, evidence=visit.label, by=by,
        now=now,
    )  # fmt: skip
