"""The texts of the house, for the tests that read them."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FLOORS = ("config", "clinic", "patients", "labs", "protocols")


def python_files() -> list[Path]:
    return [
        path
        for floor in FLOORS
        for path in sorted((ROOT / floor).rglob("*.py"))
        if "migrations" not in path.parts
    ]


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def calls(path: Path) -> Iterator[tuple[int, str, ast.Call]]:
    """Every call of a method: its line, the method's name, the call."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.lineno, node.func.attr, node


def actions() -> Iterator[tuple[str, ast.FunctionDef]]:
    """What stands in the actions' rooms, is public and runs in a transaction of its own."""
    for path in python_files():
        if "actions" not in path.parts:
            continue
        for node in ast.parse(path.read_text()).body:
            if (
                isinstance(node, ast.FunctionDef)
                and not node.name.startswith("_")
                and any("atomic" in ast.unparse(d) for d in node.decorator_list)
            ):
                yield f"{path.relative_to(ROOT)}:{node.name}", node


def written() -> list[Path]:
    """Every text of ours: code, templates, styles, documents and the files at the root."""
    kinds = (
        "*.py",
        "*.html",
        "*.txt",
        "*.css",
        "*.js",
        "*.md",
        "*.yaml",
        "*.yml",
        "*.toml",
        "*.sh",
    )
    folders = [
        *FLOORS,
        "templates",
        "static/css",
        "static/js",
        "docs",
        "tests",
        ".ci",
        "requirements",
    ]
    inside = [
        p for folder in folders for kind in kinds for p in sorted((ROOT / folder).rglob(kind))
    ]
    at_the_root = [p for p in sorted(ROOT.glob("*")) if p.is_file()]
    return [*inside, *at_the_root]
