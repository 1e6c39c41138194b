"""FHIR R4 as JSON: read without trusting it, checked against the standard, written exactly.

Grammar and value types only; what a resource means is said on the floor of its noun. The models
of the standard are heavy, so they are loaded by whoever first checks something, not by every
process.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Any

Resource = dict[str, Any]

MEDIA_TYPE = "application/fhir+json"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
SNOMED = "http://snomed.info/sct"
YES_NO = "http://terminology.hl7.org/CodeSystem/v2-0136"
#: Where an address of ours or of another system like us names its own codes for semen.
OWN_CODES = "/codes/semen"
#: What the rest of the house calls these systems, in HL7's short words.
SHORT = {
    LOINC: "LN",
    SNOMED: "SCT",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "RXNORM",
}
LONGEST_SYSTEM = 200

DEEPEST = 40
LONGEST_NUMBER = 40
LARGEST_EXPONENT = 20
YEARS = (1900, 2200)


class Malformed(ValueError):  # noqa: N818 -- a description, not an accident
    """The bytes are no resource; the sentence says in what way."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing to tell the sender, as an OperationOutcome has it."""

    sentence: str
    code: str = "invalid"
    severity: str = "error"
    expression: str = ""

    @property
    def as_json(self) -> Resource:
        found: Resource = {
            "severity": self.severity,
            "code": self.code,
            "diagnostics": self.sentence,
        }
        return found | ({"expression": [self.expression]} if self.expression else {})


def outcome(issues: Iterable[Issue]) -> Resource:
    return {"resourceType": "OperationOutcome", "issue": [issue.as_json for issue in issues]}


# --- reading -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Read:
    """A resource as it came, numbers to the last digit, and how many values it is made of."""

    resource: Resource
    nodes: int


def read(raw: bytes) -> Read:
    """The resource in these bytes; refuses what could stop or mislead whoever reads on."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Malformed("It is not written in UTF-8.") from None
    try:
        found = json.loads(
            text,
            parse_float=_number,
            parse_int=_number,
            parse_constant=_no_number,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as why:
        place = f"line {why.lineno}, column {why.colno}"
        raise Malformed(f"It is not JSON: {why.msg.lower()} at {place}.") from None
    except RecursionError:
        raise Malformed(_too_deep()) from None
    if not isinstance(found, dict):
        raise Malformed("It is not one resource: a JSON object is expected.")
    nodes = _walked(found, doubtful="\\u" in text or "\x00" in text)
    if not isinstance(found.get("resourceType"), str):
        raise Malformed("It does not say what it is: “resourceType” is missing.")
    return Read(found, nodes)


def _too_deep() -> str:
    return f"It is nested more than {DEEPEST} levels deep."


def _number(text: str) -> Decimal:
    """A number to its last digit; one no laboratory means is refused before it is built."""
    _, _, exponent = text.lower().partition("e")
    if len(text) > LONGEST_NUMBER or (exponent and abs(int(exponent)) > LARGEST_EXPONENT):
        raise Malformed(f"A number in it is too long: {text[:24]}…")
    return Decimal(text)


def _no_number(text: str) -> Decimal:
    raise Malformed(f"{text} is not a number.")


def _object(pairs: list[tuple[str, Any]]) -> Resource:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise Malformed(f"“{twice[:60]}” stands twice in the same object.")
    return found


def _walked(found: Resource, *, doubtful: bool) -> int:
    """How many values there are; deep nesting and letters no record can hold are refused."""
    nodes = 0
    level: list[Any] = [found]
    for _ in range(DEEPEST):
        below: list[Any] = []
        for node in level:
            nodes += 1
            if isinstance(node, dict):
                below.extend(node.values())
            elif isinstance(node, list):
                below.extend(node)
            elif doubtful and isinstance(node, str):
                _holdable(node)
        if not below:
            return nodes
        level = below
    raise Malformed(_too_deep())


def _holdable(text: str) -> None:
    if "\x00" in text:
        raise Malformed("It holds a character (NUL) that no record can hold.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Malformed("It holds half a character, which no record can hold.") from None


# --- checking against the standard ---------------------------------------------------------------

#: What is read here, and therefore checked; other resources of a bundle are kept unread.
CHECKED = ("Observation", "DiagnosticReport", "Specimen", "Patient")
MOST_ISSUES = 20
#: The models of the standard take any word as a status; the standard itself takes these.
STATES = {
    "Observation": frozenset(
        {"registered", "preliminary", "final", "amended", "corrected", "cancelled",
         "entered-in-error", "unknown"}
    ),
    "DiagnosticReport": frozenset(
        {"registered", "partial", "preliminary", "final", "amended", "corrected", "appended",
         "cancelled", "entered-in-error", "unknown"}
    ),
}  # fmt: skip


def faults(resource: Resource, *, at: str = "") -> list[Issue]:
    """What the standard says against one resource, each with its place in it."""
    from fhir.resources.R4B import get_fhir_model_class  # noqa: PLC0415 -- slow import
    from pydantic import ValidationError  # noqa: PLC0415 -- slow import

    kind = resource["resourceType"]
    try:
        get_fhir_model_class(kind).model_validate(resource)
    except ValidationError as why:
        where = at or kind
        found = [_issue(error, where) for error in why.errors(include_url=False)[:MOST_ISSUES]]
        return list(dict.fromkeys(found))
    except (ValueError, TypeError, KeyError, AttributeError):
        # The models of the standard trip over some shapes instead of refusing them.
        return [Issue("A part of it has not the shape FHIR R4 gives it.", "structure", "error", at)]
    return _wrong_state(resource, at or kind)


def _wrong_state(resource: Resource, at: str) -> list[Issue]:
    known, status = STATES.get(resource["resourceType"]), resource.get("status")
    if known is None or status in known:
        return []
    words = f"“{str(status)[:40]}” is no status FHIR R4 knows here."
    return [Issue(words, "code-invalid", "error", f"{at}.status")]


def _issue(error: Mapping[str, Any], at: str) -> Issue:
    place = "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" for part in error["loc"][:12]
    ).removesuffix(".root")
    what = str(error["msg"]).removeprefix("Value error, ")[:160].rstrip(".")
    name = next((part for part in reversed(error["loc"]) if isinstance(part, str)), "")
    if error["type"] == "extra_forbidden":
        return Issue(f"FHIR R4 knows no “{name[:60]}” here.", "structure", "error", at + place)
    if error["type"] == "missing" or "field required" in what.lower():
        return Issue(f"“{name[:60]}” is missing.", "required", "error", at + place)
    if "<class" in what or what.startswith("Invalid JSON"):
        what = "another kind of value belongs here"
    return Issue(f"It is not as FHIR R4 has it: {what}.", "invalid", "error", at + place)


# --- values --------------------------------------------------------------------------------------


def listed(resource: Mapping[str, Any], name: str) -> list[Any]:
    """A repeating element, or nothing; never anything but a list."""
    found = resource.get(name)
    return found if isinstance(found, list) else []


def part(resource: Mapping[str, Any], name: str) -> Resource:
    """An element with parts of its own, or an empty one."""
    found = resource.get(name)
    return found if isinstance(found, dict) else {}


def word(resource: Mapping[str, Any], name: str) -> str:
    found = resource.get(name)
    return found.strip() if isinstance(found, str) else ""


def system_of(uri: str) -> str:
    """The house's short word for a coding system; another one stays the address it is."""
    bare = uri.strip().rstrip("/")
    if bare.endswith(OWN_CODES):
        return "L"
    return SHORT.get(bare, bare)[:LONGEST_SYSTEM]


