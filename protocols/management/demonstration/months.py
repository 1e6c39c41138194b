"""The months of treatment: each visit that lies behind a man, up to today."""

from datetime import date, timedelta

from protocols.actions import dosing, endings
from protocols.management.demonstration import bodies
from protocols.management.demonstration.cast import CLOSING, NOT_COME, TODAY, Man
from protocols.management.demonstration.story import MONTH, Life, month_values
from protocols.queries.dosing import dose_summary

PLANS = ("Go on as before.", "Go on; lip balm and sun cream.", "Go on; no alcohol before the draw.")
MONTHS = 6
#: Nobody brings back more than this, so that the next bottle is never refused as a stock.
MOST_KEPT = 8
#: Days from the referral to the first capsule.
REFERRED_BEFORE = 40


def until_first_capsule(life: Life) -> None:
    """Referral to Day 1."""
    start = life.first_dose_on
    life.refer()
    life.start_screening(start - timedelta(days=26))
    second = start - timedelta(days=12)
    life.give_sample(second, life.baseline_sample())
    life.judge(start - timedelta(days=8))
    life.consent_to_treatment(start - timedelta(days=6))
    life.first_capsule(start)


def months_behind(life: Life) -> int:
    """Live every month whose visit day has passed; returns how many were lived."""
    lived = 0
    for month in range(1, MONTHS + 1):
        on = visit_day(life, month)
        if on >= life.today or skipped(life.man, month):
            break
        live_month(life, month, on)
        if life.man.first_motile_month == month:
            confirm(life, month)
        lived = month
    return lived


def skipped(man: Man, month: int) -> bool:
    """He has not come for this month, or not yet: the story of the day has him."""
    first_open = {**NOT_COME, **CLOSING, **TODAY}.get(man.place)
    return first_open is not None and month >= first_open


def visit_day(life: Life, month: int) -> date:
    """On the target day or a day or two beside it; never today unless he is told to come."""
    if TODAY.get(life.man.place) == month:
        return life.today
    on = (
        life.first_dose_on
        + MONTH * month
        + timedelta(days=(life.man.place * 7 + month * 3) % 5 - 2)
    )
    return on - timedelta(days=1) if on == life.today else on


def live_month(life: Life, month: int, on: date) -> None:
    """One whole visit, from the draw in the morning to the signature."""
    visit = life.open(f"M{month}", on)
    life.ask(visit, month=month)
    count(life, visit, on, month)
    life.draw(on, month_values(life.man, life.chance, month))
    life.give_sample(on, sample_of(life, month))
    life.settle(on)
    if month < MONTHS:
        life.course.refresh_from_db()
        script = dosing.prescribe(
            enrolment=life.course, visit=visit, by=life.by(life.doctor), now=life.at(on, 12, 35)
        )
        life.hand_over(script, on)
    life.write_down(visit, on, life.chance.choice(PLANS))
    life.sign(visit, on)


def count(life: Life, visit, on: date, month: int) -> None:
    """Most bring back a few capsules; the count says how many were taken."""
    missed = life.chance.choice([0, 0, 1, 2, 3, 4])
    left = left_now(life, on)
    dosing.count_return(
        visit=visit, returned=min(left + missed, max(left, MOST_KEPT)), by=life.by("nora"),
        now=life.at(on, 9, 30),
    )  # fmt: skip


def left_now(life: Life, on: date) -> int:
    """Capsules that should be left when every dose was taken."""
    on_hand = dose_summary(life.course, on).capsules_on_hand
    return max(on_hand or 0, 0)


def sample_of(life: Life, month: int) -> dict[str, object]:
    """None, a few that do not move, or motile ones from the month they first appear."""
    first = life.man.first_motile_month
    if first is not None and month >= first:
        found = life.chance.randint(9, 60)
        return bodies.sample(life.chance, found=found, motile=max(2, found // 4))
    if not life.man.azoospermia or (first is not None and month == first - 1):
        return bodies.sample(life.chance, found=life.chance.randint(2, 7))
    return bodies.sample(life.chance)


def confirm(life: Life, month: int) -> None:
    """The sample two weeks after the first motile ones, which makes the response reliable."""
    on = visit_day(life, month) + timedelta(days=12)
    if on < life.today:
        life.give_sample(on, sample_of(life, month))
        life.settle(on)


def finish(life: Life) -> None:
    """After month 6: the last dose, the completion and the first follow-up."""
    last = life.first_dose_on + timedelta(days=179)
    done_on = visit_day(life, MONTHS)
    if done_on >= life.today:
        return
    endings.record_last_dose(
        enrolment=life.course, on=min(last, done_on), by=life.by(life.doctor), today=done_on
    )
    life.course.refresh_from_db()
    endings.complete(enrolment=life.course, on=done_on, by=life.by(life.doctor))
    life.course.refresh_from_db()
