"""What the rules make of a semen sheet, as the columns that lists, graphs and rules ask for."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from clinic.refusal import Refusal
from labs.models import SemenAnalysis
from labs.rules.quantities import ZERO, Quantity
from labs.rules.semen import RULESET, SemenAssessment, assess, says_to_patient
from labs.rules.semen_checks import check_sheet, errors_of, warnings_of
from labs.rules.semen_keeping import OF_THE_ROW, WORDS, kept
from labs.rules.semen_reading import SheetError, read_sheet
from labs.rules.semen_sheet import SemenSheet, SheetStatus
from labs.rules.sperm_numbers import MILLION


def read_or_refuse(
    answers: Mapping[str, object], *, collected_at: datetime, now: datetime, confirmed: bool
) -> tuple[SemenSheet, dict[str, object]]:
    """The sheet and its answers as they are kept, or a refusal at the field to mend."""
    sheet = sheet_of(answers, collected_at=collected_at)
    problems = check_sheet(sheet, now=now)
    if wrong := errors_of(problems):
        raise Refusal(wrong[0].sentence, field=wrong[0].field, alternatives=wrong)
    if (unusual := warnings_of(problems)) and not confirmed:
        says = " ".join(problem.sentence for problem in unusual)
        raise Refusal(
            f"{says} Look again, and confirm if it is so.", field="confirmed", alternatives=unusual
        )
    return sheet, kept(sheet) | words_of(answers)


def sheet_of(answers: Mapping[str, object], *, collected_at: datetime) -> SemenSheet:
    """The answers as a sheet of that collection; the first that cannot be read is refused."""
    aside = OF_THE_ROW | set(WORDS) | {"collected_at"}
    given = {key: value for key, value in answers.items() if key not in aside}
    try:
        sheet = read_sheet(given | {"collected_at": collected_at})
    except SheetError as why:
        field, sentence = why.problems[0]
        raise Refusal(f"{field}: {sentence}", field=field) from None
    for field in ("received_at", "analysis_started_at"):
        at = getattr(sheet, field)
        if at is not None and at.tzinfo is None:
            raise Refusal("The time needs a time zone.", field=field)
    return sheet


def words_of(answers: Mapping[str, object]) -> dict[str, object]:
    """What the laboratory wrote beside the numbers."""
    return {word: str(answers[word]).strip() for word in WORDS if answers.get(word)}


def earlier_sperm(analysis: SemenAnalysis) -> bool:
    """Did an earlier final sample of this man hold sperm?"""
    return (
        SemenAnalysis.objects.final()
        .filter(
            patient=analysis.patient_id,
            collected_at__lt=analysis.collected_at,
            sperm_seen=True,
        )
        .exists()
    )


def columns_of(sheet: SemenSheet, *, status: str, before: bool) -> dict[str, object]:
    """Every computed column of the row; a sheet that is not final is not valid for response."""
    told = SheetStatus(status) if status in set(SheetStatus) else None
    read = replace(sheet, status=told)
    says = assess(read)
    return {
        "edition": read.edition.value,
        "ruleset": RULESET,
        "result_class": says.name.value,
        "severity": says.severity.value if says.severity else "",
        "labels": [label.value for label in says.labels],
        "notes": [note.value for note in says.notes],
        "valid": says.valid,
        "deviations": [deviation.value for deviation in says.deviations],
        "sperm_seen": says.sperm_seen,
        "motile_seen": says.motile_seen,
        **numbers_of(read, says),
        "sentence": f"{says.sentence} {says.remarks}".strip(),
        # He reads it only when it is final; that it is not yet is no fault of the sample.
        "plain_sentence": says_to_patient(replace(sheet, status=None), found_before=before),
    }


def numbers_of(sheet: SemenSheet, says: SemenAssessment) -> dict[str, object]:
    derived = says.derived
    concentration = derived.concentration
    return {
        "volume_ml": sheet.volume_ml,
        "concentration_comparator": (concentration.comparator or "") if concentration else "",
        "concentration_m_per_ml": concentration.value if concentration else None,
        "total_sperm_m": number(derived.total_sperm_m),
        "progressive_pct": derived.progressive_pct,
        "total_motility_pct": derived.total_motility_pct,
        "normal_pct": sheet.normal_pct,
        "tmsc_m": number(derived.tmsc_m),
        "pellet_sperm_n": sheet.pellet_sperm_n,
        "pellet_motile_n": sheet.pellet_motile_n,
        "estimate_per_ml": estimate_per_ml(says),
        "detection_limit_per_ml": derived.detection_limit_per_ml,
    }


def number(quantity: Quantity | None) -> Decimal | None:
    """A number for a column; one behind a comparator is none (its sheet keeps it)."""
    return quantity.exact if quantity is not None else None


def estimate_per_ml(says: SemenAssessment) -> Decimal | None:
    """Sperm per mL for the log graph: the counted concentration, else the pellet's estimate.

    Nought when none was found; None where the number is behind a comparator or unknown.
    """
    concentration = says.derived.concentration
    if concentration is not None and concentration.value > ZERO:
        return concentration.value * MILLION if concentration.exact is not None else None
    if says.derived.pellet_estimate_per_ml is not None:
        return says.derived.pellet_estimate_per_ml
    return ZERO if says.sperm_seen is False else None
