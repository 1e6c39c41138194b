"""The visits of one man as rows with windows: laid once per anchor, never touched once done."""

from collections.abc import Iterable

from django.db import transaction

from protocols.models import Enrolment, Pin, PlannedVisit, Visit
from protocols.queries.enrolment import definition_of, screened_on
from protocols.rules.schedule import LaidVisit, hanging_on
from protocols.rules.vocabulary import Phase
from protocols.rules.what_if import Anchors, plan_of

#: A visit that has been opened, signed, missed or found needless keeps the window it had.
MOVABLE = Visit.Status.PLANNED


@transaction.atomic
def lay_visits(*, enrolment: Enrolment) -> list[Visit]:
    """Give every visit whose anchor is known its row and window, in clinic-local dates.

    Running it again moves only visits that have not happened and are not pinned; the calendar
    never shifts for a hold (domain reference §7.1, §7.4).
    """
    planned = {row.code: row for row in PlannedVisit.objects.filter(version=enrolment.version_id)}
    standing = {
        visit.code: visit
        for visit in Visit.objects.select_for_update(of=("self",)).filter(
            enrolment=enrolment, planned__isnull=False
        )
    }
    pinned = set(
        Pin.objects.standing().filter(visit__enrolment=enrolment).values_list("visit", flat=True)
    )
    fresh, moved = [], []
    for laid in laid_visits(enrolment):
        visit = standing.get(laid.code)
        if visit is None:
            fresh.append(at_window(new_visit(enrolment, planned[laid.code]), laid))
        elif visit.status == MOVABLE and visit.pk not in pinned:
            moved.append(at_window(visit, laid))
    Visit.objects.bulk_create(fresh)
    Visit.objects.bulk_update(moved, ["opens_on", "target_on", "closes_on"])
    return list(Visit.objects.filter(enrolment=enrolment).order_by("target_on", "pk"))


def laid_visits(enrolment: Enrolment) -> tuple[LaidVisit, ...]:
    """The windows known today; before Day 1 the baseline visit has a provisional one."""
    attended = Visit.objects.filter(
        enrolment=enrolment, planned__isnull=False, attended_on__isnull=False
    )
    anchors = Anchors(
        first_dose_on=enrolment.first_dose_on,
        last_dose_on=enrolment.last_dose_on,
        enrolled_on=screened_on(enrolment),
        attended={code: on for code, on in attended.values_list("code", "attended_on") if on},
    )
    return tuple(plan_of(definition_of(enrolment.version), anchors).values())


def lay_what_hangs_on(visit: Visit) -> None:
    """Lay the visits that are counted from the actual day of this one, whenever that changes.

    When it turns out that he did not come, they lie nowhere again: who has an appointment for one
    keeps it, the others are as if they had not been laid.
    """
    hanging = [row.code for row in hanging_on(definition_of(visit.enrolment.version), visit.code)]
    if not hanging or visit.planned_id is None:
        return
    if visit.attended_on is None:
        Visit.objects.filter(
            enrolment=visit.enrolment, code__in=hanging, status=MOVABLE, appointments=None
        ).filter(deviations=None, pins=None).delete()
    lay_visits(enrolment=visit.enrolment)


def new_visit(enrolment: Enrolment, planned: PlannedVisit) -> Visit:
    return Visit(enrolment=enrolment, planned=planned, code=planned.code, title=planned.title)


def at_window(visit: Visit, laid: LaidVisit) -> Visit:
    window = laid.window
    visit.opens_on, visit.target_on, visit.closes_on = (
        window.opens_on,
        window.due_on,
        window.closes_on,
    )
    return visit


def skip_visits(*, enrolment: Enrolment, phases: Iterable[Phase] = tuple(Phase)) -> int:
    """Mark what is still planned in these phases as not needed any more."""
    wanted = set(phases)
    codes = [
        visit.code for visit in definition_of(enrolment.version).visits if visit.phase in wanted
    ]
    return Visit.objects.filter(enrolment=enrolment, code__in=codes, status=MOVABLE).update(
        status=Visit.Status.SKIPPED
    )
