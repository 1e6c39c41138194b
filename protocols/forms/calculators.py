"""The form of a calculator, made from the schema of its question; what is typed becomes JSON.

Nothing is judged here: the rule itself refuses, and its sentences go back beside the fields.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.http import QueryDict

from protocols.forms.calculator_fields import Kind, Piece, kind_of, read, resolved, widget_of
from protocols.rules.ask import Asked, RefusedError, schemas
from protocols.rules.definition import Definition

STARTING_ROWS, MOST_ROWS = 2, 40
LONGEST_ROW = 4
WIDEST = {Kind.WORDS, Kind.LONG}
WIDE = {Kind.TUPLES, Kind.TEXTS, Kind.NUMBERS, Kind.LOOKUP}
#: Of a sample among several these parts are looked at; the rest is folded away.
LOOKED_AT = {"Number", "Pellet"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One field as the template draws it."""

    field: forms.BoundField
    unit: str
    css: str
    optional: bool


@dataclass(slots=True, eq=False)
class Section:
    """Fields that belong together, row by row; `more` names the list one more row is added to."""

    title: str
    rows: list[list[str]] = field(default_factory=lambda: [[]])
    more: str = ""
    folded: bool = False
    lines: list[list[Entry]] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not any(self.rows)

    @property
    def stands_open(self) -> bool:
        """Folded away only while nothing is in it: neither typed nor refused."""
        fields = [entry.field for line in self.lines for entry in line]
        return not self.folded or any(field.errors or field.data for field in fields)

    @property
    def columns(self) -> int:
        widest = max(len(row) for row in self.rows)
        return widest if len(self.rows) > 1 else 4


