"""Tables of results by file: what it takes to judge every row of one, and to file it."""

import json
import subprocess
import sys
from pathlib import Path

from clinic.tables.writing import csv_file, workbook
from labs.models import Laboratory
from tests.bench import people, servers
from tests.bench.figures import Table
from tests.bench.scene import Scene

HEADINGS = (
    "Record number", "Family name", "Date of birth", "Collected", "Specimen", "Code", "Value",
    "Unit",
)  # fmt: skip
VALUES = (("2093-3", 210, "mg/dL"), ("2571-8", 140, "mg/dL"), ("2085-9", 46, "mg/dL"),
          ("1742-6", 27, "U/L"))  # fmt: skip


def run(scene: Scene) -> None:
    table = Table(
        "Tables by file: every row judged, then all of them filed", "file", "rows", "columns s",
        "judged s", "filed s", "filed/s", "peak MB", "failed",
    )  # fmt: skip
    rows = scene.scale.messages * 10
    scene.crowd.grow(scene.scale.people)
    for kind, count, first in (("csv", rows, 0), ("xlsx", rows, rows), ("csv", 100_000, 0)):
        path = scene.folder / f"{kind}-{count}.{kind}"
        path.write_bytes(file_of(scene, kind, count, first))
        measure(table, scene, path, count, filing=count == rows)


def file_of(scene: Scene, kind: str, count: int, first: int) -> bytes:
    """Four values of each draw, about everybody in the crowd in turn."""
    rows = [list(HEADINGS), *(row(scene, n) for n in range(first, first + count))]
    return workbook(rows, title="Results") if kind == "xlsx" else csv_file(rows)


def row(scene: Scene, n: int) -> list[str]:
    draw, value = divmod(n, len(VALUES))
    man = people.person(draw % scene.crowd.size, scene.site, scene.crowd.by)
    code, number, unit = VALUES[value]
    return [
        man.record_number, man.family_name, f"{man.born_on:%Y-%m-%d}", "2026-01-05 08:15",
        f"F26-{draw}", code, str(number + draw % 9), unit,
    ]  # fmt: skip


def measure(table: Table, scene: Scene, path: Path, count: int, *, filing: bool) -> None:
    """In a process of its own, so that its memory is that of this file alone."""
    laboratory = Laboratory.objects.get(site=scene.site, andrology=False)
    command = [
        *(sys.executable, "-m", "tests.bench.one_file"),
        *(str(path), str(laboratory.pk), str(scene.crowd.by.pk), "file" if filing else "judge"),
    ]
    done = subprocess.run(
        command, env=servers.environment(), check=True, capture_output=True, text=True
    )
    told = json.loads(done.stdout.splitlines()[-1])
    filed = told.get("filed")
    table.row(
        path.name, count, told["columns"], told["judged"], filed if filing else "·",
        count / filed if filed else "·", told["peak_mb"], count - told["good"],
    )  # fmt: skip
