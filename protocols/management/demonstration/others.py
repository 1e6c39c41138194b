"""Men in every other state: before the first capsule, on hold, stopped, withdrawn, lost, dead."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from patients.actions import contacts
from protocols.actions import (
    death,
    endings,
    event_review,
    missed,
    screening,
    told,
    treatment,
)
from protocols.actions.decisions import decide
from protocols.management.demonstration.cast import Man, man
from protocols.management.demonstration.clinics import Clinic
from protocols.management.demonstration.months import (
    REFERRED_BEFORE,
    months_behind,
    until_first_capsule,
)
from protocols.management.demonstration.story import Life
from protocols.models import Finding

DAY = timedelta(days=1)
#: How many days ago he was referred, for those who took no capsule.
REFERRED = {"REFERRED": 3, "SCREENING": 20, "SCREEN_FAILED": 20, "ELIGIBLE": 34, "CONSENTED": 34}
#: How many days ago the first capsule was, for those who took one.
SINCE = {
    "ACTIVE": 12, "ON_HOLD": 52, "DISCONTINUED": 70, "WITHDRAWN_TREATMENT": 66,
    "WITHDRAWN_CONSENT": 40, "LOST_TO_FOLLOW_UP": 150, "COMPLETED_TREATMENT": 206, "DECEASED": 47,
}  # fmt: skip


def other(clinic: Clinic, place: int, given: str, family: str, state: str, today: date) -> Life:
    """Nobody of the thirty: no sperm, no special side effect."""
    plain = man(place, given, family, today)
    changed: Man = replace(
        plain, days=SINCE.get(state, 0), azoospermia=True, first_motile_month=None,
        first_sperm_month=None, irritable=False, raised_lipids=False, rash=False, retrieval=True,
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


def screened(life: Life) -> None:
    life.refer()
    life.start_screening(life.today - 13 * DAY)


def eligible(life: Life) -> None:
    life.refer()
    life.start_screening(life.today - 22 * DAY)
    life.give_sample(life.today - 9 * DAY, life.baseline_sample())
    life.judge(life.today - 6 * DAY)


def consented(life: Life) -> None:
    eligible(life)
    life.consent_to_treatment(life.today - 2 * DAY)


def failed(life: Life) -> None:
    screened(life)
    screening.decide_eligibility(
        enrolment=life.course,
        eligible=False,
        on=life.today - 5 * DAY,
        by=life.by("first_doctor"),
        reason="A course of doxycycline has begun; he may come back after it.",
    )


def treated(life: Life) -> None:
    """From the referral through every month that lies behind him."""
    until_first_capsule(life)
    months_behind(life)


def once_seen(life: Life) -> None:
    """He came for the first month and never again."""
    until_first_capsule(life)
    months_behind(life, most=1)


def hold(life: Life) -> None:
    """Two nights in hospital: a serious side effect, written down by hand and followed."""
    doctor, on = life.by("first_doctor"), life.today - 4 * DAY
    treatment.hold(
        enrolment=life.course,
        reason="Gastroenteritis; until he eats again.",
        by=doctor,
        now=life.at(on, 14),
    )
    event = event_review.record_event(
        enrolment=life.course,
        term="vomiting",
        said=event_review.Assessment(
            grade=3, relation="possible", drug_action="held", seriousness="hospitalisation",
            onset_on=on, reporter="doctor", note="Admitted for fluids; the ward telephoned.",
        ),
        by=doctor,
        now=life.at(on, 14, 10),
        reviewed=True,
    )  # fmt: skip
    event_review.follow_up(
        event=event, on=on + 2 * DAY, grade=1, note="Home again, drinks, eats a little.",
        by=life.by("nurse"), now=life.at(on + 2 * DAY, 11),
    )  # fmt: skip


def stop(life: Life) -> None:
    """He telephones about a ringing in his ears; the proposal to stop is accepted."""
    on = life.today - 6 * DAY
    report = told.tell(
        enrolment=life.course, codes=["hearing"], channel="phone", told_at=life.at(on, 13, 40),
        words="A high whistle in both ears since Sunday.", by=life.by("nurse"),
        now=life.at(on, 13, 45),
    )  # fmt: skip
    finding = Finding.objects.get(evidence=report.label, state=Finding.State.OPEN)
    decide(finding=finding, decision="accept", by=life.by("first_doctor"), now=life.at(on, 14))


def withdraw_treatment(life: Life) -> None:
    endings.withdraw_treatment(
        enrolment=life.course,
        on=life.today - 5 * DAY,
        by=life.by("first_doctor"),
        reason="He does not want to go on with the dry skin.",
    )


def withdraw_consent(life: Life) -> None:
    endings.withdraw_consent(
        enrolment=life.course,
        on=life.today - 5 * DAY,
        by=life.by("first_doctor"),
        reason="He wants no further part in it.",
    )


def lose(life: Life) -> None:
    """Visits missed, then called, written to, and never heard of again."""
    on = life.today - DAY
    missed.mark_missed_of(life.course.pk, now=life.at(on, 7))
    for back, channel, outcome in (
        (40, "phone", "no_answer"), (30, "email", "sent"), (20, "letter", "sent"),
    ):  # fmt: skip
        at = life.at(life.today - back * DAY, 15)
        contacts.record_attempt(
            patient=life.he, channel=channel, outcome=outcome, at=at, by=life.by("desk"), now=at
        )
    endings.mark_lost(enrolment=life.course, on=on, by=life.by("desk"))


def die(life: Life) -> None:
    """Nothing to do with the treatment, and the programme ends all the same."""
    on = life.today - 9 * DAY
    life.enrolment = death.record_death(
        enrolment=life.course,
        on=on,
        by=life.by("first_doctor"),
        reason="His sister telephoned: a road accident.",
        now=life.at(on + DAY, 10),
    )


BEFORE: dict[str, Callable[[Life], None]] = {
    "REFERRED": Life.refer,
    "SCREENING": screened,
    "ELIGIBLE": eligible,
    "CONSENTED": consented,
    "SCREEN_FAILED": failed,
    "LOST_TO_FOLLOW_UP": once_seen,
}
AFTER: dict[str, Callable[[Life], None]] = {
    "ON_HOLD": hold,
    "DISCONTINUED": stop,
    "WITHDRAWN_TREATMENT": withdraw_treatment,
    "WITHDRAWN_CONSENT": withdraw_consent,
    "LOST_TO_FOLLOW_UP": lose,
    "DECEASED": die,
}
