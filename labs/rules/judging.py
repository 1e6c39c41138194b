"""What becomes of each value that came in, compared with what stands: one verdict, no writing.

The preview and the filing ask the same question here, so that a preview never promises
something else than what is then done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from labs.rules.catalogue import ValueKind
from labs.rules.readings import (
    ReadingError,
    Value,
    impossible_words,
    quantity_of,
    range_of,
    unusual_words,
)
from labs.rules.reported import (
    CANNOT,
    CORRECTED,
    FINAL,
    PRELIMINARY,
    STATUSES,
    TAKEN_BACK,
    Group,
    Observation,
)
from labs.rules.units import normalised_unit


class Fate(StrEnum):
    NEW = "new"
    DUPLICATE = "duplicate"
    CORRECTION = "correction"
    TAKEN_BACK = "taken_back"
    UNMATCHED = "unmatched"
    UNKNOWN_CODE = "unknown_code"
    UNKNOWN_UNIT = "unknown_unit"
    IMPLAUSIBLE = "implausible"


#: What needs nobody any more.
DONE = frozenset({Fate.NEW, Fate.DUPLICATE, Fate.CORRECTION, Fate.TAKEN_BACK})
#: What filing writes to the record.
WRITTEN = frozenset({Fate.NEW, Fate.CORRECTION, Fate.TAKEN_BACK})

#: Units of plain numbers, which reports often leave away.
BARE = frozenset({"[pH]", "{#}", "{index}"})
LONGEST_VALUE, LONGEST_RANGE = 80, 40
NOBODY_SAID = "Nobody has said what this code means."
TAKEN, NOTHING_STANDS = "The laboratory took it back.", "Nothing of it stands on the record."
TWICE = "It stands there twice with different values; ask the laboratory which is right."


@dataclass(frozen=True, slots=True)
class Stands:
    """A value that stands on the record now."""

    reported: str
    unit: str
    status: str
    range_text: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What would become of one value, and why where that needs saying."""

    seen: Observation
    fate: Fate
    why: str = ""

    @property
    def key(self) -> str:
        return self.seen.analyte.key if self.seen.analyte else ""

    @property
    def written(self) -> bool:
        return self.fate in WRITTEN


def value_of(seen: Observation) -> Value:
    """The value as it is filed, in our spelling of its unit."""
    key = seen.analyte.key if seen.analyte else ""
    unit = normalised_unit(seen.unit) or seen.unit
    if not unit and seen.analyte and seen.analyte.unit in BARE:
        unit = seen.analyte.unit
    return Value(key, seen.value, unit, seen.range_text, seen.status)


def judge_blood(
    group: Group, standing: Mapping[str, Stands], *, reported_at: datetime | None = None
) -> list[Verdict]:
    """A verdict on each value of a collection; `reported_at` is when what stands was reported."""
    readable = [seen for seen in group.observations if not fault(seen)]
    twice = contradictions(readable)
    older = bool(reported_at and group.reported_at and group.reported_at < reported_at)
    judged, filed = [], dict(standing)
    for seen in group.observations:
        verdict = fault(seen) or twice.get(seen.position) or compared(seen, filed, older=older)
        judged.append(verdict)
        if verdict.written:
            remember(verdict, filed)
    return judged


def remember(verdict: Verdict, standing: dict[str, Stands]) -> None:
    """What stands once the verdict is carried out: the next value is compared with that."""
    if verdict.fate is Fate.TAKEN_BACK:
        standing.pop(verdict.key, None)
        return
    value = value_of(verdict.seen)
    limits = range_of(value, None)[1][:LONGEST_RANGE]
    standing[verdict.key] = Stands(value.reported.strip(), value.unit, value.status, limits)


def fault(seen: Observation) -> Verdict | None:
    """Why a value can be filed for nobody, whatever stands."""
    if seen.fault:
        return Verdict(seen, Fate.IMPLAUSIBLE, seen.fault)
    if seen.tells:
        return Verdict(seen, Fate.DUPLICATE, seen.tells)
    if seen.analyte is None:
        return Verdict(seen, Fate.UNKNOWN_CODE, NOBODY_SAID)
    if seen.status not in STATUSES:
        shown = f"Nobody here knows what its status “{seen.status[:20]}” means."
        return Verdict(seen, Fate.IMPLAUSIBLE, shown)
    if len(seen.value) > LONGEST_VALUE:
        return Verdict(seen, Fate.IMPLAUSIBLE, "It is longer than a value can be.")
    if seen.status in (CANNOT, TAKEN_BACK):
        return None
    return reading_fault(seen)


