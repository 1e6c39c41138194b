"""What each technologist has counted, as runs of z-scores, and where that leaves him."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from clinic.models import Account, Site
from labs.models import ControlAction, ControlLot, ControlReading, SemenAnalysis
from labs.rules.quality import (
    CONTROL_WITHIN_DAYS,
    RULE_SENTENCES,
    Compared,
    QualityRule,
    Standing,
    compared,
    judged,
    ordered,
    standing_after,
    worst,
    z_of_counts,
    z_of_percentages,
)
from labs.rules.semen_replicates import REPLICATES

MOST_POINTS = 40
"""A graph shows so many of the latest readings; the rules read the same ones."""
MOST_SHEETS = 1000
COUNTS = "counts"


@dataclass(frozen=True, slots=True)
class Plotted:
    """One reading on a graph; `rules` are those it breaks since the action before it."""

    at: datetime
    z: Decimal
    shown: str
    rules: tuple[QualityRule, ...] = ()
    pk: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """Readings of one kind by one technologist, oldest first."""

    key: str
    title: str
    points: tuple[Plotted, ...]
    standing: Standing
    rules: tuple[QualityRule, ...]
    centre: str = ""
    step: str = ""

    @property
    def last(self) -> Plotted:
        return self.points[-1]


@dataclass(frozen=True, slots=True)
class Said:
    """Where all of somebody's runs leave him."""

    standing: Standing
    rules: tuple[QualityRule, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class Raw:
    key: str
    title: str
    point: Plotted
    centre: str = ""
    step: str = ""


def said_of(runs: Sequence[Run]) -> Said:
    """The worst of the runs counts; the sentence says which and why."""
    standing = worst(run.standing for run in runs)
    rules = ordered(rule for run in runs for rule in run.rules)
    because = [
        f"{run.title}: {' '.join(RULE_SENTENCES[rule] for rule in run.rules)}"
        for run in runs
        if run.rules
    ]
    return Said(standing, rules, " ".join(because)[:400])


def actions_at(site: Site, technologist: Account | None = None) -> list[ControlAction]:
    """What was done at a site, oldest first; about one technologist, if one is given."""
    rows = ControlAction.objects.filter(site=site).select_related("taken_by")
    mine = rows if technologist is None else rows.filter(technologist=technologist)
    return list(mine.order_by("taken_at", "pk"))


def runs_of(site: Site, technologist: Account) -> list[Run]:
    """His runs at one site; three queries."""
    return every_run(site, actions_at(site, technologist), technologist).get(technologist.pk, [])


def every_run(
    site: Site, actions: Sequence[ControlAction], technologist: Account | None = None
) -> dict[int, list[Run]]:
    """The runs of everybody at a site who has counted; two queries however many."""
    mine = {} if technologist is None else {"technologist": technologist}
    by = {} if technologist is None else {"entered_by": technologist}
    since = {action.technologist_id: action.taken_at for action in actions}
    raw: dict[tuple[int, str], list[Raw]] = defaultdict(list)
    readings = ControlReading.objects.standing().filter(lot__site=site, **mine)
    for reading in readings.select_related("lot").order_by("read_at", "pk"):
        raw[reading.technologist_id, f"lot-{reading.lot_id}"].append(of_control(reading))
    sheets = (
        SemenAnalysis.objects.current()
        .filter(patient__site=site, source="form", entered_by__isnull=False, **by)
        .order_by("-entered_at", "-pk")
        .values("entered_by", "entered_at", "sheet")[:MOST_SHEETS]
    )
    for row in reversed(sheets):
        for found in of_sheet(row["entered_at"], row["sheet"]):
            raw[row["entered_by"], found.key].append(found)
    runs: dict[int, list[Run]] = defaultdict(list)
    for (who, _), found_raw in sorted(raw.items(), key=lambda item: item[0]):
        runs[who].append(run_of(found_raw[-MOST_POINTS:], since.get(who)))
    return runs


def of_control(reading: ControlReading) -> Raw:
    lot = reading.lot
    shown = f"{reading.value.normalize():f} {lot.unit}"
    return Raw(
        f"lot-{lot.pk}",
        str(lot),
        Plotted(reading.read_at, reading.z, shown, pk=reading.pk, note=reading.note),
        f"target {lot.target.normalize():f} {lot.unit}",
        f"1 SD = {lot.sd.normalize():f} {lot.unit}",
    )


def of_sheet(at: datetime, sheet: Mapping[str, Any]) -> Iterable[Raw]:
    """What the replicates of one sheet show: its first pair of counts, its pairs of percents."""
    pairs = sheet.get("count_pairs") or []
    if pairs:
        first, second = pairs[0]
        z = z_of_counts(first, second)
        if z is not None:
            yield Raw(
                COUNTS, "First pair of counts", Plotted(at, z, f"{first} and {second}"),
                "no difference", "1 SD is what chance allows",
            )  # fmt: skip
    for kind in REPLICATES:
        one, other = sheet.get(kind.first), sheet.get(kind.second)
        if one is None or other is None:
            continue
        z = z_of_percentages(Decimal(one), Decimal(other), kind.assessed_in(sheet))
        if z is not None:
            yield Raw(
                kind.key, f"Replicates of {kind.name}", Plotted(at, z, f"{one} % and {other} %"),
                "no difference", "1 SD is what chance allows",
            )  # fmt: skip


def run_of(raw: Sequence[Raw], since: datetime | None) -> Run:
    """A run is judged from the last action on; what came before is drawn, not held against him."""
    points = [one.point for one in raw]
    before = [point for point in points if since is not None and point.at <= since]
    after = points[len(before) :]
    marked = [
        *mark(before),
        *mark(after),
    ]
    standing, rules = standing_after([point.z for point in after])
    newest = raw[-1]
    return Run(newest.key, newest.title, tuple(marked), standing, rules, newest.centre, newest.step)


def mark(points: Sequence[Plotted]) -> list[Plotted]:
    broken = judged([point.z for point in points])
    return [
        Plotted(point.at, point.z, point.shown, rules, point.pk, point.note)
        for point, rules in zip(points, broken, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot in use, with each technologist beside the others."""

    lot: ControlLot
    rows: list[Compared]
    expired: bool


def lots_of(site: Site, now: datetime) -> list[Lot]:
    """Every lot in use; two queries."""
    lots = list(ControlLot.objects.in_use().filter(site=site))
    values: dict[int, dict[str, list[Decimal]]] = defaultdict(lambda: defaultdict(list))
    readings = ControlReading.objects.standing().filter(lot__in=lots)
    for reading in readings.select_related("technologist").order_by("technologist__name", "pk"):
        values[reading.lot_id][str(reading.technologist)].append(reading.value)
    today = site.localdate(now)
    return [
        Lot(lot, compared(values[lot.pk], target=lot.target, sd=lot.sd), lot.expired_on(today))
        for lot in lots
    ]


def control_is_due(runs: Sequence[Run], now: datetime) -> bool:
    """Has he counted no control for more than a month (and a few days)?"""
    last = max((run.last.at for run in runs if run.key.startswith("lot-")), default=None)
    return last is None or now - last > timedelta(days=CONTROL_WITHIN_DAYS)
