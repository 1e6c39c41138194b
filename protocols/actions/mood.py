"""Mood: nine answers, scored, kept and turned into a proposal (domain reference §2.5)."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from django.db import transaction

from clinic import audit, events
from clinic.models import Account
from clinic.refusal import Refusal
from protocols.actions import duties
from protocols.actions.findings import ACTION_WORDS, Evidence, lock_live, proposal_of, settle
from protocols.actions.segments import lock_with_person
from protocols.models import Duty, Enrolment, Finding, MoodQuestionnaire, Visit
from protocols.queries.enrolment import definition_of
from protocols.queries.findings import closed_days
from protocols.rules.contradiction import Contradiction
from protocols.rules.deadlines import contact_by
from protocols.rules.definition import Definition
from protocols.rules.mood import ITEMS, MoodScore, score
from protocols.rules.verdicts import Reason, combine
from protocols.rules.vocabulary import Action

OPEN_VISIT = (Visit.Status.IN_PROGRESS, Visit.Status.AMENDED)
ANSWERS = ("not at all", "several days", "more than half the days", "nearly every day")
#: A questionnaire that says nothing is asked again within two working days.
AGAIN_HOURS = 48
WANTS_CALL = Reason("WANTS_A_CALL", Action.REVIEW, "He would like a call.", contact_within_hours=24)


@transaction.atomic
def answer(
    *,
    enrolment: Enrolment,
    answers: Sequence[int | None],
    by: Account,
    now: datetime,
    visit: Visit | None = None,
    difficulty: int | None = None,
    words: str = "",
    wants_call: bool = False,
) -> MoodQuestionnaire:
    """Keep nine answers and say what they mean; item 9 is never left out or filled in.

    At an open visit a second answering corrects the first; in the portal each one is its own.
    """
    locked = lock_with_person(enrolment)
    items = list(answers)
    refuse_answers(items, visit)
    definition = definition_of(locked.version)
    try:
        scored = score(definition.mood, items)
    except Contradiction as error:
        raise Refusal(str(error), field=error.field) from error
    questionnaire = MoodQuestionnaire(enrolment=locked, visit=visit)
    if visit is not None:
        questionnaire = (
            MoodQuestionnaire.objects.select_for_update(of=("self",)).filter(visit=visit).first()
            or questionnaire
        )
    questionnaire.answers, questionnaire.difficulty = items, difficulty
    questionnaire.total, questionnaire.item9 = scored.total, items[ITEMS - 1] or 0
    questionnaire.band, questionnaire.words = scored.band or "", words.strip()
    questionnaire.wants_call, questionnaire.answered_at = wants_call, now
    questionnaire.answered_by = by
    questionnaire.save()
    audit.record(
        actor=by,
        action="mood.answered",
        subject=questionnaire,
        person=locked.patient,
        site=locked.patient.site_id,
        visit=visit.pk if visit else None,
    )
    events.report("mood.answered", questionnaire=questionnaire)
    ask_again(questionnaire, definition, by=by, now=now)
    return questionnaire


def ask_again(
    questionnaire: MoodQuestionnaire, definition: Definition, *, by: Account, now: datetime
) -> None:
    """Too many questions left out say nothing: they are asked again, until a whole one is here."""
    enrolment = questionnaire.enrolment
    site = enrolment.patient.site
    if questionnaire.total is None:
        due = contact_by(AGAIN_HOURS, now, site.zone, closed_days(site, site.localdate(now)))
        for code in definition.mood.invalid.tasks:
            duties.require(
                enrolment=enrolment, code=code, due_at=due or now,
                about=audit.label(enrolment), by=None, now=now,
            )  # fmt: skip
        return
    waiting = Duty.objects.select_for_update(of=("self",)).open()
    for duty in waiting.filter(
        enrolment=enrolment, code__in=definition.mood.invalid.tasks
    ).select_related("enrolment__patient__site"):
        duties.tick(
            duty, by=by, at=now, outcome=Duty.Outcome.DONE, note="A whole questionnaire is here."
        )


def refuse_answers(items: Sequence[int | None], visit: Visit | None) -> None:
    if len(items) == ITEMS and items[ITEMS - 1] is None:
        raise Refusal("Question 9 must be answered.", field="item_9")
    if visit is not None and visit.status not in OPEN_VISIT:
        raise Refusal("The questionnaire belongs to an open visit.")


def crisis_words(questionnaire: MoodQuestionnaire) -> str:
    """What he reads at once after any answer above "not at all" to question 9, else nothing."""
    if not questionnaire.item9:
        return ""
    return definition_of(questionnaire.enrolment.version).mood.crisis_text


@transaction.atomic
def evaluate_mood(questionnaire: MoodQuestionnaire) -> Finding | None:
    """What nine answers propose; a self-harm answer is first in every list, whatever the total."""
    enrolment = lock_live(questionnaire.enrolment.patient_id)
    if enrolment is None:
        return None
    definition = definition_of(enrolment.version)
    baseline = mood_baseline(enrolment, questionnaire)
    scored = score(definition.mood, questionnaire.answers, baseline_total=baseline)
    reasons = [*scored.reasons, *([WANTS_CALL] if questionnaire.wants_call else ())]
    at = questionnaire.answered_at
    return settle(
        enrolment=enrolment,
        kind=Finding.Kind.MOOD,
        evidence=Evidence(
            audit.label(questionnaire),
            at,
            at,
            {"answers": questionnaire.answers, "total": scored.total, "baseline": baseline},
            acting=questionnaire.answered_by if questionnaire.visit_id else None,
        ),
        proposal=proposal_of(
            enrolment,
            combine(reasons, definition.safety),
            headline=mood_headline(scored),
            known_at=at,
            crisis=scored.crisis,
        ),
    )


def mood_baseline(enrolment: Enrolment, questionnaire: MoodQuestionnaire) -> int | None:
    """The last total before Day 1."""
    if enrolment.first_dose_on is None:
        return None
    day_one = datetime.combine(
        enrolment.first_dose_on + timedelta(days=1), time(), tzinfo=enrolment.patient.site.zone
    )
    return (
        MoodQuestionnaire.objects.filter(
            enrolment=enrolment, answered_at__lt=day_one, total__isnull=False
        )
        .exclude(pk=questionnaire.pk)
        .order_by("answered_at")
        .values_list("total", flat=True)
        .last()
    )


def mood_headline(scored: MoodScore) -> str:
    total = "PHQ-9 not valid" if scored.total is None else f"PHQ-9 {scored.total}"
    if scored.item_nine:
        return f"Item 9 “{ANSWERS[scored.item_nine]}”; {total}"
    if scored.total is None:
        return f"{total}: ask again"
    return f"{total}, {scored.band}: {ACTION_WORDS.get(scored.action, 'he would like a call')}"
