"""Side effects: a visit’s checklist opens, grades and closes them; a clinician reviews them."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max, Q

from clinic import audit, events
from clinic.models import Account
from clinic.refusal import Refusal
from protocols.actions.segments import lock_with_person
from protocols.models import AdverseEvent, Enrolment, SymptomGrade, Visit
from protocols.rules.adverse_events import ChecklistItem, shipped_clinical_grades

OPEN_VISIT = (Visit.Status.IN_PROGRESS, Visit.Status.AMENDED)
WORST = 5


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
        event = events_now.get(code)
        follow(enrolment, row, items[code], grade, event=event, onset=onset, by=by, now=now)
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
    return list(AdverseEvent.objects.filter(enrolment=enrolment, ended_on=None))


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
    term = grades.term(item.term) if item.term else None
    allowed = {0, *(choice for choice, _ in term.choices())} if term else set(range(WORST + 1))
    if grade not in allowed:
        raise Refusal(f"{item.title} has no grade {grade}.", field=code)
    return item


def follow(
    enrolment: Enrolment,
    visit: Visit,
    item: ChecklistItem,
    grade: int,
    *,
    event: AdverseEvent | None,
    onset: date,
    by: Account,
    now: datetime,
) -> None:
    """Open, change or close the side effect of one item after its grade at a visit."""
    if event is None:
        if grade:
            begin(enrolment, visit, item, grade, onset=onset, by=by, now=now)
        return
    if not grade and event.visit_id == visit.pk:
        # Ticked by mistake at this same visit: it never was. The history keeps the row.
        event.delete()
        return
    was = (event.grade, event.ended_on)
    event.grade = grade or event.grade
    event.worst_grade = worst_since(event, visit)
    event.ended_on = None if grade else visit.attended_on
    event.outcome = AdverseEvent.Outcome.ONGOING if grade else AdverseEvent.Outcome.RESOLVED
    if event.visit_id == visit.pk:
        event.onset_on = onset
    if grade > was[0]:
        event.reviewed_at = event.reviewed_by = None
    event.save()
    if was != (event.grade, event.ended_on):
        trail(event, "adverse_event.changed", by)


def running(enrolment: Enrolment, visit: Visit) -> dict[str, AdverseEvent]:
    """By item, the side effect that runs, or else the last that this very visit closed."""
    mine = AdverseEvent.objects.select_for_update(of=("self",)).filter(
        Q(ended_on=None) | Q(ended_on=visit.attended_on), enrolment=enrolment
    )
    ordered = sorted(mine, key=lambda event: (event.ended_on is None, event.pk))
    return {event.term: event for event in ordered}


def begin(
    enrolment: Enrolment,
    visit: Visit,
    item: ChecklistItem,
    grade: int,
    *,
    onset: date,
    by: Account,
    now: datetime,
) -> AdverseEvent:
    today = visit.attended_on or enrolment.status_since
    if onset > today:
        raise Refusal(f"{item.title} cannot begin after the visit.", field=item.code)
    event = AdverseEvent.objects.create(
        enrolment=enrolment,
        visit=visit,
        term=item.code,
        title=item.title,
        grade=grade,
        worst_grade=grade,
        onset_on=onset,
        recorded_at=now,
        recorded_by=by,
    )
    event.enrolment = enrolment
    trail(event, "adverse_event.opened", by)
    return event


def worst_since(event: AdverseEvent, visit: Visit) -> int:
    """The highest grade any visit recorded since it began: a corrected tick leaves no trace."""
    worst = SymptomGrade.objects.filter(
        visit__enrolment=event.enrolment_id,
        term=event.term,
        visit__attended_on__gte=event.onset_on,
        visit__attended_on__lte=visit.attended_on,
    ).aggregate(worst=Max("grade"))["worst"]
    return max(worst or 0, event.grade)


@transaction.atomic
def review(
    *,
    event: AdverseEvent,
    grade: int,
    relation: str,
    serious: bool,
    drug_action: str,
    by: Account,
    now: datetime,
    note: str = "",
) -> AdverseEvent:
    """A clinician grades a side effect and says how likely the drug is its cause."""
    row = (
        AdverseEvent.objects.select_for_update(of=("self",))
        .select_related("enrolment__patient")
        .get(pk=event.pk)
    )
    if row.reviewed_at is not None:
        raise Refusal("This side effect has already been reviewed.")
    if relation not in AdverseEvent.Relation.values:
        raise Refusal("Say how likely the drug is the cause.", field="relation")
    if drug_action not in AdverseEvent.DrugAction.values:
        raise Refusal("Say what was done about the drug.", field="drug_action")
    if not 1 <= grade <= WORST:
        raise Refusal("A side effect has a grade from 1 to 5.", field="grade")
    row.grade, row.worst_grade = grade, max(grade, row.worst_grade)
    row.relation, row.serious, row.drug_action = relation, serious, drug_action
    row.note, row.reviewed_at, row.reviewed_by = note.strip(), now, by
    row.save()
    trail(row, "adverse_event.reviewed", by)
    return row


def trail(event: AdverseEvent, action: str, by: Account) -> None:
    patient = event.enrolment.patient
    audit.record(
        actor=by,
        action=action,
        subject=event,
        person=patient,
        site=patient.site_id,
        term=event.term,
        grade=event.grade,
    )
