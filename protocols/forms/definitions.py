"""The editor of a programme as forms, made from its schema; every field of it can be filled in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from pydantic import BaseModel

from clinic.refusal import Refusal
from protocols.rules.differences import name_of
from protocols.rules.fields import Kind, Shape, choice, heading, model_at, shapes, shown, typed
from protocols.rules.places import at, slug_of
from protocols.rules.problems import Path, Problem
from protocols.rules.yaml_text import LONGEST, too_long

#: The columns in which the rows of a kind stand in their table; a row's own page has the rest.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "PlannedVisit": ("code", "title", "anchor", "anchor_visit", "offset_days", "offset_months",
                     "before_days", "after_days"),
    "Band": ("rule", "over", "at_least", "under", "action", "repeat_within_days",
             "contact_within_hours"),
    "SymptomRule": ("code", "title", "rule", "action", "contact_within_hours"),
    "MoodBand": ("name", "at_least", "at_most", "rule", "action", "contact_within_hours"),
    "ItemNineStep": ("at_least", "rule", "action", "contact_within_hours"),
    "MedicineRule": ("code", "title", "at_start", "on_treatment", "action", "prohibited"),
    "Panel": ("key", "title", "fasting"),
    "ReminderRule": ("code", "about", "target", "days", "hours", "useful_for_hours", "for_staff"),
    "Item": ("kind", "panel", "need", "note"),
}  # fmt: skip
MOST_COLUMNS = 6
#: At most, in UTF-8.
BYTES_A_CHARACTER = 4
#: Columns that hold words.
WIDE = {"title", "rule", "name", "note", "text", "sentence"}


@dataclass(frozen=True, slots=True)
class Cell:
    label: str
    unit: str
    field: Any
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: what it is called, its columns, and what is wrong elsewhere in it."""

    way: str
    number: int
    name: str
    cells: Sequence[Cell]
    more: bool
    problems: Sequence[Problem]


@dataclass(frozen=True, slots=True)
class Block:
    """A group of fields, or a table of rows, under its title."""

    title: str
    way: str
    cells: Sequence[Cell] = ()
    rows: Sequence[Row] = ()
    is_table: bool = False
    problems: Sequence[Problem] = ()


