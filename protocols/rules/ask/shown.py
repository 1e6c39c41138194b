"""An answer for the eyes: a sentence, then values by name, then what comes in rows."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from labs.rules.azoospermia import day_words

VERDICTS = ("allowed", "accepted", "eligible", "valid", "lost")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
SAID_APART = ("ruleset", "sentence")
NAMES = {
    "p": "Proportion",
    "clopper_pearson": "Clopper–Pearson, 95 %",
    "wilson": "Wilson, 95 %",
    "upper_one_sided": "Upper bound, one-sided 95 %",
    "tmsc_m": "Total motile, 10⁶",
    "tpmsc_m": "Total progressive, 10⁶",
    "total_sperm_m": "Total number, 10⁶",
    "concentration_m": "Concentration, 10⁶/mL",
    "detection_limit_per_ml": "At most, per mL",
    "pellet_estimate": "In the whole pellet, estimate",
    "total_motility_pct": "Total motility, %",
    "progressive_pct": "Progressive, %",
    "mg": "Milligrams",
    "mg_per_kg": "Milligrams per kg",
    "friedewald": "LDL, Friedewald",
    "martin_hopkins": "LDL, Martin–Hopkins",
    "martin_hopkins_factor": "Factor of Martin–Hopkins",
    "sampson": "LDL, Sampson/NIH",
    "non_hdl": "Non-HDL",
    "percent": "Adherence, %",
    "contact_within_hours": "Contact within, hours",
    "repeat_within_days": "Repeat within, days",
    "t": "Time",
    "f": "Share by then",
    "se": "Error",
    "lo": "From",
    "hi": "To",
}
CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+|[A-Z]{4,}")


@dataclass(frozen=True, slots=True)
class Fact:
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Rows:
    """A list of alike objects: the heads of its columns and the cells."""

    name: str
    heads: tuple[str, ...]
    lines: tuple[tuple[Fact, ...], ...]


@dataclass(frozen=True, slots=True)
class Shown:
    sentence: str
    facts: tuple[Fact, ...]
    tables: tuple[Rows, ...]
    ruleset: str


def shown(answer: dict[str, Any]) -> Shown:
    rest = {key: value for key, value in answer.items() if key not in SAID_APART}
    return Shown(
        sentence=answer.get("sentence") or in_short(answer),
        facts=tuple(facts(rest)),
        tables=tuple(tables(rest)),
        ruleset=answer["ruleset"],
    )


def in_short(answer: dict[str, Any]) -> str:
    """The heart of an answer that has no sentence of its own."""
    if "action" in answer:
        return f"{text(answer['action'])}; contact {answer['contact']}."
    verdict = next((key for key in VERDICTS if isinstance(answer.get(key), bool)), None)
    if verdict is None:
        return ""
    return f"{named(verdict)}." if answer[verdict] else f"Not {verdict}."


def is_table(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def facts(answer: dict[str, Any]) -> Iterator[Fact]:
    for key, value in answer.items():
        if not is_table(value):
            yield Fact(named(key), text(value))


def tables(answer: dict[str, Any]) -> Iterator[Rows]:
    for key, value in answer.items():
        if is_table(value):
            heads = tuple(value[0])
            lines = tuple(
                tuple(Fact(named(head), text(row[head])) for head in heads) for row in value
            )
            yield Rows(named(key), tuple(named(head) for head in heads), lines)


def named(key: str) -> str:
    words = key.replace("_", " ")
    return NAMES.get(key, f"{words[:1].upper()}{words[1:]}")


def text(value: object) -> str:
    """As a person reads it: yes and no, a dash for nothing, a code as words."""
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.6f}".rstrip("0").rstrip(".")
        case list():
            return "; ".join(text(item) for item in value) or "none"
        case dict():
            return "; ".join(f"{named(key)}: {text(item)}" for key, item in value.items()) or "none"
        case str() if DAY.fullmatch(value):
            return day_words(date.fromisoformat(value))
        case str() if CODE.fullmatch(value):
            return value.replace("_", " ").capitalize()
        case _:
            return str(value)
