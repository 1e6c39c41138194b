"""Asking about semen: one sample, several samples, and whether he has responded."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, StrictBool, WithJsonSchema

from labs.rules.azoospermia import AzoospermiaReason, ClassedSample, confirmed_azoospermia
from labs.rules.response import Analysis, BaselineStratum, ResponseStatus, response
from labs.rules.semen import SemenDeviation, assess
from labs.rules.semen_checks import Problem
from labs.rules.semen_class import Axis, OligoSeverity, SemenClass, SemenLabel, SemenNote
from labs.rules.semen_limits import FIELD_LIMITS
from labs.rules.semen_sheet import Completeness
from protocols.rules.ask.fields import Answer, Day, Given, Number, Piece, Reported, key, needed
from protocols.rules.ask.rule import Asked, RefusedError
from protocols.rules.ask.semen_question import SemenGiven, sheet_of
from protocols.rules.definition import Definition

UNUSUAL = "UNUSUAL"
SOFT = tuple(name for name, limits in FIELD_LIMITS.items() if limits.soft != (None, None))
WARNINGS = (
    *(f"{name.upper()}_{UNUSUAL}" for name in SOFT),
    "ANALYSIS_LATE", "METHOD_UNUSUAL", "COLLECTED_AT_HOME", "INCOMPLETE_COLLECTION",
    "VISCOSITY_ABNORMAL", "APPEARANCE_UNUSUAL", "VITALITY_NEEDED", "VITALITY_FAR_BELOW_MOTILITY",
    "VITALITY_BELOW_MOTILITY",
)  # fmt: skip
Warned = Annotated[str, WithJsonSchema({"type": "string", "enum": list(WARNINGS)})]


class AxesAnswer(Piece):
    oligo: Axis
    astheno: Axis
    terato: Axis


class SemenAnswer(Answer):
    name: SemenClass = Field(alias="class")
    severity: OligoSeverity | None
    axes: AxesAnswer
    labels: tuple[SemenLabel, ...]
    notes: tuple[SemenNote, ...]
    valid: bool | None
    deviations: tuple[SemenDeviation, ...]
    motile_seen: bool | None
    total_sperm_m: Reported | None
    total_motility_pct: Number | None
    progressive_pct: Number | None
    tmsc_m: Reported | None
    tpmsc_m: Reported | None
    pellet_estimate: Number | None
    detection_limit_per_ml: Number | None
    percentiles: dict[str, str]
    warnings: tuple[Warned, ...]
    sentence: str


class SamplesGiven(Given):
    samples: tuple["Sample", ...] = needed("Samples", max_length=200)


class Sample(SemenGiven):
    collected_on: Day = needed("Collected on")


class AzoospermiaAnswer(Answer):
    confirmed: bool
    confirmed_on: Day | None
    reasons: tuple[AzoospermiaReason, ...]
    sentence: str


class AnalysisGiven(Given):
    collected_on: Day = needed("Collected on")
    sperm_seen: StrictBool | None = key("Sperm seen")
    motile_seen: StrictBool | None = key("Motile sperm seen")
    valid: StrictBool | None = key("Valid")


class ResponseGiven(Given):
    first_dose_on: Day = needed("First dose on")
    baseline: BaselineStratum = needed("At baseline")
    analyses: tuple[AnalysisGiven, ...] = needed("Semen analyses", max_length=500)


class ResponseAnswer(Answer):
    status: ResponseStatus
    first_sperm_on: Day | None
    first_motile_on: Day | None
    response_date: Day | None
    days: int | None
    month: int | None
    evaluable: bool
    sentence: str


def ask_semen(given: SemenGiven, _: Definition) -> SemenAnswer:
    found = assess(sheet_of(given))
    derived = found.derived
    words = " ".join(part for part in (found.sentence, found.remarks) if part)
    return SemenAnswer(
        name=found.name,
        severity=found.severity,
        axes=AxesAnswer(
            oligo=found.axes.oligo, astheno=found.axes.astheno, terato=found.axes.terato
        ),
        labels=found.labels,
        notes=found.notes,
        valid=found.valid,
        deviations=found.deviations,
        motile_seen=found.motile_seen,
        total_sperm_m=derived.total_sperm_m,
        total_motility_pct=derived.total_motility_pct,
        progressive_pct=derived.progressive_pct,
        tmsc_m=derived.tmsc_m,
        tpmsc_m=derived.tpmsc_m,
        pellet_estimate=derived.pellet_estimate,
        detection_limit_per_ml=derived.detection_limit_per_ml,
        percentiles=dict(found.percentiles),
        warnings=tuple(dict.fromkeys(warned(problem) for problem in found.warnings)),
        sentence=words,
    )


def warned(problem: Problem) -> str:
    unusual = problem.code == UNUSUAL
    return f"{problem.field.upper()}_{UNUSUAL}" if unusual else problem.code


def ask_azoospermia(given: SamplesGiven, _: Definition) -> AzoospermiaAnswer:
    verdict = confirmed_azoospermia(
        [classed(sample, number) for number, sample in enumerate(given.samples)]
    )
    return AzoospermiaAnswer(
        confirmed=verdict.confirmed,
        confirmed_on=verdict.confirmed_on,
        reasons=verdict.reasons,
        sentence=verdict.sentence,
    )


def classed(sample: Sample, number: int) -> ClassedSample:
    try:
        sheet = sheet_of(sample)
    except RefusedError as why:
        placed = ((f"samples[{number}].{field}", sentence) for field, sentence in why.problems)
        raise RefusedError(*placed) from None
    found = assess(sheet)
    return ClassedSample(
        collected_on=sample.collected_on,
        name=found.name,
        first_fraction_lost=sheet.complete is Completeness.FIRST_FRACTION_LOST,
        sperm_seen=found.sperm_seen,
    )


def ask_response(given: ResponseGiven, _: Definition) -> ResponseAnswer:
    if contradictions := tuple(motile_but_none(given)):
        raise RefusedError(*contradictions)
    found = response(
        first_dose_on=given.first_dose_on,
        baseline=given.baseline,
        analyses=[
            Analysis(row.collected_on, row.sperm_seen, row.motile_seen, row.valid)
            for row in given.analyses
        ],
    )
    return ResponseAnswer(
        status=found.status,
        first_sperm_on=found.first_sperm_on,
        first_motile_on=found.first_motile_on,
        response_date=found.response_date,
        days=found.days,
        month=found.month,
        evaluable=found.evaluable,
        sentence=found.sentence,
    )


def motile_but_none(given: ResponseGiven) -> Iterator[tuple[str, str]]:
    for number, row in enumerate(given.analyses):
        if row.motile_seen and row.sperm_seen is False:
            where = f"analyses[{number}].motile_seen"
            yield where, "Motile sperm were seen, but no sperm: one of the two is wrong."


SamplesGiven.model_rebuild()


def editions(given: SamplesGiven) -> str:
    """Every edition a sample was read by; with none yet, the one they would be."""
    usual = SemenGiven().edition
    return "+".join(sorted({row.edition for row in given.samples})) or usual


RULES = (
    Asked(
        name="semen",
        title="Semen analysis",
        line="what one semen sample is called, whether it counts, and what follows by arithmetic",
        source="WHO laboratory manual, 5th (2010) and 6th edition (2021); "
        "domain reference §4.1 to §4.7",
        given=SemenGiven,
        answer=SemenAnswer,
        ask=ask_semen,
        group="Semen",
        table=lambda given: f"WHO_SEMEN {given.edition}",
    ),
    Asked(
        name="azoospermia",
        title="Azoospermia confirmed",
        line="whether several samples confirm azoospermia, and since when",
        source="Trial NCT03323801 and programme default; domain reference §4.5",
        given=SamplesGiven,
        answer=AzoospermiaAnswer,
        ask=ask_azoospermia,
        group="Semen",
        table=lambda given: f"WHO_SEMEN {editions(given)}",
    ),
    Asked(
        name="response",
        title="Response",
        line="whether motile sperm over several analyses are a response, and since when",
        source="Programme default; domain reference §1.3",
        given=ResponseGiven,
        answer=ResponseAnswer,
        ask=ask_response,
        group="Semen",
    ),
)
