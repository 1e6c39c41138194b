"""What one laboratory means by its own codes and spellings of units, as people here have said.

Whatever a report was written in, it is read with this before it is judged. A code of the shared
catalogue keeps its meaning: nobody can say that 2571-8 is something else.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from labs.rules.catalogue import Analyte, Catalogue
from labs.rules.codes import check_code
from labs.rules.reported import Group, Observation, Report
from labs.rules.units import is_known_unit, normalised_unit, printed_unit

Code = tuple[str, str]
LOINC, SNOMED, RXNORM = "LN", "SCT", "RXNORM"
CHECKED = {LOINC: "loinc", SNOMED: "snomed"}


@dataclass(frozen=True, slots=True)
class Dictionary:
    """Codes to the keys of analytes, folded spellings to UCUM."""

    codes: Mapping[Code, Analyte] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not self.codes and not self.units

    def read(self, reports: Iterable[Report]) -> list[Report]:
        """The same reports in the house's words, where somebody has said what is meant."""
        if self.is_empty:
            return list(reports)
        return [
            replace(report, groups=tuple(self._group(group) for group in report.groups))
            for report in reports
        ]

    def _group(self, group: Group) -> Group:
        return replace(group, observations=[self.observation(o) for o in group.observations])

    def observation(self, seen: Observation) -> Observation:
        analyte = seen.analyte or self.codes.get((seen.system.strip(), seen.code.strip()))
        unit = seen.unit
        if unit and normalised_unit(unit) is None:
            unit = self.units.get(folded_unit(unit), unit)
        return replace(seen, analyte=analyte, unit=unit)


def folded_unit(text: str) -> str:
    """Capitals and spaces say nothing once a person has said what is meant."""
    return "".join(text.split()).casefold()


# --- may this code mean that? --------------------------------------------------------------------


def code_refusal(system: str, code: str, analyte: Analyte | None, catalogue: Catalogue) -> str:
    """Why nobody may say that this code means this analyte, or "".

    Without an analyte: why it can stand for nothing at all that is measured here.
    """
    if not code.strip():
        return "A row without a code cannot be told from another; ask the laboratory for one."
    if system == RXNORM:
        return "RxNorm names medicines, not what is measured."
    if system in CHECKED:
        use = f"{analyte.key} {analyte.name}" if analyte else None
        verdict = check_code(CHECKED[system], code, use)
        if not verdict.valid:
            return " ".join(verdict.reasons)
    known = meant_by_all(system, code, catalogue)
    if known is not None and (analyte is None or known.key != analyte.key):
        return f"Everywhere here it means {known.name}."
    return ""


def meant_by_all(system: str, code: str, catalogue: Catalogue) -> Analyte | None:
    """What the shared catalogue says of a code, whatever laboratory sends it."""
    if system == LOINC:
        return catalogue.by_loinc(code)
    if system == catalogue.local_system and (local := catalogue.by_local_code(code)):
        return catalogue.analyte(local.analyte)
    return None


def unit_refusal(text: str, unit: str) -> str:
    """Why nobody may say that this spelling means this unit, or ""."""
    if not folded_unit(text):
        return "A value without a unit is nobody's to guess; ask the laboratory for it."
    if not unit or not is_known_unit(unit):
        return "Choose one of the units the clinic works with."
    known = normalised_unit(text)
    if known is not None and known != unit:
        return f"{text} is {printed_unit(known) or known} already; it cannot be another unit."
    scale, meant = power_of(text), power_of(unit)
    if scale and meant and scale != meant:
        return f"{text} says {scale}, and {printed_unit(unit)} says {meant}."
    return ""


POWERS = {
    "10³": re.compile(r"10\*3|10\^3|10e3|e3|10³|tsd|thou|thsd|(?<![a-z])k/", re.IGNORECASE),
    "10⁶": re.compile(r"10\*6|10\^6|10e6|e6|10⁶|mio|mill", re.IGNORECASE),
    "10⁹": re.compile(r"10\*9|10\^9|10e9|e9|10⁹|giga|gpt|mrd", re.IGNORECASE),
}


def power_of(unit: str) -> str:
    """The power of ten a unit names, where it names one."""
    return next((power for power, named in POWERS.items() if named.search(unit)), "")
