"""The rows of one draw: what stands, and what stood before it."""

from dataclasses import dataclass, field

from labs.models import Draw, Result
from labs.rules.quantities import Comparator, Quantity
from labs.rules.ranges import Range, RangeError
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

    @property
    def printed(self) -> str:
        """The value with comparator and unit, or the laboratory's words."""
        return printed_result(self.result)

    @property
    def limits(self) -> str:
        return printed_range(self.result)


def printed_result(row: Result) -> str:
    if row.value is None:
        return row.reported
    if row.formula:
        return Quantity(row.value.normalize(), row.unit).printed()
    try:
        return Quantity.parse(row.reported, row.unit).printed()
    except ValueError:
        comparator = Comparator(row.comparator) if row.comparator else None
        return Quantity(row.value.normalize(), row.unit, comparator).printed()


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


def history_of(draw: Draw) -> list[Line]:
    """Every value of a draw, each with what stood in its place before; one query."""
    rows = list(
        draw.results.select_related("analyte", "filed_by", "superseded_by").order_by(
            "analyte__position", "-filed_at", "-pk"
        )
    )
    replaced: dict[int, list[Result]] = {}
    for row in rows:
        if row.superseded_by_id is not None:
            replaced.setdefault(row.superseded_by_id, []).append(row)
    return [Line(row, chain(row.pk, replaced)) for row in rows if row.superseded_by_id is None]


def chain(pk: int, replaced: dict[int, list[Result]]) -> list[Result]:
    """What a row replaced, and what that replaced, back to the first."""
    found: list[Result] = []
    for row in replaced.get(pk, []):
        found += [row, *chain(row.pk, replaced)]
    return found
