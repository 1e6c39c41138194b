"""Side effects: the checklist of each visit, the words of each grade, what must be reported.

Domain reference §3.1 and §3.3.
"""

from enum import StrEnum
from functools import cache
from typing import Self

from pydantic import Field, model_validator

from protocols.rules.definition import SHIPPED, read
from protocols.rules.parts import Key, Part, Sourced, Words

FATAL = 5
MEDWATCH = "MEDWATCH_REPORT"
MEDWATCH_SENTENCE = "Serious and possibly related: report to MedWatch, 1-800-FDA-1088."


class Seriousness(StrEnum):
    DEATH = "death"
    LIFE_THREATENING = "life_threatening"
    HOSPITALISATION = "hospitalisation"
    DISABILITY = "disability"
    CONGENITAL_ANOMALY = "congenital_anomaly"
    MEDICALLY_IMPORTANT = "medically_important"


class Relatedness(StrEnum):
    """How likely the drug caused it, least first."""

    UNRELATED = "unrelated"
    UNLIKELY = "unlikely"
    POSSIBLE = "possible"
    PROBABLE = "probable"
    DEFINITE = "definite"

    @property
    def possible_or_more(self) -> bool:
        return self not in {Relatedness.UNRELATED, Relatedness.UNLIKELY}


class ChecklistItem(Part):
    """One question of the checklist; graded by its CTCAE term, or by the laboratory's numbers."""

    code: Key
    title: Words
    term: Words | None = None
    analytes: tuple[Key, ...] = ()
    in_index_study: bool = False


class ChecklistGroup(Part):
    key: Key
    title: Words
    items: tuple[ChecklistItem, ...] = Field(min_length=1)


class ClinicalTerm(Part):
    """The words of each grade a term has."""

    term: Words
    grades: dict[int, Words] = Field(min_length=1)
    can_be_fatal: bool = False

    @model_validator(mode="after")
    def grades_are_one_to_four(self) -> Self:
        if not set(self.grades) <= {1, 2, 3, 4}:
            raise ValueError("a grade is 1, 2, 3 or 4")
        return self

    def choices(self) -> tuple[tuple[int, str], ...]:
        """What a member may choose, mildest first; death is grade 5 where the term has it."""
        fatal = ((FATAL, "death"),) if self.can_be_fatal else ()
        return (*sorted(self.grades.items()), *fatal)


class ClinicalGrades(Sourced):
    """The checklist and the grade words as one document."""

    version: Words
    checklist: tuple[ChecklistGroup, ...] = Field(min_length=1)
    terms: tuple[ClinicalTerm, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def names_agree(self) -> Self:
        terms = [row.term for row in self.terms]
        codes = [item.code for item in self.items()]
        for noun, names in (("term", terms), ("checklist item", codes)):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{noun} given twice: {', '.join(twice)}")
        unknown = sorted({item.term for item in self.items() if item.term} - set(terms))
        if unknown:
            raise ValueError(f"the checklist names unknown terms: {', '.join(unknown)}")
        return self

    def items(self) -> tuple[ChecklistItem, ...]:
        return tuple(item for group in self.checklist for item in group.items)

    def item(self, code: str) -> ChecklistItem | None:
        return next((item for item in self.items() if item.code == code), None)

    def term(self, name: str) -> ClinicalTerm | None:
        return next((row for row in self.terms if row.term == name), None)


def load_clinical_grades(text: str) -> ClinicalGrades:
    """Read the checklist and the grade words, or say where they are wrong."""
    return read(ClinicalGrades, text)


@cache
def shipped_clinical_grades() -> ClinicalGrades:
    """CTCAE 5.0 words as shipped."""
    return load_clinical_grades((SHIPPED / "ctcae_clinical.yaml").read_text(encoding="utf-8"))


def reporting_tasks(seriousness: Seriousness | None, relatedness: Relatedness) -> tuple[str, ...]:
    """A serious event that may come from the drug is reported (domain reference §3.1)."""
    return (MEDWATCH,) if seriousness and relatedness.possible_or_more else ()
