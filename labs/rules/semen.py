"""One semen sample, read in full: class, labels, derived numbers, validity and sentences.

`assess` is what forms, HL7 filing, reports and the portal call.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from labs.rules.quantities import ZERO
from labs.rules.semen_checks import Problem, check_sheet, warnings_of
from labs.rules.semen_class import (
    Axes,
    OligoSeverity,
    SemenClass,
    SemenLabel,
    SemenNote,
    axes_of,
    labels_of,
    notes_of,
    oligo_severity,
    semen_class,
)
from labs.rules.semen_derived import SemenDerived, derived_from, percentiles_of
from labs.rules.semen_limits import ABSTINENCE_DAYS, ANALYSIS_WITHIN_MIN, LOWER_LIMITS
from labs.rules.semen_sheet import Completeness, PelletFinding, SemenSheet, SheetStatus
from labs.rules.semen_words import clinician_sentence, patient_sentence, remarks

RULESET = "semen/1 (WHO 6th-2021, 5th-2010)"


class SemenDeviation(StrEnum):
    SEMEN_INVALID = "SEMEN_INVALID"
    SEMEN_PREP = "SEMEN_PREP"


class InvalidReason(StrEnum):
    """Why a sample cannot show a response (domain reference §1.3)."""

    NO_EJACULATE = "NO_EJACULATE"
    FIRST_FRACTION_LOST = "FIRST_FRACTION_LOST"
    ANALYSIS_LATE = "ANALYSIS_LATE"
    PELLET_MISSING = "PELLET_MISSING"
    NOT_FINAL = "NOT_FINAL"


INVALID_SENTENCES = {
    InvalidReason.NO_EJACULATE: "There was no ejaculate.",
    InvalidReason.FIRST_FRACTION_LOST: "The first fraction was lost.",
    InvalidReason.ANALYSIS_LATE: "The analysis began more than 60 min after collection.",
    InvalidReason.PELLET_MISSING: "No sperm in the fresh preparation and no conclusive pellet.",
    InvalidReason.NOT_FINAL: "The sheet is not final yet.",
}


@dataclass(frozen=True, slots=True)
class SemenAssessment:
    """What one sheet says; `valid` is None while the times of collection and analysis are unknown.

    `warnings` are the soft findings of `check_sheet`; a sheet with errors should not come here.
    """

    name: SemenClass
    severity: OligoSeverity | None
    axes: Axes
    labels: tuple[SemenLabel, ...]
    notes: tuple[SemenNote, ...]
    valid: bool | None
    invalid_reasons: tuple[InvalidReason, ...]
    deviations: tuple[SemenDeviation, ...]
    sperm_seen: bool | None
    motile_seen: bool | None
    derived: SemenDerived
    percentiles: Mapping[str, str]
    warnings: tuple[Problem, ...]
    sentence: str
    remarks: str
    edition_name: str


def assess(sheet: SemenSheet) -> SemenAssessment:
    """Everything the rules can say about one sample."""
    axes = axes_of(sheet)
    name = semen_class(sheet, axes)
    severity = oligo_severity(sheet, axes)
    derived = derived_from(sheet)
    labels, notes = labels_of(sheet, name), notes_of(sheet, name, axes)
    reasons = invalid_reasons(sheet, name)
    return SemenAssessment(
        name=name,
        severity=severity,
        axes=axes,
        labels=labels,
        notes=notes,
        valid=is_valid(sheet, reasons),
        invalid_reasons=reasons,
        deviations=deviations_of(sheet, reasons),
        sperm_seen=sheet.sperm_seen,
        motile_seen=sheet.motile_seen,
        derived=derived,
        percentiles=percentiles_of(sheet),
        warnings=warnings_of(check_sheet(sheet)),
        sentence=clinician_sentence(sheet, name, axes=axes, severity=severity, derived=derived),
        remarks=remarks(labels, notes),
        edition_name=LOWER_LIMITS[sheet.edition].edition_name,
    )


def invalid_reasons(sheet: SemenSheet, name: SemenClass) -> tuple[InvalidReason, ...]:
    waited = sheet.minutes_to_analysis
    applies = {
        InvalidReason.NO_EJACULATE: sheet.volume_ml == ZERO,
        InvalidReason.FIRST_FRACTION_LOST: sheet.complete is Completeness.FIRST_FRACTION_LOST,
        InvalidReason.ANALYSIS_LATE: waited is not None and waited > ANALYSIS_WITHIN_MIN,
        InvalidReason.PELLET_MISSING: name is SemenClass.NO_SPERM_SEEN_PELLET_PENDING,
        InvalidReason.NOT_FINAL: sheet.status is SheetStatus.PRELIMINARY,
    }
    return tuple(reason for reason, holds in applies.items() if holds)


def is_valid(sheet: SemenSheet, reasons: tuple[InvalidReason, ...]) -> bool | None:
    """May this sample count towards a response? Unknown while the times or the sperm are.

    A pellet that was searched decides whatever the fresh preparation held.
    """
    if reasons:
        return False
    searched = sheet.pellet in (PelletFinding.FOUND, PelletFinding.NONE)
    known = sheet.sperm_in_fresh is not None or searched
    return True if known and sheet.minutes_to_analysis is not None else None


def deviations_of(
    sheet: SemenSheet, reasons: tuple[InvalidReason, ...]
) -> tuple[SemenDeviation, ...]:
    """Domain reference §7.5: an unusable sample, and preparation outside the rules."""
    least, most = ABSTINENCE_DAYS
    days = sheet.abstinence_days
    badly_prepared = (days is not None and not least <= days <= most) or sheet.complete in (
        Completeness.LAST_LOST,
        Completeness.SPILLED,
    )
    unusable = any(reason is not InvalidReason.NOT_FINAL for reason in reasons)
    applies = {
        SemenDeviation.SEMEN_INVALID: unusable,
        SemenDeviation.SEMEN_PREP: badly_prepared,
    }
    return tuple(deviation for deviation, holds in applies.items() if holds)


def says_to_patient(sheet: SemenSheet, *, found_before: bool = False) -> str:
    """The plain sentence of the portal; `found_before` if an earlier sample held sperm."""
    assessment = assess(sheet)
    return patient_sentence(
        sheet,
        assessment.name,
        valid=assessment.valid,
        motile_seen=assessment.motile_seen,
        found_before=found_before,
    )
