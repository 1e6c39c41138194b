"""Results over time: the last of each analyte, a series of several, and the semen analyses."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from clinic.models import Account
from labs.models import Draw, Result, SemenAnalysis
from labs.rules.azoospermia import AzoospermiaVerdict, ClassedSample, confirmed_azoospermia
from labs.rules.response import Analysis, BaselineStratum, Response, response
from labs.rules.semen_class import SemenClass
from labs.rules.semen_sheet import Completeness
from patients.models import Patient


def latest_per_analyte(patient: Patient, before: datetime | None = None) -> dict[str, Result]:
    """The newest standing result of every analyte, collected before an instant if one is given."""
    rows = Result.objects.current().filter(patient=patient.pk)
    if before is not None:
        rows = rows.filter(collected_at__lt=before)
    newest = (
        rows.select_related("analyte", "draw")
        .order_by("analyte_id", "-collected_at", "-pk")
        .distinct("analyte_id")
    )
    return {row.analyte.key: row for row in newest}


def series(patient: Patient, analytes: Iterable[str]) -> dict[str, list[Result]]:
    """The standing results of these analytes, oldest first; an empty list where there is none."""
    found: dict[str, list[Result]] = {key: [] for key in analytes}
    rows = Result.objects.current().filter(patient=patient.pk, analyte__key__in=list(found))
    for row in rows.select_related("analyte", "draw").order_by("collected_at", "pk"):
        found[row.analyte.key].append(row)
    return found


def semen_series(patient: Patient) -> list[SemenAnalysis]:
    """The final analyses as they stand, oldest first."""
    return list(
        SemenAnalysis.objects.final()
        .filter(patient=patient.pk)
        .select_related("laboratory", "reviewed_by")
        .order_by("collected_at", "pk")
    )


@dataclass(frozen=True, slots=True)
class Unreviewed:
    draws: list[Draw]
    analyses: list[SemenAnalysis]

    @property
    def number(self) -> int:
        return len(self.draws) + len(self.analyses)


def unreviewed(user: Account, *, most: int = 200) -> Unreviewed:
    """What a clinician at this member's site has yet to read, oldest first."""
    draws = Draw.objects.visible_to(user).unreviewed().select_related("patient", "laboratory")
    analyses = SemenAnalysis.objects.visible_to(user).unreviewed().select_related("patient")
    return Unreviewed(
        list(draws.with_results().order_by("collected_at", "pk")[:most]),
        list(analyses.order_by("collected_at", "pk")[:most]),
    )


def response_of(
    patient: Patient,
    first_dose_on: date,
    baseline: BaselineStratum,
    *,
    adjudicated_on: date | None = None,
) -> Response:
    """Whether he has responded, by the rule, on all his final analyses."""
    return response(
        first_dose_on=first_dose_on,
        baseline=baseline,
        analyses=[
            Analysis(
                collected_on=patient.site.localdate(row.collected_at),
                sperm_seen=row.sperm_seen,
                motile_seen=row.motile_seen,
                valid=row.valid,
            )
            for row in semen_series(patient)
        ],
        adjudicated_on=adjudicated_on,
    )


def azoospermia_of(patient: Patient) -> AzoospermiaVerdict:
    """Whether azoospermia is confirmed over his final analyses."""
    return azoospermia_over(semen_series(patient), patient)


def azoospermia_over(samples: Iterable[SemenAnalysis], patient: Patient) -> AzoospermiaVerdict:
    """The same over samples that are at hand."""
    return confirmed_azoospermia(
        [
            ClassedSample(
                collected_on=patient.site.localdate(row.collected_at),
                name=SemenClass(row.result_class),
                first_fraction_lost=row.sheet.get("complete") == Completeness.FIRST_FRACTION_LOST,
                sperm_seen=row.sperm_seen,
            )
            for row in samples
        ]
    )
