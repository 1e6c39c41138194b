"""Rows of a table as reports: who, when, and each value, once the columns have a meaning.

Nothing here decides whether a value is filed: a cell that cannot be read becomes a row with
its fault, and the judging goes on from there.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from clinic.tables.cells import Row, words_of
from labs.rules.catalogue import ValueKind
from labs.rules.reported import Group, Observation, Person, Report
from labs.rules.table_columns import Columns, Layout, analyte_of
from labs.rules.table_dates import DateUnclear
from labs.rules.table_rows import Kept, Reading, RowUnclear, kept_of, misplaced, person_of
from labs.rules.table_semen import SHEET_COLUMNS, AnswerUnclear
from labs.rules.table_values import faulty, has_sheet_cells, nothing_in, values_of, whole_sheet


@dataclass(slots=True)
class Gathered:
    """The people and collections of a file so far, in the order they came."""

    persons: dict[str, Person] = field(default_factory=dict)
    of_person: dict[str, list[Group]] = field(default_factory=dict)
    groups: dict[tuple[str, str, bool], Group] = field(default_factory=dict)


def reports_from(
    rows: Iterable[Row], columns: Columns, *, zone: tzinfo, received_at: datetime
) -> list[Report]:
    """Everything the rows below the headings say; people and collections stand together."""
    reading, gathered = Reading(columns, zone, received_at), Gathered()
    width = 0
    for row in rows:
        if row.number == columns.headings_in:
            width = len(row.cells)
        if row.number > columns.headings_in:
            take_row(gathered, reading, row, width)
    return [
        Report(person, tuple(gathered.of_person[key])) for key, person in gathered.persons.items()
    ]


def take_row(gathered: Gathered, reading: Reading, row: Row, width: int) -> None:
    """Put the values of one row where they belong; a fault of the row is a fault of each."""
    person, wrong = person_of(reading, row)
    seen = values_of(reading, row) or [nothing_in(row)]
    wrong = wrong or misplaced(row, width)
    kept = Kept()
    try:
        kept = kept_of(reading, row) if not wrong else kept
    except (DateUnclear, RowUnclear, AnswerUnclear) as why:
        wrong = str(why)
    if wrong:
        keep(gathered, person, faulty(seen, wrong), kept)
        return
    semen = [one for one in seen if is_semen(one)]
    others = [one for one in seen if not is_semen(one)]
    if reading.columns.layout is Layout.WIDE and (semen or has_sheet_cells(reading, row)):
        others = [one for one in others if one.analyte is not None]
        semen = whole_sheet(reading, row, semen, kept)
    for part in (others, semen):
        if part:
            keep(gathered, person, part, kept)


def is_semen(seen: Observation) -> bool:
    return seen.analyte is not None and seen.analyte.group == "semen"


def keep(gathered: Gathered, person: Person, seen: list[Observation], kept: Kept) -> None:
    """Put values to their collection: the specimen's, else that of the same instant."""
    instant = kept.collected_at.isoformat() if kept.collected_at else ""
    at = (person.key, kept.specimen or instant, any(is_semen(one) for one in seen))
    group = gathered.groups.get(at)
    if group is None:
        group = gathered.groups[at] = new_group(kept)
        gathered.persons.setdefault(person.key, person)
        gathered.of_person.setdefault(person.key, []).append(group)
    elif kept.collected_at != group.collected_at:
        seen = faulty(seen, f"Specimen {kept.specimen} stands above with another collection.")
    group.observations.extend(seen)
    group.notes.extend(note for note in kept.notes if note not in group.notes)
    if group.fasting is None:
        group.fasting = kept.fasting


def new_group(kept: Kept) -> Group:
    return Group(
        panel_code="",
        specimen=kept.specimen,
        order_number=kept.order,
        collected_at=kept.collected_at,
        reported_at=kept.reported_at,
        notes=list(kept.notes),
        fasting=kept.fasting,
    )


def cells_that(rows: Iterable[Row], columns: Columns, *, numeric: bool) -> Iterator[str]:
    """The texts of a file that are read as numbers, or as days."""
    wanted = [at for at, meaning in columns.meanings.items() if asks(meaning, numeric=numeric)]
    for row in rows:
        if row.number <= columns.headings_in:
            continue
        for place in wanted:
            if place < len(row.cells) and isinstance(row.cells[place], str):
                yield words_of(row.cells[place])


def asks(meaning: str, *, numeric: bool) -> bool:
    if not numeric:
        return meaning in ("born_on", "collected_at", "reported_at") or is_instant(meaning)
    analyte = analyte_of(meaning)
    if analyte is not None:
        return analyte.value is ValueKind.NUMBER
    sheet = SHEET_COLUMNS.get(meaning.removeprefix("sheet:"))
    return meaning == "value" or (sheet is not None and sheet.kind == "number")


def is_instant(meaning: str) -> bool:
    sheet = SHEET_COLUMNS.get(meaning.removeprefix("sheet:"))
    return sheet is not None and sheet.kind == "instant"
