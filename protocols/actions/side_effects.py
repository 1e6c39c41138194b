"""The course of a side effect: begun, told entry by entry, struck out; what a serious one asks for.

Who may say what about it is in protocols.actions.adverse_events; what the rules draft in
protocols.actions.side_effect_drafts.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction

from clinic import audit
from clinic.actions import on_call
from clinic.models import Account
from clinic.refusal import Refusal
from protocols.actions import duties
from protocols.models import AdverseEvent, AdverseEventEntry, Duty, Enrolment, Visit
from protocols.rules.adverse_events import MEDWATCH, OTHER, SERIOUS, shipped_clinical_grades
from protocols.rules.deadlines import CLOSES
from protocols.rules.local_time import local_instant
from protocols.rules.side_effects import NOTHING, Course, Told, Weight, course, deadlines, reports

RUNS_ONCE = "This side effect runs already: write what is new about it there."
NOTE, TITLE = 300, 80


def begin(  # noqa: PLR0913 -- what is known of it, by keyword
    enrolment: Enrolment,
    *,
    code: str,
    title: str,
    grade: int,
    onset_on: date,
    by: Account | None,
    now: datetime,
    ctcae_term: str = "",
    visit: Visit | None = None,
    reporter: str = AdverseEvent.Reporter.PATIENT,
    relation: str = AdverseEvent.Relation.PROBABLE,
    note: str = "",
    evidence: str = "",
    on: date | None = None,
) -> AdverseEvent:
    """Open a side effect with the first entry of its course."""
    book = shipped_clinical_grades()
    expected = code != OTHER and book.is_expected(code)
    term = book.term_of(code)
    try:
        with transaction.atomic():
            event = AdverseEvent.objects.create(
                enrolment=enrolment,
                visit=visit,
                term=code,
                title=title[:TITLE],
                ctcae_term=ctcae_term or (term.term if term else ""),
                ctcae_version=book.version,
                grade=grade,
                worst_grade=grade,
                onset_on=onset_on,
                relation=relation,
                expected=(
                    AdverseEvent.Expected.EXPECTED if expected else AdverseEvent.Expected.UNEXPECTED
                ),
                reporter=reporter,
                recorded_at=now,
                recorded_by=by,
            )
    except IntegrityError as clash:
        raise Refusal(RUNS_ONCE, field="term") from clash
    event.enrolment = enrolment
    enter(event, on=on or onset_on, grade=grade, note=note, evidence=evidence, by=by, now=now)
    trail(event, "adverse_event.opened", by)
    return event


def enter(
    event: AdverseEvent,
    *,
    on: date,
    grade: int,
    by: Account | None,
    now: datetime,
    note: str = "",
    evidence: str = "",
) -> AdverseEventEntry:
    return AdverseEventEntry.objects.create(
        event=event,
        on=on,
        grade=grade,
        note=note.strip()[:NOTE],
        evidence=evidence,
        recorded_at=now,
        recorded_by=by,
    )


def strike_entry(
    entry: AdverseEventEntry, *, because: str, by: Account | None, now: datetime
) -> None:
    entry.struck_at, entry.struck_by, entry.struck_because = now, by, because[:NOTE]
    entry.save(update_fields=["struck_at", "struck_by", "struck_because"])


def standing(event: AdverseEvent) -> list[AdverseEventEntry]:
    """What was told of it and stands, in the order of its days."""
    return list(event.entries.filter(struck_at=None).order_by("on", "pk"))


def course_of(event: AdverseEvent) -> Course:
    return course_through(standing(event))


def course_through(entries: Iterable[AdverseEventEntry]) -> Course:
    """What follows from these entries, leaving out what was struck."""
    return course(
        Told(entry.on, entry.grade, by_rule=entry.recorded_by_id is None)
        for entry in entries
        if entry.struck_at is None
    )


def refresh(event: AdverseEvent) -> AdverseEvent:
    """Let the event say what its course says: present and worst grade, end, proposed end."""
    found = course_of(event)
    if found.grade is None:
        return event
    event.grade, event.worst_grade = found.grade, found.worst
    event.proposed_end_on = found.proposed_end_on
    if found.ended_on is None and event.outcome in ENDED:
        event.outcome = AdverseEvent.Outcome.ONGOING
    if found.ended_on is not None and event.outcome not in ENDED:
        event.outcome = AdverseEvent.Outcome.RESOLVED
    event.ended_on = found.ended_on
    if found.onset_on is not None:
        event.onset_on = min(event.onset_on, found.onset_on)
    return event


ENDED = {AdverseEvent.Outcome.RESOLVED, AdverseEvent.Outcome.LASTING, AdverseEvent.Outcome.FATAL}


def keep(event: AdverseEvent) -> None:
    """Save it; two of one kind do not run side by side."""
    try:
        with transaction.atomic():
            event.save()
    except IntegrityError as clash:
        raise Refusal(RUNS_ONCE, field="ended_on") from clash


def strike_event(
    event: AdverseEvent, *, because: str, by: Account | None, now: datetime
) -> AdverseEvent:
    """It never was: it stays to be read, and nothing is asked because of it any more."""
    was = weight(event)
    event.struck_at, event.struck_by, event.struck_because = now, by, because[:NOTE]
    event.news_at = None
    event.save(update_fields=["struck_at", "struck_by", "struck_because", "news_at"])
    trail(event, "adverse_event.struck", by, reason=event.struck_because)
    follow_weight(event, was, by=by, now=now)
    return event


def weight(event: AdverseEvent) -> Weight:
    if event.struck_at is not None:
        return NOTHING
    return Weight(event.seriousness, event.relation, event.grade)


def follow_weight(event: AdverseEvent, was: Weight, *, by: Account | None, now: datetime) -> None:
    """Ask for the reports a serious event needs, at once; take back what it needs no longer."""
    is_now = weight(event)
    enrolment = event.enrolment
    site = enrolment.patient.site
    limits = deadlines(shipped_clinical_grades())
    last_on = site.localdate(now) + timedelta(days=limits[MEDWATCH])
    due = {
        SERIOUS: now + timedelta(hours=limits[SERIOUS]),
        MEDWATCH: local_instant(last_on, CLOSES, site.zone),
    }
    for code in reports(was, is_now):
        duties.require(
            enrolment=enrolment,
            code=code,
            due_at=due[code],
            about=event.label,
            owner=enrolment.clinician,
            by=by,
            now=now,
        )
    gone = [SERIOUS] * (not is_now.is_serious) + [MEDWATCH] * (not is_now.goes_to_medwatch)
    take_back(event, gone, now=now)
    if is_now.is_urgent and not was.is_urgent:
        on_call.page(
            site=site, about=event.label, person=audit.label(enrolment.patient), now=now, acting=by
        )
    elif was.is_urgent and not is_now.is_urgent:
        on_call.withdraw(about=event.label)


def take_back(event: AdverseEvent, codes: list[str], *, now: datetime) -> None:
    open_ones = Duty.objects.select_for_update(of=("self",)).open()
    for duty in open_ones.filter(about=event.label, code__in=codes).select_related(
        "enrolment__patient__site"
    ):
        because = "The side effect is not said to be so any more."
        duties.tick(duty, by=None, at=now, outcome=Duty.Outcome.NOT_NEEDED, note=because)


def trail(event: AdverseEvent, action: str, by: Account | None, *, reason: str = "") -> None:
    patient = event.enrolment.patient
    audit.record(
        actor=by,
        action=action,
        subject=event,
        person=patient,
        site=patient.site_id,
        reason=reason,
        term=event.term,
        grade=event.grade,
    )
