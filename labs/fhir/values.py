"""One FHIR Observation as the house understands a value: number, unit, range, status.

Domain reference §6.3: a correction is `corrected` and what should not stand is
`entered-in-error`, both in and out.
"""

from clinic.fhir import (
    LOINC,
    YES_NO,
    Resource,
    amount,
    codings,
    digits,
    listed,
    part,
    unit_of,
    word,
    words_of,
    written,
)
from labs.rules.catalogue import Analyte, published_catalogue
from labs.rules.dictionary import meant_by_all
from labs.rules.ranges import Range, RangeError
from labs.rules.reported import CANNOT, CORRECTED, FINAL, PRELIMINARY, TAKEN_BACK, Observation
from labs.rules.units import normalised_unit

STATUSES = {
    "preliminary": PRELIMINARY,
    "final": FINAL,
    "amended": CORRECTED,
    "corrected": CORRECTED,
    "entered-in-error": TAKEN_BACK,
    "cancelled": CANNOT,
}
#: Asked for and not there yet: nothing to file, and nothing to ask anybody about.
REGISTERED = "registered"
NOT_YET = "temp-unknown"

YES = frozenset(
    {(YES_NO, "Y"), (LOINC, "LA33-6"), (LOINC, "LA9633-4"), ("SCT", "373066001"),
     ("SCT", "52101004"), ("SCT", "260373001")}
)  # fmt: skip
NO = frozenset(
    {(YES_NO, "N"), (LOINC, "LA32-8"), (LOINC, "LA9634-2"), ("SCT", "373067005"),
     ("SCT", "2667000"), ("SCT", "260415000")}
)  # fmt: skip
LONGEST_ORIGINAL = 20_000


def is_waiting(seen: Resource) -> bool:
    """Registered, or said to come later, and without a value."""
    if any(name.startswith("value") for name in seen):
        return False
    absent = {code for _, code, _ in codings(part(seen, "dataAbsentReason"))}
    return word(seen, "status") == REGISTERED or NOT_YET in absent


def value_of(
    seen: Resource, *, whole: Resource | None = None, position: int, reported_as: str = ""
) -> Observation:
    """A value with what stands around it; `whole` is the Observation a component belongs to."""
    holder = whole or seen
    status = reported_as or word(holder, "status")
    value, unit = answer(seen)
    status = STATUSES.get(status, status or "missing")
    absent = part(seen, "dataAbsentReason")
    if not value and status not in (CANNOT, TAKEN_BACK) and absent:
        status = CANNOT
    if status == CANNOT:
        value = value or words_of(absent) or "not measured"
    system, code, text, analyte = code_of(part(seen, "code"))
    local = published_catalogue().by_local_code(code) if system == "L" else None
    return Observation(
        position=position,
        code=code,
        code_text=text,
        system=system,
        value=value,
        unit=unit,
        range_text=range_of(seen, unit),
        status=status,
        analyte=analyte,
        implies=dict(local.implies) if local else {},
        original=original(holder),
        fault="" if value or status == TAKEN_BACK else "It has no value, and does not say why.",
    )


def original(seen: Resource) -> str:
    """The resource as it came, kept beside its row."""
    return written(seen)[:LONGEST_ORIGINAL]


def code_of(concept: Resource) -> tuple[str, str, str, Analyte | None]:
    """The first coding that is known here, else the first there is, with its words."""
    text = words_of(concept)
    found = list(codings(concept))
    for system, code, _ in found:
        if (analyte := meant_by_all(system, code, published_catalogue())) is not None:
            return system, code, text, analyte
    system, code, _ = found[0] if found else ("", "", "")
    return system, code, text, None


def answer(seen: Resource) -> tuple[str, str]:
    """The value in the house's words and its unit; a kind nobody reads is told as it came."""
    if "valueQuantity" in seen:
        return amount(part(seen, "valueQuantity"))
    if "valueCodeableConcept" in seen:
        return chosen(part(seen, "valueCodeableConcept")), ""
    if "valueBoolean" in seen:
        return ("Y" if seen["valueBoolean"] is True else "N"), ""
    if "valueInteger" in seen:
        return digits(seen["valueInteger"]), ""
    if "valueString" in seen:
        return word(seen, "valueString"), ""
    other = next((name for name in seen if name.startswith("value")), "")
    return (f"({other.removeprefix('value')})" if other else ""), ""


def chosen(concept: Resource) -> str:
    """Y or N where a code system says yes or no, else the code or the words."""
    for coding in listed(concept, "coding"):
        if not isinstance(coding, dict):
            continue
        uri, code = word(coding, "system"), word(coding, "code")
        short = next(iter(codings({"coding": [coding]})), ("", "", ""))[0]
        for said, meant in (("Y", YES), ("N", NO)):
            if (uri, code) in meant or (short, code) in meant:
                return said
    found = list(codings(concept))
    return found[0][1] if found else word(concept, "text")


def range_of(seen: Resource, unit: str) -> str:
    """The normal range in the unit of the value; limits in another unit stay words."""
    ranges = [each for each in listed(seen, "referenceRange") if isinstance(each, dict)]
    normal = [each for each in ranges if _is_normal(each)] or ranges[:1]
    if not normal:
        return ""
    text = word(normal[0], "text")
    if _is_range(text):
        return text
    low, high = part(normal[0], "low"), part(normal[0], "high")
    limits = _limits(low, high)
    if not limits:
        return text
    others = {unit_of(each) for each in (low, high) if unit_of(each)}
    if any(_other(each, unit) for each in others):
        return f"{limits} {' '.join(sorted(others))}"
    return limits


def _is_normal(limits: Resource) -> bool:
    codes = {code for _, code, _ in codings(part(limits, "type"))}
    return not codes or "normal" in codes


def _is_range(text: str) -> bool:
    try:
        Range.parse(text)
    except RangeError:
        return False
    return True


def _limits(low: Resource, high: Resource) -> str:
    least, most = digits(low["value"]) if "value" in low else "", ""
    most = digits(high["value"]) if "value" in high else ""
    if least and most:
        return f"{least}-{most}"
    if least:
        return f">={least}"
    return f"<={most}" if most else ""


def _other(unit: str, than: str) -> bool:
    return (normalised_unit(unit) or unit) != (normalised_unit(than) or than)
