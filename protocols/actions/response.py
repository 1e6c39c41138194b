"""Has he responded? The rule's answer is written anew whenever something it rests on changes."""

from datetime import date, datetime

from django.db import IntegrityError, transaction

from clinic import audit
from clinic.models import Account
from clinic.refusal import Refusal
from labs.models import SemenAnalysis
from labs.queries.series import semen_series
from labs.queries.storage import frozen_already
from labs.rules.response import RULESET, Analysis, BaselineStratum, Response, response
from patients.models import Patient
from protocols.models import Enrolment, ResponseAdjudication, ResponseEvaluation

Cause = ResponseEvaluation.Cause
ANSWER = (
    "ruleset", "first_dose_on", "stratum", "status", "first_sperm_on", "first_motile_on",
    "response_on", "days", "month", "evaluable", "sentence", "samples",
)  # fmt: skip


@transaction.atomic
def sample_became_final(
    *, analysis: SemenAnalysis, was: SemenAnalysis | None = None
) -> list[ResponseEvaluation]:
    """A sample more, or another in its place: every enrolment of the man is answered anew."""
    cause = Cause.SAMPLE if was is None else Cause.CORRECTED
    patients = {row.patient_id: row.patient for row in (analysis, was) if row is not None}
    return [
        made
        for patient in patients.values()
        for made in evaluate_man(patient=patient, cause=cause, about=audit.label(analysis))
    ]


@transaction.atomic
def sample_was_superseded(*, analysis: SemenAnalysis) -> list[ResponseEvaluation]:
    """A sheet is being corrected: it counts no more, and its correction not yet."""
    return evaluate_man(
        patient=analysis.patient, cause=Cause.CORRECTED, about=audit.label(analysis)
    )


@transaction.atomic
def sample_was_included(*, analysis: SemenAnalysis) -> list[ResponseEvaluation]:
    """A clinician let a sample count, or no longer."""
    return evaluate_man(patient=analysis.patient, cause=Cause.INCLUDED, about=audit.label(analysis))


@transaction.atomic
def enrolment_changed(*, enrolment: Enrolment, was: object, event: object) -> None:
    """The first dose counts the days; before it there is nothing to answer."""
    evaluate(enrolment=enrolment, cause=Cause.PROGRAMME, about=audit.label(enrolment))


def evaluate_man(*, patient: Patient, cause: str, about: str) -> list[ResponseEvaluation]:
    """Answer for each of his enrolments that has begun; what did not change writes nothing."""
    started = Enrolment.objects.filter(patient=patient, first_dose_on__isnull=False)
    made = [
        evaluate(enrolment=enrolment, cause=cause, about=about)
        for enrolment in started.order_by("pk")
    ]
    return [row for row in made if row is not None]


@transaction.atomic
def evaluate(*, enrolment: Enrolment, cause: str, about: str = "") -> ResponseEvaluation | None:
    """Write the rule's answer, if it or a sample it rests on is another than before."""
    held = (
        Enrolment.objects.select_for_update(of=("self",))
        .select_related("patient__site")
        .get(pk=enrolment.pk)
    )
    if held.first_dose_on is None:
        return None
    answer = answer_of(held, held.first_dose_on)
    last = ResponseEvaluation.objects.filter(enrolment=held).order_by("pk").last()
    if last is not None and all(getattr(last, name) == answer[name] for name in ANSWER):
        return None
    return ResponseEvaluation.objects.create(enrolment=held, cause=cause, about=about, **answer)


def answer_of(enrolment: Enrolment, first_dose_on: date) -> dict[str, object]:
    """What the rule says of all his final samples, and the samples themselves."""
    site = enrolment.patient.site
    samples = semen_series(enrolment.patient)
    decided = enrolment.adjudications.filter(withdrawn_at=None).select_related("analysis").first()
    sufficient = site.localdate(decided.analysis.collected_at) if decided else None
    stratum = stratum_of(enrolment.baseline)
    said = response(
        first_dose_on=first_dose_on,
        baseline=stratum,
        analyses=[
            Analysis(site.localdate(row.collected_at), row.sperm_seen, row.motile_seen, row.valid)
            for row in samples
        ],
        adjudicated_on=sufficient,
    )
    return {
        "ruleset": RULESET,
        "first_dose_on": first_dose_on,
        "stratum": stratum.value,
        "status": said.status.value,
        "first_sperm_on": said.first_sperm_on,
        "first_motile_on": said.first_motile_on,
        "response_on": said.response_date,
        "days": said.days,
        "month": said.month,
        "evaluable": said.evaluable,
        "sentence": said.sentence,
        "samples": samples_since(enrolment, samples, said),
    }


