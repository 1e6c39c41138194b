"""What the columns of a laboratory's table mean: guessed from the headings, said by a person.

A meaning is a word: "number", "born_on", "value"; "value:ldl" is a column that holds one
analyte, "sheet:dilution" one field of a semen sheet, "" a column nobody reads.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

from labs.rules.catalogue import Analyte, CatalogueError, published_catalogue
from labs.rules.judging import BARE
from labs.rules.table_dates import DayOrder
from labs.rules.table_numbers import DecimalMark
from labs.rules.table_semen import SHEET_COLUMNS
from labs.rules.units import normalised_unit

MEANINGS = {
    "number": "Record number",
    "family_name": "Family name",
    "given_name": "Given name",
    "born_on": "Date of birth",
    "collected_at": "Collected: day, or day and time",
    "collected_time": "Collected: time of day",
    "specimen": "Specimen number",
    "reported_at": "Reported: day, or day and time",
    "order": "Order number",
    "fasting": "Fasting: yes or no",
    "note": "Note",
    "code": "Code of the test",
    "test": "Name of the test",
    "value": "Value",
    "unit": "Unit",
    "range": "Range",
    "status": "Status: final, preliminary, corrected",
}
NEEDED = {
    "number": "record number", "family_name": "family name", "born_on": "date of birth",
    "collected_at": "day of collection",
}  # fmt: skip
ONE_VALUE_A_ROW = ("code", "test", "value", "unit", "range", "status")

ALSO_CALLED = {
    "number": "patientid patientnumber patientno recordnumber recordno mrn pid patient id "
              "medicalrecordnumber hospitalnumber chartnumber",
    "family_name": "familyname lastname surname name patientname nachname nom",
    "given_name": "givenname firstname forename vorname prenom",
    "born_on": "born bornon dateofbirth dob birthdate birthday geburtsdatum",
    "collected_at": "collected collectedat collectedon collectiondate datecollected drawn drawnat "
                    "collectiondatetime sampledate date samplingdate collecteddate",
    "collected_time": "collectedtime collectiontime timecollected time sampletime drawtime",
    "specimen": "specimen specimenid specimennumber sample sampleid samplenumber accession "
                "accessionnumber barcode labnumber labno",
    "reported_at": "reported reportedat reportedon reportdate resultdate",
    "order": "order ordernumber orderid requestnumber requisition",
    "fasting": "fasting fasted",
    "note": "note notes comment comments remark",
    "code": "code codeofthetest testcode loinc loinccode analytecode",
    "test": "test nameofthetest testname analyte parameter assay measurement",
    "value": "value result resultvalue",
    "unit": "unit units",
    "range": "range referencerange refrange reference normalrange",
    "status": "status resultstatus",
}  # fmt: skip
ANALYTES_ALSO = {
    "total_cholesterol": "cholesterol tc chol totalchol",
    "ldl": "ldl ldlc ldlcholesterol", "hdl": "hdl hdlc hdlcholesterol",
    "triglycerides": "triglycerides tg trig triglyceride", "non_hdl": "nonhdl nonhdlc",
    "alt": "alt sgpt gpt alat", "ast": "ast sgot got asat", "ck": "ck cpk creatinekinase",
    "alp": "alp alkphos", "ggt": "ggt gammagt", "bilirubin": "bilirubin tbil totalbilirubin",
    "glucose": "glucose fastingglucose glu", "hba1c": "hba1c a1c",
    "testosterone": "testosterone tt totaltestosterone", "estradiol": "estradiol oestradiol e2",
    "prolactin": "prolactin prl", "inhibin_b": "inhibinb", "hemoglobin": "hemoglobin hb hgb",
    "wbc": "wbc leukocytes", "anc": "anc neutrophils", "platelets": "platelets plt",
    "abstinence_days": "abstinence", "volume_ml": "volume semenvolume",
    "concentration": "concentration spermconcentration",
    "fresh_sperm_seen": "freshspermseen spermseen freshpreparation",
    "pellet_sperm_n": "pelletsperm spermcountedinpellet",
    "pellet_motile_n": "pelletmotile motilesperminpellet",
    "pr": "progressive progressivemotility", "np": "nonprogressive", "im": "immotile",
    "vitality_pct": "vitality", "normal_pct": "normalforms morphologynormal",
}  # fmt: skip
IN_BRACKETS = re.compile(r"\s*[\[(]([^\[\]()]*(?:\[[^\]]*\][^\[\]()]*)?)[\])]\s*$")


class Layout(StrEnum):
    LONG = "long"
    WIDE = "wide"


@dataclass(frozen=True, slots=True)
class Columns:
    """What a person said a table means; kept with the file, and for the next one like it."""

    meanings: Mapping[int, str]
    units: Mapping[int, str] = field(default_factory=dict)
    days: DayOrder | None = None
    decimal: DecimalMark | None = None
    headings_in: int = 1

    @property
    def layout(self) -> Layout:
        return Layout.LONG if "value" in self.meanings.values() else Layout.WIDE

    def place(self, meaning: str) -> int | None:
        return next((at for at, said in self.meanings.items() if said == meaning), None)

    def as_json(self) -> dict[str, object]:
        return {
            "meanings": {str(at): said for at, said in sorted(self.meanings.items()) if said},
            "units": {str(at): unit for at, unit in sorted(self.units.items()) if unit},
            "days": self.days.value if self.days else "",
            "decimal": self.decimal.value if self.decimal else "",
            "headings_in": self.headings_in,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, object]) -> "Columns":
        meanings, units = kept.get("meanings"), kept.get("units")
        assert isinstance(meanings, dict)  # noqa: S101 -- written by as_json
        assert isinstance(units, dict)  # noqa: S101
        return cls(
            {int(at): str(said) for at, said in meanings.items()},
            {int(at): str(unit) for at, unit in units.items()},
            DayOrder(str(kept["days"])) if kept["days"] else None,
            DecimalMark(str(kept["decimal"])) if kept["decimal"] else None,
            int(str(kept["headings_in"])),
        )


def fingerprint(headings: Sequence[str]) -> str:
    """Tells one laboratory's layout from another: its headings in their order."""
    return hashlib.sha256("\x1f".join(squeezed(text) for text in headings).encode()).hexdigest()


