"""The values of one row of a table, each as an observation with the fault of its cell."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from clinic.tables.cells import Cell, Row, words_of
from labs.rules.catalogue import Analyte, ValueKind, published_catalogue
from labs.rules.codes import loinc_reasons
from labs.rules.reported import CANNOT, ROW_APART, TAKEN_BACK, Observation
from labs.rules.semen_answers import PRESENT, REMARKS, YES_OR_NO
from labs.rules.table_columns import Layout, analyte_of, squeezed
from labs.rules.table_dates import CLOCK, DateUnclear, instant_of
from labs.rules.table_numbers import DecimalMark, NumberUnclear, plain_number
from labs.rules.table_rows import Kept, Reading
from labs.rules.table_semen import (
    SHEET_COLUMNS,
    AnswerUnclear,
    answer,
    dishonest,
    with_pairs,
    yes_or_no,
)

NO_VALUE = "The row holds no value."
SEEN_OR_NOT = ("fresh_sperm_seen", "pellet_sperm_seen")
STATUS_WORDS = {
    "": "final", "f": "final", "final": "final", "p": "preliminary", "preliminary": "preliminary",
    "c": "corrected", "corrected": "corrected", "amended": "corrected", "x": "cannot",
    "cannot": "cannot", "notmeasured": "cannot", "d": "D", "deleted": "D", "withdrawn": "D",
}  # fmt: skip


def row_number(position: int) -> int:
    """The row in the file that a position of an observation stands for."""
    return position // ROW_APART


def values_of(reading: Reading, row: Row) -> list[Observation]:
    if reading.columns.layout is Layout.LONG:
        return [value_of_long(reading, row)]
    found = []
    for place, meaning in sorted(reading.columns.meanings.items()):
        analyte = analyte_of(meaning)
        cell = row.cells[place] if place < len(row.cells) else None
        if analyte is not None and words_of(cell).strip():
            unit = reading.columns.units.get(place, "")
            found.append(observation(reading, row, place, analyte, cell, unit))
    return found


def value_of_long(reading: Reading, row: Row) -> Observation:
    code, test = reading.text(row, "code"), reading.text(row, "test")
    place = reading.columns.place("value") or 0
    cell, unit = reading.cell(row, "value"), reading.text(row, "unit")
    seen = observation(reading, row, place, meant(code or test), cell, unit)
    said = reading.text(row, "status")
    status = STATUS_WORDS.get(squeezed(said), said)
    valueless = status in (CANNOT, TAKEN_BACK)
    fault = "" if valueless else seen.fault or ("" if seen.value else NO_VALUE)
    return replace(
        seen,
        code=code or test,
        code_text=test if test != (code or test) else seen.code_text,
        system="L" if loinc_reasons(code or test) else "LN",
        range_text=reading.text(row, "range"),
        status=status,
        fault=fault,
    )


def observation(
    reading: Reading, row: Row, place: int, analyte: Analyte | None, cell: Cell, unit: str
) -> Observation:
    """One value; a number that could be two is kept as it came, with its fault."""
    shown, fault = words_of(cell).strip(), ""
    numeric = analyte is None or analyte.value is ValueKind.NUMBER
    try:
        if isinstance(cell, str) and numeric:
            shown = plain_number(shown, reading.columns.decimal)
        if analyte is not None and analyte.key in SEEN_OR_NOT and shown:
            shown = "Y" if yes_or_no(shown) else "N"
    except (NumberUnclear, AnswerUnclear) as why:
        fault = str(why)
    if unit.strip() == "%" and numeric:
        shown = shown.removesuffix("%").strip()
    return Observation(
        position=row.number * ROW_APART + place + 1,
        code=analyte.key if analyte else "",
        code_text=analyte.name if analyte else "",
        system="L",
        value=shown,
        unit=unit,
        range_text="",
        status="final",
        analyte=analyte,
        original=row.original,
        fault=fault,
    )


@lru_cache(maxsize=1000)
def meant(word: str) -> Analyte | None:
    """The analyte of a LOINC, a code of the catalogue or a name of ours, to the letter."""
    catalogue = published_catalogue()
    if found := catalogue.by_loinc(word):
        return found
    if local := catalogue.by_local_code(word):
        return catalogue.analyte(local.analyte)
    bare = squeezed(word)
    ours = (a for a in catalogue.analytes if bare in (squeezed(a.key), squeezed(a.name)))
    return next(ours, None)


def nothing_in(row: Row) -> Observation:
    """What stands for a row that holds no value, so that it is seen and not lost."""
    return Observation(
        position=row.number * ROW_APART,
        code="",
        code_text="",
        system="L",
        value="",
        unit="",
        range_text="",
        status="final",
        analyte=None,
        original=row.original,
        fault=NO_VALUE,
    )


def faulty(seen: Iterable[Observation], fault: str) -> list[Observation]:
    return [replace(one, fault=fault) for one in seen]


# --- a semen analysis ----------------------------------------------------------------------------


def has_sheet_cells(reading: Reading, row: Row) -> bool:
    return any(
        words_of(row.cells[place]).strip()
        for place, meaning in reading.columns.meanings.items()
        if meaning.startswith("sheet:") and place < len(row.cells)
    )


def whole_sheet(
    reading: Reading, row: Row, seen: list[Observation], kept: Kept
) -> list[Observation]:
    """The values of a semen row with its other answers; none of it stands without the rest."""
    if not seen:
        return faulty([nothing_in(row)], "The row holds no value of a semen analysis.")
    if fault := next((one.fault for one in seen if one.fault), ""):
        return faulty(seen, f"{fault} A sheet is filed whole or not at all.")
    if not kept.timed:
        return faulty(seen, "A semen analysis needs the time of its collection, not only the day.")
    try:
        others = sheet_answers(reading, row, kept)
    except (AnswerUnclear, NumberUnclear, DateUnclear) as why:
        return faulty(seen, f"{why} A sheet is filed whole or not at all.")
    answers = {one.analyte.key: one.value for one in seen if one.analyte}
    if why_not := dishonest(told(answers | others)):
        return faulty(seen, why_not)
    bearer = next((one for one in seen if key_of(one) not in REMARKS), None)
    if bearer is None:
        return faulty(seen, "The row holds remarks only, and nothing that was measured.")
    return [replace(one, implies=others) if one is bearer else one for one in seen]


def key_of(seen: Observation) -> str:
    return seen.analyte.key if seen.analyte else ""


def told(answers: Mapping[str, object]) -> dict[str, object]:
    """The answers a sheet has fields for, as the sheet spells them."""
    said = {key: value for key, value in answers.items() if key not in REMARKS}
    for key, words in zip(SEEN_OR_NOT, (PRESENT, YES_OR_NO), strict=True):
        if key in said:
            said[key] = words.get(str(said[key]), said[key])
    return said


def sheet_answers(reading: Reading, row: Row, kept: Kept) -> dict[str, object]:
    found: dict[str, str] = {}
    instants: dict[str, object] = {}
    for place, meaning in sorted(reading.columns.meanings.items()):
        key = meaning.removeprefix("sheet:")
        cell = row.cells[place] if place < len(row.cells) else None
        if key == meaning or not words_of(cell).strip():
            continue
        kind = SHEET_COLUMNS[key].kind
        if kind == "instant":
            instants[key] = instant_beside(reading, cell, kept)
        elif kind == "number":
            found[key] = plain_number(words_of(cell), mark_for(reading, cell))
        else:
            found[key] = answer(kind, words_of(cell))
    return with_pairs(found) | instants


def mark_for(reading: Reading, cell: Cell) -> DecimalMark | None:
    """What was typed as a number has its point already, whatever the texts of the file use."""
    return reading.columns.decimal if isinstance(cell, str) else DecimalMark.POINT


def instant_beside(reading: Reading, cell: Cell, kept: Kept) -> datetime:
    """An instant on the sheet; a time of day alone is that of the day of collection."""
    assert kept.collected_at is not None  # noqa: S101 -- a row without one went before
    text = words_of(cell).strip()
    if CLOCK.fullmatch(text):
        day = kept.collected_at.astimezone(reading.zone).date()
        at, timed = instant_of(day, text, None, reading.zone)
    else:
        at, timed = instant_of(cell, None, reading.columns.days, reading.zone)
    if at is None or not timed:
        raise DateUnclear(f"“{text}” says no time of day.")
    return at
