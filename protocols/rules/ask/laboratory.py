"""Asking about blood: lipids by formula, CTCAE grades, units, and codes."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, WithJsonSchema

from labs.rules.catalogue import CatalogueError, published_catalogue
from labs.rules.codes import check_code
from labs.rules.ctcae import published_grade_table
from labs.rules.grading import GradeStatus, grade
from labs.rules.lipids import PROBLEM_SENTENCES, LipidProblem, calculated_lipids
from labs.rules.units import printed_unit
from protocols.rules.ask.fields import (
    AnalyteKey,
    Answer,
    Given,
    Name,
    Number,
    Reported,
    Text,
    Unit,
    key,
    needed,
    unit,
)
from protocols.rules.ask.results import ReadingGiven, in_unit, not_negative, reading_of
from protocols.rules.ask.rule import Asked, RefusedError
from protocols.rules.definition import Definition

LIPID_UNITS = ["mg/dL", "mmol/L"]
LipidUnit = Annotated[
    str, BeforeValidator(unit), WithJsonSchema({"type": "string", "enum": [*LIPID_UNITS]})
]


class LipidsGiven(Given):
    total_cholesterol: Reported = needed("Total cholesterol")
    hdl: Reported = needed("HDL cholesterol")
    triglycerides: Reported = needed("Triglycerides")
    unit: LipidUnit = needed("Unit of all three")


class LipidsAnswer(Answer):
    non_hdl: Number | None
    friedewald: Number | None
    martin_hopkins: Number | None
    martin_hopkins_factor: Number | None
    sampson: Number | None
    errors: tuple[LipidProblem, ...]
    warnings: tuple[LipidProblem, ...]
    sentence: str


class GradeAnswer(Answer):
    grade: int | None
    at_least: int | None
    grading_unit: str
    status: GradeStatus
    sentence: str


class ConvertGiven(Given):
    analyte: AnalyteKey = needed("Analyte")
    value: Reported = needed("Value")
    from_unit: Unit = needed("From", alias="from")
    to_unit: Unit = needed("To", alias="to")


class ConvertAnswer(Answer):
    value: Reported
    display: str
    sentence: str


class CodeGiven(Given):
    system: Literal["loinc", "snomed", "rxnorm"] = needed("Code system")
    code: Text = needed("Code")
    use: Name | None = key("Used for", say="what the code is meant to stand for")


class CodeAnswer(Answer):
    valid: bool
    reasons: tuple[str, ...]


def ask_lipids(given: LipidsGiven, _: Definition) -> LipidsAnswer:
    if given.unit not in LIPID_UNITS:
        raise RefusedError(("unit", PROBLEM_SENTENCES[LipidProblem.UNIT_UNKNOWN]))
    not_negative("total_cholesterol", given.total_cholesterol)
    not_negative("hdl", given.hdl)
    not_negative("triglycerides", given.triglycerides)
    panel = calculated_lipids(
        total_cholesterol=in_unit(given.total_cholesterol, given.unit),
        hdl=in_unit(given.hdl, given.unit),
        triglycerides=in_unit(given.triglycerides, given.unit),
    )
    problems = (*panel.errors, *panel.warnings)
    return LipidsAnswer(
        non_hdl=panel.non_hdl,
        friedewald=panel.friedewald,
        martin_hopkins=panel.martin_hopkins,
        martin_hopkins_factor=panel.martin_hopkins_factor,
        sampson=panel.sampson,
        errors=panel.errors,
        warnings=panel.warnings,
        sentence=" ".join(PROBLEM_SENTENCES[problem] for problem in problems),
    )


def ask_grade(given: ReadingGiven, _: Definition) -> GradeAnswer:
    found = grade(reading_of(given), published_grade_table())
    return GradeAnswer(
        grade=found.grade,
        at_least=found.at_least,
        grading_unit=found.grading_unit,
        status=found.status,
        sentence=found.sentence,
    )


def ask_convert(given: ConvertGiven, _: Definition) -> ConvertAnswer:
    try:
        analyte = published_catalogue().analyte(given.analyte)
    except CatalogueError as why:
        raise RefusedError(("analyte", str(why))) from None
    known = ", ".join(printed_unit(one) for one in analyte.units)
    refused = [
        (field, f"{analyte.name} is measured in {known}, not in “{other}”.")
        for field, other in (("from", given.from_unit), ("to", given.to_unit))
        if not analyte.accepts(other)
    ]
    if refused:
        raise RefusedError(*refused)
    if analyte.key != "ldl":
        not_negative("value", given.value)
    quantity = in_unit(given.value, given.from_unit)
    found = analyte.converted(quantity, given.to_unit)
    shown = analyte.displayed(found)
    shown_unit = printed_unit(given.to_unit)
    return ConvertAnswer(
        value=found,
        display=shown,
        sentence=f"{analyte.name} {quantity.printed()} is {shown} {shown_unit}.",
    )


def ask_code(given: CodeGiven, _: Definition) -> CodeAnswer:
    found = check_code(given.system, given.code, given.use)
    return CodeAnswer(valid=found.valid, reasons=found.reasons)


RULES = (
    Asked(
        name="lipids",
        title="LDL cholesterol",
        line="non-HDL and LDL cholesterol by three published formulas",
        source="Friedewald 1972, Martin–Hopkins 2013, Sampson/NIH 2020; domain reference §5.2",
        given=LipidsGiven,
        answer=LipidsAnswer,
        ask=ask_lipids,
        group="Laboratory",
    ),
    Asked(
        name="grade",
        title="CTCAE grade",
        line="the CTCAE grade of one result, in the unit it was reported in",
        source="CTCAE 5.0, as printed; domain reference §3.2",
        given=ReadingGiven,
        answer=GradeAnswer,
        ask=ask_grade,
        group="Laboratory",
        table=lambda _: f"CTCAE {published_grade_table().version}",
    ),
    Asked(
        name="convert",
        title="Convert a unit",
        line="one value in another unit of the same analyte",
        source="Factors of domain reference §5.1",
        given=ConvertGiven,
        answer=ConvertAnswer,
        ask=ask_convert,
        group="Laboratory",
    ),
    Asked(
        name="code",
        title="Check a code",
        line="whether a LOINC, SNOMED CT or RxNorm code can be what it is used for",
        source="Check digits and known mistakes; domain reference §6.1 and §6.2",
        given=CodeGiven,
        answer=CodeAnswer,
        ask=ask_code,
        group="Laboratory",
    ),
)
