"""What lay behind a man when a rule looked at him: holds as they really were, repeats asked for."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from labs.models import Result
from protocols.models import DoseSegment, Enrolment, Finding
from protocols.queries.findings import causes_of, kept_for
from protocols.rules.back_test import Kind, Triable
from protocols.rules.safety import History


@dataclass
class Course:
    """One man's way from collection to collection, oldest first."""

    holds: Sequence[DoseSegment] = ()
    decided: Collection[Finding] = ()
    #: By analyte, whether its last result was high and was to be repeated until it is not.
    waiting: dict[str, bool] = field(default_factory=dict)

    def history(self, on: date) -> History:
        """Only holds that were over that day: what it was held for itself is no second hold."""
        held: Counter[str] = Counter()
        for hold in self.holds:
            if hold.during.upper is not None and hold.during.upper <= on:
                held.update(causes_of(hold) | kept_for(hold, self.decided))
        repeating = frozenset(key for key, asked in self.waiting.items() if asked)
        return History(holds=dict(held), repeating=repeating)

    def go_on(self, rows: Sequence[Result], asked: Collection[str]) -> None:
        for row in rows:
            high = (
                row.value is not None and row.range_high is not None and row.value > row.range_high
            )
            self.waiting[row.analyte.key] = high and row.analyte.key in asked


def courses_of(rule: Triable, men: Sequence[Enrolment]) -> Mapping[int, Course]:
    """By enrolment; holds are read only where the rule asks for them."""
    if rule.kind is not Kind.SECOND_HOLD:
        return {man.pk: Course() for man in men}
    holds = holds_of(men)
    decided: dict[int, list[Finding]] = defaultdict(list)
    rows = Finding.objects.filter(
        enrolment__in=[man.pk for man in men], decided_action=Finding.Action.HOLD
    )
    for row in rows.select_related("enrolment__patient__site").defer("inputs"):
        decided[row.enrolment_id].append(row)
    return {man.pk: Course(holds[man.pk], decided[man.pk]) for man in men}


def holds_of(men: Sequence[Enrolment]) -> Mapping[int, Sequence[DoseSegment]]:
    """The holds of each that were ordered, oldest first."""
    found: dict[int, list[DoseSegment]] = defaultdict(list)
    rows = DoseSegment.objects.filter(
        enrolment__in=[man.pk for man in men], kind=DoseSegment.Kind.HOLD
    )
    for row in rows.select_related("finding").order_by("during"):
        found[row.enrolment_id].append(row)
    return found


def days_held(hold: DoseSegment, today: date) -> int:
    """The days of a hold so far; the day a range ends is no longer its own."""
    ended_on = hold.during.upper
    last_on = today if ended_on is None else min(ended_on - timedelta(days=1), today)
    return (last_on - hold.during.lower).days + 1
