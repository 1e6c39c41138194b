"""What one semen sample is called (domain reference §4.6), never more than it shows.

Precedence: no ejaculate, pellet pending, none found, found in the pellet only, sperm in the
fresh preparation. An axis that was not assessed is never normal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from labs.rules.quantities import ZERO, Quantity
from labs.rules.semen_limits import (
    ANTIBODY_PCT,
    FEWEST_ASSESSED,
    HIGH_VOLUME_ML,
    LEUKOCYTES_M,
    LIQUEFACTION_MIN,
    LOW_PH,
    LOWER_LIMITS,
    SEVERITY_BELOW_M,
    LowerLimits,
)
from labs.rules.semen_sheet import Completeness, PelletFinding, SemenSheet, Viscosity


class SemenClass(StrEnum):
    NORMOZOOSPERMIA = "NORMOZOOSPERMIA"
    OLIGO = "OLIGO"
    ASTHENO = "ASTHENO"
    TERATO = "TERATO"
    OLIGOASTHENO = "OLIGOASTHENO"
    OLIGOTERATO = "OLIGOTERATO"
    ASTHENOTERATO = "ASTHENOTERATO"
    OLIGOASTHENOTERATO = "OLIGOASTHENOTERATO"
    CRYPTOZOOSPERMIA = "CRYPTOZOOSPERMIA"
    AZOOSPERMIA_SAMPLE = "AZOOSPERMIA_SAMPLE"
    NO_SPERM_SEEN_PELLET_PENDING = "NO_SPERM_SEEN_PELLET_PENDING"
    ASPERMIA = "ASPERMIA"
    INCOMPLETE = "INCOMPLETE"


CLASS_NAMES = {
    SemenClass.NORMOZOOSPERMIA: "Normozoospermia",
    SemenClass.OLIGO: "Oligozoospermia",
    SemenClass.ASTHENO: "Asthenozoospermia",
    SemenClass.TERATO: "Teratozoospermia",
    SemenClass.OLIGOASTHENO: "Oligoasthenozoospermia",
    SemenClass.OLIGOTERATO: "Oligoteratozoospermia",
    SemenClass.ASTHENOTERATO: "Asthenoteratozoospermia",
    SemenClass.OLIGOASTHENOTERATO: "Oligoasthenoteratozoospermia",
    SemenClass.CRYPTOZOOSPERMIA: "Cryptozoospermia",
    SemenClass.AZOOSPERMIA_SAMPLE: "Azoospermia in this sample",
    SemenClass.NO_SPERM_SEEN_PELLET_PENDING: "No sperm seen, pellet pending",
    SemenClass.ASPERMIA: "No ejaculate",
    SemenClass.INCOMPLETE: "Incomplete",
}


class OligoSeverity(StrEnum):
    VERY_SEVERE = "VERY_SEVERE"
    SEVERE = "SEVERE"
    MODERATE = "MODERATE"
    MILD = "MILD"


class Axis(StrEnum):
    NORMAL = "NORMAL"
    ABNORMAL = "ABNORMAL"
    NOT_ASSESSED = "NOT_ASSESSED"
    NOT_CLASSIFIED = "NOT_CLASSIFIED"


class SemenLabel(StrEnum):
    NECRO = "NECRO"
    LEUKO = "LEUKO"
    HAEMO = "HAEMO"
    HYPO_VOLUME = "HYPO_VOLUME"
    HIGH_VOLUME = "HIGH_VOLUME"
    LOW_PH = "LOW_PH"
    VISCOSITY = "VISCOSITY"
    LIQUEFACTION = "LIQUEFACTION"
    ANTIBODY = "ANTIBODY"


class SemenNote(StrEnum):
    LOW_CONCENTRATION = "LOW_CONCENTRATION"
    LOW_TOTAL_MOTILITY = "LOW_TOTAL_MOTILITY"
    MOTILE_IN_PELLET = "MOTILE_IN_PELLET"
    PELLET_NOT_CONCLUSIVE = "PELLET_NOT_CONCLUSIVE"
    CONCENTRATION_UNRELIABLE = "CONCENTRATION_UNRELIABLE"
    CONSIDER_OBSTRUCTION = "CONSIDER_OBSTRUCTION"


NOTE_SENTENCES = {
    SemenNote.LOW_CONCENTRATION: "The total is enough although the concentration is low.",
    SemenNote.LOW_TOTAL_MOTILITY: "Progressive motility is enough although total motility is low.",
    SemenNote.MOTILE_IN_PELLET: "Motile sperm were seen in the pellet.",
    SemenNote.PELLET_NOT_CONCLUSIVE: (
        "The pellet was spun for less than 1000 g × 15 min, or nobody wrote down how."
    ),
    SemenNote.CONCENTRATION_UNRELIABLE: (
        "The first fraction was lost, so the concentration says little."
    ),
    SemenNote.CONSIDER_OBSTRUCTION: (
        "Low volume, acid and no sperm: consider obstruction or CBAVD; review the diagnosis."
    ),
}

LABEL_NAMES = {
    SemenLabel.NECRO: "few live sperm",
    SemenLabel.LEUKO: "white cells raised",
    SemenLabel.HAEMO: "red cells visible",
    SemenLabel.HYPO_VOLUME: "low volume",
    SemenLabel.HIGH_VOLUME: "high volume",
    SemenLabel.LOW_PH: "low pH",
    SemenLabel.VISCOSITY: "raised viscosity",
    SemenLabel.LIQUEFACTION: "slow liquefaction",
    SemenLabel.ANTIBODY: "antibodies on sperm",
}


@dataclass(frozen=True, slots=True)
class Axes:
    oligo: Axis = Axis.NOT_ASSESSED
    astheno: Axis = Axis.NOT_ASSESSED
    terato: Axis = Axis.NOT_ASSESSED

    @property
    def all_normal(self) -> bool:
        return {self.oligo, self.astheno, self.terato} == {Axis.NORMAL}


ABNORMAL_AXES: Mapping[tuple[bool, bool, bool], SemenClass] = {
    (True, False, False): SemenClass.OLIGO,
    (False, True, False): SemenClass.ASTHENO,
    (False, False, True): SemenClass.TERATO,
    (True, True, False): SemenClass.OLIGOASTHENO,
    (True, False, True): SemenClass.OLIGOTERATO,
    (False, True, True): SemenClass.ASTHENOTERATO,
    (True, True, True): SemenClass.OLIGOASTHENOTERATO,
}


def semen_class(sheet: SemenSheet, axes: Axes) -> SemenClass:
    """The name of this one sample; azoospermia is confirmed only over several."""
    if sheet.volume_ml == ZERO:
        return SemenClass.ASPERMIA
    match sheet.sperm_in_fresh:
        case True:
            return named_by(axes)
        case False:
            return {
                PelletFinding.FOUND: SemenClass.CRYPTOZOOSPERMIA,
                PelletFinding.NONE: SemenClass.AZOOSPERMIA_SAMPLE,
            }.get(sheet.pellet, SemenClass.NO_SPERM_SEEN_PELLET_PENDING)
        case None:
            return SemenClass.INCOMPLETE


def named_by(axes: Axes) -> SemenClass:
    abnormal = (
        axes.oligo is Axis.ABNORMAL,
        axes.astheno is Axis.ABNORMAL,
        axes.terato is Axis.ABNORMAL,
    )
    if any(abnormal):
        return ABNORMAL_AXES[abnormal]
    return SemenClass.NORMOZOOSPERMIA if axes.all_normal else SemenClass.INCOMPLETE


def axes_of(sheet: SemenSheet) -> Axes:
    """The three axes of rule 5; they are assessed only when sperm is in the fresh preparation."""
    if sheet.volume_ml == ZERO or not sheet.sperm_in_fresh:
        return Axes()
    limits = LOWER_LIMITS[sheet.edition]
    return Axes(
        oligo=oligo_axis(sheet, limits),
        astheno=percent_axis(
            sheet.progressive_pct, sheet.motility_n_assessed, limits.progressive_pct
        ),
        terato=percent_axis(sheet.normal_pct, sheet.morphology_n_assessed, limits.normal_pct),
    )


def total_decides(sheet: SemenSheet) -> bool:
    """WHO prefers the total number; it needs the volume of a complete collection."""
    return sheet.volume_ml is not None and sheet.complete is Completeness.COMPLETE


def oligo_axis(sheet: SemenSheet, limits: LowerLimits) -> Axis:
    concentration = sheet.reported_concentration
    if concentration is None:
        return Axis.NOT_ASSESSED
    if total_decides(sheet) and sheet.volume_ml is not None:
        total = concentration.times(sheet.volume_ml, "10*6")
        return against(total, limits.total_sperm_m)
    return against(concentration, limits.concentration_m)


def against(quantity: Quantity, lower_limit: Decimal) -> Axis:
    """Abnormal below the limit; a comparator that leaves it open leaves the axis open."""
    if quantity.span.surely_below(lower_limit):
        return Axis.ABNORMAL
    return Axis.NORMAL if quantity.span.surely_at_least(lower_limit) else Axis.NOT_ASSESSED


def percent_axis(value: Decimal | None, assessed: int | None, lower_limit: Decimal) -> Axis:
    if value is None:
        return Axis.NOT_ASSESSED
    if assessed is None or assessed < FEWEST_ASSESSED:
        return Axis.NOT_CLASSIFIED
    return Axis.ABNORMAL if value < lower_limit else Axis.NORMAL


def oligo_severity(sheet: SemenSheet, axes: Axes) -> OligoSeverity | None:
    """By concentration, for an abnormal number only; open where a comparator leaves it open."""
    concentration = sheet.reported_concentration
    if axes.oligo is not Axis.ABNORMAL or concentration is None:
        return None
    span = concentration.span
    for name, limit in zip(OligoSeverity, SEVERITY_BELOW_M, strict=False):
        if span.surely_below(limit):
            return name
        if not span.surely_at_least(limit):
            return None
    return OligoSeverity.MILD


LABELLED_CLASSES = frozenset(SemenClass) - {
    SemenClass.ASPERMIA,
    SemenClass.NO_SPERM_SEEN_PELLET_PENDING,
}


def labels_of(sheet: SemenSheet, name: SemenClass) -> tuple[SemenLabel, ...]:
    """The add-on labels of rule 6; none before a class of rules 3 to 5 is reached."""
    if name not in LABELLED_CLASSES or sheet.sperm_in_fresh is None:
        return ()
    limits = LOWER_LIMITS[sheet.edition]
    antibodies = (sheet.mar_igg, sheet.mar_iga, sheet.immunobead)
    leukocytes = sheet.leukocytes_pox
    applies = {
        SemenLabel.NECRO: below(sheet.vitality_pct, limits.vitality_pct)
        and below(sheet.total_motility_pct, limits.total_motility_pct),
        SemenLabel.LEUKO: leukocytes is not None and leukocytes.span.surely_at_least(LEUKOCYTES_M),
        SemenLabel.HAEMO: bool(sheet.erythrocytes_seen),
        SemenLabel.HYPO_VOLUME: below(sheet.volume_ml, limits.volume_ml),
        SemenLabel.HIGH_VOLUME: above(sheet.volume_ml, HIGH_VOLUME_ML),
        SemenLabel.LOW_PH: below(sheet.ph, LOW_PH),
        SemenLabel.VISCOSITY: sheet.viscosity is Viscosity.ABNORMAL,
        SemenLabel.LIQUEFACTION: above(sheet.liquefaction_min, LIQUEFACTION_MIN),
        SemenLabel.ANTIBODY: any(not below(bound, ANTIBODY_PCT) for bound in antibodies if bound),
    }
    return tuple(label for label, holds in applies.items() if holds)


def below(value: Decimal | None, limit: Decimal) -> bool:
    return value is not None and value < limit


def above(value: Decimal | None, limit: Decimal) -> bool:
    return value is not None and value > limit


def notes_of(sheet: SemenSheet, name: SemenClass, axes: Axes) -> tuple[SemenNote, ...]:
    """What the name alone would hide."""
    limits = LOWER_LIMITS[sheet.edition]
    concentration = sheet.reported_concentration
    low_concentration = (
        axes.oligo is Axis.NORMAL
        and concentration is not None
        and concentration.span.surely_below(limits.concentration_m)
    )
    low_motility = axes.astheno is Axis.NORMAL and below(
        sheet.total_motility_pct, limits.total_motility_pct
    )
    obstruction = (
        name is SemenClass.AZOOSPERMIA_SAMPLE
        and below(sheet.volume_ml, limits.volume_ml)
        and below(sheet.ph, LOW_PH)
    )
    applies = {
        SemenNote.LOW_CONCENTRATION: low_concentration,
        SemenNote.LOW_TOTAL_MOTILITY: low_motility,
        SemenNote.MOTILE_IN_PELLET: bool(sheet.pellet_motile_n),
        SemenNote.PELLET_NOT_CONCLUSIVE: sheet.pellet is PelletFinding.NOT_CONCLUSIVE,
        SemenNote.CONCENTRATION_UNRELIABLE: concentration is not None
        and sheet.complete is Completeness.FIRST_FRACTION_LOST,
        SemenNote.CONSIDER_OBSTRUCTION: obstruction,
    }
    return tuple(note for note, holds in applies.items() if holds)
