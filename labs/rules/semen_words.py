"""One semen sample in a sentence: for a clinician, and, more gently, for the patient."""

from decimal import Decimal

from labs.rules.quantities import Quantity
from labs.rules.semen_class import (
    CLASS_NAMES,
    LABEL_NAMES,
    NOTE_SENTENCES,
    Axes,
    Axis,
    OligoSeverity,
    SemenClass,
    SemenLabel,
    SemenNote,
    total_decides,
)
from labs.rules.semen_derived import SemenDerived
from labs.rules.semen_limits import LOWER_LIMITS
from labs.rules.semen_sheet import PelletFinding, SemenSheet
from labs.rules.sperm_numbers import concentration_words, grouped, per_ml_words, total_words

SEVERITY_WORDS = {
    OligoSeverity.VERY_SEVERE: "very severe",
    OligoSeverity.SEVERE: "severe",
    OligoSeverity.MODERATE: "moderate",
    OligoSeverity.MILD: "mild",
}

ABNORMAL_CLASSES = frozenset(
    {
        SemenClass.OLIGO,
        SemenClass.ASTHENO,
        SemenClass.TERATO,
        SemenClass.OLIGOASTHENO,
        SemenClass.OLIGOTERATO,
        SemenClass.ASTHENOTERATO,
        SemenClass.OLIGOASTHENOTERATO,
    }
)


def clinician_sentence(
    sheet: SemenSheet,
    name: SemenClass,
    *,
    axes: Axes,
    severity: OligoSeverity | None,
    derived: SemenDerived,
) -> str:
    """Why this sample has this name, with the numbers that decided."""
    match name:
        case SemenClass.ASPERMIA:
            return "No ejaculate: volume 0 mL."
        case SemenClass.NO_SPERM_SEEN_PELLET_PENDING:
            return pending_sentence(sheet)
        case SemenClass.AZOOSPERMIA_SAMPLE:
            return f"{azoospermia_words(sheet)}{missed_words(derived)}"
        case SemenClass.CRYPTOZOOSPERMIA:
            return crypto_sentence(sheet, derived)
        case SemenClass.INCOMPLETE if sheet.sperm_in_fresh is None:
            return "It is not recorded whether the fresh preparation held sperm; no class."
    return fresh_sentence(sheet, name, axes=axes, severity=severity, derived=derived)


def pending_sentence(sheet: SemenSheet) -> str:
    if sheet.pellet is PelletFinding.NOT_CONCLUSIVE:
        why = "the pellet was spun too gently or it is not known how"
    else:
        why = "the pellet has not been examined"
    return f"No sperm in the fresh preparation, but {why}: this is not yet azoospermia."


def azoospermia_words(sheet: SemenSheet) -> str:
    spin = spin_words(sheet)
    return f"None in the fresh preparation, none in the pellet{spin}: azoospermia in this sample."


def spin_words(sheet: SemenSheet) -> str:
    parts = []
    if sheet.pellet_g is not None and sheet.pellet_min is not None:
        parts.append(f"{sheet.pellet_g:f} g × {sheet.pellet_min:f} min")
    if sheet.pellet_fraction_examined is not None:
        percent = (sheet.pellet_fraction_examined * 100).normalize()
        parts.append("all of it examined" if percent == 100 else f"{percent:f} % of it examined")
    return f" ({', '.join(parts)})" if parts else ""


def missed_words(derived: SemenDerived) -> str:
    limit = derived.detection_limit_per_ml
    if limit is None:
        return " How many could have been missed is not known."
    return f" Up to {per_ml_words(limit)} could have been missed."


def crypto_sentence(sheet: SemenSheet, derived: SemenDerived) -> str:
    found = "sperm" if sheet.pellet_sperm_n is None else f"{grouped(Decimal(sheet.pellet_sperm_n))}"
    motile = {None: ", motility not recorded", 0: ", none motile"}.get(
        sheet.pellet_motile_n, f", {sheet.pellet_motile_n} motile"
    )
    says = (
        f"None in the fresh preparation, {found} in the pellet"
        f"{spin_words(sheet)}{motile}: cryptozoospermia in this sample."
    )
    return f"{says}{estimate_words(derived)}"


def estimate_words(derived: SemenDerived) -> str:
    if derived.pellet_estimate is None:
        return ""
    whole = f" About {grouped(derived.pellet_estimate)} in all"
    if derived.pellet_estimate_per_ml is None:
        return f"{whole} (estimate)."
    return f"{whole}, {per_ml_words(derived.pellet_estimate_per_ml)} (estimate)."


