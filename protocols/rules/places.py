"""Places within a document: found by their way, changed in a copy; rows added, moved, taken out."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from protocols.rules.fields import ABSENT, blank, model_at
from protocols.rules.problems import Path

ABOUT = "about"


def slug_of(way: Path) -> str:
    """visits-3-items: a way as an address carries it."""
    return "-".join(str(step) for step in way) or ABOUT


def way_of(slug: str) -> Path:
    if slug == ABOUT:
        return ()
    return tuple(int(step) if step.isdecimal() else step for step in slug.split("-"))


def at(content: object, way: Path) -> Any:
    """What stands at a place, or nothing."""
    for step in way:
        if isinstance(step, int):
            if not isinstance(content, Sequence) or isinstance(content, str):
                return None
            content = content[step] if 0 <= step < len(content) else None
        else:
            content = content.get(step) if isinstance(content, Mapping) else None
    return content


def stands(content: object, way: Path) -> bool:
    """Whether every row on the way is there; a group of keys may be begun."""
    lists = (at(content, way[:place]) for place, step in enumerate(way) if isinstance(step, int))
    numbers = (step for step in way if isinstance(step, int))
    return all(
        isinstance(rows, list) and number < len(rows)
        for rows, number in zip(lists, numbers, strict=True)
    )


def put(content: dict[str, Any], way: Path, value: Any) -> None:
    """Write a value at a place of a document that is one's own; groups on the way are made."""
    held: Any = content
    for step in way[:-1]:
        if isinstance(held, dict) and not isinstance(held.get(step), dict | list):
            held[step] = {}
        held = at(held, (step,))
    if not isinstance(held, dict):
        return
    if value is ABSENT:
        held.pop(way[-1], None)
    else:
        held[way[-1]] = value


def changed(
    content: Mapping[str, Any], values: Mapping[Path, Any], step: tuple[str, Path] | None
) -> dict[str, Any]:
    """The document with these values, and then one row added, moved or taken out."""
    copy: dict[str, Any] = deepcopy(dict(content))
    for way, value in values.items():
        put(copy, way, value)
    if step is not None:
        turn(copy, *step)
    return copy


def turn(content: dict[str, Any], verb: str, way: Path) -> None:
    if verb == "add":
        found = model_at(way)
        if found and found[1]:
            rows = at(content, way)
            put(content, way, [*(rows if isinstance(rows, list) else []), blank(found[0])])
        return
    rows, number = at(content, way[:-1]), way[-1] if way else None
    if not isinstance(rows, list) or not isinstance(number, int) or number >= len(rows):
        return
    if verb == "remove":
        del rows[number]
    other = {"up": number - 1, "down": number + 1}.get(verb)
    if other is not None and 0 <= other < len(rows):
        rows[number], rows[other] = rows[other], rows[number]
