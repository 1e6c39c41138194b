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
OTHER = "other"
MEDWATCH, SERIOUS = "MEDWATCH_REPORT", "SAE_REPORT"
#: Grades of what has no words of its own in CTCAE.
SEVERITY = (
    (1, "mild"), (2, "moderate"), (3, "severe"), (4, "life-threatening"), (FATAL, "death"),
)  # fmt: skip


def code_of(term: str) -> str:
    """The key of a CTCAE term: CPK increased is cpk_increased."""
    return "_".join(term.lower().replace("-", " ").split())


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


class Expected(Sourced):
    """What the label names, by code."""

    codes: tuple[Key, ...] = Field(min_length=1)


class Reporting(Sourced):
    """By when a serious event is reported, and the words that say where."""

    serious_within_hours: int = Field(gt=0)
    medwatch_within_days: int = Field(gt=0)
    sentence: Words


class ClinicalGrades(Sourced):
    """The checklist, the grade words, what is expected and what is reported, as one document."""

    version: Words
    expected: Expected
    reporting: Reporting
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

    def term_of(self, code: str) -> ClinicalTerm | None:
        """The words of the grades of a side effect, by its code on the checklist or its own."""
        item = self.item(code)
        if item is not None:
            return self.term(item.term) if item.term else None
        return next((row for row in self.terms if code_of(row.term) == code), None)

    def choices(self) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
        """What can be recorded by hand, in groups: the checklist, then the other terms."""
        asked = [
            (
                group.title,
                tuple((item.code, item.title) for item in group.items if not item.analytes),
            )
            for group in self.checklist
        ]
        on_it = {item.term for item in self.items()}
        others = [(code_of(row.term), row.term) for row in self.terms if row.term not in on_it]
        return (*(group for group in asked if group[1]), ("Besides", tuple(others)))

    def grades_of(self, code: str) -> tuple[tuple[int, str], ...]:
        """The grades a side effect may have, each in its words."""
        term = self.term_of(code)
        return term.choices() if term else SEVERITY

    def is_expected(self, code: str) -> bool:
        return code in self.expected.codes


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
