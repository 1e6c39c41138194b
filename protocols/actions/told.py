"""Symptoms told by telephone, in a message or in the portal run the rules of a visit (§2.4)."""

from collections.abc import Collection
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from clinic import audit, events
from clinic.models import Account
from clinic.refusal import Refusal
from patients.models import Letter
from protocols.actions import duties
from protocols.actions.findings import Evidence, lock_live, proposal_of, settle
from protocols.actions.safety import evaluate_draw
from protocols.actions.segments import lock_with_person
from protocols.models import TERMINAL, Enrolment, Finding, SymptomReport
from protocols.queries.enrolment import definition_of
from protocols.queries.findings import NEAR, draws_since
from protocols.rules.deadlines import promise
from protocols.rules.safety import evaluate
from protocols.rules.verdicts import Reason, Verdict, combine
from protocols.rules.vocabulary import Action

#: Clocks differ a little; nobody tells of anything from further ahead than this.
SLACK = timedelta(minutes=5)
LONGEST_AGO = timedelta(days=30)
LONGEST = 2000
IN_WORDS = Reason(
    "TOLD_IN_WORDS",
    Action.REVIEW,
    "He told of something that is not on the list: read his words.",
    contact_within_hours=48,
)


@transaction.atomic
def tell(  # noqa: PLR0913 -- who told what, how, when
    *,
    enrolment: Enrolment,
    codes: Collection[str],
    channel: str,
    told_at: datetime,
    by: Account,
    now: datetime,
    told_by: str = SymptomReport.Teller.PATIENT,
    words: str = "",
    letter: Letter | None = None,
) -> SymptomReport:
    """Keep what was told and let the rules look at it at once."""
    locked = lock_with_person(enrolment)
    refuse_telling(locked, codes, words, told_at, now)
    if letter is not None and letter.patient_id != locked.patient_id:
        raise Refusal("That message is from somebody else.")
    report = SymptomReport.objects.create(
        enrolment=locked,
        codes=list(dict.fromkeys(codes)),
        channel=channel,
        told_by=told_by,
        told_at=min(told_at, now),
        words=words.strip(),
        letter=letter,
        recorded_at=now,
        recorded_by=by,
    )
    audit.record(
        actor=by,
        action="symptoms.told",
        subject=report,
        person=locked.patient,
        site=locked.patient.site_id,
        channel=channel,
        told_by=told_by,
    )
    events.report("symptoms.told", report=report)
    return report


def refuse_telling(
    enrolment: Enrolment, codes: Collection[str], words: str, told_at: datetime, now: datetime
) -> None:
    if enrolment.status in TERMINAL:
        raise Refusal("He is no longer in the programme: speak with his own doctor.")
    table = definition_of(enrolment.version).safety
    for code in codes:
        if table.symptom(code) is None:
            raise Refusal(f"There is no symptom called “{code}”.", field="codes")
    if not codes and not words.strip():
        raise Refusal("Tick what was told, or write it down in his words.", field="codes")
    if len(words.strip()) > LONGEST:
        raise Refusal(f"His words have at most {LONGEST} signs.", field="words")
    if told_at > now + SLACK:
        raise Refusal("It is written down when it has been told, not before.", field="told_at")
    if told_at < now - LONGEST_AGO:
        raise Refusal(
            "That is more than 30 days ago: record it at his visit, with its day.", field="told_at"
        )


@transaction.atomic
def strike(*, report: SymptomReport, because: str, by: Account, now: datetime) -> SymptomReport:
    """It was written down by mistake: it stays to be read, and nothing rests on it any more."""
    enrolment = lock_with_person(report.enrolment)
    locked = SymptomReport.objects.select_for_update(of=("self",)).get(pk=report.pk)
    locked.enrolment = enrolment
    if locked.struck_at is not None:
        raise Refusal("This has been struck out already.")
    if not because.strip():
        raise Refusal("Say why it is struck out.", field="because")
    locked.struck_at, locked.struck_by, locked.struck_because = now, by, because.strip()
    locked.save(update_fields=["struck_at", "struck_by", "struck_because"])
    audit.record(
        actor=by,
        action="symptoms.struck",
        subject=locked,
        person=enrolment.patient,
        site=enrolment.patient.site_id,
        reason=locked.struck_because,
    )
    events.report("symptoms.told", report=locked)
    return locked


@transaction.atomic
def evaluate_report(report: SymptomReport) -> Finding | None:
    """What was told proposes what the same symptoms would at a visit; advice was given at once."""
    enrolment = lock_live(report.enrolment.patient_id)
    if enrolment is None:
        return None
    verdict = verdict_of(report)
    headline = verdict.reasons[0].sentence if verdict.reasons else ""
    finding = settle(
        enrolment=enrolment,
        kind=Finding.Kind.SAFETY,
        evidence=Evidence(
            report.label,
            report.told_at,
            report.struck_at or report.recorded_at,  # nobody is paged before it is known
            {"symptoms": report.codes, "channel": report.channel, "told_by": report.told_by},
            acting=report.recorded_by,
        ),
        proposal=proposal_of(
            enrolment,
            verdict,
            headline=headline,
            known_at=report.told_at,
            crisis=False,
            before_start=True,
        ),
    )
    if finding is None and report.struck_at is not None:
        duties.withdraw(about=report.label, because="It was struck out.", now=report.struck_at)
    for draw in draws_since(enrolment, report.told_at - NEAR):
        evaluate_draw(draw)
    return finding


def verdict_of(report: SymptomReport) -> Verdict:
    """The rules on what was told; what only asks for advice asks nobody to decide."""
    definition = definition_of(report.enrolment.version)
    if report.struck_at is not None:
        return combine((), definition.safety)
    verdict = evaluate(definition, symptoms=report.codes)
    if not report.codes:
        return combine([IN_WORDS], definition.safety)
    if verdict.action is Action.CONTINUE_ADVISE:
        return combine((), definition.safety)
    return verdict


def promised(report: SymptomReport, zone: ZoneInfo, now: datetime) -> str:
    """By when somebody speaks with him about it, in words."""
    return promise(verdict_of(report).contact_within_hours, report.told_at, zone, now)
