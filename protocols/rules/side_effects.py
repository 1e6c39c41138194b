"""How the course of a side effect follows from what was told of it, and what a result drafts.

Domain reference §3.1 and §3.2: a laboratory grade above that of the baseline is a side effect.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from labs.rules.ctcae import GradeTable
from labs.rules.grading import Grading, LabReading, grade
from labs.rules.quantities import Quantity
from protocols.rules.adverse_events import (
    FATAL,
    MEDWATCH,
    SERIOUS,
    ClinicalGrades,
    Relatedness,
    Seriousness,
    code_of,
)
from protocols.rules.symptoms import MEANINGS

NAMES = {
    "Hypertriglyceridemia": "Triglycerides raised",
    "Cholesterol high": "Cholesterol raised",
    "Alanine aminotransferase increased": "ALT raised",
    "Aspartate aminotransferase increased": "AST raised",
    "CPK increased": "CK raised",
    "Blood bilirubin increased": "Bilirubin raised",
    "Alkaline phosphatase increased": "Alkaline phosphatase raised",
    "GGT increased": "GGT raised",
    "Anemia": "Haemoglobin low",
    "White blood cell decreased": "White cells low",
    "Neutrophil count decreased": "Neutrophils low",
    "Platelet count decreased": "Platelets low",
    "Lipase or amylase increased": "Lipase or amylase raised",
    "Hypoglycemia": "Glucose low",
    "Weight gain": "Weight gain",
}
LABORATORY = {code_of(term): title for term, title in NAMES.items()}
#: Told symptoms that stand for a checklist item other than the first that means them.
TOLD = {"hearing": ("hearing_impaired", 1)}
KILOGRAMS, WEIGHT_GAIN = "kg", code_of("Weight gain")
URGENT = {Seriousness.DEATH, Seriousness.LIFE_THREATENING}


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that was told of a side effect: its grade on a day, by the rules or a person."""

    on: date
    grade: int
    by_rule: bool = False


@dataclass(frozen=True, slots=True)
class Course:
    """What follows from everything that was told; None grade: nothing of it is left."""

    grade: int | None
    worst: int
    onset_on: date | None
    ended_on: date | None
    proposed_end_on: date | None


def course(told: Iterable[Told]) -> Course:
    """The last grade is the present one; a rule that finds it gone proposes the end only."""
    rows = sorted(told, key=lambda row: row.on)
    graded = [row for row in rows if row.grade]
    if not graded:
        return Course(None, 0, None, None, None)
    last = rows[-1]
    over = last.on if last.grade in (0, FATAL) else None
    return Course(
        grade=graded[-1].grade,
        worst=max(row.grade for row in graded),
        onset_on=graded[0].on,
        ended_on=over if last.grade == FATAL or not last.by_rule else None,
        proposed_end_on=over if last.by_rule and not last.grade else None,
    )


@dataclass(frozen=True, slots=True)
class Draft:
    """What a laboratory's value or a told symptom says of one side effect; 0: it is not there."""

    code: str
    title: str
    ctcae_term: str
    grade: int
    note: str


def of_results(readings: Sequence[LabReading], table: GradeTable) -> tuple[Draft, ...]:
    """One draft for each CTCAE term of a collection, by its worst analyte.

    Worse than the baseline by a grade or more is a side effect; what is no worse is none.
    """
    graded: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for reading in readings:
        found = grade(reading, table)
        sure = certain(found)
        if sure is None:
            continue
        worse = sure > baseline_grade(reading, table)
        graded[found.term].append((sure if worse else 0, found.sentence))
    return tuple(
        Draft(code_of(term), NAMES.get(term, term), term, *max(rows, key=lambda row: row[0]))
        for term, rows in graded.items()
    )


def certain(found: Grading) -> int | None:
    """The grade that the value has at least; None where there is none to be had."""
    return found.grade if found.grade is not None else found.at_least


def baseline_grade(reading: LabReading, table: GradeTable) -> int:
    """What the last value before Day 1 was graded by itself; 0 where it is not known."""
    if reading.baseline is None:
        return 0
    uln = reading.baseline_uln
    if uln is None and reading.baseline.unit == reading.quantity.unit:
        uln = reading.uln
    itself = replace(reading, quantity=reading.baseline, uln=uln)
    return certain(grade(itself, table)) or 0


def of_symptom(code: str, title: str, book: ClinicalGrades) -> Draft:
    """What a told symptom is on the checklist, with the least grade it can have."""
    named = {row.symptom: (row.item, row.from_grade) for row in reversed(MEANINGS)} | TOLD
    key, least = named.get(code, (code, 1))
    item = book.item(key)
    term = book.term_of(key)
    return Draft(key, item.title if item else title, term.term if term else "", least, "")


def title_of(code: str, book: ClinicalGrades) -> str:
    """What a side effect is called, by its code."""
    item = book.item(code)
    if item is not None:
        return item.title
    term = book.term_of(code)
    return term.term if term else LABORATORY.get(code, code.replace("_", " ").capitalize())


def of_weight(
    weight_kg: Decimal | None, baseline_kg: Decimal | None, table: GradeTable
) -> Draft | None:
    """What a weight says against the one at the start; None where either is not known."""
    if weight_kg is None or baseline_kg is None:
        return None
    reading = LabReading(
        "weight", Quantity(weight_kg, KILOGRAMS), baseline=Quantity(baseline_kg, KILOGRAMS)
    )
    found = next(iter(of_results([reading], table)), None)
    return found and replace(found, note=f"{weight_kg:f} kg, and {baseline_kg:f} kg at the start.")


@dataclass(frozen=True, slots=True)
class Weight:
    """How grave an event is said to be, and how likely it comes from the drug."""

    seriousness: str
    relation: str
    grade: int

    @property
    def is_serious(self) -> bool:
        return bool(self.seriousness)

    @property
    def goes_to_medwatch(self) -> bool:
        return self.is_serious and Relatedness(self.relation).possible_or_more

    @property
    def is_urgent(self) -> bool:
        """Somebody on call is wanted at once."""
        return self.seriousness in URGENT or self.grade == FATAL


NOTHING = Weight("", Relatedness.UNRELATED, 0)


def reports(was: Weight, now: Weight) -> tuple[str, ...]:
    """Which reports are asked for anew: it became serious, or serious in another way."""
    graver = now.is_serious and now.seriousness != was.seriousness
    first = now.goes_to_medwatch and (graver or not was.goes_to_medwatch)
    return ((SERIOUS,) if graver else ()) + ((MEDWATCH,) if first else ())


def deadlines(book: ClinicalGrades) -> Mapping[str, int]:
    """Hours for the serious event, days for MedWatch."""
    return {
        SERIOUS: book.reporting.serious_within_hours,
        MEDWATCH: book.reporting.medwatch_within_days,
    }
