"""What two programmes say differently, part by part, row by row: was and becomes."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import EnumType, StrEnum
from typing import Any

from protocols.rules import vocabulary
from protocols.rules.definition import Definition
from protocols.rules.fields import UNITS, choice, heading
from protocols.rules.written import plain

#: What a row is known by in both, in this order; without one its number stands for it.
NAMES = ("code", "rule", "key", "name", "action", "unit")
PROPER = ("Hy’s", "PHQ-9")
#: The words a file may choose from, STOP and first_dose among them.
WORDS = {
    member.value
    for kind in vars(vocabulary).values()
    if isinstance(kind, EnumType) and issubclass(kind, StrEnum)
    for member in kind
}
SNAKE = re.compile(r"[a-z0-9]+(_[a-z0-9]+)+")
#: What says nothing about the programme itself.
UNTOLD = {"version", "signed_off"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that differs; `was` or `becomes` is empty where it was not or will not be."""

    part: str
    where: str
    was: str
    becomes: str


def differences(before: Definition, after: Definition) -> tuple[Difference, ...]:
    """Everything that differs, in the order of the parts."""
    first, second = plain(before), plain(after)
    found = []
    for part in type(after).model_fields:
        if part not in UNTOLD:
            found += [
                Difference(part, where, shown(was), shown(becomes))
                for where, was, becomes in compared(first.get(part), second.get(part), "")
            ]
    return tuple(found)


def compared(before: Any, after: Any, where: str) -> Iterator[tuple[str, Any, Any]]:
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in [*before, *(key for key in after if key not in before)]:
            if key not in UNTOLD:
                inner = f"{where}, {within(key)}" if where else heading(key, tail_of(key))
                was, becomes = before.get(key), after.get(key)
                yield from compared(valued(key, was), valued(key, becomes), inner)
    elif rows(before) or rows(after):
        yield from compared_rows(before or [], after or [], where)
    else:
        yield where, before, after


def rows(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(row, Mapping) for row in value)


def compared_rows(
    before: Sequence[Any], after: Sequence[Any], where: str
) -> Iterator[tuple[str, Any, Any]]:
    first, second = named(before), named(after)
    for name in [*first, *(name for name in second if name not in first)]:
        inner = f"{where}, {name}" if where else name
        if name in first and name in second:
            yield from compared(first[name], second[name], inner)
        else:
            yield inner, first.get(name), second.get(name)
    shared = [name for name in first if name in second]
    if shared != [name for name in second if name in first]:
        yield f"{where}, order" if where else "order", shared, [n for n in second if n in first]


def named(rows: Sequence[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for row in rows:
        name = name_of(row)
        number = sum(key == name or key.startswith(f"{name} (") for key in found)
        found[f"{name} ({number + 1})" if number else name] = row
    return found


def name_of(row: Any) -> str:
    """What a row is called: its code, or the things it is about."""
    if not isinstance(row, Mapping):
        return str(row)
    if "kind" in row:
        return " ".join(str(row[key]) for key in ("kind", "panel") if row.get(key))
    name = next((str(row[key]) for key in NAMES if row.get(key)), "")
    if not name and isinstance(row.get("analytes"), list):
        name = ", ".join(str(key) for key in row["analytes"])
    return name or "row"


def within(key: str) -> str:
    """The label of a field in the middle of a line; a name keeps its letters."""
    label = heading(key, tail_of(key))
    return label if label.startswith(PROPER) else f"{label[:1].lower()}{label[1:]}"


def tail_of(key: str) -> str:
    return next((tail for tail in UNITS if key.endswith(tail)), "")


def valued(key: str, value: Any) -> Any:
    """A number with its unit; whatever else as it is."""
    unit = UNITS.get(tail_of(key), "")
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    if not unit or not is_number or unit in within(key):
        return value
    return f"{value} {unit.removesuffix('s') if value == 1 else unit}"


def shown(value: Any) -> str:
    """A value, a row or a list as one line, in the words of the clinic."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "; ".join(told(key, inner) for key, inner in value.items() if tells(key, inner))
    if isinstance(value, list):
        pieces = [called(row) if isinstance(row, Mapping) else shown(row) for row in value]
        return (" " if all(piece.endswith(".") for piece in pieces) else ", ").join(pieces)
    return spoken(str(value))


def tells(key: str, value: Any) -> bool:
    """Its name stands before it already."""
    return key not in UNTOLD and (key not in ("code", "key") or value is True)


def told(key: str, value: Any) -> str:
    if key == "key":
        return "a key visit"
    return f"{within(key)} {shown(valued(key, value))}"


def called(row: Mapping[str, Any]) -> str:
    """The name of a row in a list: blood test lipids, PHQ-9."""
    if "kind" not in row:
        return name_of(row)
    return " ".join(spoken(str(row[key])) for key in ("kind", "panel") if row.get(key))


def spoken(word: str) -> str:
    """A word of the schema, or a key, without its underscores; everything else as written."""
    return choice(word) if word in WORDS or SNAKE.fullmatch(word) else word
