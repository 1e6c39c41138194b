"""The rows of one draw: what stands, and what stood before it."""

from dataclasses import dataclass, field

from labs.models import Draw, Result
from labs.queries.display import printed_result, quantity_of, read_in
from labs.rules.catalogue import published_catalogue
from labs.rules.display import Units, unit_for
from labs.rules.ldl_methods import Calculated, side_by_side
from labs.rules.quantities import Quantity
from labs.rules.ranges import Range, RangeError
from labs.rules.readings import LIPIDS_NEEDED
from labs.rules.units import printed_unit


def standing_rows(draw: Draw) -> list[Result]:
    """The reported values as they stand, in the order of the catalogue; calculated ones not."""
    rows = draw.results.filter(superseded_by=None, formula="").exclude(
        status=Result.Status.ENTERED_IN_ERROR
    )
    return list(rows.select_related("analyte").order_by("analyte__position"))


@dataclass(slots=True)
class Line:
    """One analyte of a draw as the page shows it, with the values it replaced, newest first."""

    result: Result
    was: list[Result] = field(default_factory=list)
    #: The row as it came, where `result` is a copy in the units of the reader.
    as_received: Result | None = None

    @property
    def received(self) -> Result:
        return self.as_received or self.result

    @property
    def printed(self) -> str:
        """The value with comparator and unit, or the laboratory's words."""
        return printed_result(self.result)

    @property
    def limits(self) -> str:
        return printed_range(self.result)


def printed_range(row: Result) -> str:
    """The range as people read it, without repeating the unit; words that are none as they came."""
    if row.range_low is None and row.range_high is None:
        return row.range_text
    try:
        return Range.parse(row.range_text).printed()
    except RangeError:
        return row.range_text


def unit_words(row: Result) -> str:
    return printed_unit(row.unit)


def history_of(draw: Draw, units: Units | None = None) -> list[Line]:
    """Every value of a draw, each with what stood in its place before; one query.

    In the units of a reader, where some are given; else as received.
    """
    found = list(
        draw.results.select_related("analyte", "filed_by", "superseded_by").order_by(
            "analyte__position", "-filed_at", "-pk"
        )
    )
    rows = [read_in(row, units) for row in found]
    replaced: dict[int, list[Result]] = {}
    for row in rows:
        if row.superseded_by_id is not None:
            replaced.setdefault(row.superseded_by_id, []).append(row)
    return [
        Line(row, chain(row.pk, replaced), came)
        for row, came in zip(rows, found, strict=True)
        if row.superseded_by_id is None
    ]


def chain(pk: int, replaced: dict[int, list[Result]]) -> list[Result]:
    """What a row replaced, and what that replaced, back to the first."""
    found: list[Result] = []
    for row in replaced.get(pk, []):
        found += [row, *chain(row.pk, replaced)]
    return found


@dataclass(frozen=True, slots=True)
class LdlLine:
    """One calculated LDL of a draw in the units of the reader."""

    calculated: Calculated
    printed: str


@dataclass(frozen=True, slots=True)
class Ldl:
    """The three formulas beside each other, and the LDL that the laboratory itself sent."""

    lines: list[LdlLine]
    refused: str
    sent: str


def ldl_of(draw: Draw, lines: list[Line], units: Units) -> Ldl | None:
    """By each formula, from the values of a draw as received; None where some were not measured.

    The laboratory's own LDL stays the one that counts.
    """
    standing = {line.result.analyte.key: line for line in lines if line.result.value is not None}
    received = {key: quantity_of(line.received) for key, line in standing.items()}
    total, hdl, fats = (received.get(key) for key in LIPIDS_NEEDED)
    if total is None or hdl is None or fats is None:
        return None
    found = side_by_side(total_cholesterol=total, hdl=hdl, triglycerides=fats, fasting=draw.fasting)
    own = standing.get("ldl")
    return Ldl(
        [LdlLine(each, in_reading(each.quantity, units)) for each in found.methods],
        found.refused,
        own.printed if own is not None and not own.result.formula else "",
    )


def in_reading(quantity: Quantity | None, units: Units) -> str:
    if quantity is None:
        return ""
    unit = unit_for("ldl", quantity.unit, units)
    analyte = published_catalogue().analyte("ldl")
    shown = analyte.converted(quantity, unit)
    return f"{analyte.displayed(shown)} {printed_unit(unit)}"
