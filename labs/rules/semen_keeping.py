"""A semen sheet as JSON keeps it; `read_sheet` of what was kept gives the same sheet again."""

from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from labs.rules.quantities import Quantity
from labs.rules.semen_sheet import SemenSheet

WORDS = ("unusual_reason", "remark")
"""Words of the laboratory that no rule reads: why a value is unusual, and anything else."""

OF_THE_ROW = frozenset({"status", "technologist", "verified_by"})
"""What the analysis says by itself: its state, and the two people who answer for it."""


def kept(sheet: SemenSheet) -> dict[str, object]:
    """Every answer that was given; numbers as text, so that nothing is rounded."""
    given = {field.name: getattr(sheet, field.name) for field in fields(SemenSheet)}
    return {
        key: as_json(value)
        for key, value in given.items()
        if key not in OF_THE_ROW and value is not None and value not in ("", ())
    }


def as_json(value: object) -> object:
    match value:
        case StrEnum():
            return value.value
        case datetime():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
        case Quantity():
            return str(value)
        case tuple():
            return [list(pair) for pair in value]
        case _:
            return value
