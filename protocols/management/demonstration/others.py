"""Men in every other state: before the first capsule, on hold, stopped, withdrawn, lost."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from patients.actions import contacts
from protocols.actions import endings, missed, screening, treatment
from protocols.management.demonstration.cast import Man, man
from protocols.management.demonstration.clinics import Clinic
from protocols.management.demonstration.months import (
    REFERRED_BEFORE,
    finish,
    live_month,
    until_first_capsule,
)
from protocols.management.demonstration.story import MONTH, Life

#: How many days ago he was referred, for those who took no capsule.
REFERRED = {"REFERRED": 3, "SCREENING": 20, "SCREEN_FAILED": 20, "ELIGIBLE": 34, "CONSENTED": 34}
#: How many days ago the first capsule was, for those who took one.
SINCE = {
    "ACTIVE": 44, "ON_HOLD": 52, "DISCONTINUED": 70, "WITHDRAWN_TREATMENT": 66,
    "WITHDRAWN_CONSENT": 40, "LOST_TO_FOLLOW_UP": 150, "COMPLETED_TREATMENT": 206,
}  # fmt: skip


def other(clinic: Clinic, place: int, given: str, family: str, state: str, today: date) -> Life:
    """Nobody of the thirty: no sperm, no special side effect."""
    plain = man(place % 30, given, family, today)
    changed: Man = replace(
        plain, place=place, days=SINCE.get(state, 0), azoospermia=True, first_motile_month=None,
        irritable=False, raised_lipids=False, rash=False, retrieval=True,
    )  # fmt: skip
    ago = REFERRED.get(state, changed.days + REFERRED_BEFORE)
    return Life(
        clinic=clinic,
        man=changed,
        today=today,
        chance=Random(f"other {place}"),  # noqa: S311 -- synthetic data, not a secret
        referred_on=today - timedelta(days=ago),
    )


def tell(life: Life, state: str) -> None:
    BEFORE.get(state, treated)(life)
    AFTER.get(state, lambda _: None)(life)


def referred(life: Life) -> None:
    life.refer()


def screened(life: Life) -> None:
    life.refer()
    life.start_screening(life.today - timedelta(days=13))


def eligible(life: Life) -> None:
    life.refer()
    life.start_screening(life.today - timedelta(days=22))
    life.give_sample(life.today - timedelta(days=9), life.baseline_sample())
    life.judge(life.today - timedelta(days=6))


def consented(life: Life) -> None:
    eligible(life)
    life.consent_to_treatment(life.today - timedelta(days=2))


def failed(life: Life) -> None:
    screened(life)
    screening.decide_eligibility(
        enrolment=life.course, eligible=False, on=life.today - timedelta(days=5),
        by=life.by("okafor"),
        reason="A course of doxycycline has begun; he may come back after it.",
    )  # fmt: skip


def treated(life: Life) -> None:
    """From the referral through every month that lies behind him."""
    until_first_capsule(life)
    for month in range(1, 7):
        on = life.first_dose_on + MONTH * month
        if on >= life.today or (life.man.days == SINCE["LOST_TO_FOLLOW_UP"] and month > 1):
            break
        live_month(life, month, on)


def hold(life: Life) -> None:
    on = life.today - timedelta(days=4)
    treatment.hold(
        enrolment=life.course, reason="Gastroenteritis; until he eats again.",
        by=life.by("okafor"), now=life.at(on, 14),
    )  # fmt: skip


def stop(life: Life) -> None:
    on = life.today - timedelta(days=6)
    treatment.stop(
        enrolment=life.course, reason="New ringing in the ears; the label asks to stop.",
        by=life.by("okafor"), now=life.at(on, 14),
    )  # fmt: skip


def withdraw_treatment(life: Life) -> None:
    endings.withdraw_treatment(
        enrolment=life.course, on=life.today - timedelta(days=5), by=life.by("okafor"),
        reason="He does not want to go on with the dry skin.",
    )  # fmt: skip


def withdraw_consent(life: Life) -> None:
    endings.withdraw_consent(
        enrolment=life.course, on=life.today - timedelta(days=5), by=life.by("okafor"),
        reason="He wants no further part in it.",
    )  # fmt: skip


def lose(life: Life) -> None:
    """Two visits missed, then called, written to, and never heard of again."""
    missed.mark_missed(now=life.at(life.today, 7))
    for back, channel, outcome in (
        (40, "phone", "no_answer"), (30, "email", "sent"), (20, "letter", "sent"),
    ):  # fmt: skip
        at = life.at(life.today - timedelta(days=back), 15)
        contacts.record_attempt(
            patient=life.he, channel=channel, outcome=outcome, at=at, by=life.by("mara"), now=at
        )
    endings.mark_lost(enrolment=life.course, on=life.today, by=life.by("mara"))


BEFORE: dict[str, Callable[[Life], None]] = {
    "REFERRED": referred,
    "SCREENING": screened,
    "ELIGIBLE": eligible,
    "CONSENTED": consented,
    "SCREEN_FAILED": failed,
}
AFTER: dict[str, Callable[[Life], None]] = {
    "ON_HOLD": hold,
    "DISCONTINUED": stop,
    "WITHDRAWN_TREATMENT": withdraw_treatment,
    "WITHDRAWN_CONSENT": withdraw_consent,
    "LOST_TO_FOLLOW_UP": lose,
    "COMPLETED_TREATMENT": finish,
}
