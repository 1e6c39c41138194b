"""LDL cholesterol by calculation, by three published formulas (domain reference §5.2).

A calculated LDL never replaces one that the laboratory sent, and always carries its method.
"""

from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from labs.rules.quantities import ZERO, Quantity

CHOLESTEROL_MG_PER_MMOL = Decimal("38.67")
TRIGLYCERIDES_MG_PER_MMOL = Decimal("88.57")
SMALLEST_TABLED_TG = 7
FACTOR_TG_BELOW = 400
SAMPSON_TG_UP_TO = 800
FRIEDEWALD_TG_UP_TO_MMOL = Decimal("4.5")

NON_HDL_COLUMNS = (100, 130, 160, 190, 220)

MARTIN_HOPKINS = (
    (7, "3.5 3.4 3.3 3.3 3.2 3.1"),
    (50, "4.0 3.9 3.7 3.6 3.6 3.4"),
    (57, "4.3 4.1 4.0 3.9 3.8 3.6"),
    (62, "4.5 4.3 4.1 4.0 3.9 3.9"),
    (67, "4.7 4.4 4.3 4.2 4.1 3.9"),
    (72, "4.8 4.6 4.4 4.2 4.2 4.1"),
    (76, "4.9 4.6 4.5 4.3 4.3 4.2"),
    (80, "5.0 4.8 4.6 4.4 4.3 4.2"),
    (84, "5.1 4.8 4.6 4.5 4.4 4.3"),
    (88, "5.2 4.9 4.7 4.6 4.4 4.3"),
    (93, "5.3 5.0 4.8 4.7 4.5 4.4"),
    (97, "5.4 5.1 4.8 4.7 4.5 4.3"),
    (101, "5.5 5.2 5.0 4.7 4.6 4.5"),
    (106, "5.6 5.3 5.0 4.8 4.6 4.5"),
    (111, "5.7 5.4 5.1 4.9 4.7 4.5"),
    (116, "5.8 5.5 5.2 5.0 4.8 4.6"),
    (121, "6.0 5.5 5.3 5.0 4.8 4.6"),
    (127, "6.1 5.7 5.3 5.1 4.9 4.7"),
    (133, "6.2 5.8 5.4 5.2 5.0 4.7"),
    (139, "6.3 5.9 5.6 5.3 5.0 4.8"),
    (147, "6.5 6.0 5.7 5.4 5.1 4.8"),
    (155, "6.7 6.2 5.8 5.4 5.2 4.9"),
    (164, "6.8 6.3 5.9 5.5 5.3 5.0"),
    (174, "7.0 6.5 6.0 5.7 5.4 5.1"),
    (186, "7.3 6.7 6.2 5.8 5.5 5.2"),
    (202, "7.6 6.9 6.4 6.0 5.6 5.3"),
    (221, "8.0 7.2 6.6 6.2 5.9 5.4"),
    (248, "8.5 7.6 7.0 6.5 6.1 5.6"),
    (293, "9.5 8.3 7.5 7.0 6.5 5.9"),
    (400, "11.9 10.0 8.8 8.1 7.5 6.7"),
)
"""Lower edge of each triglyceride row, mg/dL, and its six divisors by non-HDL column."""

TG_ROWS = tuple(edge for edge, _ in MARTIN_HOPKINS)
FACTORS = tuple(
    tuple(Decimal(factor) for factor in factors.split()) for _, factors in MARTIN_HOPKINS
)


class LdlMethod(StrEnum):
    FRIEDEWALD = "friedewald"
    MARTIN_HOPKINS = "martin_hopkins"
    SAMPSON = "sampson"


METHOD_NAMES = {
    LdlMethod.FRIEDEWALD: "Friedewald 1972",
    LdlMethod.MARTIN_HOPKINS: "Martin–Hopkins 2013",
    LdlMethod.SAMPSON: "Sampson/NIH 2020",
}


