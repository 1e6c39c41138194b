"""How one key of a question is drawn on a form, and how what is typed becomes its value."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from django import forms
from django.utils import timezone

from clinic.forms import DayInput, MomentInput

NONE_OF_THESE = "none"
LONG_TEXTS = {"body"}
LONGEST_SCALE = 6
SEPARATOR = re.compile(r"[,;\s]+")
OPEN_END = {"-", "–", "∞", "null", "none", "open"}


class Kind(StrEnum):
    TRUTH = "truth"
    CHOICE = "choice"
    WORDS = "words"
    NUMBER = "number"
    SCALE = "scale"
    DAY = "day"
    MOMENT = "moment"
    CLOCK = "clock"
    TEXT = "text"
    LONG = "long"
    NUMBERS = "numbers"
    TEXTS = "texts"
    TUPLES = "tuples"
    LOOKUP = "lookup"
    OBJECT = "object"
    ROWS = "rows"
    EACH = "each"


FORMATS = {"date": Kind.DAY, "date-time": Kind.MOMENT}


@dataclass(frozen=True, slots=True)
class Piece:
    kind: Kind
    needed: bool
    may_be_empty: bool = False
    unit: str = ""

    @classmethod
    def of(cls, kind: Kind, schema: Mapping[str, Any], *, needed: bool) -> "Piece":
        return cls(kind, needed, bool(schema.get("nullable")), schema.get("unit", ""))


def resolved(part: Mapping[str, Any], root: Mapping[str, Any]) -> dict[str, Any]:
    """The schema itself where it only points elsewhere, or says "or null"."""
    found = dict(part)
    options = [option for option in found.get("anyOf", ()) if option.get("type") != "null"]
    if len(options) == 1:
        found = {key: value for key, value in found.items() if key != "anyOf"} | {"nullable": True}
        found = options[0] | found
    if "$ref" in found:
        name = found.pop("$ref").rpartition("/")[2]
        target = resolved(root["$defs"][name], root)
        found = {key: value for key, value in target.items() if key != "description"} | found
    return found


def kind_of(schema: Mapping[str, Any], root: Mapping[str, Any], name: str) -> Kind:
    """What a value of this schema is, for whoever types it."""
    if "enum" in schema:
        return Kind.CHOICE
    match schema.get("type"):
        case "boolean":
            return Kind.TRUTH
        case "object":
            return Kind.OBJECT if "properties" in schema else Kind.LOOKUP
        case "array":
            return kind_of_list(schema, root)
        case "string":
            return kind_of_text(schema, name)
        case _:
            steps = schema.get("maximum", LONGEST_SCALE) - schema.get("minimum", 0)
            return Kind.SCALE if steps < LONGEST_SCALE else Kind.NUMBER


def kind_of_text(schema: Mapping[str, Any], name: str) -> Kind:
    if "pattern" in schema:
        return Kind.CLOCK
    plain = Kind.LONG if name in LONG_TEXTS else Kind.TEXT
    return FORMATS.get(schema.get("format", ""), plain)


def kind_of_list(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Kind:
    items = resolved(schema["items"], root)
    if "enum" in items:
        return Kind.WORDS
    if schema.get("minItems") and schema.get("minItems") == schema.get("maxItems"):
        return Kind.EACH
    kinds = {"object": Kind.ROWS, "array": Kind.TUPLES, "string": Kind.TEXTS}
    return kinds.get(items.get("type", ""), Kind.NUMBERS)


def spoken(word: str) -> str:
    """first_fraction_lost is "First fraction lost", ON_HOLD is "On hold"; M1 stays."""
    if re.fullmatch(r"[A-Z]{1,3}[0-9]?", word):
        return word
    plain = word.replace("_", " ")
    return plain[:1].upper() + (plain[1:].lower() if plain.isupper() else plain[1:])


def named(schema: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Each word with what a person calls it."""
    names = schema.get("names", {})
    return [(word, names.get(word) or spoken(word)) for word in schema["enum"]]