@dataclass
class PlaceForm:
    """One place of a draft: what stands there in fields, and what is wrong beside them."""

    content: Mapping[str, Any]
    way: Path
    problems: Sequence[Problem]
    typed_in: Mapping[str, str] | None = None
    leaves: dict[str, tuple[Path, Shape]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.form = forms.Form(data={})
        self.blocks = list(self._blocks())
        self.form.full_clean()
        for name, (way, _) in self.leaves.items():
            for problem in self.problems:
                if problem.way[: len(way)] == way:
                    self.form.add_error(name, told(problem))

    def _blocks(self) -> Iterator[Block]:
        found = model_at(self.way)
        if found is None:
            return
        kind, listed = found
        title = heading_of(self.way)
        if listed:
            yield self._table(title, self.way, kind)
        else:
            yield from self._group(title, self.way, kind)

    def _group(self, title: str, way: Path, kind: type[BaseModel]) -> Iterator[Block]:
        leaves = [shape for shape in shapes(kind) if shape.is_leaf]
        cells = [self._cell((*way, shape.name), shape) for shape in leaves]
        own = [row for row in self.problems if row.way == way]
        if cells:
            yield Block(title, slug_of(way), cells, problems=own)
        if not way:  # the other parts of the whole have pages of their own
            return
        for shape in shapes(kind):
            if shape.inner is None:
                continue
            inner = (*way, shape.name)
            if shape.kind is Kind.ROWS:
                yield self._table(shape.label, inner, shape.inner)
            else:
                yield from self._group(shape.label, inner, shape.inner)

    def _table(self, title: str, way: Path, kind: type[BaseModel]) -> Block:
        rows = at(self.content, way)
        count = len(rows) if isinstance(rows, list) else 0
        columns = columns_of(kind)
        own = [row for row in self.problems if row.way == way]
        return Block(
            title,
            slug_of(way),
            rows=[self._row((*way, number), kind, columns) for number in range(count)],
            is_table=True,
            problems=own,
        )

    def _row(self, way: Path, kind: type[BaseModel], columns: Sequence[Shape]) -> Row:
        shown_here = {shape.name for shape in columns}
        elsewhere = [
            row
            for row in self.problems
            if row.way[: len(way)] == way
            and (len(row.way) == len(way) or row.way[len(way)] not in shown_here)
        ]
        number = way[-1]
        return Row(
            way=slug_of(way),
            number=number if isinstance(number, int) else 0,
            name=name_of(at(self.content, way)),
            cells=[self._cell((*way, shape.name), shape) for shape in columns],
            more=len(columns) < len(shapes(kind)),
            problems=elsewhere,
        )

    def _cell(self, way: Path, shape: Shape) -> Cell:
        name = slug_of(way)
        self.leaves[name] = (way, shape)
        value = shown(shape, at(self.content, way))
        if self.typed_in is not None:
            value = self.typed_in.get(name, "")
        self.form.data[name] = value  # type: ignore[index]
        self.form.fields[name] = control(shape, value)
        return Cell(shape.label, shape.unit, self.form[name], shape.name in WIDE)

    def values(self, posted: Mapping[str, str]) -> dict[Path, Any]:
        """What was changed, ready to be written; what stands as it stood is left alone."""
        found = {}
        for name, (way, shape) in self.leaves.items():
            if name not in posted and shape.kind is not Kind.FLAG:
                continue
            text = posted.get(name, "")
            if text.replace("\r\n", "\n").strip() != shown(shape, at(self.content, way)).strip():
                found[way] = typed(shape, text)
        return found


def heading_of(way: Path) -> str:
    names = [step for step in way if isinstance(step, str)]
    return heading(names[-1]) if names else "About the programme"


def columns_of(kind: type[BaseModel]) -> list[Shape]:
    """What of a row stands in its table."""
    leaves = {shape.name: shape for shape in shapes(kind) if shape.is_leaf}
    wanted = COLUMNS.get(kind.__name__)
    if wanted is None:
        short = [n for n, s in leaves.items() if n != "source" and s.kind is not Kind.LIST]
        wanted = tuple(short[:MOST_COLUMNS])
    return [leaves[name] for name in wanted]


def told(problem: Problem) -> str:
    return f"{problem.message} (line {problem.line})" if problem.line else problem.message


def control(shape: Shape, value: str) -> forms.Field:
    """The widget of a field; it takes whatever is typed, the draft keeps it."""
    settings: dict[str, Any] = {
        "label": shape.label, "required": False, "help_text": shape.help, "strip": False,
    }  # fmt: skip
    widget: forms.Widget
    match shape.kind:
        case Kind.FLAG:
            widget = forms.CheckboxInput(attrs={"value": "true"}, check_test=bool)
        case Kind.CHOICE:
            widget = forms.Select(choices=words_for(shape, value))
        case Kind.LONG:
            widget = forms.Textarea(attrs={"rows": 2})
        case Kind.LIST:
            widget = forms.Textarea(attrs={"rows": min(max(value.count("\n") + 2, 2), 12)})
            settings["help_text"] = shape.help or list_help(shape)
        case Kind.WHOLE | Kind.NUMBER:
            mode = "numeric" if shape.kind is Kind.WHOLE else "decimal"
            widget = forms.TextInput(attrs={"inputmode": mode, "autocomplete": "off"})
        case _:
            widget = forms.TextInput(attrs={"autocomplete": "off"})
    return forms.CharField(widget=widget, **settings)


def words_for(shape: Shape, value: str) -> list[tuple[str, str]]:
    empty = [] if value in shape.choices else [(value, value or "Choose")]
    return [*empty, *((word, choice(word)) for word in shape.choices)]


def list_help(shape: Shape) -> str:
    if shape.item is int:
        return "Numbers, one a line."
    return f"One a line: {', '.join(shape.choices)}." if shape.choices else "One a line."


class RefusableForm(forms.Form):
    def refuse(self, refusal: Refusal) -> None:
        """Put the sentence beside the field it is about, or above the form."""
        self.add_error(refusal.field if refusal.field in self.fields else None, str(refusal))


class SourceForm(RefusableForm):
    """The whole draft as one text."""

    source = forms.CharField(
        label="The programme as YAML",
        strip=False,
        widget=forms.Textarea(
            attrs={"wrap": "off", "spellcheck": "false", "autocapitalize": "off", "class": "source"}
        ),
    )
    revision = forms.IntegerField(widget=forms.HiddenInput)


class ImportForm(RefusableForm):
    file = forms.FileField(
        label="File",
        help_text="YAML or JSON, as it was exported here or written by hand.",
        error_messages={"required": "Choose a file.", "empty": "There is nothing in this file."},
    )

    def text(self) -> str:
        """What is in the file, if it is a text."""
        file = self.cleaned_data["file"]
        if file.size > LONGEST * BYTES_A_CHARACTER:
            raise Refusal(too_long(f"{file.size:,} bytes", f"{LONGEST:,} characters"), field="file")
        try:
            content: str = file.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise Refusal(
                "This is not a text in UTF-8: save it as YAML and choose it again.", field="file"
            ) from None
        return content


class PasswordForm(RefusableForm):
    password = forms.CharField(
        label="Your password",
        help_text="It stands for your signature.",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Type your password: it stands for your signature."},
    )


class PublishForm(PasswordForm):
    revision = forms.IntegerField(widget=forms.HiddenInput)


class SignOffForm(PasswordForm):
    fingerprints = forms.MultipleChoiceField(
        required=False, label="Signed off", widget=forms.CheckboxSelectMultiple
    )
    parts = forms.MultipleChoiceField(
        required=False, label="Whole parts", widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, open_choices: Sequence[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.open_choices = open_choices
        for name, words in (
            ("fingerprints", [row.fingerprint for row in open_choices]),
            ("parts", list(dict.fromkeys(row.part for row in open_choices))),
        ):
            chosen: Any = self.fields[name]
            chosen.choices = [(word, word) for word in words]

    @property
    def chosen(self) -> list[str]:
        """The fingerprints ticked one by one, and those of the parts ticked whole."""
        one_by_one, parts = self.cleaned_data["fingerprints"], self.cleaned_data["parts"]
        return [
            row.fingerprint
            for row in self.open_choices
            if row.fingerprint in one_by_one or row.part in parts
        ]


class BecauseForm(RefusableForm):
    because = forms.CharField(
        label="Reason",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say why."},
    )
