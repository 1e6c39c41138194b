"""From the text on standard input to a question, or to every reason why it is none."""

import json
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from pydantic import ValidationError

from protocols.rules.ask.fields import Given
from protocols.rules.ask.rule import RefusedError
from protocols.rules.definition import Definition

Question = TypeVar("Question", bound=Given)
LONGEST = 1_000_000
TOO_DEEP = ("", "This is nested too deeply.")
#: The number 4e400 is text first: it is read exactly, and judged by the field it stands in.
SAID = {
    "missing": "This is needed.",
    "extra_forbidden": "There is no such key.",
    "bool_type": "This must be true or false.",
    "bool_parsing": "This must be true or false.",
    "string_type": "This must be text.",
    "string_too_short": "This must not be empty.",
    "string_too_long": "This is too long.",
    "list_type": "This must be a list.",
    "tuple_type": "This must be a list.",
    "dict_type": "This must be an object.",
    "model_type": "This must be an object.",
    "model_attributes_type": "This must be an object.",
    "is_instance_of": "This must be a number, or text such as “<0.056”.",
}

LIMITS = {
    "enum": ("This must be one of {}.", "expected"),
    "literal_error": ("This must be one of {}.", "expected"),
    "greater_than_equal": ("This must be at least {}.", "ge"),
    "greater_than": ("This must be more than {}.", "gt"),
    "less_than_equal": ("This must be at most {}.", "le"),
    "less_than": ("This must be less than {}.", "lt"),
    "too_short": ("This list needs at least {}.", "min_length"),
    "too_long": ("This list may have at most {}.", "max_length"),
}


def read_json(text: str) -> dict[str, object]:
    """The one JSON object of the text; a key given twice or a number without end is refused."""
    if len(text) > LONGEST:
        raise RefusedError(("", "This is too long to be a question."))
    try:
        content = json.loads(
            text, parse_float=Decimal, parse_constant=no_constant, object_pairs_hook=keys_once
        )
    except RefusedError:
        raise
    except RecursionError:
        raise RefusedError(TOO_DEEP) from None
    except (ValueError, InvalidOperation) as why:
        raise RefusedError(("", f"This is not JSON: {why}.")) from None
    if not isinstance(content, dict):
        raise RefusedError(("", "This must be one JSON object in braces."))
    return content


def no_constant(word: str) -> object:
    raise RefusedError(("", f"{word} is not a number that JSON knows."))


def keys_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    content = dict(pairs)
    if len(content) == len(pairs):
        return content
    keys = [key for key, _ in pairs]
    twice = next(key for key in keys if keys.count(key) > 1)
    raise RefusedError((twice, "This key is given twice."))


def read_question(
    kind: type[Question], content: dict[str, object], definition: Definition
) -> Question:
    """The question these values make; every problem is told at once, each at its field."""
    if halves := [path for path, text in texts_in(content) if is_half_a_sign(text)]:
        raise RefusedError(
            *((path, "This has a sign in it that nobody can read.") for path in halves)
        )
    try:
        return kind.model_validate(content, context={"definition": definition})
    except ValidationError as why:
        raise RefusedError(*problems(why)) from None
    except RecursionError:
        raise RefusedError(TOO_DEEP) from None


def refuse_half_signs(content: dict[str, object]) -> None:
    if halves := [path for path, text in texts_in(content) if is_half_a_sign(text)]:
        say = "This has a sign in it that nobody can read."
        raise RefusedError(*((path, say) for path in dict.fromkeys(halves)))


def texts_in(part: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text of the question, the names of its keys too, with where it stands."""
    if isinstance(part, str):
        yield path, part
    elif isinstance(part, dict):
        for key, value in part.items():
            yield path, key
            yield from texts_in(value, f"{path}.{key}".lstrip("."))
    elif isinstance(part, list):
        for number, value in enumerate(part):
            yield from texts_in(value, f"{path}[{number}]")


def is_half_a_sign(text: str) -> bool:
    """Half of a pair that only together is a sign (a lone surrogate) cannot be written down."""
    return any("\ud800" <= sign <= "\udfff" for sign in text)


def problems(error: ValidationError) -> Iterator[tuple[str, str]]:
    """Each field once; a list is not called too short for rows that say their own fault."""
    items = error.errors(include_url=False, include_input=False)
    fields = [path_of(item["loc"]) for item in items]
    seen = set()
    for field, item in zip(fields, items, strict=True):
        rows_say_it = item["type"] == "too_short" and any(f.startswith(f"{field}[") for f in fields)
        if field not in seen and not rows_say_it:
            seen.add(field)
            yield field, sentence(item["type"], item["msg"], item.get("ctx") or {})


def path_of(steps: tuple[int | str, ...]) -> str:
    """samples[0].volume_ml; what pydantic calls the branches of a union is left out."""
    words = [step for step in steps if isinstance(step, int) or step.isidentifier()]
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in words)
    return path.lstrip(".")


def sentence(kind: str, message: str, facts: dict[str, object]) -> str:
    if kind in ("value_error", "assertion_error"):
        return message.removeprefix("Value error, ").removeprefix("Assertion failed, ")
    if kind in LIMITS:
        words, fact = LIMITS[kind]
        return words.format(facts.get(fact))
    return SAID.get(kind, f"{message}.")
