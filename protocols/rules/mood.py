"""What nine answers of a PHQ-9 mean (domain reference §2.5)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from protocols.rules.contradiction import Contradiction
from protocols.rules.tables import Consequence, MoodBand, MoodTable
from protocols.rules.verdicts import Reason, reason_of, shortest
from protocols.rules.vocabulary import Action, worst

ITEMS = 9
TOP_ANSWER = 3


@dataclass(frozen=True, slots=True)
class MoodScore:
    """The score, its band and what it leads to; `crisis` asks for a person today."""

    valid: bool
    total: int | None
    prorated: bool
    band: str | None
    item_nine: int | None
    crisis: bool
    action: Action
    contact_within_hours: int | None
    tasks: tuple[str, ...]
    reasons: tuple[Reason, ...]


def score(
    table: MoodTable,
    items: Sequence[int | None],
    *,
    baseline_total: int | None = None,
    plan_or_intent: bool = False,
) -> MoodScore:
    """Score the nine items; item 9 is never filled in, and never waits for the others."""
    check_answers(items)
    nine = items[ITEMS - 1]
    total = total_of(items, table.max_missing)
    band = next((row for row in table.bands if total is not None and covers(row, total)), None)
    reasons = (
        *crisis_reasons(table, nine, plan_or_intent),
        *total_reasons(table, total, band, nine is None, baseline_total),
    )
    return MoodScore(
        valid=total is not None,
        total=total,
        prorated=total is not None and None in items,
        band=band.name if band else None,
        item_nine=nine,
        crisis=bool(nine) or plan_or_intent,
        action=worst(reason.action for reason in reasons),
        contact_within_hours=shortest(reason.contact_within_hours for reason in reasons),
        tasks=tuple(dict.fromkeys(task for reason in reasons for task in reason.tasks)),
        reasons=reasons,
    )


def check_answers(items: Sequence[int | None]) -> None:
    if len(items) != ITEMS:
        raise Contradiction("items", "A PHQ-9 has nine answers.")
    if any(answer is not None and not 0 <= answer <= TOP_ANSWER for answer in items):
        raise Contradiction("items", "Each answer of a PHQ-9 is 0, 1, 2 or 3.")


def total_of(items: Sequence[int | None], max_missing: int) -> int | None:
    """The sum, prorated half up for up to two missing answers; None when it is not valid."""
    answers = [answer for answer in items if answer is not None]
    if items[ITEMS - 1] is None or ITEMS - len(answers) > max_missing:
        return None
    return (2 * sum(answers) * ITEMS + len(answers)) // (2 * len(answers))


def covers(band: MoodBand, total: int) -> bool:
    return band.at_least <= total <= band.at_most


def crisis_reasons(table: MoodTable, nine: int | None, plan_or_intent: bool) -> Iterator[Reason]:
    if plan_or_intent:
        yield spoken(table.plan_or_intent, "A plan or an intent to harm himself")
    steps = [step for step in table.item_nine if nine is not None and nine >= step.at_least]
    if steps:
        yield spoken(max(steps, key=lambda step: step.at_least), f"Question 9 answered {nine}")


def total_reasons(
    table: MoodTable,
    total: int | None,
    band: MoodBand | None,
    nine_missing: bool,
    baseline_total: int | None,
) -> Iterator[Reason]:
    if total is None or band is None:
        missing = "Question 9 is not answered" if nine_missing else "Too many answers are missing"
        yield spoken(table.invalid, missing)
        return
    if band.action is not Action.CONTINUE:
        yield spoken(band, f"PHQ-9 total {total} ({band.name})")
    if baseline_total is not None and total - baseline_total >= table.rise_points:
        yield spoken(table.rise, f"PHQ-9 rose from {baseline_total} to {total}")


def spoken(consequence: Consequence, what: str) -> Reason:
    return reason_of(consequence, f"{what}: {consequence.sentence}.")