def codings(concept: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """System, code and words of each coding of a concept."""
    for coding in listed(concept, "coding"):
        if isinstance(coding, dict) and word(coding, "code"):
            yield system_of(word(coding, "system")), word(coding, "code"), word(coding, "display")


def words_of(concept: Mapping[str, Any]) -> str:
    """A concept in words: its own, else those of a coding, else a code."""
    found = list(codings(concept))
    spoken = next((display for _, _, display in found if display), "")
    return word(concept, "text") or spoken or (found[0][1] if found else "")


def digits(number: object) -> str:
    """A number as it was written, without an exponent."""
    return f"{number:f}" if isinstance(number, Decimal) else str(number)


def amount(quantity: Mapping[str, Any]) -> tuple[str, str]:
    """A quantity as the house writes it: "<0.056" and its unit, in UCUM where it came so."""
    number = quantity.get("value")
    value = f"{word(quantity, 'comparator')}{digits(number)}" if number is not None else ""
    return value, unit_of(quantity)


def unit_of(quantity: Mapping[str, Any]) -> str:
    """UCUM where it came so; a number of nothing ("1") has no unit."""
    code, unit = word(quantity, "code"), word(quantity, "unit")
    found = code if code and (word(quantity, "system") == UCUM or not unit) else unit or code
    return "" if found == "1" else found


MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(:\d{2})?(?:\.\d+)?(Z|[+-]\d{2}:\d{2})?", re.ASCII
)


def instant(text: str, zone: tzinfo) -> datetime | None:
    """A FHIR moment; None where it names a day only, or a year nothing was measured in."""
    match = MOMENT.fullmatch(text)
    if match is None:
        return None
    day, clock, seconds, offset = match.groups()
    try:
        found = datetime.fromisoformat(f"{day}T{clock}{seconds or ':00'}{offset or ''}")
        found = found if offset else found.replace(tzinfo=zone)
        found = found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if YEARS[0] <= found.year < YEARS[1] else None


def day(text: str) -> date | None:
    """A whole day; a year or a month alone is none."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII) is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


# --- writing -------------------------------------------------------------------------------------

_EXACT = re.compile(r'"\\u0000(-?[0-9]+(?:\.[0-9]+)?)"')


def written(resource: Resource) -> str:
    """JSON with every number to its last digit: 5.60 stays 5.60."""
    text = json.dumps(resource, ensure_ascii=False, indent=2, default=_exact)
    return _EXACT.sub(r"\1", text)


def _exact(number: object) -> str:
    if isinstance(number, Decimal):
        return f"\x00{number:f}"
    raise TypeError(f"{type(number).__name__} is no value of FHIR")


def concept(system: str, code: str, display: str = "", text: str = "") -> Resource:
    coding = {"system": system, "code": code} | ({"display": display} if display else {})
    return {"coding": [coding]} | ({"text": text} if text else {})


def bundle(
    kind: str, resources: Iterable[Resource], *, base: str, now: datetime, **more: Any
) -> Resource:
    """Resources together, each under the address it has here."""
    entries = [
        {"fullUrl": f"{base}/{each['resourceType']}/{each['id']}", "resource": each}
        for each in resources
    ]
    if kind == "searchset":
        more = {"total": len(entries), **more}
    return {
        "resourceType": "Bundle",
        "type": kind,
        "timestamp": stamp(now),
        **more,
        **({"entry": entries} if entries else {}),
    }


def stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
