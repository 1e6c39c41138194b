"""Side effects by hand: recorded at any time, followed, weighed by a clinician, put right."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from clinic import events
from clinic.actions import on_call
from clinic.models import Account
from clinic.refusal import Refusal
from protocols.actions import side_effects
from protocols.actions.adverse_events import first_entry
from protocols.actions.segments import lock
from protocols.models import AdverseEvent, AdverseEventEntry, Enrolment
from protocols.rules.adverse_events import FATAL, OTHER, shipped_clinical_grades
from protocols.rules.side_effects import NOTHING, title_of

Outcome, Seriousness = AdverseEvent.Outcome, AdverseEvent.Seriousness
OTHERWISE = "Graded otherwise by a clinician."
#: What a clinician says of an event, with the sentence when it is none of the choices.
CHOICES = {
    "seriousness": (["", *Seriousness.values], "Say in which way it is serious."),
    "relation": (AdverseEvent.Relation.values, "Say how likely the drug is the cause."),
    "expected": (AdverseEvent.Expected.values, "Say whether the label names it."),
    "drug_action": (AdverseEvent.DrugAction.values, "Say what was done about the drug."),
    "outcome": (Outcome.values, "Say how it is or how it ended."),
    "reporter": (AdverseEvent.Reporter.values, "Say who told of it."),
}


@dataclass(frozen=True, slots=True)
class Assessment:
    """All that is said of a side effect; what is left out stays as it is."""

    grade: int
    relation: str
    drug_action: str
    seriousness: str = ""
    expected: str = ""
    outcome: str = ""
    onset_on: date | None = None
    ended_on: date | None = None
    reporter: str = ""
    note: str = ""


@transaction.atomic
def record_event(
    *,
    enrolment: Enrolment,
    term: str,
    said: Assessment,
    by: Account,
    now: datetime,
    title: str = "",
    reviewed: bool = False,
) -> AdverseEvent:
    """Write down a side effect at any time: of the list, or another one in words.

    `reviewed`: whoever writes it down is a clinician, and so it needs no second look.
    """
    locked = lock(enrolment)
    today = locked.patient.site.localdate(now)
    book = shipped_clinical_grades()
    named = {code for _, rows in book.choices() for code, _ in rows}
    if term != OTHER and term not in named:
        raise Refusal("Choose what it is, or “Other”.", field="term")
    if term == OTHER and not title.strip():
        raise Refusal("Say in words what it is.", field="title")
    if said.onset_on is None:
        raise Refusal("Give the day it began.", field="onset_on")
    if said.onset_on < locked.patient.born_on:
        raise Refusal("That is before he was born.", field="onset_on")
    refuse_assessment(term, said, onset_on=said.onset_on, today=today)
    event = side_effects.begin(
        locked, code=term, title=title.strip() if term == OTHER else title_of(term, book),
        grade=said.grade, onset_on=said.onset_on, relation=said.relation,
        reporter=said.reporter or AdverseEvent.Reporter.PATIENT, by=by, now=now,
        on=said.ended_on if said.grade == FATAL else None,
    )  # fmt: skip
    put(event, said, by=by, now=now)
    if reviewed:
        event.reviewed_at, event.reviewed_by = now, by
    side_effects.keep(event)
    side_effects.follow_weight(event, NOTHING, by=by, now=now)
    events.report("side_effect.written", event=event)
    return event


def locked_event(event: AdverseEvent) -> AdverseEvent:
    row = (
        AdverseEvent.objects.select_for_update(of=("self",))
        .select_related("enrolment__patient__site", "enrolment__clinician", "reviewed_by")
        .get(pk=event.pk)
    )
    if row.struck_at is not None:
        raise Refusal("This side effect has been struck out: it was entered in error.")
    if not side_effects.standing(row):
        first_entry(row)
    return row


@transaction.atomic
def review(  # noqa: PLR0913 -- all that a clinician says of it, by keyword
    *,
    event: AdverseEvent,
    grade: int,
    relation: str,
    drug_action: str,
    by: Account,
    now: datetime,
    seriousness: str = "",
    expected: str = "",
    outcome: str = "",
    ended_on: date | None = None,
    note: str = "",
) -> AdverseEvent:
    """A clinician grades a side effect and says what it is; the first of two counts."""
    row = locked_event(event)
    if row.reviewed_at is not None and row.news_at is None and row.proposed_end_on is None:
        raise Refusal(graded_already(row))
    said = Assessment(
        grade=grade, relation=relation, drug_action=drug_action, seriousness=seriousness,
        expected=expected, outcome=outcome, ended_on=ended_on, note=note,
    )  # fmt: skip
    assess(row, said, action="adverse_event.reviewed", by=by, now=now)
    return row


def graded_already(row: AdverseEvent) -> str:
    at = row.reviewed_at.astimezone(row.enrolment.patient.site.zone) if row.reviewed_at else None
    when = f" ({at.day} {at:%b}, {at:%H:%M})" if at else ""
    return f"This side effect has already been reviewed: by {row.reviewed_by}{when}."


@transaction.atomic
def correct(
    *, event: AdverseEvent, said: Assessment, because: str, by: Account, now: datetime
) -> AdverseEvent:
    """Put right what was said of it, with the reason; what was said before stays in the trail."""
    row = locked_event(event)
    if not because.strip():
        raise Refusal("Say why it is corrected.", field="because")
    assess(row, said, action="adverse_event.corrected", by=by, now=now, reason=because.strip())
    return row


def assess(
    row: AdverseEvent,
    said: Assessment,
    *,
    action: str,
    by: Account,
    now: datetime,
    reason: str = "",
) -> None:
    """What a clinician says stands, whatever the rules learn later."""
    was = side_effects.weight(row)
    today = row.enrolment.patient.site.localdate(now)
    refuse_assessment(row.term, said, onset_on=said.onset_on or row.onset_on, today=today)
    regrade(row, said, by=by, now=now)
    put(row, said, by=by, now=now)
    row.reviewed_at, row.reviewed_by, row.news_at = now, by, None
    side_effects.keep(row)
    side_effects.trail(row, action, by, reason=reason)
    side_effects.follow_weight(row, was, by=by, now=now)
    events.report("side_effect.written", event=row)
    on_call.answered(about=row.label, by=by, now=now)


def refuse_assessment(term: str, said: Assessment, *, onset_on: date, today: date) -> None:
    """Everything that contradicts itself, each with a sentence beside its field."""
    for name, (allowed, sentence) in CHOICES.items():
        given = getattr(said, name)
        if given and given not in allowed:
            raise Refusal(sentence, field=name)
    grades = [grade for grade, _ in shipped_clinical_grades().grades_of(term)]
    if said.grade not in grades:
        few = ", ".join(str(grade) for grade in grades)
        raise Refusal(f"A grade of this side effect is one of {few}.", field="grade")
    fatal = {said.grade == FATAL, said.seriousness == Seriousness.DEATH}
    if fatal == {True, False}:
        field = "seriousness" if said.grade == FATAL else "grade"
        raise Refusal("Grade 5 and death belong together.", field=field)
    if True in fatal and said.outcome not in ("", Outcome.FATAL):
        raise Refusal("A death is fatal.", field="outcome")
    if True not in fatal and said.outcome == Outcome.FATAL:
        raise Refusal("What was fatal has grade 5.", field="grade")
    refuse_days(said, onset_on=onset_on, today=today)


def refuse_days(said: Assessment, *, onset_on: date, today: date) -> None:
    if onset_on > today:
        raise Refusal("This day has not come yet.", field="onset_on")
    if said.outcome in side_effects.ENDED and said.ended_on is None:
        raise Refusal("Give the day it ended.", field="ended_on")
    if said.ended_on is None:
        return
    if said.outcome and said.outcome not in side_effects.ENDED:
        raise Refusal("It has an end: say how it ended.", field="outcome")
    if said.ended_on > today:
        raise Refusal("This day has not come yet.", field="ended_on")
    if said.ended_on < onset_on:
        raise Refusal("It ended before it began.", field="ended_on")


def regrade(row: AdverseEvent, said: Assessment, *, by: Account, now: datetime) -> None:
    """The clinician's grade takes the place of the last one that was told."""
    last = [entry for entry in side_effects.standing(row) if entry.grade][-1]
    if last.grade == said.grade:
        return
    side_effects.strike_entry(last, because=OTHERWISE, by=by, now=now)
    on = said.ended_on if said.grade == FATAL and said.ended_on else last.on
    side_effects.enter(
        row, on=on, grade=said.grade, note=said.note, evidence=last.evidence, by=by, now=now
    )


