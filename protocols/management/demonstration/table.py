"""A table of results that somebody uploaded this morning and nobody has looked at yet."""

from collections.abc import Sequence
from datetime import timedelta

from clinic.tables.writing import csv_file
from labs.actions import inbound
from labs.actions.columns import set_columns
from labs.actions.reading import judge
from labs.rules.table_columns import guessed
from labs.tables.reading import look_at
from protocols.management.demonstration.story import Life

HEADINGS = [
    "Record number", "Family name", "Date of birth", "Collected", "Specimen", "Test", "Result",
    "Unit",
]  # fmt: skip


def a_table_to_look_at(lives: Sequence[Life]) -> None:
    """Testosterone of a few men, one of them under a code and one in a unit nobody knows."""
    life = lives[0]
    rows = [row(each, n, "2986-8", "ng/dL") for n, each in enumerate(lives)]
    rows += [row(lives[0], 7, "SHBG-X", "nmol/L"), row(lives[1], 8, "2986-8", "ng%")]
    raw, now, by = csv_file([HEADINGS, *rows]), life.at(life.today, 9, 5), life.by("desk")
    laboratory = life.clinic.blood
    assert laboratory is not None  # noqa: S101 -- opened with the clinic
    message = inbound.keep_file(
        raw=raw,
        file_name="hormones.csv",
        format="csv",
        laboratory=laboratory,
        options={"received_at": now.isoformat()},
        by=by,
        now=now,
    )
    sight = look_at(raw)
    message = set_columns(
        message=message,
        columns=guessed(sight.headings),
        fingerprint=sight.fingerprint,
        rows=sight.below,
        by=by,
        now=now,
    )
    judge(message, now=now)


def row(life: Life, n: int, code: str, unit: str) -> list[str]:
    day = life.today - timedelta(days=1)
    return [
        life.he.record_number, life.he.family_name, f"{life.he.born_on:%Y-%m-%d}",
        f"{day:%Y-%m-%d} 08:{10 + n}", f"T26-{n + 1:03}", code, str(398 + 7 * n), unit,
    ]  # fmt: skip
