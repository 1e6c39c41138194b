"""What the enrolment page of a man shows: the steps of the chain, the criteria, the start gate."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from clinic.templatetags.moments import short_day
from protocols.actions.screening import Assessed
from protocols.models import Enrolment
from protocols.queries.enrolment import definition_of
from protocols.queries.known_history import KnownHistory
from protocols.rules.eligibility import BESIDE, expires_on
from protocols.rules.gates import Gate, StartFacts
from protocols.rules.vocabulary import Status

TITLES = {
    "referral": "Referral",
    "screening": "Screening",
    "eligibility": "Eligibility",
    "consent": "Consent to treatment",
    "start": "Start",
}
KEYS = tuple(TITLES)
#: The step that is to be done next, by status; what is not here is past the chain.
NEXT = {
    Status.REFERRED: "screening",
    Status.SCREENING: "eligibility",
    Status.ELIGIBLE: "consent",
    Status.CONSENTED: "start",
}
#: Where a criterion is mended, by how its code begins; the template knows the address.
MENDERS = (
    ("SEX", "details"),
    ("AGE", "details"),
    ("DIAGNOSIS", "semen"),
    ("PHQ9", "mood"),
    ("LAB_", "results"),
    ("NO_", "history"),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One station of the way to the first capsule."""

    key: str
    number: int
    title: str
    state: str
    line: str


