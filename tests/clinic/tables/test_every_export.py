"""No module writes a table by itself: whatever leaves as one went through the one writer."""

import ast

from tests.sources import ROOT, python_files

WRITERS = {"csv", "openpyxl"}
KINDS = ("text/csv", "spreadsheetml", "text/tab-separated")


def imported(path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_only_the_one_writer_of_tables_writes_tables():
    others = {
        str(path.relative_to(ROOT))
        for path in python_files()
        if imported(path) & WRITERS or any(kind in path.read_text() for kind in KINDS)
    }

    assert {path for path in others if not path.startswith("clinic/tables/")} == set()
