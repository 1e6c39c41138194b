"""Writing a programme as YAML: always in the order of the schema, so that two texts compare."""

import io
from collections.abc import Mapping, Sequence
from datetime import time
from decimal import Decimal
from enum import Enum
from typing import Any, get_args, get_origin

import yaml
from pydantic import BaseModel

from protocols.rules.definition import Definition
from protocols.rules.explain import bare
from protocols.rules.yaml_text import Reading

WIDTH = 112
SHORT = 90


class HouseStyle(yaml.SafeDumper):
    """Short rows on one line, long ones key by key; nothing is abbreviated by aliases."""

    def ignore_aliases(self, data: object) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, indentless=False)


def number(dumper: yaml.SafeDumper, value: Decimal) -> yaml.Node:
    words = f"{value:f}"
    kind = "float" if "." in words else "int"
    return dumper.represent_scalar(f"tag:yaml.org,2002:{kind}", words)


def mapping(dumper: yaml.SafeDumper, value: dict[str, Any]) -> yaml.Node:
    pairs = value.items()
    return dumper.represent_mapping("tag:yaml.org,2002:map", pairs, flow_style=is_short(value))


def sequence(dumper: yaml.SafeDumper, value: list[Any]) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=is_short(value))


def is_short(value: Mapping[str, Any] | Sequence[Any]) -> bool:
    """Whether it fits on one line: words and numbers only, and few of them."""
    pieces = [*value, *value.values()] if isinstance(value, Mapping) else value
    plain_words = not any(isinstance(piece, Mapping | list) for piece in pieces)
    return plain_words and sum(len(str(piece)) + 2 for piece in pieces) < SHORT


HouseStyle.add_representer(Decimal, number)
HouseStyle.add_representer(dict, mapping)
HouseStyle.add_representer(list, sequence)


def written(content: Mapping[str, Any], head: str = "") -> str:
    """The text of a document, part by part, under its head of comments."""
    lists = (Mapping, list)
    scalars = {name: value for name, value in content.items() if not isinstance(value, lists)}
    parts = [{name: value} for name, value in content.items() if isinstance(value, lists)]
    body = "\n".join(dumped(part) for part in ([scalars, *parts] if scalars else parts))
    return f"{head.rstrip()}\n{body}" if head.strip() else body


def dumped(part: dict[str, Any]) -> str:
    node: Any = HouseStyle(io.StringIO()).represent_data(part)
    node.flow_style = False
    text: str = yaml.serialize(node, Dumper=HouseStyle, allow_unicode=True, width=WIDTH)
    return text


def document_text(definition: Definition, head: str = "") -> str:
    """A definition as a text that reads back as the same definition."""
    return written(plain(definition), head)


def plain(part: object) -> Any:
    """A part as YAML has it: without what is as it is when nothing is said."""
    if isinstance(part, BaseModel):
        return {
            name: plain(getattr(part, name))
            for name, field in type(part).model_fields.items()
            if field.is_required() or getattr(part, name) != field.default
        }
    if isinstance(part, tuple | list):
        return [plain(piece) for piece in part]
    if isinstance(part, Enum):
        return part.value
    if isinstance(part, time):
        return f"{part:%H:%M}"
    return part


def ordered(kind: type[BaseModel], content: object) -> object:
    """What somebody wrote, right or wrong, in the order of the schema; unknown keys come last."""
    if not isinstance(content, Mapping):
        return content
    known = {
        name: ordered_value(field.annotation, content[name])
        for name, field in kind.model_fields.items()
        if name in content
    }
    return known | {key: value for key, value in content.items() if key not in known}


def ordered_value(annotation: object, value: object) -> object:
    inner = bare(annotation)
    if get_origin(inner) is tuple and isinstance(value, list):
        return [ordered_value(get_args(inner)[0], piece) for piece in value]
    if isinstance(inner, type) and issubclass(inner, BaseModel):
        return ordered(inner, value)
    return value


def head_of(text: str) -> str:
    """The comments above the first key."""
    lines = text.splitlines()
    return "\n".join(lines[: head_lines(text)]).strip()


def head_lines(text: str) -> int:
    """How many lines stand above the first key."""
    lines = text.splitlines()
    keys = (n for n, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#"))
    return next(keys, len(lines))


def has_inner_comments(text: str, reading: Reading) -> bool:
    """Whether a form would lose comments when it writes the text anew."""
    return any(line > head_lines(text) for line in reading.comments)