def widget_of(piece: Piece, schema: Mapping[str, Any]) -> forms.Field:
    """The field, in the house's widgets; it refuses nothing itself."""
    default = schema.get("default")
    common: dict[str, Any] = {
        "required": False,
        "label": schema.get("title", ""),
        "help_text": schema.get("description", ""),
        "initial": default if isinstance(default, str | int) else None,
    }
    match piece.kind:
        case Kind.TRUTH:
            choices = [("", "not known"), ("yes", "yes"), ("no", "no")]
            common["initial"] = "" if default is None else ("yes" if default else "no")
            return forms.CharField(**common, widget=forms.Select(choices=choices))
        case Kind.SCALE:
            steps = [(str(n), str(n)) for n in range(schema["minimum"], schema["maximum"] + 1)]
            return forms.CharField(**common, widget=forms.Select(choices=[("", "–"), *steps]))
        case Kind.CHOICE:
            words = named(schema)
            return forms.CharField(**common, widget=forms.Select(choices=[("", "–"), *words]))
        case Kind.WORDS:
            return words_field(piece, schema, common)
        case Kind.DAY:
            return forms.CharField(**common, widget=DayInput())
        case Kind.MOMENT:
            return forms.CharField(**common, widget=MomentInput())
        case _:
            return forms.CharField(**common, widget=plain_widget(piece.kind))


def words_field(piece: Piece, schema: Mapping[str, Any], common: dict[str, Any]) -> forms.Field:
    choices = named(schema["items"])
    if piece.may_be_empty:
        choices.append((NONE_OF_THESE, "None of these"))
    common["initial"] = []
    return forms.MultipleChoiceField(
        **common, choices=choices, widget=forms.CheckboxSelectMultiple(choices=choices)
    )


def plain_widget(kind: Kind) -> forms.Widget:
    match kind:
        case Kind.CLOCK:
            return forms.TimeInput(attrs={"type": "time"})
        case Kind.NUMBER:
            return forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        case Kind.LONG | Kind.TEXTS | Kind.TUPLES | Kind.LOOKUP:
            return forms.Textarea(attrs={"rows": 3, "autocomplete": "off"})
        case _:
            return forms.TextInput(attrs={"autocomplete": "off"})


def read(piece: Piece, typed: list[str]) -> Any:
    """The value of what was typed; None when nothing was."""
    if piece.kind is Kind.WORDS:
        words = [word for word in typed if word != NONE_OF_THESE]
        return words or ([] if NONE_OF_THESE in typed or not piece.may_be_empty else None)
    if piece.kind in LISTS:
        return listed(piece, typed)
    return SINGLE.get(piece.kind, str)(typed[0]) if typed else None


def listed(piece: Piece, typed: list[str]) -> Any:
    text = typed[0] if typed else ""
    if text.casefold() == NONE_OF_THESE:
        return []
    if not text:
        return [] if piece.needed else None
    return LISTS[piece.kind](text)


def numeral(text: str) -> Decimal | str:
    """The number, or the text where it is none: the rule says what is wrong with it."""
    try:
        found = Decimal(text)
    except InvalidOperation:
        return text
    return found if found.is_finite() else text


def truth(text: str) -> bool | str:
    return {"yes": True, "no": False}.get(text, text)


def moment(text: str) -> str:
    """On the clinic's clock where no offset is written."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return text
    aware = found if found.tzinfo else found.replace(tzinfo=timezone.get_current_timezone())
    return aware.isoformat()


def numbers(text: str) -> list[Any]:
    return [numeral(part) for part in SEPARATOR.split(text) if part]


def texts(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"[,;\n]+", text) if part.strip()]


def tuples(text: str) -> list[list[Any]]:
    """One a line: "120, 131", or "6, –" for one without an end."""
    rows = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        parts = [part for part in SEPARATOR.split(line) if part]
        rows.append([None if part in OPEN_END else numeral(part) for part in parts])
    return rows


def lookup(text: str) -> dict[str, Any]:
    """One a line: "alt 1"."""
    lines = (SEPARATOR.split(line.strip(), maxsplit=1) for line in text.splitlines())
    return {parts[0]: numeral(parts[-1]) for parts in lines if parts[0]}


SINGLE: dict[Kind, Callable[[str], Any]] = {
    Kind.NUMBER: numeral,
    Kind.SCALE: numeral,
    Kind.TRUTH: truth,
    Kind.MOMENT: moment,
}
LISTS: dict[Kind, Callable[[str], Any]] = {
    Kind.NUMBERS: numbers,
    Kind.TEXTS: texts,
    Kind.TUPLES: tuples,
    Kind.LOOKUP: lookup,
}
