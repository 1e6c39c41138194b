"""The months of treatment: each visit that lies behind a man, up to today."""

from datetime import date, timedelta

from labs.rules.readings import Value
from protocols.actions import dosing, endings
from protocols.management.demonstration import bodies
from protocols.management.demonstration.bodies import MONTHS
from protocols.management.demonstration.cast import (
    CLOSING,
    FOLLOW_UP_TODAY,
    NOT_COME,
    TODAY,
    TOMORROW,
)
from protocols.management.demonstration.story import MONTH, Life
from protocols.models import Visit
from protocols.queries.dosing import dose_summary

PLANS = ("Go on as before.", "Go on; lip balm and sun cream.", "Go on; no alcohol before the draw.")
NOT_YET = {**NOT_COME, **CLOSING, **TODAY, **TOMORROW}
#: Days from the referral to the first capsule.
REFERRED_BEFORE = 40
#: Nobody brings back more than this, so that the next bottle is never refused as a stock.
MOST_KEPT = 8
TREATMENT_DAYS = 180
#: Days after the last capsule.
FOLLOW_UPS = {"FU1": 30, "FU2": 90}


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


def months_behind(life: Life, most: int = MONTHS) -> None:
    """Live every month whose visit day has passed, and what follows the last of them."""
    for month in range(1, most + 1):
        on = visit_day(life, month)
        if on >= life.today or month >= NOT_YET.get(life.man.place, month + 1):
            return
        live_month(life, month, on)
        if life.man.first_motile_month == month:
            confirm(life, month)
    if most == MONTHS:
        finish(life)


def visit_day(life: Life, month: int) -> date:
    """On the target day or a day or two beside it; never today unless he is told to come."""
    aside = (life.man.place * 7 + month * 3) % 5 - 2
    on = life.first_dose_on + MONTH * month + timedelta(days=aside)
    return on - timedelta(days=1) if on == life.today else on


def live_month(life: Life, month: int, on: date) -> None:
    """One whole visit, from the draw in the morning to the signature."""
    visit = life.open(f"M{month}", on)
    life.ask(visit, month=month)
    count(life, visit, on, leaves_all=month == MONTHS)
    if month not in (4, 5) or life.man.raised_lipids:
        life.draw(on, bodies.monthly(life.man, life.chance, month))
    life.give_sample(on, sample_of(life, month))
    life.settle(on)
    if month < MONTHS:
        next_bottle(life, visit, on)
    life.write_down(visit, on, life.chance.choice(PLANS))
    life.sign(visit, on)


def next_bottle(life: Life, visit: Visit, on: date) -> None:
    life.course.refresh_from_db()
    script = dosing.prescribe(
        enrolment=life.course, visit=visit, by=life.by(life.doctor), now=life.at(on, 12, 35)
    )
    life.hand_over(script, on)


def count(life: Life, visit: Visit, on: date, hour: int = 9, *, leaves_all: bool = False) -> None:
    """Most bring back a few capsules; the count says how many were taken. The last stay here."""
    missed = life.chance.choice([0, 0, 1, 2, 3, 4])
    left = left_now(life, on)
    returned = min(left + missed, max(left, MOST_KEPT))
    dosing.count_return(
        visit=visit,
        returned=returned,
        handed_in=returned if leaves_all else 0,
        by=life.by("nurse"),
        now=life.at(on, hour, 30),
    )


def left_now(life: Life, on: date) -> int:
    """Capsules that should be left when every dose was taken."""
    on_hand = dose_summary(life.course, on).capsules_on_hand
    return max(on_hand or 0, 0)


def sample_of(life: Life, month: int) -> dict[str, object]:
    """None, a few that do not move, or motile ones from the month they first appear."""
    man, chance = life.man, life.chance
    first = man.first_motile_month
    if first is not None and month >= first:
        found = chance.randint(9, 60)
        return bodies.sample(chance, found=found, motile=max(2, found // 4))
    soon = first is not None and month == first - 1
    if soon or not man.azoospermia or man.first_sperm_month == month:
        return bodies.sample(chance, found=chance.randint(2, 7))
    return bodies.sample(chance)


def confirm(life: Life, month: int) -> None:
    """The sample two weeks after the first motile ones, which makes the response reliable."""
    on = visit_day(life, month) + timedelta(days=12)
    if on < life.today:
        life.give_sample(on, sample_of(life, month))
        life.settle(on)


def finish(life: Life) -> None:
    """After month 6: the last dose, the completion, and the follow-up as far as it lies behind."""
    last = life.first_dose_on + timedelta(days=TREATMENT_DAYS - 1)
    done_on = visit_day(life, MONTHS)
    last = min(last, done_on)
    doctor = life.by(life.doctor)
    endings.record_last_dose(enrolment=life.course, on=last, by=doctor, today=done_on)
    life.enrolment = endings.complete(enrolment=life.course, on=done_on, by=doctor)
    for code, after in FOLLOW_UPS.items():
        on = last + timedelta(days=after)
        if on < life.today and life.man.place != FOLLOW_UP_TODAY:
            follow_up(life, code, on)
    if on < life.today:
        life.enrolment = endings.close(enrolment=life.course, on=on, by=doctor)


def follow_up(life: Life, code: str, on: date, hour: int = 9) -> None:
    """He is asked once more; what the capsules did to him is over."""
    visit = life.open(code, on, hour=hour)
    if code == "FU2":
        life.give_sample(on, sample_of(life, MONTHS))
    else:
        life.draw(on, after_treatment(life))
    life.settle(on)
    life.ask(visit, month=MONTHS + 1, hour=hour)
    life.write_down(visit, on, "Side effects are over. We telephone every six months.", hour=hour)
    life.sign(visit, on, hour=hour)


def after_treatment(life: Life) -> list[Value]:
    return [
        *bodies.lipids(life.man, life.chance, on_treatment=False),
        *bodies.liver(life.chance),
        *bodies.muscle_and_sugar(life.chance),
    ]