class CalculatorForm(forms.Form):
    """Every key of a question as a field: dotted names for what lies inside."""

    def __init__(self, rule: Asked, definition: Definition, data: QueryDict | None = None) -> None:
        super().__init__(data)
        self.schema: dict[str, Any] = schemas(rule, definition)["input"]
        self.pieces: dict[str, Piece] = {}
        self.sections: list[Section] = []
        self.kept_rows: dict[str, list[int]] = {}
        self._add_object(self.schema, "", Section(""))
        self.sections = [section for section in self.sections if not section.is_empty]

    @property
    def drawn(self) -> list[Section]:
        """The sections with their bound fields, as they stand after refusing."""
        for section in self.sections:
            section.lines = [[self._entry(name) for name in row] for row in section.rows]
        return self.sections

    def _entry(self, name: str) -> Entry:
        piece = self.pieces[name]
        css = "span-4" if piece.kind in WIDEST else "span-2" if piece.kind in WIDE else ""
        return Entry(self[name], piece.unit, css, not piece.needed)

    def _add_object(self, schema: Mapping[str, Any], prefix: str, section: Section) -> None:
        """The keys of an object, in the parts its schema names."""
        groups = schema.get("groups") or []
        lead = f"{section.title}: " if section.title else ""
        parts = {
            title: Section(f"{lead}{title}", folded=bool(lead) and title not in LOOKED_AT)
            for title, _ in groups
        }
        homes = {key: parts[title] for title, keys in groups for key in keys}
        self._open(section)
        self.sections += parts.values()
        required = set(schema.get("required", ()))
        for key, part in schema["properties"].items():
            found = resolved(part, self.schema)
            if not homes and self.sections[-1] is not section:
                section = self._open(Section(section.title or "Also"))
            home = homes.get(key, section)
            self._add(f"{prefix}{key}", found, needed=key in required, section=home)

    def _open(self, section: Section) -> Section:
        """What comes after the rows of a list stands below them, in a part of its own."""
        if section not in self.sections:
            self.sections.append(section)
        return section

    def _add(self, name: str, schema: dict[str, Any], *, needed: bool, section: Section) -> None:
        kind, title = kind_of(schema, self.schema, name), schema.get("title", "")
        if kind is Kind.OBJECT:
            self._add_object(schema, f"{name}.", Section(title))
        elif kind is Kind.ROWS:
            self._add_rows(name, resolved(schema["items"], self.schema), title)
        elif kind is Kind.EACH:
            self._add_each(name, schema, title)
        else:
            piece = Piece.of(kind, schema, needed=needed)
            self.pieces[name] = piece
            self.fields[name] = widget_of(piece, schema)
            section.rows[-1].append(name)

    def _add_each(self, name: str, schema: dict[str, Any], title: str) -> None:
        part = Section(title)
        self.sections.append(part)
        each = resolved(schema["items"], self.schema)
        for number in range(schema["minItems"]):
            labelled = each | {"title": f"Question {number + 1}"}
            self._add(f"{name}.{number}", labelled, needed=True, section=part)

    def _add_rows(self, name: str, schema: dict[str, Any], title: str) -> None:
        """Short rows stand under one another; a long one is a section of its own."""
        short = len(schema["properties"]) <= LONGEST_ROW
        section = Section(title, rows=[])
        for number in range(self._how_many(name)):
            if not short:
                section = Section(f"{title.removesuffix('s')} {number + 1}", rows=[])
            section.rows.append([])
            self._add_object(schema, f"{name}.{number}.", section)
        self.sections[-1].more = name

    def _how_many(self, name: str) -> int:
        """As many rows as were shown, and one more when it was asked for."""
        if not self.is_bound:
            return STARTING_ROWS
        heads = {
            key.removeprefix(f"{name}.").partition(".")[0]
            for key in self.data
            if key.startswith(f"{name}.")
        }
        shown = max((int(head) + 1 for head in heads if head.isdecimal()), default=STARTING_ROWS)
        return min(shown + (self.data.get("more") == name), MOST_ROWS)

    def question(self) -> dict[str, object]:
        """What was typed, as the JSON object the rule is asked with; empty fields are not given."""
        found: dict[str, Any] = self._object("", self.schema)
        return found

    def _object(self, prefix: str, schema: Mapping[str, Any]) -> dict[str, Any]:
        values = {
            key: self._value(f"{prefix}{key}", resolved(part, self.schema))
            for key, part in schema["properties"].items()
        }
        return {key: value for key, value in values.items() if value is not None}

    def _value(self, name: str, schema: dict[str, Any]) -> Any:
        kind = kind_of(schema, self.schema, name)
        if kind is Kind.OBJECT:
            return self._object(f"{name}.", schema) or None
        if kind is Kind.ROWS:
            return self._rows(name, resolved(schema["items"], self.schema))
        if kind is Kind.EACH:
            inner = resolved(schema["items"], self.schema)
            each = [self._value(f"{name}.{n}", inner) for n in range(schema["minItems"])]
            return each if any(value is not None for value in each) else None
        return read(self.pieces[name], self._typed(name))

    def _typed(self, name: str) -> list[str]:
        return [text.strip() for text in self.data.getlist(name) if text.strip()]  # type: ignore[attr-defined]

    def _rows(self, name: str, schema: dict[str, Any]) -> list[dict[str, Any]]:
        """The rows somebody wrote in; which they were is kept, for what is refused."""
        self.kept_rows[name] = []
        rows = []
        for number in range(self._how_many(name)):
            row = self._object(f"{name}.{number}.", schema)
            parts = schema["properties"]
            if any(value != parts[key].get("default") for key, value in row.items()):
                rows.append(row)
                self.kept_rows[name].append(number)
        return rows

    def refuse(self, why: RefusedError) -> None:
        """Put every sentence beside the field it is about, or above the form."""
        for path, sentence in why.problems:
            name = self._field_at(path)
            if name is None:
                told = f"{path}: {sentence}" if path else sentence
                self.add_error(None, told)
            else:
                self.add_error(name, sentence)

    def _field_at(self, path: str) -> str | None:
        """The field of `results[0].value`; a part of a list belongs to the field of the list."""
        steps = [step for step in re.split(r"[.\[\]]+", path) if step]
        if len(steps) > 1 and steps[0] in self.kept_rows and steps[1].isdecimal():
            rows = self.kept_rows[steps[0]]
            steps[1] = str(rows[int(steps[1])]) if int(steps[1]) < len(rows) else steps[1]
        names = (".".join(steps[:length]) for length in range(len(steps), 0, -1))
        return next(self._nearest(names), None)

    def _nearest(self, names: Iterator[str]) -> Iterator[str]:
        """A field of that name, or the first of those that lie inside it."""
        for name in names:
            if name in self.fields:
                yield name
            yield from (found for found in self.fields if found.startswith(f"{name}."))
