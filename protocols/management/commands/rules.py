"""Ask a rule what it would say: one JSON object in, one JSON object out, and no database.

    manage.py rules                              the names, one a line, with what they answer
    manage.py rules semen < sample.json          the answer, exit status 0
    manage.py rules semen --schema               what it takes and gives, as JSON schema
    manage.py rules phq9 --protocol own.yaml     by another definition than the published default

Bad input, a contradiction, an unknown name or an unreadable definition is exit status 2 and
{"errors": [{"field": …, "message": …}]}. Only the JSON is written to standard output.
"""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from protocols.rules.ask import (
    RULES,
    RefusedError,
    answer_text,
    errors_as_json,
    rule_called,
    schemas,
)
from protocols.rules.definition import SHIPPED, Definition, DefinitionError, load, shipped

BAD_INPUT = 2


class Command(BaseCommand):
    help = "Ask a clinical rule what it would say: JSON on standard input, JSON on standard output."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", help="the rule; without it the names are listed")
        parser.add_argument("--schema", action="store_true", help="print its JSON schemas")
        parser.add_argument("--protocol", metavar="FILE", help="a definition to go by instead")

    def handle(self, *args: object, **options: Any) -> None:
        name: str | None = options["name"]
        if name is None:
            self.stdout.write("\n".join(f"{rule.name:14} {rule.line}" for rule in RULES.values()))
            return
        try:
            self.print(self.answer(name, options))
        except RefusedError as why:
            self.print(errors_as_json(why))
            raise SystemExit(BAD_INPUT) from None

    def answer(self, name: str, options: dict[str, Any]) -> dict[str, Any]:
        rule = rule_called(name)
        definition = definition_of(options["protocol"])
        if options["schema"]:
            return schemas(rule, definition)
        return answer_text(name, standard_input(), definition)

    def print(self, content: dict[str, Any]) -> None:
        encoding = (getattr(self.stdout, "encoding", None) or "").lower()
        unicode = encoding in {"utf-8", "utf8"}
        text = json.dumps(content, ensure_ascii=not unicode, indent=2, allow_nan=False)
        self.stdout.write(text.encode(errors="backslashreplace").decode())


def standard_input() -> str:
    if sys.stdin is None:
        return ""
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RefusedError(("", "This is not UTF-8.")) from None


def definition_of(path: str | None) -> Definition:
    """The published default, or what the file says; its problems are told like all others."""
    if path is None:
        return shipped()
    file = Path(path)
    try:
        if file.resolve().parent == SHIPPED:
            return shipped(file.stem)  # one of these may say only where it differs from another
        return load(file.read_text(encoding="utf-8"))
    except DefinitionError as why:
        raise RefusedError(*((problem.path, problem.message) for problem in why.problems)) from None
    except (OSError, UnicodeDecodeError) as why:
        raise RefusedError(("protocol", f"The definition cannot be read: {why}.")) from None
