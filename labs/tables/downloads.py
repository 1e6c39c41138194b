"""Tables that go out: templates to fill in, and the rows that were refused with why."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from clinic.tables import cells, writing
from labs.models import InboundMessage, StagedRow
from labs.rules.catalogue import Analyte, Group, published_catalogue
from labs.rules.judging import BARE, DONE
from labs.rules.table_columns import MEANINGS
from labs.rules.table_rows import EXAMPLE
from labs.rules.table_semen import SHEET_COLUMNS
from labs.rules.table_values import row_number
from labs.tables.reading import opened

KINDS = {"csv": writing.CSV_TYPE, "xlsx": writing.XLSX_TYPE}
WHOSE = ("number", "family_name", "given_name", "born_on", "collected_at", "specimen")
EXAMPLE_MAN = (EXAMPLE, "Sample", "Alan", "1988-04-17", "2026-02-12 08:15", "L26-0001")
LONG = (*WHOSE, "code", "test", "value", "unit", "range", "status", "fasting", "note")
EXAMPLE_SHEET = {
    "volume_ml": "2.8", "abstinence_days": "3", "fresh_sperm_seen": "yes",
    "concentration": "", "pr": "32", "np": "10", "im": "58", "normal_pct": "4",
}  # fmt: skip
EXAMPLE_REST = {
    "analysis_started_at": "08:45", "dilution": "1:20", "squares": "1 grid", "count_a": "204",
    "count_b": "198", "motility_n_assessed": "200", "morphology_n_assessed": "200",
}  # fmt: skip


def blood() -> list[Analyte]:
    return [a for a in published_catalogue().analytes if a.group is not Group.SEMEN]


def semen() -> list[Analyte]:
    return [a for a in published_catalogue().analytes if a.group is Group.SEMEN]


def heading_of(meaning: str) -> str:
    return MEANINGS[meaning].partition(":")[0] if meaning != "collected_time" else "Time"


def with_unit(analyte: Analyte) -> str:
    bare = not analyte.unit or analyte.unit in BARE
    return analyte.name if bare else f"{analyte.name} ({analyte.unit})"


def template(layout: str) -> list[list[cells.Cell]]:
    """Headings with the clinic's analytes and units, and example rows that are never filed."""
    whose = [heading_of(meaning) for meaning in WHOSE]
    match layout:
        case "long":
            return [[heading_of(meaning) for meaning in LONG], *(long_row(a) for a in blood())]
        case "wide":
            names = [with_unit(a) for a in blood()]
            values = [example_value(a) for a in blood()]
            return [[*whose, "Fasting", *names], [*EXAMPLE_MAN, "yes", *values]]
        case _:
            names = [with_unit(a) for a in semen()]
            values = [EXAMPLE_SHEET.get(a.key, "") for a in semen()]
            rest = [column.label for column in SHEET_COLUMNS.values()]
            told = [EXAMPLE_REST.get(key, "") for key in SHEET_COLUMNS]
            return [[*whose, *names, *rest], [*EXAMPLE_MAN, *values, *told]]


def long_row(analyte: Analyte) -> list[cells.Cell]:
    limits = str(analyte.reference.range) if analyte.reference else ""
    return [
        *EXAMPLE_MAN, analyte.key, analyte.name, example_value(analyte), analyte.unit, limits,
        "final", "yes", "",
    ]  # fmt: skip


def example_value(analyte: Analyte) -> str:
    """A number in the middle of what is usual; it stands in an example only."""
    low, high = analyte.soft or (0, 2)
    return f"{(low + high) / 2:.{min(analyte.decimals, 1)}f}"


def written(rows: Sequence[Sequence[cells.Cell]], kind: str, *, title: str) -> bytes:
    return writing.workbook(rows, title=title) if kind == "xlsx" else writing.csv_file(rows)


def refused(message: InboundMessage) -> tuple[bytes, str]:
    """The rows that were not filed, as they came, each with why; and the kind of the file."""
    if message.format not in KINDS:
        rows = [[row.original or row.value, why_of([row])] for row in waiting(message)]
        return writing.csv_file([["As it came", "why"], *rows]), "csv"
    reasons: dict[int, list[StagedRow]] = defaultdict(list)
    for row in waiting(message):
        reasons[row_number(row.position)].append(row)
    headings_in = int(message.options.get("columns", {}).get("headings_in", 1))
    table = opened(bytes(message.raw))
    if message.format == "xlsx":
        found = list(with_reasons(table.rows(), reasons, headings_in))
        return writing.workbook(found, title="Refused"), "xlsx"
    rows_out = with_reasons(table.rows(), reasons, headings_in)
    return writing.csv_file(rows_out, delimiter=table.delimiter), "csv"


def waiting(message: InboundMessage) -> Iterator[StagedRow]:
    return message.rows.exclude(state__in=DONE).order_by("position").iterator(chunk_size=2000)


def with_reasons(
    rows: Iterator[cells.Row], reasons: dict[int, list[StagedRow]], headings_in: int
) -> Iterator[list[cells.Cell]]:
    width = 0
    for row in rows:
        if row.number == headings_in:
            width = len(row.cells)
            yield [*row.cells, "why"]
        elif row.number in reasons:
            padding = [""] * (width - len(row.cells))
            yield [*row.cells, *padding, why_of(reasons[row.number])]


def why_of(rows: Sequence[StagedRow]) -> str:
    """One sentence for a row; where several values of it wait, each by its name."""
    sentences = {row.explanation or row.get_state_display() for row in rows}
    if len(sentences) == 1:
        return sentences.pop()
    return " ".join(f"{row.code_text or row.code}: {row.explanation}" for row in rows)
