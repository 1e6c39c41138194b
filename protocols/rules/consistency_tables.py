"""Whether the ladders of a programme rise, and its reminders come before what they remind of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from protocols.rules.problems import Path
from protocols.rules.vocabulary import About, Action

if TYPE_CHECKING:
    from protocols.rules.definition import Definition
    from protocols.rules.tables import AnalyteTable, Band, ReminderRule

Found = Iterator[tuple[Path, str]]
#: What a reminder can be counted from, by what it is about.
TARGETS: dict[About, tuple[str, ...]] = {
    About.BOOKING: ("starts_at",),
    About.UNBOOKED_VISIT: ("opens_on", "closes_on"),
    About.LABS: ("opens_on", "closes_on"),
    About.MISSED: ("missed_on",),
    About.SUPPLY: ("run_out_on",),
}
#: Ends: after them the reminder comes too late.
ENDS = {"starts_at", "closes_on", "run_out_on"}


def safety_ladders(definition: Definition) -> Found:
    """In one table a worse value never has the milder consequence."""
    for t, table in enumerate(definition.safety.analytes):
        for name in ("bands", "not_fasting_bands"):
            way: Path = ("safety", "analytes", t, name)
            yield from ladder(way, getattr(table, name))
        yield from restart_below_hold(definition, t, table)


def ladder(way: Path, bands: Sequence[Band]) -> Found:
    plain = [(row, band) for row, band in enumerate(bands) if not band.symptoms]
    for falling in (False, True):
        side = [(row, band) for row, band in plain if (band.under is not None) is falling]
        for (_, before), (row, band) in pairwise(side):
            yield from step(way, row, before, band, falling=falling)


def step(way: Path, row: int, before: Band, band: Band, *, falling: bool) -> Found:
    """The next band of a ladder lies further out, and asks for no less."""
    first, second = edge(before), edge(band)
    direction = "below" if falling else "above"
    if first == second and (before.over is None) == (band.over is None):
        yield (
            (*way, row),
            f"{before.rule} and {band.rule} both begin at {second:f}: one value has one band.",
        )
    elif (second >= first) if falling else (second < first):
        yield (
            (*way, row),
            (
                f"The ladder is out of order: {band.rule} at {second:f} must lie {direction} "
                f"{before.rule} at {first:f}."
            ),
        )
    elif band.action.severity < before.action.severity:
        yield (
            (*way, row, "action"),
            (
                f"{band.rule} is milder ({band.action}) than {before.rule} ({before.action}), "
                "though its values are worse: the more severe one would always win."
            ),
        )


def edge(band: Band) -> Decimal:
    return next(e for e in (band.over, band.at_least, band.under) if e is not None)


def restart_below_hold(definition: Definition, number: int, table: AnalyteTable) -> Found:
    """Nobody restarts on a value that would hold him again."""
    holding = [
        edge(band)
        for band in table.bands
        if band.action.severity >= Action.HOLD.severity and not band.symptoms and band.under is None
    ]
    for r, limit in enumerate(definition.safety.holds.restart):
        same = limit.measure is table.measure and set(limit.analytes) & set(table.analytes)
        if same and holding and limit.at_most > min(holding):
            yield (
                ("safety", "holds", "restart", r, "at_most"),
                (
                    f"Treatment would restart at {limit.at_most:f}, and {table.title} holds it "
                    f"from {min(holding):f}: write a number up to that."
                ),
            )


def mood_ladder(definition: Definition) -> Found:
    """Every total from 0 to 27 has one band, and a higher one is never milder."""
    expected = 0
    bands = definition.mood.bands
    for row, band in enumerate(bands):
        way: Path = ("mood", "bands", row, "at_least")
        if band.at_least > expected:
            yield way, f"The totals {expected} to {band.at_least - 1} have no band: begin here."
        elif band.at_least < expected:
            yield way, f"The total {band.at_least} has a band already: begin at {expected}."
        if band.at_most < band.at_least:
            yield (
                ("mood", "bands", row, "at_most"),
                f"{band.at_most} is below at_least, which is {band.at_least}.",
            )
        expected = band.at_most + 1
    if expected <= 27:
        yield (
            ("mood", "bands", len(bands) - 1, "at_most"),
            f"The totals {expected} to 27 have no band: the last band ends at 27.",
        )
    yield from no_milder(("mood", "bands"), [(b.rule, b.action) for b in bands])
    steps = definition.mood.item_nine
    yield from no_milder(("mood", "item_nine"), [(s.rule, s.action) for s in steps])
    for row, (before, after) in enumerate(pairwise(steps), start=1):
        if after.at_least <= before.at_least:
            yield (
                ("mood", "item_nine", row, "at_least"),
                f"The ladder is out of order: it must be more than {before.at_least}.",
            )


def no_milder(way: Path, rows: Sequence[tuple[str, Action]]) -> Found:
    for row, ((name, mild), (worse, action)) in enumerate(pairwise(rows), start=1):
        if action.severity < mild.severity:
            yield (
                (*way, row, "action"),
                f"{worse} is milder ({action}) than {name} ({mild}), though the answers are worse.",
            )


def reminders_fit(definition: Definition) -> Found:
    """A reminder names something it can be counted from, and comes before its end."""
    plan = definition.reminders
    for row, rule in enumerate(plan.rules):
        yield from reminder_fits(("reminders", "rules", row), rule)
    if plan.quiet_from == plan.quiet_to:
        yield ("reminders", "quiet_to"), "The quiet hours begin and end at the same time."
    quiet = (
        plan.daily_at >= plan.quiet_from or plan.daily_at < plan.quiet_to
        if plan.quiet_from > plan.quiet_to
        else plan.quiet_from <= plan.daily_at < plan.quiet_to
    )
    if quiet:
        yield (
            ("reminders", "daily_at"),
            (
                f"{plan.daily_at:%H:%M} lies in the quiet hours, {plan.quiet_from:%H:%M} to "
                f"{plan.quiet_to:%H:%M}: nothing would be sent at that time."
            ),
        )


def reminder_fits(way: Path, rule: ReminderRule) -> Found:
    targets = TARGETS[rule.about]
    distance = rule.days * 24 + rule.hours
    if rule.target not in targets:
        yield (
            (*way, "target"),
            (
                f"A reminder about {rule.about} is counted from {' or '.join(targets)}, not from "
                f"{rule.target}."
            ),
        )
    elif rule.target in ENDS and distance > 0:
        yield (
            (*way, "days" if rule.days else "hours"),
            f"{rule.code} would come after {rule.target}: write a number below 0.",
        )
    elif rule.target == "missed_on" and distance < 0:
        yield (
            (*way, "days" if rule.days else "hours"),
            f"{rule.code} would come before anything is missed: write 0 or more.",
        )
