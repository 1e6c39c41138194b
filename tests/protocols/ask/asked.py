"""Asking as a person at a terminal does: JSON text in, a dictionary out."""

import json
from typing import Any

from protocols.rules.ask import RefusedError, answer_text, errors_as_json
from protocols.rules.definition import shipped

RULESET = shipped().label


def ask(name: str, /, **given: Any) -> dict[str, Any]:
    """The answer, as JSON gives it back."""
    return json.loads(json.dumps(answer_text(name, json.dumps(given), shipped()), allow_nan=False))


def refused(name: str, /, **given: Any) -> dict[str, str]:
    """The fields that were refused, each with its sentence."""
    return refused_text(name, json.dumps(given))


def refused_text(name: str, text: str) -> dict[str, str]:
    try:
        answer = answer_text(name, text, shipped())
    except RefusedError as why:
        return {row["field"]: row["message"] for row in errors_as_json(why)["errors"]}
    raise AssertionError(f"{name} answered {answer}")
