"""Has this man responded? Motile ejaculated sperm over samples (domain reference §1.3)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from labs.rules.azoospermia import day_words

RULESET = "response/1 (2 valid samples with motile sperm, 7 days from first to last)"
RUN_LENGTH = 2
RUN_SPANS = timedelta(days=7)
DAYS_PER_MONTH = 30
VISIT_WINDOW_DAYS = 7


class BaselineStratum(StrEnum):
    """Always reported apart: 4 of 4 and 7 of 26 in the study."""

    AZOOSPERMIA = "azoospermia"
    CRYPTOZOOSPERMIA = "cryptozoospermia"


class ResponseStatus(StrEnum):
    NONE = "NONE"
    PROVISIONAL = "PROVISIONAL"
    CONFIRMED = "CONFIRMED"


@dataclass(frozen=True, slots=True)
class Analysis:
    """One semen analysis as the classifier needs it; None is unknown and decides nothing."""

    collected_on: date
    sperm_seen: bool | None
    motile_seen: bool | None
    valid: bool | None


@dataclass(frozen=True, slots=True)
class Response:
    """`days` and `month` count from the first dose to the response and need a confirmed one."""

    status: ResponseStatus
    stratum: BaselineStratum
    first_sperm_on: date | None
    first_motile_on: date | None
    response_date: date | None
    days: int | None
    month: int | None
    evaluable: bool
    sentence: str
    first_dose_on: date
    run: tuple[date, ...] = ()
    """The days of the run that decides: the confirming one, else the one not yet broken."""


def response(
    *,
    first_dose_on: date,
    baseline: BaselineStratum,
    analyses: Iterable[Analysis],
    adjudicated_on: date | None = None,
) -> Response:
    """The state of response; a confirmed one stays, whatever is found later.

    `adjudicated_on` is the collection of motile sperm that were frozen or used and that a
    clinician declared sufficient.
    """
    after = sorted(
        (analysis for analysis in analyses if analysis.collected_on > first_dose_on),
        key=lambda analysis: analysis.collected_on,
    )
    valid = [analysis for analysis in after if analysis.valid]
    runs = motile_runs(valid)
    confirmed_on = earliest(
        adjudicated_on if adjudicated_on and adjudicated_on > first_dose_on else None,
        next((run[0] for run in runs if confirms(run)), None),
    )
    days = (confirmed_on - first_dose_on).days if confirmed_on else None
    if confirmed_on:
        status = ResponseStatus.CONFIRMED
    else:
        status = ResponseStatus.PROVISIONAL if latest_is_motile(valid) else ResponseStatus.NONE
    return Response(
        status=status,
        stratum=baseline,
        first_sperm_on=first_day(analysis for analysis in after if found(analysis)),
        first_motile_on=first_day(analysis for analysis in after if analysis.motile_seen),
        response_date=confirmed_on,
        days=days,
        month=None if days is None else response_month(days),
        evaluable=bool(valid),
        sentence=response_sentence(status, runs, confirmed_on, days),
        first_dose_on=first_dose_on,
        run=deciding_run(status, runs),
    )


def deciding_run(status: ResponseStatus, runs: Sequence[Sequence[date]]) -> tuple[date, ...]:
    if status is ResponseStatus.CONFIRMED:
        return tuple(next((run for run in runs if confirms(run)), ()))
    return tuple(runs[-1]) if status is ResponseStatus.PROVISIONAL else ()


def motile_runs(valid: Sequence[Analysis]) -> list[list[date]]:
    """Unbroken runs of valid samples with motile sperm; a valid one without breaks the run."""
    runs: list[list[date]] = []
    broken = True
    for analysis in valid:
        if analysis.motile_seen is None:
            continue
        if analysis.motile_seen and broken:
            runs.append([])
        if analysis.motile_seen:
            runs[-1].append(analysis.collected_on)
        broken = not analysis.motile_seen
    return runs


def confirms(run: Sequence[date]) -> bool:
    return len(run) >= RUN_LENGTH and run[-1] - run[0] >= RUN_SPANS


def latest_is_motile(valid: Sequence[Analysis]) -> bool:
    """Does the last valid sample that says anything about motility show motile sperm?"""
    known = [analysis.motile_seen for analysis in valid if analysis.motile_seen is not None]
    return bool(known) and bool(known[-1])


def found(analysis: Analysis) -> bool:
    """At least one sperm anywhere; a motile one is one."""
    return bool(analysis.sperm_seen or analysis.motile_seen)


def first_day(analyses: Iterable[Analysis]) -> date | None:
    return next((analysis.collected_on for analysis in analyses), None)


def earliest(*days: date | None) -> date | None:
    return min((day for day in days if day is not None), default=None)


def response_month(days: int) -> int:
    """max(1, ceil(days / 30))."""
    return max(1, -(-days // DAYS_PER_MONTH))


def responded_by_month(days: int, month: int) -> bool:
    """ "By month k" in a cohort table: on or before the close of the Mk window (target + 7)."""
    return days <= DAYS_PER_MONTH * month + VISIT_WINDOW_DAYS


def response_sentence(
    status: ResponseStatus, runs: Sequence[Sequence[date]], on: date | None, days: int | None
) -> str:
    match status:
        case ResponseStatus.CONFIRMED if on is not None and days is not None:
            return (
                f"Confirmed response: motile sperm from {day_words(on)}, "
                f"day {days + 1}, month {response_month(days)}."
            )
        case ResponseStatus.PROVISIONAL:
            first = runs[-1][0]
            return (
                f"Provisional response: motile sperm since {day_words(first)}. A further valid "
                f"sample with motile sperm on {day_words(first + RUN_SPANS)} or later confirms it."
            )
    if runs:
        return "Motile sperm were seen, but a later valid sample had none; no response now."
    return "No motile sperm in a valid sample since Day 1."
