"""The three calculated LDLs of one sample side by side, each with why it is not given."""

from dataclasses import dataclass
from decimal import Decimal

from labs.rules.lipids import (
    FACTOR_TG_BELOW,
    FRIEDEWALD_TG_UP_TO_MMOL,
    METHOD_NAMES,
    PROBLEM_SENTENCES,
    SAMPSON_TG_UP_TO,
    SMALLEST_TABLED_TG,
    LdlMethod,
    LipidPanel,
    LipidProblem,
    calculated_lipids,
    in_mg,
)
from labs.rules.quantities import Quantity

VERSION = 1
"""Of every formula here: kept with each value that was calculated by it."""

VALID_FOR = {
    LdlMethod.FRIEDEWALD: "fasting, triglycerides below 400 mg/dL (up to 4.5 mmol/L)",
    LdlMethod.MARTIN_HOPKINS: "triglycerides from 7 to below 400 mg/dL",
    LdlMethod.SAMPSON: "triglycerides up to 800 mg/dL",
}


@dataclass(frozen=True, slots=True)
class Calculated:
    """One method: its value in the unit of the report, or the sentence why there is none."""

    method: LdlMethod
    value: Decimal | None
    unit: str
    why_not: str = ""
    caution: str = ""

    @property
    def name(self) -> str:
        return METHOD_NAMES[self.method]

    @property
    def valid_for(self) -> str:
        return VALID_FOR[self.method]

    @property
    def quantity(self) -> Quantity | None:
        return None if self.value is None else Quantity(self.value, self.unit)


@dataclass(frozen=True, slots=True)
class SideBySide:
    """All three, Sampson first where it is the one to show; or why none can be calculated."""

    methods: tuple[Calculated, ...]
    panel: LipidPanel
    refused: str = ""


def side_by_side(
    *, total_cholesterol: Quantity, hdl: Quantity, triglycerides: Quantity, fasting: bool | None
) -> SideBySide:
    panel = calculated_lipids(
        total_cholesterol=total_cholesterol, hdl=hdl, triglycerides=triglycerides, fasting=fasting
    )
    if panel.errors:
        return SideBySide((), panel, " ".join(PROBLEM_SENTENCES[each] for each in panel.errors))
    order = (LdlMethod.SAMPSON, LdlMethod.MARTIN_HOPKINS, LdlMethod.FRIEDEWALD)
    return SideBySide(
        tuple(
            Calculated(
                method=method,
                value=panel.by(method),
                unit=panel.unit,
                why_not=""
                if panel.by(method) is not None
                else why_not(method, triglycerides, fasting),
                caution=caution(method, panel, fasting),
            )
            for method in order
        ),
        panel,
    )


def why_not(method: LdlMethod, triglycerides: Quantity, fasting: bool | None) -> str:
    """The first reason for which this method gives nothing; else it came out below nought."""
    tg = in_mg(triglycerides)
    if method is LdlMethod.SAMPSON and tg > SAMPSON_TG_UP_TO:
        return f"Triglycerides are above {SAMPSON_TG_UP_TO} mg/dL."
    if method is LdlMethod.MARTIN_HOPKINS and tg < SMALLEST_TABLED_TG:
        return f"Triglycerides are below {SMALLEST_TABLED_TG} mg/dL, where its table begins."
    if method is LdlMethod.MARTIN_HOPKINS and tg >= FACTOR_TG_BELOW:
        return f"Triglycerides are {FACTOR_TG_BELOW} mg/dL or more."
    if method is LdlMethod.FRIEDEWALD:
        return no_friedewald(triglycerides, fasting)
    return PROBLEM_SENTENCES[LipidProblem.NEGATIVE_LDL]


def no_friedewald(triglycerides: Quantity, fasting: bool | None) -> str:
    """Its limit is another one in each unit."""
    if fasting is False:
        return PROBLEM_SENTENCES[LipidProblem.NOT_FASTING]
    if triglycerides.unit == "mmol/L" and triglycerides.value > FRIEDEWALD_TG_UP_TO_MMOL:
        return f"Triglycerides are above {FRIEDEWALD_TG_UP_TO_MMOL} mmol/L."
    if triglycerides.unit != "mmol/L" and triglycerides.value >= FACTOR_TG_BELOW:
        return f"Triglycerides are {FACTOR_TG_BELOW} mg/dL or more."
    return PROBLEM_SENTENCES[LipidProblem.NEGATIVE_LDL]


def caution(method: LdlMethod, panel: LipidPanel, fasting: bool | None) -> str:
    """What to know about a value that is given."""
    unknown = method is LdlMethod.FRIEDEWALD and fasting is None
    return PROBLEM_SENTENCES[LipidProblem.FASTING_UNKNOWN] if unknown and panel.friedewald else ""
