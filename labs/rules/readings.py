"""One value of a laboratory report, read: number, unit, range, flag, grade and whether it can be.

Everything is kept in the unit it came in. What is impossible is refused with a sentence; what is
only unusual is named, for a person to confirm (domain reference §5.1).
"""

from dataclasses import dataclass
from decimal import Decimal

from labs.rules.catalogue import Analyte, Pair
from labs.rules.ctcae import published_grade_table
from labs.rules.grading import Grading, LabReading, grade
from labs.rules.ldl_methods import VERSION
from labs.rules.lipids import METHOD_NAMES, calculated_lipids, shown_ldl
from labs.rules.quantities import Quantity, QuantityError, rounded
from labs.rules.ranges import Flag, Range, RangeError
from labs.rules.units import normalised_unit, printed_unit

CANNOT = "cannot"


class ReadingError(ValueError):
    """A value that cannot be filed, with the analyte it stands under."""

    def __init__(self, analyte: str, sentence: str) -> None:
        super().__init__(sentence)
        self.analyte = analyte


@dataclass(frozen=True, slots=True)
class Value:
    """A value as a form or a message brings it; `status` as in labs.models.Result.Status."""

    analyte: str
    reported: str
    unit: str
    range_text: str = ""
    status: str = "final"


@dataclass(frozen=True, slots=True)
class Baseline:
    """The last value before the first dose, and the upper limit on its own report."""

    quantity: Quantity
    uln: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """`quantity` is None for what the laboratory could not measure; `unusual` asks to confirm."""

    analyte: str
    quantity: Quantity | None
    limits: Range | None = None
    range_text: str = ""
    flag: Flag | None = None
    grading: Grading | None = None
    unusual: str = ""
    formula: str = ""
    shown: str = ""


def read(
    value: Value, *, analyte: Analyte, fallback: Range | None, baseline: Baseline | None = None
) -> Reading:
    """The value with what follows from it; the report's own range wins over the fallback."""
    if value.status == CANNOT:
        return Reading(analyte.key, None, shown=value.reported)
    quantity = quantity_of(value, analyte)
    if not analyte.is_possible(quantity):
        raise ReadingError(analyte.key, impossible_words(analyte, quantity))
    limits, words = range_of(value, fallback)
    return Reading(
        analyte=analyte.key,
        quantity=quantity,
        limits=limits,
        range_text=words,
        flag=limits.flag(quantity) if limits else None,
        grading=graded(analyte.key, quantity, limits, baseline),
        unusual="" if analyte.is_usual(quantity) else unusual_words(analyte, quantity),
        shown=str(quantity),
    )


def quantity_of(value: Value, analyte: Analyte) -> Quantity:
    unit = normalised_unit(value.unit)
    if unit is None or not analyte.accepts(unit):
        known = ", ".join(printed_unit(known) for known in analyte.units)
        shown = f"“{value.unit}”" if value.unit else "no unit"
        raise ReadingError(
            analyte.key, f"{analyte.name} came with {shown}; it is measured in {known}."
        )
    try:
        return Quantity.parse(value.reported, unit)
    except QuantityError as why:
        raise ReadingError(analyte.key, f"{analyte.name}: {why}") from None


def range_of(value: Value, fallback: Range | None) -> tuple[Range | None, str]:
    """The limits and the words of the range; words nobody can read are kept without limits."""
    if not value.range_text.strip():
        return fallback, str(fallback) if fallback else ""
    try:
        limits = Range.parse(value.range_text)
    except RangeError:
        return None, value.range_text.strip()
    return limits, str(limits)


def graded(
    key: str, quantity: Quantity, limits: Range | None, baseline: Baseline | None
) -> Grading | None:
    """The CTCAE grade, or None where the table has no term for this analyte."""
    table = published_grade_table()
    if table.term_for(key) is None:
        return None
    return grade(
        LabReading(
            analyte=key,
            quantity=quantity,
            uln=limits.high if limits else None,
            lln=limits.low if limits else None,
            baseline=baseline.quantity if baseline else None,
            baseline_uln=baseline.uln if baseline else None,
        ),
        table,
    )


def in_unit(analyte: Analyte, pair: Pair, unit: str) -> str:
    low, high = (
        rounded(analyte.number_in(unit, limit, analyte.unit), analyte.decimals_in(unit))
        for limit in pair
    )
    return f"{low} to {high} {printed_unit(unit)}".strip().replace("-", "−")


def impossible_words(analyte: Analyte, quantity: Quantity) -> str:
    possible = in_unit(analyte, analyte.hard, quantity.unit) if analyte.hard else ""
    return (
        f"{analyte.name} {quantity.printed()} cannot be: possible is {possible}. "
        "Check the number and its unit."
    )


def unusual_words(analyte: Analyte, quantity: Quantity) -> str:
    usual = in_unit(analyte, analyte.soft, quantity.unit) if analyte.soft else ""
    return f"{analyte.name} {quantity.printed()} is unusual (usual: {usual})."


LIPIDS_NEEDED = ("total_cholesterol", "hdl", "triglycerides")
NON_HDL_FORMULA = f"non_hdl/{VERSION} TC − HDL"


def derived_lipids(
    quantities: dict[str, Quantity], *, fasting: bool | None, analytes: dict[str, Analyte],
    fallbacks: dict[tuple[str, str], Range | None],
) -> list[Reading]:  # fmt: skip
    """Non-HDL and LDL where the laboratory sent none; each names its formula and its version."""
    if not all(key in quantities for key in LIPIDS_NEEDED):
        return []
    total, hdl, triglycerides = (quantities[key] for key in LIPIDS_NEEDED)
    panel = calculated_lipids(
        total_cholesterol=total, hdl=hdl, triglycerides=triglycerides, fasting=fasting
    )
    found: list[tuple[str, Decimal, str]] = []
    if panel.non_hdl is not None and "non_hdl" not in quantities:
        found.append(("non_hdl", panel.non_hdl, NON_HDL_FORMULA))
    if ldl := shown_ldl(panel, lab_sent_ldl="ldl" in quantities):
        found.append(("ldl", ldl.value, f"{ldl.method.value}/{VERSION} {METHOD_NAMES[ldl.method]}"))
    return [
        computed(analytes[key], number, panel.unit, formula, fallbacks.get((key, panel.unit)))
        for key, number, formula in found
    ]


def computed(
    analyte: Analyte, number: Decimal, unit: str, formula: str, limits: Range | None
) -> Reading:
    shown = rounded(number, analyte.decimals_in(unit))
    quantity = Quantity(Decimal(shown), unit)
    return Reading(
        analyte=analyte.key,
        quantity=quantity,
        limits=limits,
        range_text=str(limits) if limits else "",
        flag=limits.flag(quantity) if limits else None,
        formula=formula,
        shown=shown,
    )
