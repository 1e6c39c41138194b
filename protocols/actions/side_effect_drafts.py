"""What results and told symptoms draft: a side effect of their own, or the next entry of one.

A clinician's word stands: what the rules learn after a review is kept beside it and shown to him.
"""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from clinic import audit
from labs.models import Draw, Result
from labs.rules.ctcae import published_grade_table
from protocols.actions import side_effects
from protocols.actions.findings import lock_live
from protocols.models import AdverseEvent, AdverseEventEntry, Enrolment, SymptomReport, Visit
from protocols.queries.enrolment import definition_of
from protocols.rules.adverse_events import shipped_clinical_grades
from protocols.rules.lab_facts import LabFact
from protocols.rules.side_effects import (
    WEIGHT_GAIN,
    Course,
    Draft,
    of_results,
    of_symptom,
    of_weight,
)

Reporter = AdverseEvent.Reporter
CORRECTED = "The result was corrected."
MEASURED_AGAIN = "The weight was measured again."
STRUCK = "What told of it was struck out."
TELLERS = {
    SymptomReport.Teller.PATIENT: Reporter.PATIENT,
    SymptomReport.Teller.PARTNER: Reporter.PARTNER,
    SymptomReport.Teller.RELATIVE: Reporter.PARTNER,
    SymptomReport.Teller.PROFESSIONAL: Reporter.DOCTOR,
}


def draft_from_draw(
    draw: Draw, enrolment: Enrolment, facts: Sequence[LabFact], results: Sequence[Result]
) -> None:
    """Every graded value that is worse than the baseline, once he takes the drug (§3.2)."""
    if enrolment.first_dose_on is None:
        return
    on = enrolment.patient.site.localdate(draw.collected_at)
    if on < enrolment.first_dose_on:
        return
    label = audit.label(draw)
    drafts = of_results([fact.reading for fact in facts], published_grade_table())
    at = moment_of(draw, results)
    take_back(enrolment, label, keep={draft.code for draft in drafts}, because=CORRECTED, now=at)
    noted = set(
        AdverseEvent.objects.standing().filter(enrolment=enrolment).values_list("term", flat=True)
    )
    for draft in drafts:
        if draft.grade or draft.code in noted:
            tell(enrolment, draft, on, evidence=label, reporter=Reporter.CLINIC, now=at)


def moment_of(draw: Draw, results: Sequence[Result]) -> datetime:
    """When it became known: the last of what was filed or corrected."""
    return max([draw.struck_at or draw.filed_at, *(row.filed_at for row in results)])


@transaction.atomic
def draft_from_weight(visit: Visit) -> None:
    """A weight that has risen by a twentieth or more since the start, measured at a visit."""
    enrolment = lock_live(visit.enrolment.patient_id)
    on, at = visit.attended_on, visit.vitals_at
    if enrolment is None or enrolment.first_dose_on is None or on is None or at is None:
        return
    if on < enrolment.first_dose_on:
        return
    found = of_weight(visit.weight_kg, enrolment.baseline_weight_kg, published_grade_table())
    keep = {found.code} if found else set()
    take_back(enrolment, visit.label, keep=keep, because=MEASURED_AGAIN, now=at, of=WEIGHT_GAIN)
    if found is not None:
        tell(enrolment, found, on, evidence=visit.label, reporter=Reporter.CLINIC, now=at)


@transaction.atomic
def draft_from_report(report: SymptomReport) -> None:
    """What was told by telephone, in a message or in the portal, with the least grade it has."""
    enrolment = lock_live(report.enrolment.patient_id)
    if enrolment is None or enrolment.first_dose_on is None:
        return
    on = enrolment.patient.site.localdate(report.told_at)
    if on < enrolment.first_dose_on:
        return
    book = shipped_clinical_grades()
    table = definition_of(enrolment.version).safety
    at = report.struck_at or report.recorded_at
    codes = [] if report.struck_at is not None else report.codes
    drafts: dict[str, Draft] = {}
    for code in codes:
        rule = table.symptom(code)
        draft = of_symptom(code, rule.title if rule else code, book)
        if draft.code not in drafts or draft.grade > drafts[draft.code].grade:
            drafts[draft.code] = draft
    take_back(enrolment, report.label, keep=drafts, because=STRUCK, now=at)
    how = f"Told: {report.get_channel_display().lower()}."
    for draft in drafts.values():
        said = Draft(draft.code, draft.title, draft.ctcae_term, draft.grade, how)
        tell(
            enrolment, said, on, evidence=report.label,
            reporter=TELLERS[SymptomReport.Teller(report.told_by)], now=at, at_least=True,
        )  # fmt: skip


