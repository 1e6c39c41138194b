"""One cell of the flowsheet: the value as received, and in a word what it means."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from labs.models import Analyte, Result, SemenAnalysis
from labs.rules.sperm_numbers import per_ml_words
from protocols.models import DoseSegment, MoodQuestionnaire, Visit
from protocols.rules.dosing import Adherence, AdherenceClass
from protocols.rules.vocabulary import Action

if TYPE_CHECKING:
    from protocols.queries.flowsheet import Measured

UP, DOWN = "▲", "▼"
ARROWS = {Result.Flag.HIGH: UP, Result.Flag.LOW: DOWN}
GRADE_WORDS = ("0", "mild", "moderate", "severe", "dangerous", "fatal")
ADHERENCE_WORDS = {
    AdherenceClass.MINOR: f"{DOWN} low",
    AdherenceClass.MAJOR: f"{DOWN} very low",
    AdherenceClass.OVER_USE: f"{UP} more than given",
}
MILLION = 1_000_000
CRITICAL_GRADE, WARNING_GRADE = 3, 2


@dataclass(frozen=True, slots=True)
class Cell:
    """`off` sets it bold, `kind` colours it, `hot` gives it a ground; all of them with a word."""

    text: str
    word: str = ""
    kind: str = ""
    grade: int = 0
    off: bool = False
    hot: bool = False
    new: bool = False
    corrected: bool = False
    value: float | None = None
    received: str = ""


def result(row: Measured, action: str | None) -> Cell:
    """A laboratory value, with what the rules propose because of it where they do."""
    arrow = ARROWS.get(Result.Flag(row.flag), "")
    grade = row.grade or 0
    kind = ""
    if action in (Action.REDUCE, Action.HOLD, Action.STOP) or grade >= CRITICAL_GRADE:
        kind = "critical"
    elif grade == WARNING_GRADE:
        kind = "warning"
    return Cell(
        text=row.shown,
        word=result_word(row, arrow, action),
        kind=kind,
        grade=grade,
        off=bool(arrow or grade),
        hot=bool(kind),
        new=not row.reviewed,
        corrected=row.status == Result.Status.CORRECTED,
        value=float(row.value) if row.value is not None else None,
        received=row.received,
    )


def result_word(row: Measured, arrow: str, action: str | None) -> str:
    """The arrow and one word: the action proposed, how many times the limit, or which side."""
    if action in (Action.REDUCE, Action.HOLD, Action.STOP):
        return f"{arrow or UP} {action.lower()}"
    if not arrow:
        return "not fasting" if row.group == Analyte.Group.LIPIDS and row.fasting is False else ""
    liver = row.group == Analyte.Group.LIVER_MUSCLE and row.flag == Result.Flag.HIGH
    if liver and row.high and row.value:
        times = (row.value / row.high).quantize(Decimal("0.1"), ROUND_HALF_UP)
        return f"{arrow} {times} × ULN"
    return f"{arrow} {Result.Flag(row.flag).label}"


def sperm(sample: SemenAnalysis) -> Cell:
    """Sperm per mL: none seen hangs at the detection limit, never at nought."""
    word, kind = sperm_word(sample)
    return Cell(
        text=sperm_text(sample),
        word=word,
        kind=kind,
        off=bool(sample.motile_seen and sample.valid),
        new=sample.reviewed_at is None,
        corrected=sample.status == SemenAnalysis.Status.CORRECTED,
        value=logged(sample.estimate_per_ml if sample.valid else None),
    )


def sperm_text(sample: SemenAnalysis) -> str:
    if sample.sperm_seen is False:
        limit = sample.detection_limit_per_ml
        return f"< {number_per_ml(limit)}" if limit else "none"
    if sample.estimate_per_ml:
        return number_per_ml(sample.estimate_per_ml)
    if sample.concentration_m_per_ml is not None:
        comparator = sample.concentration_comparator
        return f"{comparator} {sample.concentration_m_per_ml.normalize():f} M".strip()
    return "seen" if sample.sperm_seen else "–"


def sperm_word(sample: SemenAnalysis) -> tuple[str, str]:
    if not sample.valid:
        return "not valid", ""
    if sample.sperm_seen is False:
        return "none seen", ""
    kind = "info" if sample.motile_seen else ""
    if sample.pellet_sperm_n:
        return f"{sample.pellet_sperm_n} found", kind
    return ("motile" if sample.motile_seen else "none motile"), kind


def number_per_ml(per_ml: Decimal) -> str:
    """50, 900 000, then 1.2 M: two significant figures."""
    if per_ml >= MILLION:
        return f"{per_ml / MILLION:.2g} M" if per_ml < 10 * MILLION else f"{per_ml / MILLION:.0f} M"
    return per_ml_words(per_ml).removesuffix("\N{NO-BREAK SPACE}per mL")


def logged(per_ml: Decimal | None) -> float | None:
    """A sparkline of values that span decades is drawn on their logarithm."""
    if per_ml is None:
        return None
    return float((per_ml if per_ml > 1 else Decimal(1)).log10())


def motile(sample: SemenAnalysis, *, first: bool) -> Cell | None:
    if not sample.valid:
        return None
    new = sample.reviewed_at is None
    kind = "info" if sample.motile_seen else ""
    word = f"{UP} first seen" if first else ""
    if sample.pellet_motile_n is not None:
        n = sample.pellet_motile_n
        return Cell(str(n), word, kind, off=n > 0, new=new, value=float(n))
    share = sample.total_motility_pct
    if share is not None:
        return Cell(f"{share:.0f} %", word, kind, off=first, new=new, value=float(share))
    if sample.sperm_seen is False:
        return Cell("0", new=new, value=0.0)
    return None


def total_motile(sample: SemenAnalysis) -> Cell | None:
    if not sample.valid or sample.tmsc_m is None:
        return None
    return Cell(f"{sample.tmsc_m:.2g} M", new=sample.reviewed_at is None,
                value=float(sample.tmsc_m))  # fmt: skip


def volume(sample: SemenAnalysis) -> Cell | None:
    if sample.volume_ml is None:
        return None
    low = sample.volume_ml < Decimal("1.4")
    return Cell(
        f"{sample.volume_ml.normalize():f}",
        f"{DOWN} low" if low else "",
        off=low,
        new=sample.reviewed_at is None,
        value=float(sample.volume_ml),
    )


def symptom(grade: int) -> Cell:
    kind = "critical" if grade >= CRITICAL_GRADE else ""
    kind = kind or ("warning" if grade == WARNING_GRADE else "")
    return Cell(GRADE_WORDS[grade], kind=kind, grade=grade, off=grade > 1, hot=grade > 1,
                value=float(grade))  # fmt: skip


def mood(row: MoodQuestionnaire) -> Cell:
    if row.total is None:
        return Cell("–", "not complete")
    off = row.total >= 5
    kind = "critical" if row.total >= 20 else ("warning" if row.total >= 10 else "")
    return Cell(str(row.total), f"{UP} {row.band}" if off else "", kind, off=off, hot=bool(kind),
                value=float(row.total))  # fmt: skip


def item_nine(row: MoodQuestionnaire) -> Cell:
    there = row.item9 > 0
    return Cell(str(row.item9), f"{UP} there" if there else "", "critical" if there else "",
                off=there, hot=there, value=float(row.item9))  # fmt: skip


def dose(segment: DoseSegment, *, undecided: bool) -> Cell:
    if segment.kind == DoseSegment.Kind.HOLD:
        return Cell("0", "held", "warning", off=True, value=0.0)
    mg = segment.mg_per_day
    if undecided:
        return Cell(str(mg), "to decide", "info", off=True, value=float(mg))
    reduced = segment.kind == DoseSegment.Kind.REDUCED
    return Cell(str(mg), "reduced" if reduced else "", off=reduced, value=float(mg))


def adherence(found: Adherence) -> Cell:
    if found.percent is None:
        return Cell("–", "not counted")
    odd = found.category not in (AdherenceClass.ADEQUATE, AdherenceClass.UNKNOWN)
    word = ADHERENCE_WORDS.get(found.category, "")
    return Cell(f"{found.percent:.0f} %", word, "warning" if odd else "", off=odd,
                value=float(found.percent))  # fmt: skip


def number(value: Decimal | None) -> Cell:
    shown = value or Decimal(0)
    return Cell(f"{shown:.1f}", value=float(shown))


def pressure(visit: Visit) -> Cell:
    upper, lower = visit.systolic_mmhg or 0, visit.diastolic_mmhg
    return Cell(f"{upper}/{lower}" if lower else str(upper), value=float(upper))