def squeezed(text: str) -> str:
    """Letters and digits only: "Date of birth", "date_of_birth" and "DATE-OF-BIRTH" are one."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def guessed(headings: Sequence[str]) -> Columns:
    """What the headings seem to mean; each meaning is given once, to the first that has it."""
    meanings: dict[int, str] = {}
    units: dict[int, str] = {}
    for at, heading in enumerate(headings):
        meaning, unit = guess(heading)
        if meaning and meaning not in meanings.values():
            meanings[at] = meaning
            if unit:
                units[at] = unit
    return Columns(meanings, units)


def guess(heading: str) -> tuple[str, str]:
    """The meaning of one heading and, of a column that holds one analyte, its unit."""
    known = _known_headings()
    name, unit = named_unit(heading)
    found = known.get(squeezed(heading)) or known.get(squeezed(name), "")
    if not found.startswith("value:"):
        return found, ""
    return found, normalised_unit(unit) or ("" if unit else _bare_unit(found))


def named_unit(heading: str) -> tuple[str, str]:
    """ "LDL (mg/dL)", "LDL [mg/dL]" and "LDL mg/dL" as name and unit."""
    if match := IN_BRACKETS.search(heading):
        return heading[: match.start()], match[1]
    name, _, last = heading.strip().rpartition(" ")
    return (name, last) if name and normalised_unit(last) else (heading, "")


def analyte_of(meaning: str) -> Analyte | None:
    """The analyte of a column that holds one."""
    if not meaning.startswith("value:"):
        return None
    try:
        return published_catalogue().analyte(meaning.removeprefix("value:"))
    except CatalogueError:
        return None


def _bare_unit(meaning: str) -> str:
    analyte = analyte_of(meaning)
    return analyte.unit if analyte is not None and analyte.unit in BARE else ""


@cache
def _known_headings() -> dict[str, str]:
    known: dict[str, str] = {}
    for analyte in published_catalogue().analytes:
        names = [analyte.key, analyte.name, analyte.plain_name, *(c.code for c in analyte.loinc)]
        for name in [*names, *ANALYTES_ALSO.get(analyte.key, "").split()]:
            known.setdefault(squeezed(name), f"value:{analyte.key}")
    for key, column in SHEET_COLUMNS.items():
        known.setdefault(squeezed(key), f"sheet:{key}")
        known.setdefault(squeezed(column.label), f"sheet:{key}")
    for meaning, also in ALSO_CALLED.items():
        known |= dict.fromkeys([squeezed(meaning), *also.split()], meaning)
    return known


def missing(columns: Columns) -> list[tuple[str, str]]:
    """What keeps this table from being read, as (column or "", sentence) pairs."""
    said = [meaning for _, meaning in sorted(columns.meanings.items()) if meaning]
    found = [
        ("", f"No column holds the {name}.") for need, name in NEEDED.items() if need not in said
    ]
    found += [
        (str(at), "Another column is said to hold the same.")
        for at, meaning in columns.meanings.items()
        if meaning and said.count(meaning) > 1
    ]
    holds_one = any(meaning.startswith(("value:", "sheet:")) for meaning in said)
    if "value" in said:
        return found + _missing_of_long(said, holds_one=holds_one)
    if stray := [MEANINGS[word].lower() for word in ONE_VALUE_A_ROW if word in said]:
        found.append(("", f"There is a column for the {stray[0]}, but none for the value."))
    if not holds_one:
        found.append(("", "No column holds a value. Say what each column means."))
    return found + _missing_units(columns)


def _missing_of_long(said: Sequence[str], *, holds_one: bool) -> list[tuple[str, str]]:
    found = []
    if "code" not in said and "test" not in said:
        found.append(("", "No column says which test a value belongs to."))
    if "unit" not in said:
        found.append(("", "No column holds the unit; without it no number is filed."))
    if holds_one:
        found.append(("", "Either each row holds one value, or a column does; this says both."))
    return found


def _missing_units(columns: Columns) -> list[tuple[str, str]]:
    found = []
    for at, meaning in columns.meanings.items():
        analyte = analyte_of(meaning)
        if analyte is None or not analyte.unit or analyte.unit in BARE:
            continue
        if not analyte.accepts(columns.units.get(at, "")):
            found.append((str(at), f"Say the unit of {analyte.name}."))
    return found
