"""Departures that come with time and not with a deed: late results, days without capsules (§7.5).

Judged for one man when something of his changes, and for everybody in turn by the worker.
"""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from clinic import audit
from labs.models import Draw, Result
from protocols.actions.deviations import draft, withdraw
from protocols.models import ON_TREATMENT, Deviation, Enrolment
from protocols.queries.departures import gaps_of, lab_times
from protocols.queries.enrolment import definition_of
from protocols.rules import deviations

#: After the treatment the blood of its last visit may still be late.
JUDGED = [*ON_TREATMENT, "COMPLETED_TREATMENT", "DISCONTINUED", "WITHDRAWN_TREATMENT"]


def watch(*, now: datetime) -> int:
    """Judge everybody who has begun; returns how many men were judged.

    Safe to run twice and in two places at once: a man somebody else holds waits for the next run.
    """
    men = Enrolment.objects.filter(status__in=JUDGED, first_dose_on__isnull=False)
    return sum(judge(pk, now=now) for pk in list(men.order_by("pk").values_list("pk", flat=True)))


@transaction.atomic
def judge(enrolment_pk: int, *, now: datetime, wait: bool = False) -> int:
    """The same for one man; with `wait`, by whoever holds him already or can wait for him."""
    enrolment = (
        Enrolment.objects.select_for_update(of=("self",), skip_locked=not wait)
        .select_related("patient__site", "version")
        .defer("version__definition")
        .filter(pk=enrolment_pk, status__in=JUDGED)
        .first()
    )
    if enrolment is None:
        return 0
    judge_labs(enrolment, now)
    judge_supply(enrolment, now)
    return 1


def judge_labs(enrolment: Enrolment, now: datetime) -> None:
    definition = definition_of(enrolment.version)
    today = enrolment.patient.site.localdate(now)
    late = set()
    for visit, times in lab_times(enrolment):
        for found in deviations.of_lab(definition, times, as_of=today):
            late.add(visit.label)
            draft(enrolment=enrolment, found=found, about=visit.label, on=today, visit=visit)
    take_back(enrolment, "LAB_LATE", late, "The results turned out to be in time.", now)


def judge_supply(enrolment: Enrolment, now: datetime) -> None:
    definition = definition_of(enrolment.version)
    today = enrolment.patient.site.localdate(now)
    without = set()
    for gap in gaps_of(enrolment, today):
        about = f"{audit.label(enrolment)}:{gap.first_on.isoformat()}"
        for found in deviations.of_gap(definition, gap):
            without.add(about)
            draft(enrolment=enrolment, found=found, about=about, on=today)
    take_back(enrolment, "GAP", without, "He had capsules on those days after all.", now)


def take_back(
    enrolment: Enrolment, code: str, standing: Collection[str], note: str, now: datetime
) -> None:
    """Withdraw the drafts of this kind that the facts no longer bear out."""
    moot = (
        Deviation.objects.open()
        .filter(enrolment=enrolment, code=code)
        .exclude(about__in=list(standing))
        .values_list("about", flat=True)
    )
    if abouts := list(moot):
        withdraw(enrolment=enrolment, codes=[code], about=abouts, note=note, by=None, now=now)


def labs_changed(draw: Draw, enrolment: Enrolment) -> None:
    """Results came or were corrected: a draft of lateness may have become moot, or true."""
    if enrolment.status not in JUDGED:
        return
    last = Result.objects.filter(draw=draw).aggregate(last=Max("filed_at"))["last"]
    at = max(moment for moment in (draw.filed_at, draw.struck_at, last) if moment is not None)
    judge_labs(enrolment, at)
