"""Visits nobody came to: written down as missed when their last day is over, one man at a time."""

from datetime import date, datetime, timedelta

from django.db import transaction

from clinic import audit
from protocols.actions.deviations import draft
from protocols.models import Enrolment, Visit
from protocols.queries.enrolment import definition_of
from protocols.rules import deviations
from protocols.rules.definition import Definition
from protocols.rules.schedule import LaidVisit
from protocols.rules.windows import Window

#: No clinic's day is further ahead of UTC than this; the rule then asks his own site's day.
EASTERNMOST = timedelta(hours=14)


def mark_missed(*, now: datetime) -> int:
    """Mark every awaited visit whose last assignable day is over where he is followed up (§7.1).

    Safe to run twice and in two places at once: an enrolment somebody else holds is left for the
    next run, and a visit that is no longer planned is not touched. Returns how many were marked.
    """
    over = Visit.objects.awaited().filter(closes_on__lt=(now + EASTERNMOST).date())
    enrolments = over.order_by("enrolment").values_list("enrolment", flat=True).distinct()
    return sum(mark_missed_of(pk, now=now) for pk in list(enrolments))


@transaction.atomic
def mark_missed_of(enrolment_pk: int, *, now: datetime) -> int:
    """The same for one man, his enrolment held like every action on it holds it."""
    enrolment = (
        Enrolment.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("patient__site", "version__protocol")
        .filter(pk=enrolment_pk)
        .first()
    )
    if enrolment is None:
        return 0
    today = enrolment.patient.site.localdate(now)
    awaited = Visit.objects.awaited().filter(enrolment=enrolment, closes_on__lt=today)
    return sum(miss(enrolment, visit, today) for visit in awaited.order_by("target_on", "pk"))


def miss(enrolment: Enrolment, visit: Visit, today: date) -> int:
    definition = definition_of(enrolment.version)
    laid = laid_as_it_stands(definition, visit)
    if laid is None:
        return 0
    found = deviations.of_missed(definition, laid, as_of=today, attended=False)
    if not found:
        return 0
    visit.status = Visit.Status.MISSED
    visit.save(update_fields=["status"])
    audit.record(
        actor=None,
        action="visit.missed",
        subject=visit,
        person=enrolment.patient,
        site=enrolment.patient.site_id,
        code=visit.code,
        closed_on=laid.window.latest_on.isoformat(),
    )
    for departure in found:
        draft(enrolment=enrolment, found=departure, about=visit.label, on=today, visit=visit)
    return 1


def laid_as_it_stands(definition: Definition, visit: Visit) -> LaidVisit | None:
    """The visit with the window its row keeps; none for one that was never planned."""
    planned = {plan.code: plan for plan in definition.visits}.get(visit.code)
    if planned is None or not (visit.opens_on and visit.target_on and visit.closes_on):
        return None
    window = Window(visit.opens_on, visit.target_on, visit.closes_on, planned.tolerance_days)
    return LaidVisit(visit.code, visit.title, window, planned.missed)
