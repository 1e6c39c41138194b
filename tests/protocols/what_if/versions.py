"""Other versions of the shipped programme, and men as the rule sees them."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from protocols.rules.definition import Definition, document, restore, shipped
from protocols.rules.what_if import Anchors, Standing, StandingVisit, days_of, plan_of

DAY_ONE = date(2026, 5, 8)
DAY = timedelta(days=1)
DONE = ("V0", "V1")

Change = Callable[[dict[str, Any]], None]


def another(*changes: Change, version: int = 2) -> Definition:
    """The shipped programme with these changes, under the next number."""
    content = document(shipped())
    content["version"] = version
    for change in changes:
        change(content)
    return restore(content)


def visit(code: str, **fields: object) -> Change:
    def change(content: dict[str, Any]) -> None:
        next(row for row in content["visits"] if row["code"] == code).update(fields)

    return change


def without(*codes: str) -> Change:
    def change(content: dict[str, Any]) -> None:
        content["visits"] = [row for row in content["visits"] if row["code"] not in codes]

    return change


def added(code: str, day: int, after: str = "M1") -> Change:
    """A visit like another one, on a day of its own."""

    def change(content: dict[str, Any]) -> None:
        at = next(n for n, row in enumerate(content["visits"]) if row["code"] == after)
        like = {**content["visits"][at], "code": code, "title": f"Day {day}", "offset_days": day}
        content["visits"].insert(at + 1, {**like, "before_days": 2, "after_days": 2})

    return change


#: What the journey tells: month 1 has three days either side, month 2 a week later.
NARROWED = (visit("M1", before_days=3, after_days=3), visit("M2", offset_days=67))
#: The same, further on.
AHEAD = (visit("M4", before_days=3, after_days=3), visit("M5", offset_days=157))


def man(
    today: date = DAY_ONE + 20 * DAY,
    *,
    done: tuple[str, ...] = DONE,
    pinned: tuple[str, ...] = (),
    booked: dict[str, date] | None = None,
    day_one: date = DAY_ONE,
    definition: Definition | None = None,
) -> Standing:
    """He took his first capsule on Day 1; every visit stands where his version laid it."""
    anchors = Anchors(first_dose_on=day_one)
    plan = plan_of(definition or shipped(), anchors)
    return Standing(
        anchors=anchors,
        visits=tuple(
            StandingVisit(
                code=code,
                title=laid.title,
                days=days_of(laid.window),
                done=code in done,
                pinned=code in pinned,
                booked_on=(booked[code],) if booked and code in booked else (),
            )
            for code, laid in plan.items()
        ),
        today=today,
    )
