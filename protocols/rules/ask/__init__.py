"""Ask a rule what it would say, without a database (see `manage.py rules` and the Calculators).

One module per area; each has its questions and answers as pydantic models and lists its rules.
Nothing is decided here: the same functions answer that the program itself uses.
"""

from typing import Any

from protocols.rules.ask import (
    capsules,
    counting,
    laboratory,
    messages,
    numbers,
    safety,
    semen,
    transitions,
    visits,
)
from protocols.rules.ask.fields import Answer
from protocols.rules.ask.plain import plain, schema_of
from protocols.rules.ask.reading import read_json, read_question
from protocols.rules.ask.rule import Asked, RefusedError
from protocols.rules.contradiction import Contradiction
from protocols.rules.definition import Definition

ORDER = (
    "semen", "count", "replicates", "azoospermia", "response", "lipids", "grade", "safety", "phq9",
    "eligibility", "schedule", "assign", "missed", "adherence", "supply", "cumulative", "dispense",
    "dates", "lost", "convert", "proportion", "incidence", "message", "code", "reminder_time",
    "transition",
)  # fmt: skip
MODULES = (
    semen, counting, laboratory, safety, visits, capsules, numbers, messages, transitions,
)  # fmt: skip
ASKED = {rule.name: rule for module in MODULES for rule in module.RULES}
RULES: dict[str, Asked] = {name: ASKED[name] for name in ORDER}

__all__ = [
    "RULES",
    "Asked",
    "RefusedError",
    "answer_text",
    "answer_to",
    "errors_as_json",
    "rule_called",
    "schemas",
]


def rule_called(name: str) -> Asked:
    if name not in RULES:
        raise RefusedError(
            ("name", f"There is no rule called {name}. Known are: {', '.join(RULES)}.")
        )
    return RULES[name]


def answer_text(name: str, text: str, definition: Definition) -> dict[str, Any]:
    """The answer to a question as JSON text."""
    rule = rule_called(name)
    return answer_to(rule, read_json(text), definition)


def answer_to(rule: Asked, content: dict[str, object], definition: Definition) -> dict[str, Any]:
    """The answer as JSON knows it, `ruleset` first; what cannot be answered is refused."""
    given = read_question(rule.given, content, definition)
    try:
        found = rule.ask(given, definition)
    except Contradiction as why:
        raise RefusedError((why.field, why.message)) from None
    except (ArithmeticError, OverflowError):
        raise RefusedError(("", "Numbers of this size cannot be calculated with.")) from None
    return with_ruleset(found, rule.ruleset(given, definition))


def with_ruleset(found: Answer, ruleset: str) -> dict[str, Any]:
    whole: dict[str, Any] = plain(found)
    return {"ruleset": ruleset} | {key: value for key, value in whole.items() if key != "ruleset"}


def schemas(rule: Asked, definition: Definition) -> dict[str, Any]:
    """The JSON schemas of question and answer, with the words this definition knows."""
    return {
        "name": rule.name,
        "description": rule.line,
        "source": rule.source,
        "input": schema_of(rule.given, definition),
        "output": schema_of(rule.answer, definition),
    }


def errors_as_json(why: RefusedError) -> dict[str, Any]:
    return {"errors": [{"field": field, "message": message} for field, message in why.problems]}