class LipidProblem(StrEnum):
    HDL_ABOVE_TOTAL = "HDL_ABOVE_TOTAL"
    NOT_A_NUMBER = "NOT_A_NUMBER"
    UNITS_DIFFER = "UNITS_DIFFER"
    UNIT_UNKNOWN = "UNIT_UNKNOWN"
    BELOW_ZERO = "BELOW_ZERO"
    NEGATIVE_LDL = "NEGATIVE_LDL"
    FASTING_UNKNOWN = "FASTING_UNKNOWN"
    NOT_FASTING = "NOT_FASTING"


PROBLEM_SENTENCES = {
    LipidProblem.HDL_ABOVE_TOTAL: "HDL is higher than total cholesterol; one of them is wrong.",
    LipidProblem.NOT_A_NUMBER: "A value with < or > cannot be calculated with.",
    LipidProblem.UNITS_DIFFER: "The three values were reported in different units.",
    LipidProblem.UNIT_UNKNOWN: "Lipids are calculated in mg/dL or mmol/L.",
    LipidProblem.BELOW_ZERO: "A measured value is never below zero.",
    LipidProblem.NEGATIVE_LDL: "A formula gave a negative LDL, which is not shown.",
    LipidProblem.FASTING_UNKNOWN: "Friedewald holds for a fasting sample; fasting is not recorded.",
    LipidProblem.NOT_FASTING: "Friedewald does not hold: the sample was not fasting.",
}


@dataclass(frozen=True, slots=True)
class LipidPanel:
    """Results in the unit of the input, unrounded; None where the formula is not valid."""

    unit: str
    non_hdl: Decimal | None = None
    friedewald: Decimal | None = None
    martin_hopkins: Decimal | None = None
    martin_hopkins_factor: Decimal | None = None
    sampson: Decimal | None = None
    errors: tuple[LipidProblem, ...] = ()
    warnings: tuple[LipidProblem, ...] = ()

    def by(self, method: LdlMethod) -> Decimal | None:
        match method:
            case LdlMethod.FRIEDEWALD:
                return self.friedewald
            case LdlMethod.MARTIN_HOPKINS:
                return self.martin_hopkins
            case LdlMethod.SAMPSON:
                return self.sampson


@dataclass(frozen=True, slots=True)
class ShownLdl:
    value: Decimal
    unit: str
    method: LdlMethod


def calculated_lipids(
    *,
    total_cholesterol: Quantity,
    hdl: Quantity,
    triglycerides: Quantity,
    fasting: bool | None = None,
) -> LipidPanel:
    """Non-HDL and the three LDLs of one sample; a contradiction gives errors and no numbers."""
    given = (total_cholesterol, hdl, triglycerides)
    unit = total_cholesterol.unit
    if problem := input_problem(given):
        return LipidPanel(unit=unit, errors=(problem,))
    non_hdl = total_cholesterol.value - hdl.value
    factor = martin_hopkins_factor(
        tg=in_mg(triglycerides), non_hdl=in_mg_cholesterol(non_hdl, unit)
    )
    results = {
        LdlMethod.FRIEDEWALD: None if fasting is False else friedewald(non_hdl, triglycerides),
        LdlMethod.MARTIN_HOPKINS: by_factor(non_hdl, triglycerides, factor),
        LdlMethod.SAMPSON: sampson(total_cholesterol, hdl, triglycerides),
    }
    negative = any(value is not None and value < ZERO for value in results.values())
    shown = {method: value if value is not None and value >= ZERO else None
             for method, value in results.items()}  # fmt: skip
    return LipidPanel(
        unit=unit,
        non_hdl=non_hdl,
        friedewald=shown[LdlMethod.FRIEDEWALD],
        martin_hopkins=shown[LdlMethod.MARTIN_HOPKINS],
        martin_hopkins_factor=factor,
        sampson=shown[LdlMethod.SAMPSON],
        warnings=lipid_warnings(fasting=fasting, negative=negative),
    )


