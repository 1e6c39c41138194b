"""Which of a laboratory's ranges holds for a man on a day: pure, the rows are given."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Whom:
    """Whose value is read, and on which day it was collected; what is not known is None or ""."""

    sex: str = ""
    born_on: date | None = None
    on: date | None = None

    @property
    def age(self) -> int | None:
        """Whole years on that day; who is born on 29 February is a year older on 1 March."""
        if self.born_on is None or self.on is None:
            return None
        early = (self.on.month, self.on.day) < (self.born_on.month, self.born_on.day)
        return self.on.year - self.born_on.year - early


NOBODY = Whom()


@dataclass(frozen=True, slots=True)
class Kept:
    """A range as it is kept: for whom, from which day on, whose it is."""

    key: int
    unit: str
    text: str
    sex: str = ""
    age_from: int | None = None
    age_to: int | None = None
    valid_from: date | None = None
    own: bool = False

    @property
    def group(self) -> tuple[bool, str, str, int | None, int | None]:
        """Rows of one group follow each other in time."""
        return (self.own, self.unit, self.sex, self.age_from, self.age_to)

    def is_for(self, whom: Whom) -> bool:
        """For this sex and this age, from the first to the last year included."""
        if self.sex and self.sex != whom.sex:
            return False
        if self.age_from is None and self.age_to is None:
            return True
        age = whom.age
        if age is None:
            return False
        return (self.age_from is None or age >= self.age_from) and (
            self.age_to is None or age <= self.age_to
        )

    def holds_on(self, day: date | None) -> bool:
        """Has it begun by that day? Without a day, whatever has begun last."""
        return self.valid_from is None or day is None or self.valid_from <= day


def in_force(rows: Iterable[Kept], day: date | None) -> list[Kept]:
    """Of each group the row that began last by that day."""
    newest: dict[tuple[bool, str, str, int | None, int | None], Kept] = {}
    for row in sorted(rows, key=lambda row: (row.valid_from or date.min, row.key)):
        if row.holds_on(day):
            newest[row.group] = row
    return list(newest.values())


def best(rows: Iterable[Kept], whom: Whom, unit: str) -> Kept | None:
    """The laboratory's own before a default, then the unit itself, then the narrowest."""
    fitting = [row for row in in_force(rows, whom.on) if row.is_for(whom)]
    return min(fitting, key=lambda row: _order(row, unit), default=None)


def _order(row: Kept, unit: str) -> tuple[bool, bool, bool, bool, int]:
    aged = row.age_from is not None or row.age_to is not None
    width = (row.age_to if row.age_to is not None else 200) - (row.age_from or 0)
    return (not row.own, row.unit != unit, not row.sex, not aged, width)