def fresh_sentence(
    sheet: SemenSheet,
    name: SemenClass,
    *,
    axes: Axes,
    severity: OligoSeverity | None,
    derived: SemenDerived,
) -> str:
    edition = LOWER_LIMITS[sheet.edition].edition_name
    facts = ", ".join(axis_facts(sheet, axes, derived))
    if name is SemenClass.INCOMPLETE:
        return f"{facts}: no class, because not every axis was assessed ({edition})."
    degree = f"{SEVERITY_WORDS[severity]} " if severity else ""
    return f"{facts}: {degree}{CLASS_NAMES[name].lower()} ({edition})."


def axis_facts(sheet: SemenSheet, axes: Axes, derived: SemenDerived) -> list[str]:
    limits = LOWER_LIMITS[sheet.edition]
    return [
        number_fact(sheet, axes, derived),
        percent_fact("progressive", sheet.progressive_pct, axes.astheno, limits.progressive_pct),
        percent_fact("normal forms", sheet.normal_pct, axes.terato, limits.normal_pct),
    ]


def number_fact(sheet: SemenSheet, axes: Axes, derived: SemenDerived) -> str:
    limits = LOWER_LIMITS[sheet.edition]
    if derived.concentration is None:
        return "Number not assessed"
    if total_decides(sheet) and derived.total_sperm_m is not None:
        shown, limit = total_words(derived.total_sperm_m), limits.total_sperm_m
        return f"Total {shown} ({verdict_words(axes.oligo, limit, '×10⁶')})"
    shown = concentration_words(derived.concentration)
    return f"Concentration {shown} ({verdict_words(axes.oligo, limits.concentration_m, '×10⁶/mL')})"


def percent_fact(name: str, value: Decimal | None, axis: Axis, limit: Decimal) -> str:
    if value is None:
        return f"{name} not assessed"
    return f"{name} {value:f} % ({verdict_words(axis, limit, '%')})"


def verdict_words(axis: Axis, limit: Decimal, unit: str) -> str:
    match axis:
        case Axis.NORMAL:
            return f"at least {limit:f} {unit}"
        case Axis.ABNORMAL:
            return f"below {limit:f} {unit}"
        case Axis.NOT_CLASSIFIED:
            return "fewer than 50 assessed"
        case Axis.NOT_ASSESSED:
            return f"limit {limit:f} {unit}, not decided"


SAID_BY_THE_SENTENCE = frozenset({SemenNote.MOTILE_IN_PELLET, SemenNote.PELLET_NOT_CONCLUSIVE})


def remarks(labels: tuple[SemenLabel, ...], notes: tuple[SemenNote, ...]) -> str:
    """The add-on labels and the notes that the sentence leaves out, as prose; "" for none."""
    named = ", ".join(LABEL_NAMES[label] for label in labels)
    sentences = [f"Also: {named}."] if named else []
    sentences += [NOTE_SENTENCES[note] for note in notes if note not in SAID_BY_THE_SENTENCE]
    return " ".join(sentences)


FEW_WHEN_BELOW_M = Decimal(1)


def patient_sentence(
    sheet: SemenSheet,
    name: SemenClass,
    *,
    valid: bool | None,
    motile_seen: bool | None,
    found_before: bool = False,
) -> str:
    """The first line a patient reads: true, calm, and never the last word on its own."""
    if name is SemenClass.ASPERMIA:
        return "There was no sample to look at. Your clinic will arrange another with you."
    if name in (SemenClass.NO_SPERM_SEEN_PELLET_PENDING, SemenClass.INCOMPLETE) and not (
        sheet.sperm_seen
    ):
        return "The laboratory has not finished looking at this sample. Nothing is decided yet."
    if name is SemenClass.AZOOSPERMIA_SAMPLE:
        return (
            "No sperm were found in this sample. One sample says little; "
            "your clinic looks at all of them together with you."
        )
    says = f"{found_words(sheet, found_before=found_before)} {moving_words(motile_seen)}".strip()
    if valid is False:
        return (
            f"{says} This sample could not be read as planned, so your clinic will ask for another."
        )
    return says


def found_words(sheet: SemenSheet, *, found_before: bool) -> str:
    again = " again" if found_before else ""
    few = not sheet.sperm_in_fresh or is_few(sheet.reported_concentration)
    return f"A few sperm were found{again}." if few else f"Sperm were found{again}."


def is_few(concentration: Quantity | None) -> bool:
    return concentration is not None and concentration.value < FEW_WHEN_BELOW_M


def moving_words(motile_seen: bool | None) -> str:
    match motile_seen:
        case True:
            return "Some of them were moving."
        case False:
            return "They were not moving yet."
        case None:
            return ""