def tell(
    enrolment: Enrolment,
    draft: Draft,
    on: date,
    *,
    evidence: str,
    reporter: str,
    now: datetime,
    at_least: bool = False,
) -> None:
    """One side effect as its evidence now has it; said twice it is kept once.

    `at_least`: the evidence knows no more than that it is there, and takes no grade back.
    """
    event = running(enrolment, draft.code, on, evidence)
    if event is None:
        if draft.grade:
            side_effects.begin(
                enrolment, code=draft.code, title=draft.title, ctcae_term=draft.ctcae_term,
                grade=draft.grade, onset_on=on, reporter=reporter, note=draft.note,
                relation=AdverseEvent.Relation.POSSIBLE, evidence=evidence, by=None, now=now,
            )  # fmt: skip
        return
    grade = max(draft.grade, event.grade) if at_least else draft.grade
    mine = list(event.entries.filter(evidence=evidence).order_by("pk"))
    standing = next((entry for entry in mine if entry.struck_at is None), None)
    said = [entry for entry in mine if entry.recorded_by_id is None]
    note = draft.note[: side_effects.NOTE]
    if (
        standing is not None
        and said
        and (at_least or (said[-1].grade, said[-1].note) == (grade, note))
    ):
        return
    if standing is None and not grade and not event.entries.filter(struck_at=None, on__lte=on):
        return
    if standing is not None:
        side_effects.strike_entry(standing, because=CORRECTED, by=None, now=now)
    side_effects.enter(event, on=on, grade=grade, note=note, evidence=evidence, by=None, now=now)
    follow(event, now=now)


def running(enrolment: Enrolment, code: str, on: date, evidence: str) -> AdverseEvent | None:
    """The side effect this belongs to: the one it drafted, the one that runs, or ran that day."""
    mine = list(
        AdverseEvent.objects.select_for_update(of=("self",))
        .standing()
        .filter(enrolment=enrolment, term=code)
        .filter(Q(ended_on=None) | Q(ended_on__gte=on))
        .order_by("onset_on")
    )
    told = AdverseEventEntry.objects.filter(event__in=mine, evidence=evidence, struck_at=None)
    drafted = set(told.values_list("event", flat=True))
    fitting = [row for row in mine if row.pk in drafted] or [
        row for row in mine if row.ended_on is None or row.onset_on <= on
    ]
    if not fitting:
        return None
    fitting[0].enrolment = enrolment
    return fitting[0]


def take_back(
    enrolment: Enrolment, evidence: str, *, keep: object, because: str, now: datetime, of: str = ""
) -> None:
    """What this evidence told and does not tell any more; `of` one side effect only, if named."""
    named = Q(event__term=of) if of else Q()
    gone = (
        AdverseEventEntry.objects.filter(
            named,
            event__enrolment=enrolment,
            event__struck_at=None,
            evidence=evidence,
            struck_at=None,
        )
        .exclude(event__term__in=list(keep))  # type: ignore[call-overload]
        .order_by("pk")
    )
    for entry in gone:
        event = AdverseEvent.objects.select_for_update(of=("self",)).get(pk=entry.event_id)
        event.enrolment = enrolment
        side_effects.strike_entry(entry, because=because, by=None, now=now)
        follow(event, now=now, because=because)


def follow(event: AdverseEvent, *, now: datetime, because: str = CORRECTED) -> None:
    """Let an event nobody has reviewed follow its course; tell of news about one that was."""
    found = side_effects.course_of(event)
    if event.reviewed_at is not None:
        tell_reviewer(event, found, now=now)
        return
    if found.grade is None:
        side_effects.strike_event(event, because=because, by=None, now=now)
        return
    side_effects.refresh(event)
    event.onset_on = found.onset_on or event.onset_on
    event.save()
    side_effects.trail(event, "adverse_event.changed", None)


def tell_reviewer(event: AdverseEvent, found: Course, *, now: datetime) -> None:
    """His words stay as they are; another grade, or an end, waits for his look."""
    was = (event.proposed_end_on, event.news_at)
    event.proposed_end_on = None if event.ended_on else found.proposed_end_on
    if found.grade != event.grade:
        event.news_at = event.news_at or now
    if was != (event.proposed_end_on, event.news_at):
        event.save(update_fields=["proposed_end_on", "news_at"])
        side_effects.trail(event, "adverse_event.news", None)
