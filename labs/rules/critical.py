"""Whether a value is one for which a clinician is paged, whatever the release.

The limits stand in labs/definitions/analytes.yaml; a value at a limit is not beyond it.
"""

import hashlib
import json
from enum import StrEnum

from labs.rules.catalogue import Analyte, Catalogue
from labs.rules.quantities import Quantity, rounded
from labs.rules.units import printed_unit


class Critical(StrEnum):
    NO = "no"
    LOW = "critical_low"
    HIGH = "critical_high"
    #: A value behind a comparator, or in a unit the analyte is not measured in.
    INDETERMINATE = "indeterminate"


def critical_of(analyte: Analyte, quantity: Quantity) -> Critical:
    """Beyond a critical limit, within them, or neither can be told: never taken as harmless."""
    if analyte.critical_low is None and analyte.critical_high is None:
        return Critical.NO
    if not analyte.accepts(quantity.unit):
        return Critical.INDETERMINATE
    span = quantity.span
    low, high = (
        None if at is None else analyte.number_in(quantity.unit, at, analyte.unit)
        for at in (analyte.critical_low, analyte.critical_high)
    )
    if low is not None and span.surely_below(low):
        return Critical.LOW
    if high is not None and span.surely_above(high):
        return Critical.HIGH
    within = (low is None or span.surely_at_least(low)) and (
        high is None or span.surely_at_most(high)
    )
    return Critical.NO if within else Critical.INDETERMINATE


def is_critical(analyte: Analyte, quantity: Quantity) -> bool:
    """Is every number this value may stand for beyond a critical limit?"""
    return critical_of(analyte, quantity) in {Critical.LOW, Critical.HIGH}


def critical_words(analyte: Analyte, unit: str) -> str:
    """ "below 54 or above 400 mg/dL", in a unit of the analyte; "" where nobody is paged."""
    limits = (("below", analyte.critical_low), ("above", analyte.critical_high))
    said = [
        f"{word} {rounded(analyte.number_in(unit, at, analyte.unit), analyte.decimals_in(unit))}"
        for word, at in limits
        if at is not None
    ]
    return f"{' or '.join(said)} {printed_unit(unit)}".strip() if said else ""


def limited(catalogue: Catalogue) -> list[Analyte]:
    """The analytes for whose values somebody may be paged, in the order of the catalogue."""
    return [
        analyte
        for analyte in sorted(catalogue.analytes, key=lambda analyte: analyte.sort)
        if analyte.critical_source
    ]


def fingerprint(catalogue: Catalogue) -> str:
    """SHA-256 of every critical limit with its unit: who signs these signs no others."""
    said = [[a.key, a.unit, str(a.critical_low), str(a.critical_high)] for a in limited(catalogue)]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()
