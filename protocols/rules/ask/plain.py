"""From the answers of the rules to what JSON knows: numbers, text, true, false, null, lists."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from labs.rules.quantities import Quantity
from protocols.rules.ask.words import names_of, words_of
from protocols.rules.definition import Definition

DECIMALS = 12


def plain(value: object) -> Any:
    """The value for JSON; what came with a comparator stays text."""
    match value:
        case BaseModel():
            fields = type(value).model_fields
            return {row.alias or key: plain(getattr(value, key)) for key, row in fields.items()}
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case _:
            return scalar(value)


def scalar(value: object) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):
        return value.value
    return next(write(value) for kind, write in WRITERS if isinstance(value, kind))


def soft(text: str) -> str:
    """A hard space is for the page; in an answer it is a space."""
    return text.replace("\u00a0", " ")


def plain_number(value: Decimal) -> int | float:
    if value == value.to_integral_value() and abs(value) < Decimal("1e15"):
        return int(value)
    return shorter(float(value))


def shorter(value: float) -> float:
    """Without the last digits, which are the machine's and not the formula's."""
    return round(value, DECIMALS) if abs(value) > 1e-6 else value


def compared(quantity: Quantity) -> str:
    """ "<0.056": the comparator and the number, without the digits that arithmetic adds."""
    digits = quantity.value.quantize(Decimal(1).scaleb(-DECIMALS))
    text = f"{digits:f}"
    number = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{quantity.comparator}{number}"


def quantity(value: Quantity) -> int | float | str:
    return plain_number(value.value) if value.comparator is None else compared(value)


WRITERS: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (str, soft),
    (int, int),
    (float, shorter),
    (Decimal, plain_number),
    (Quantity, quantity),
    (date, lambda at: at.isoformat()),
)


class Schema(GenerateJsonSchema):
    """Decimals are numbers here, in questions and in answers."""

    def decimal_schema(self, schema: Any) -> JsonSchemaValue:
        found: JsonSchemaValue = {"type": "number"}
        for ours, theirs in (("ge", "minimum"), ("gt", "exclusiveMinimum"), ("le", "maximum")):
            if schema.get(ours) is not None:
                found[theirs] = float(schema[ours])
        return found


def schema_of(kind: type[BaseModel], definition: Definition) -> dict[str, Any]:
    """The JSON schema of a question or an answer, with the words this definition knows."""
    filled: dict[str, Any] = with_words(
        kind.model_json_schema(schema_generator=Schema, mode="validation"), definition
    )
    return filled


LIMITS = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
}


def with_words(part: Any, definition: Definition) -> Any:
    """Every mark `words: visits` replaced by the list itself, each limit by its proper name."""
    if isinstance(part, list):
        return [with_words(piece, definition) for piece in part]
    if not isinstance(part, dict):
        return part
    whole = {key: with_words(piece, definition) for key, piece in part.items()}
    if isinstance(whole.get("words"), str):
        kind = whole.pop("words")
        whole["enum"] = list(words_of(kind, definition))
        if names := names_of(kind, definition):
            whole["names"] = names
    if whole.get("type") in ("integer", "number"):
        whole = {LIMITS.get(key, key): piece for key, piece in whole.items()}
    return whole