def reading_fault(seen: Observation) -> Verdict | None:
    assert seen.analyte is not None  # noqa: S101
    if seen.analyte.value is ValueKind.CODED:
        return None
    value = value_of(seen)
    try:
        quantity = quantity_of(value, seen.analyte)
    except ReadingError as why:
        unit = not seen.analyte.accepts(value.unit)
        return Verdict(seen, Fate.UNKNOWN_UNIT if unit else Fate.IMPLAUSIBLE, str(why))
    if not seen.analyte.is_possible(quantity):
        return Verdict(seen, Fate.IMPLAUSIBLE, impossible_words(seen.analyte, quantity))
    return None


def contradictions(readable: Sequence[Observation]) -> dict[int, Verdict]:
    """Values of one analyte that differ and of which none is said to correct the others."""
    by_analyte: dict[str, list[Observation]] = {}
    for seen in readable:
        if seen.analyte is not None and seen.status != TAKEN_BACK:
            by_analyte.setdefault(seen.analyte.key, []).append(seen)
    found: dict[int, Verdict] = {}
    for several in by_analyte.values():
        if len({words(seen) for seen in several}) == 1 or in_order(several):
            continue
        found |= {seen.position: Verdict(seen, Fate.IMPLAUSIBLE, TWICE) for seen in several}
    return found


def words(seen: Observation) -> tuple[str, str, bool]:
    value = value_of(seen)
    return value.reported.strip(), value.unit, seen.status == CANNOT


def in_order(several: Sequence[Observation]) -> bool:
    """Preliminary, then final, then corrected: each said to replace the one before it."""
    rank = {PRELIMINARY: 0, CANNOT: 1, FINAL: 1, CORRECTED: 2}
    steps = [rank[seen.status] for seen in several]
    return all(before < after for before, after in pairwise(steps))


def compared(seen: Observation, standing: Mapping[str, Stands], *, older: bool) -> Verdict:
    """New, already there, a correction or taken back, by what stands for its analyte."""
    assert seen.analyte is not None  # noqa: S101
    stands = standing.get(seen.analyte.key)
    if seen.status == TAKEN_BACK:
        return taken_back(seen, stands, older=older)
    if stands is None:
        return Verdict(seen, Fate.NEW, unusual(seen))
    if same(stands, value_of(seen)):
        return Verdict(seen, Fate.DUPLICATE)
    if seen.status == PRELIMINARY != stands.status:
        return Verdict(seen, Fate.DUPLICATE, "A final value stands already.")
    if older:
        return Verdict(seen, Fate.DUPLICATE, "A later report than this one stands already.")
    return Verdict(seen, Fate.CORRECTION, unusual(seen))


def taken_back(seen: Observation, stands: Stands | None, *, older: bool) -> Verdict:
    if stands is None:
        return Verdict(seen, Fate.DUPLICATE, NOTHING_STANDS)
    if older:
        return Verdict(seen, Fate.DUPLICATE, "A later report than this one stands already.")
    return Verdict(seen, Fate.TAKEN_BACK, TAKEN)


def unusual(seen: Observation) -> str:
    if seen.analyte is None or seen.analyte.value is ValueKind.CODED or seen.status == CANNOT:
        return ""
    quantity = quantity_of(value_of(seen), seen.analyte)
    return "" if seen.analyte.is_usual(quantity) else unusual_words(seen.analyte, quantity)


def same(stands: Stands, value: Value) -> bool:
    """Does it say what stands, with the same limits, and no more finally?"""
    if CANNOT in (stands.status, value.status):
        return (stands.status, stands.reported) == (value.status, value.reported.strip())
    if (stands.reported, stands.unit) != (value.reported.strip(), value.unit):
        return False
    matured = stands.status == PRELIMINARY != value.status
    return not matured and not limits_differ(stands, value)


def limits_differ(stands: Stands, value: Value) -> bool:
    """Did the report bring limits of its own, and other ones than stand there?"""
    given = range_of(value, None)[1][:LONGEST_RANGE]
    return bool(given) and given.replace(" ", "") != stands.range_text.replace(" ", "")