def put(row: AdverseEvent, said: Assessment, *, by: Account, now: datetime) -> None:
    """Every part that was said, and the course that follows from it."""
    row.seriousness = said.seriousness
    row.relation, row.drug_action = said.relation, said.drug_action
    row.expected = said.expected or row.expected
    row.reporter = said.reporter or row.reporter
    row.note = said.note.strip()[: side_effects.NOTE] or row.note
    close(row, said.ended_on, by=by, now=now)
    side_effects.refresh(row)
    row.onset_on = said.onset_on or row.onset_on
    if row.ended_on is not None and row.seriousness == Seriousness.DEATH:
        row.outcome = Outcome.FATAL
    elif said.outcome:
        row.outcome = said.outcome


def close(row: AdverseEvent, ended_on: date | None, *, by: Account, now: datetime) -> None:
    """The end as a clinician has it: proposals and earlier ends give way to his day."""
    ends = [entry for entry in side_effects.standing(row) if not entry.grade]
    kept = [entry for entry in ends if entry.on == ended_on and entry.recorded_by_id]
    for entry in ends:
        if entry not in kept:
            side_effects.strike_entry(entry, because=OTHERWISE, by=by, now=now)
    if ended_on is not None and not kept and row.seriousness != Seriousness.DEATH:
        side_effects.enter(row, on=ended_on, grade=0, by=by, now=now)


