"""What the validator complains of, said to a person: what is wrong and what would be right."""

import types
from collections.abc import Iterator, Mapping
from datetime import time
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from protocols.rules.problems import Path, Problem, spelled

#: What a value of a kind may look like, by the name of the field it is given in.
EXAMPLES: Mapping[str, str] = {
    "source": "Programme default",
    "sentence": "Repeat within a week.",
    "title": "Month 1",
    "code": "M1",
    "rule": "TG_HOLD",
    "key": "my_programme",
    "unit": "mg/dL",
    "at_least": "0",
}


def explained(kind: type[BaseModel], content: object, error: ValidationError) -> Iterator[Problem]:
    """Every complaint with the way to it, in the words of the person who writes a programme."""
    for item in error.errors(include_url=False):
        way = tuple(step for step in item["loc"] if isinstance(step, str | int))
        yield Problem(spelled(way), sentence(kind, way, dict(item)), way=way)


def sentence(kind: type[BaseModel], way: Path, item: dict[str, Any]) -> str:
    owner, annotation = field_at(kind, way)
    name = next((step for step in reversed(way) if isinstance(step, str)), "")
    given, ctx, code = item.get("input"), item.get("ctx", {}), str(item["type"])
    if code == "missing":
        return f"“{name}” is missing. Write for example “{name}: {example(name, annotation)}”."
    if code == "extra_forbidden":
        return unknown_key(name, owner)
    if code == "value_error":
        said = str(item["msg"]).removeprefix("Value error, ")
        return f"{said[:1].upper()}{said[1:]}."
    if code in ("enum", "literal_error"):
        return unknown_word(given, annotation)
    return mistyped(code, name, given, ctx, annotation)


def unknown_key(name: str, owner: type[BaseModel] | None) -> str:
    names = list(owner.model_fields) if owner else []
    near = get_close_matches(name, names, n=1)
    if near:
        return f"There is no “{name}” here. Did you mean “{near[0]}”?"
    return f"There is no “{name}” here. Here are: {', '.join(names)}."


def unknown_word(given: object, annotation: object) -> str:
    words = [member.value for member in enum_of(annotation) or ()]
    near = get_close_matches(str(given).lower(), [str(word).lower() for word in words], n=1)
    nearest = next((word for word in words if near and word.lower() == near[0]), "")
    meant = f"Did you mean “{nearest}”? " if nearest else ""
    return f"“{shown(given)}” is not a word for this. {meant}Write one of: {', '.join(words)}."


def mistyped(
    code: str, name: str, given: object, ctx: Mapping[str, Any], annotation: object
) -> str:
    """The rest: a number that is none, one out of its range, a list that is none."""
    limits = {
        "greater_than_equal": ("ge", "at least"),
        "greater_than": ("gt", "more than"),
        "less_than_equal": ("le", "at most"),
        "less_than": ("lt", "less than"),
    }
    if code in limits:
        key, words = limits[code]
        return f"{shown(given)} is out of range: write a number of {words} {ctx[key]}."
    if code == "string_pattern_mismatch":
        return badly_spelled(given, str(ctx.get("pattern", "")))
    if code == "string_too_long":
        return f"This is too long: at most {ctx['max_length']} characters."
    if code in ("too_short", "string_too_short"):
        return f"This is empty: it needs at least {ctx.get('min_length', 1)}."
    return f"“{shown(given)}” is not {kind_of(annotation)}. {instead(given, name, annotation)}"


def badly_spelled(given: object, pattern: str) -> str:
    capital = "A-Z" in pattern
    words = "capital letters" if capital else "small letters"
    plain = "".join(c if c.isalnum() else "_" for c in str(given).strip()).lstrip("_0123456789")
    better = plain.rstrip("_").upper() if capital else plain.rstrip("_").lower()
    tip = f" For example “{better}”." if better else ""
    return f"“{shown(given)}” is not a name here: {words}, digits and _, a letter first.{tip}"


def kind_of(annotation: object) -> str:
    """What a field holds, in words."""
    inner = bare(annotation)
    if get_origin(inner) is tuple:
        return "a list"
    if isinstance(inner, type) and issubclass(inner, BaseModel):
        return "a group of keys"
    kinds = {int: "a whole number", Decimal: "a number", bool: "true or false", str: "a text"}
    kinds |= {time: "a time of day"}
    return kinds.get(inner, "right") if isinstance(inner, type) else "right"


def instead(given: object, name: str, annotation: object) -> str:
    inner = bare(annotation)
    if inner is str and not isinstance(given, str | list | dict | type(None)):
        return f'A text that looks like something else stands in quotes: {name}: "{given}".'
    if inner is bool:
        return "Write true or false, without quotes."
    return f"Write for example “{name}: {example(name, annotation)}”."


def example(name: str, annotation: object) -> str:
    """Something that could stand there."""
    inner = bare(annotation)
    if get_origin(inner) is tuple:
        return f"[{example(name, get_args(inner)[0])}]"
    if isinstance(inner, type) and issubclass(inner, StrEnum):
        return str(next(iter(inner)).value)
    if isinstance(inner, type) and issubclass(inner, BaseModel):
        needed = [key for key, field in inner.model_fields.items() if field.is_required()]
        return "{" + ", ".join(f"{key}: …" for key in needed[:4]) + "}"
    plain = {int: "30", Decimal: "1.5", bool: "false", time: '"21:00"'}
    if isinstance(inner, type) and inner in plain:
        return plain[inner]
    return EXAMPLES.get(name, "…")


def field_at(kind: type[BaseModel], way: Path) -> tuple[type[BaseModel] | None, object]:
    """The model that holds the last step of a way, and what is written there."""
    owner: type[BaseModel] | None = None
    annotation: object = kind
    for step in way:
        inner = bare(annotation)
        if isinstance(step, int):
            annotation = get_args(inner)[0] if get_origin(inner) is tuple else None
        elif isinstance(inner, type) and issubclass(inner, BaseModel):
            owner = inner
            field = inner.model_fields.get(step)
            annotation = field.annotation if field else None
        else:
            return owner, None
    return owner, annotation


def bare(annotation: object) -> Any:
    """Without None and without what is said about it: Annotated[str, …] | None is str."""
    if get_origin(annotation) is Annotated:
        return bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return bare(next(kind for kind in get_args(annotation) if kind is not type(None)))
    return annotation


def enum_of(annotation: object) -> type[StrEnum] | None:
    inner = bare(annotation)
    return inner if isinstance(inner, type) and issubclass(inner, StrEnum) else None


def shown(given: object) -> str:
    """What was written, shortened, with YAML's words for what it has no other for."""
    if given is None:
        return "nothing"
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, dict | list | tuple):
        return "a list" if not isinstance(given, dict) else "a group of keys"
    text = str(given)
    return text if len(text) <= 40 else f"{text[:39]}…"
