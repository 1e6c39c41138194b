"""What two programmes say differently, part by part, row by row: was and becomes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from protocols.rules.definition import Definition
from protocols.rules.fields import heading
from protocols.rules.written import plain

#: What a row is known by in both, in this order; without one its number stands for it.
NAMES = ("code", "rule", "key", "name", "action", "unit")
PROPER = ("Hy’s", "PHQ-9")
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
                inner = f"{where}, {within(key)}" if where else heading(key)
                yield from compared(before.get(key), after.get(key), inner)
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
    label = heading(key)
    return label if label.startswith(PROPER) else f"{label[:1].lower()}{label[1:]}"


def shown(value: Any) -> str:
    """A value, a row or a list as one line."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        told = (
            f"{within(key)} {shown(inner)}" for key, inner in value.items() if key not in UNTOLD
        )
        return "; ".join(told)
    if isinstance(value, list):
        return ", ".join(name_of(v) if isinstance(v, Mapping) else shown(v) for v in value)
    return str(value)