@dataclass(frozen=True, slots=True)
class CriterionRow:
    """One criterion with the value used, where it was found, and where it can be mended."""

    title: str
    met: bool | None
    value: str
    sentence: str
    source: str
    on: date | None
    mend: str


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of the start gate: what stands against it, or what fulfils it."""

    title: str
    against: tuple[str, ...]
    fulfilled: str
    mend: str


def open_step(enrolment: Enrolment | None, today: date) -> str:
    """The step to do now; eligibility again when what was signed is too old."""
    if enrolment is None:
        return "referral"
    step = NEXT.get(Status(enrolment.status), "")
    if step in {"consent", "start"} and eligibility_is_over(enrolment, today):
        return "eligibility"
    return step


def eligibility_is_over(enrolment: Enrolment, today: date) -> bool:
    until = eligible_until(enrolment)
    return until is None or today > until


def eligible_until(enrolment: Enrolment) -> date | None:
    if enrolment.eligible_on is None:
        return None
    return expires_on(definition_of(enrolment.version), enrolment.eligible_on)


def steps(enrolment: Enrolment | None, today: date) -> list[Step]:
    """The whole chain, with what is done, what is open and what is still ahead.

    None where it broke off before the first capsule: nothing of it comes later.
    """
    current = open_step(enrolment, today)
    if enrolment is not None and enrolment.first_dose_on is None and not current:
        return []
    at = KEYS.index(current) if current else len(KEYS)
    return [
        Step(
            key,
            number,
            TITLES[key],
            "open" if key == current else "done" if number <= at else "ahead",
            line(key, enrolment, current),
        )
        for number, key in enumerate(KEYS, start=1)
    ]


def line(key: str, enrolment: Enrolment | None, current: str) -> str:
    """What there is to say of a step that is behind, or the word for one that is open."""
    if key == current:
        return "to do now"
    if enrolment is None:
        return ""
    until = eligible_until(enrolment)
    words = {
        "referral": f"{short_day(enrolment.patient.site.localdate(enrolment.opened_at))}",
        "eligibility": f"signed, counts until {short_day(until)}" if until else "",
        "start": f"Day 1 was {short_day(enrolment.first_dose_on)}"
        if enrolment.first_dose_on
        else "",
    }
    return words.get(key, "")


def criterion_rows(assessed: Assessed) -> list[CriterionRow]:
    """What stands in the way first, then what nobody knows, then what is met."""
    order = {False: 0, None: 1, True: 2}
    rows = [
        CriterionRow(
            title=row["title"],
            met=row["met"],
            value=row["value"],
            sentence=row["sentence"],
            source=row["source"],
            on=date.fromisoformat(row["on"]) if row["on"] else None,
            mend=mender(row["code"]),
        )
        for row in assessed.rows()
    ]
    return sorted(rows, key=lambda row: order[row.met])


def against(assessed: Assessed) -> list[tuple[str, str]]:
    """What may decide that he cannot take part: not met, not known, or beside the criteria."""
    verdict = assessed.verdict
    return [
        *((row.code, f"{row.title}: not met") for row in verdict.unmet),
        *((row.code, f"{row.title}: not known") for row in verdict.unknown),
        *BESIDE.items(),
    ]


def mender(code: str) -> str:
    return next((place for start, place in MENDERS if code.startswith(start)), "")


def tally(rows: Iterable[CriterionRow]) -> dict[str, int]:
    marks = [row.met for row in rows]
    return {"met": marks.count(True), "unmet": marks.count(False), "unknown": marks.count(None)}


def conditions(
    gate: Gate, facts: StartFacts, history: KnownHistory, enrolment: Enrolment
) -> list[Condition]:
    """The start gate of domain reference §7.2, condition by condition."""
    said: dict[str, list[str]] = {}
    for reason in gate.reasons:
        said.setdefault(reason.code, []).append(reason.sentence)
    return [
        Condition(title, tuple(standing_against(said, codes)), fulfilled, mend)
        for title, codes, fulfilled, mend in gate_rows(facts, history, enrolment)
    ]


def standing_against(said: dict[str, list[str]], codes: Iterable[str]) -> Iterator[str]:
    for code in codes:
        sentences = said.get(code, [])
        if code == "COUNSELLING_INCOMPLETE" and sentences:
            yield f"{len(sentences)} of the counselling items are not ticked."
        else:
            yield from sentences


def gate_rows(
    facts: StartFacts, history: KnownHistory, enrolment: Enrolment
) -> list[tuple[str, tuple[str, ...], str, str]]:
    consent = history.consent("treatment")
    oldest_on, second_on = facts.oldest_baseline_lab_on, facts.second_semen_on
    return [
        (
            "Eligibility",
            ("NOT_ELIGIBLE", "ELIGIBILITY_EXPIRED", "RE_TREATMENT_TOO_SOON"),
            f"signed {short_day(facts.eligible_on)}" if facts.eligible_on else "",
            "",
        ),
        (
            "Consent to treatment",
            ("CONSENT_MISSING", "CONSENT_OUTDATED"),
            f"given {short_day(consent.given_on)}, version {consent.version}" if consent else "",
            "consents",
        ),
        ("iPLEDGE number", ("IPLEDGE_ID_MISSING",), facts.ipledge_id, "preparation"),
        (
            "Counselling",
            ("COUNSELLING_INCOMPLETE",),
            f"all {len(facts.counselling_done)} items",
            "counselling",
        ),
        ("How to reach him", ("CONTACT_PREFERENCES_MISSING",), reached(enrolment), "details"),
        (
            "Baseline laboratory",
            ("BASELINE_LABS_MISSING", "BASELINE_LABS_LATE", "BASELINE_LABS_STALE"),
            f"oldest result {short_day(oldest_on)}" if oldest_on else "",
            "results",
        ),
        (
            "Second semen analysis",
            ("SECOND_SEMEN_MISSING", "SECOND_SEMEN_TOO_SOON", "SECOND_SEMEN_STALE"),
            f"{short_day(second_on)}" if second_on else "",
            "semen",
        ),
        ("Medicines", ("INTERACTION", "INTERACTIONS_NOT_CHECKED"), "nothing blocks", "history"),
    ]


def reached(enrolment: Enrolment) -> str:
    patient = enrolment.patient
    return f"{patient.phone or patient.email}, {patient.preferred_times}"


def summary(assessed: Assessed) -> dict[str, Any]:
    """The criteria for the template, with their count."""
    rows = criterion_rows(assessed)
    return {
        "criteria": rows,
        "tally": tally(rows),
        "needs_sign_off": assessed.verdict.needs_sign_off,
    }