def stratum_of(baseline: str) -> BaselineStratum:
    crypto = BaselineStratum.CRYPTOZOOSPERMIA
    return crypto if baseline == crypto else BaselineStratum.AZOOSPERMIA


def samples_since(
    enrolment: Enrolment, samples: list[SemenAnalysis], said: Response
) -> list[dict[str, object]]:
    """Each sample after Day 1 as the rule was given it; `used` is it in the run that decides."""
    localdate = enrolment.patient.site.localdate
    days = {row.pk: localdate(row.collected_at) for row in samples}
    return [
        {
            "analysis": row.pk,
            "on": days[row.pk].isoformat(),
            "sperm": row.sperm_seen,
            "motile": row.motile_seen,
            "valid": row.valid,
            "included": row.included_at is not None,
            "used": bool(row.valid and row.motile_seen) and days[row.pk] in said.run,
        }
        for row in samples
        if days[row.pk] > said.first_dose_on
    ]


@transaction.atomic
def adjudicate(
    *, enrolment: Enrolment, analysis: SemenAnalysis, reason: str, by: Account, now: datetime
) -> ResponseAdjudication:
    """A clinician declares that what was frozen of a sample is enough: that confirms a response."""
    if not reason.strip():
        raise Refusal("Say why it is enough.", field="reason")
    stands = analysis.status in ("final", "corrected") and analysis.superseded_by_id is None
    if not stands or analysis.patient_id != enrolment.patient_id:
        raise Refusal("Only a final sample of his own decides this.")
    if not analysis.motile_seen:
        raise Refusal("No motile sperm were seen in this sample.")
    if not frozen_already(analysis):
        raise Refusal("Nothing of this sample is frozen yet.")
    on = enrolment.patient.site.localdate(analysis.collected_at)
    if enrolment.first_dose_on is None or on <= enrolment.first_dose_on:
        raise Refusal("Only a sample given after Day 1 shows a response.")
    try:
        with transaction.atomic():
            made = ResponseAdjudication.objects.create(
                enrolment=enrolment,
                analysis=analysis,
                reason=reason.strip(),
                decided_at=now,
                decided_by=by,
            )
    except IntegrityError as known:
        if "adjudication_stands_once_each" not in str(known):
            raise
        raise Refusal("A sample has already been declared enough. Take that back first.") from known
    trail(made, "response.adjudicated", by, reason)
    evaluate(enrolment=enrolment, cause=Cause.ADJUDICATED, about=audit.label(analysis))
    return made


@transaction.atomic
def withdraw(
    *, adjudication: ResponseAdjudication, reason: str, by: Account, now: datetime
) -> ResponseAdjudication:
    """Take such a declaration back; the rule alone answers again."""
    held = (
        ResponseAdjudication.objects.select_for_update(of=("self",))
        .select_related("enrolment__patient", "analysis")
        .get(pk=adjudication.pk)
    )
    if held.withdrawn_at is not None:
        raise Refusal("It was taken back already.")
    if not reason.strip():
        raise Refusal("Say why it is taken back.", field="reason")
    held.withdrawn_at, held.withdrawn_by, held.withdrawn_reason = now, by, reason.strip()
    held.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_reason"])
    trail(held, "response.adjudication_withdrawn", by, reason)
    evaluate(enrolment=held.enrolment, cause=Cause.ADJUDICATED, about=audit.label(held.analysis))
    return held


def trail(made: ResponseAdjudication, action: str, by: Account, reason: str) -> None:
    patient = made.enrolment.patient
    audit.record(
        actor=by, action=action, subject=made, person=patient, site=patient.site_id, reason=reason
    )