def shown_ldl(panel: LipidPanel, *, lab_sent_ldl: bool) -> ShownLdl | None:
    """The LDL to show by default: Sampson, where it is valid and the laboratory sent none."""
    if lab_sent_ldl or panel.sampson is None:
        return None
    return ShownLdl(panel.sampson, panel.unit, LdlMethod.SAMPSON)


def input_problem(given: tuple[Quantity, Quantity, Quantity]) -> LipidProblem | None:
    total, hdl, _ = given
    units = {quantity.unit for quantity in given}
    if len(units) > 1:
        return LipidProblem.UNITS_DIFFER
    if not units <= {"mg/dL", "mmol/L"}:
        return LipidProblem.UNIT_UNKNOWN
    if any(quantity.comparator is not None for quantity in given):
        return LipidProblem.NOT_A_NUMBER
    if any(quantity.value < ZERO for quantity in given):
        return LipidProblem.BELOW_ZERO
    return LipidProblem.HDL_ABOVE_TOTAL if hdl.value > total.value else None


def lipid_warnings(*, fasting: bool | None, negative: bool) -> tuple[LipidProblem, ...]:
    warnings = []
    if fasting is None:
        warnings.append(LipidProblem.FASTING_UNKNOWN)
    if fasting is False:
        warnings.append(LipidProblem.NOT_FASTING)
    if negative:
        warnings.append(LipidProblem.NEGATIVE_LDL)
    return tuple(warnings)


def in_mg(triglycerides: Quantity) -> Decimal:
    factor = TRIGLYCERIDES_MG_PER_MMOL if triglycerides.unit == "mmol/L" else 1
    return triglycerides.value * factor


def in_mg_cholesterol(value: Decimal, unit: str) -> Decimal:
    return value * CHOLESTEROL_MG_PER_MMOL if unit == "mmol/L" else value


def in_unit(cholesterol_mg: Decimal, unit: str) -> Decimal:
    return cholesterol_mg / CHOLESTEROL_MG_PER_MMOL if unit == "mmol/L" else cholesterol_mg


def friedewald(non_hdl: Decimal, triglycerides: Quantity) -> Decimal | None:
    """Each unit has its own divisor and its own limit: TG/5 below 400, TG/2.2 up to 4.5."""
    if triglycerides.unit == "mmol/L":
        valid = triglycerides.value <= FRIEDEWALD_TG_UP_TO_MMOL
        return non_hdl - triglycerides.value / Decimal("2.2") if valid else None
    return non_hdl - triglycerides.value / 5 if triglycerides.value < FACTOR_TG_BELOW else None


def martin_hopkins_factor(*, tg: Decimal, non_hdl: Decimal) -> Decimal | None:
    """The divisor of the 30 x 6 table; used below 400 mg/dL only."""
    if not SMALLEST_TABLED_TG <= tg < FACTOR_TG_BELOW:
        return None
    row = FACTORS[bisect_right(TG_ROWS, tg) - 1]
    return row[bisect_right(NON_HDL_COLUMNS, non_hdl)]


def by_factor(non_hdl: Decimal, triglycerides: Quantity, factor: Decimal | None) -> Decimal | None:
    if factor is None:
        return None
    subtract = in_unit(in_mg(triglycerides) / factor, triglycerides.unit)
    return non_hdl - subtract


def sampson(total: Quantity, hdl: Quantity, triglycerides: Quantity) -> Decimal | None:
    """TC/0.948 - HDL/0.971 - (TG/8.56 + TG x non-HDL/2140 - TG²/16100) - 9.44, in mg/dL."""
    tg = in_mg(triglycerides)
    if tg > SAMPSON_TG_UP_TO:
        return None
    tc = in_mg_cholesterol(total.value, total.unit)
    hdl_mg = in_mg_cholesterol(hdl.value, hdl.unit)
    middle = tg / Decimal("8.56") + tg * (tc - hdl_mg) / 2140 - tg * tg / 16100
    ldl = tc / Decimal("0.948") - hdl_mg / Decimal("0.971") - middle - Decimal("9.44")
    return in_unit(ldl, total.unit)