@transaction.atomic
def follow_up(
    *,
    event: AdverseEvent,
    on: date,
    grade: int,
    by: Account,
    now: datetime,
    note: str = "",
    reviewed: bool = False,
) -> AdverseEventEntry:
    """What is new about it: another grade, its end (0), or a word."""
    row = locked_event(event)
    was = side_effects.weight(row)
    if on > row.enrolment.patient.site.localdate(now):
        raise Refusal("This day has not come yet.", field="on")
    if on < row.onset_on:
        raise Refusal("That is before it began: correct the day it began.", field="on")
    allowed = [0, *(one for one, _ in shipped_clinical_grades().grades_of(row.term) if one < FATAL)]
    if grade not in allowed:
        raise Refusal("Choose a grade it can have.", field="grade")
    if grade == row.grade and row.ended_on is None and not note.strip():
        raise Refusal("Its grade is the same: write down what is new.", field="note")
    entry = side_effects.enter(row, on=on, grade=grade, note=note, by=by, now=now)
    before = row.grade
    side_effects.refresh(row)
    if reviewed:
        row.reviewed_at, row.reviewed_by, row.news_at = now, by, None
    elif row.grade > before:
        row.reviewed_at = row.reviewed_by = row.news_at = None
    side_effects.keep(row)
    side_effects.trail(row, "adverse_event.followed", by)
    side_effects.follow_weight(row, was, by=by, now=now)
    events.report("side_effect.written", event=row)
    return entry


@transaction.atomic
def strike_follow_up(
    *, entry: AdverseEventEntry, because: str, by: Account, now: datetime
) -> AdverseEvent:
    """One entry of the course was wrong: it stays to be read and counts no more."""
    row = locked_event(entry.event)
    was = side_effects.weight(row)
    found = AdverseEventEntry.objects.select_for_update(of=("self",)).get(pk=entry.pk)
    if found.struck_at is not None:
        raise Refusal("This entry has been struck out already.")
    if not because.strip():
        raise Refusal("Say why it is struck out.", field="because")
    rest = [other for other in side_effects.standing(row) if other.pk != found.pk]
    if not any(other.grade for other in rest):
        raise Refusal("It is all there is of this side effect: strike out the whole of it.")
    side_effects.strike_entry(found, because=because.strip(), by=by, now=now)
    side_effects.refresh(row)
    side_effects.keep(row)
    side_effects.trail(row, "adverse_event.changed", by, reason=because.strip())
    side_effects.follow_weight(row, was, by=by, now=now)
    events.report("side_effect.written", event=row)
    return row


@transaction.atomic
def strike(*, event: AdverseEvent, because: str, by: Account, now: datetime) -> AdverseEvent:
    """It was entered in error: nothing is deleted, and nothing rests on it any more."""
    row = locked_event(event)
    if not because.strip():
        raise Refusal("Say why it is struck out.", field="because")
    side_effects.strike_event(row, because=because.strip(), by=by, now=now)
    events.report("side_effect.written", event=row)
    return row


def initial_of(
    event: AdverseEvent, entries: Collection[AdverseEventEntry] | None = None
) -> Mapping[str, object]:
    """What a form about it begins with: the proposal where there is one."""
    if entries is None:
        entries = side_effects.standing(event)
    found = side_effects.course_through(entries)
    ended = event.ended_on or found.proposed_end_on or found.ended_on
    over = ended is not None and event.outcome not in side_effects.ENDED
    return {
        "grade": found.grade or event.grade,
        "seriousness": event.seriousness,
        "relation": event.relation,
        "expected": event.expected,
        "drug_action": event.drug_action,
        "outcome": Outcome.RESOLVED if over else event.outcome,
        "onset_on": event.onset_on,
        "ended_on": ended,
        "reporter": event.reporter,
        "note": event.note,
    }
