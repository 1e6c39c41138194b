"""A visit nobody came to is missed the day after its last day, on the clinic's own calendar."""

import threading
from datetime import date, timedelta

import pytest
from django.db import connection, transaction

from clinic.models import AuditEvent
from protocols import tasks
from protocols.actions.missed import mark_missed
from protocols.models import Deviation, Enrolment, Visit
from tests.factories.protocols import EnrolmentFactory, VisitFactory
from tests.protocols.enrolment.cast import a_man, at

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def awaiting(site, by, day_one, code="M1", **more):
    enrolment = EnrolmentFactory(
        patient=a_man(site, by), first_dose_on=day_one, status_since=day_one, opened_by=by, **more
    )
    return VisitFactory(enrolment=enrolment, planned__code=code)


def midnight_after(site, day):
    return at(site, day + DAY, hour=0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("day_one", "last_on"),
    [
        pytest.param(date(2026, 5, 8), date(2026, 6, 21), id="an ordinary summer"),
        pytest.param(date(2026, 1, 23), date(2026, 3, 8), id="the night the clocks go forward"),
        pytest.param(date(2026, 9, 18), date(2026, 11, 1), id="the night the clocks go back"),
        pytest.param(date(2028, 1, 16), date(2028, 2, 29), id="a leap day is the last day"),
        pytest.param(date(2027, 1, 16), date(2027, 3, 1), id="without the leap day"),
    ],
)
def test_missed_begins_with_the_day_after_target_plus_fourteen(site, clinician, day_one, last_on):
    visit = awaiting(site, clinician, day_one)
    midnight = midnight_after(site, last_on)

    assert mark_missed(now=midnight - MINUTE) == 0
    assert mark_missed(now=midnight) == 1

    visit.refresh_from_db()
    assert (visit.status, visit.attended_on) == ("missed", None)
    assert Deviation.objects.get().raised_on == last_on + DAY


@pytest.mark.django_db
@pytest.mark.parametrize(("code", "weight"), [("M2", "minor"), ("M3", "major"), ("M6", "major")])
def test_missed_drafts_one_deviation_with_the_weight_of_its_month(site, clinician, code, weight):
    visit = awaiting(site, clinician, date(2026, 1, 5), code)

    mark_missed(now=at(site, date(2026, 9, 1)))

    drafted = Deviation.objects.get()
    assert (drafted.code, drafted.weight, drafted.about, drafted.visit) == (
        "VISIT_MISSED", weight, visit.label, visit,
    )  # fmt: skip


@pytest.mark.django_db
def test_missed_is_written_down_once_by_nobody_but_the_system(site, clinician):
    visit = awaiting(site, clinician, date(2026, 1, 5))
    now = at(site, date(2026, 9, 1))

    assert [mark_missed(now=now), mark_missed(now=now + DAY)] == [1, 0]

    rows = AuditEvent.objects.filter(action="visit.missed")
    assert [(r.subject, r.person, r.actor, r.actor_role, r.detail) for r in rows] == [
        (
            visit.label, visit.enrolment.patient.label, None, "system",
            {"code": "M1", "closed_on": "2026-02-18"},
        )
    ]  # fmt: skip
    assert Deviation.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["LOST_TO_FOLLOW_UP", "DECEASED", "CLOSED"])
def test_nothing_is_missed_of_a_man_nobody_waits_for(site, clinician, status):
    awaiting(site, clinician, date(2026, 1, 5), status=status)

    assert mark_missed(now=at(site, date(2026, 9, 1))) == 0


@pytest.mark.django_db
def test_follow_up_is_missed_the_day_after_its_window(site, clinician):
    visit = awaiting(site, clinician, date(2026, 1, 5), "FU1", status="COMPLETED_TREATMENT")
    visit.opens_on, visit.target_on, visit.closes_on = (date(2026, 8, d) for d in (1, 15, 29))
    visit.save()

    assert mark_missed(now=at(site, date(2026, 8, 29), hour=23)) == 0
    assert mark_missed(now=at(site, date(2026, 8, 30), hour=0)) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["in_progress", "signed", "skipped"])
def test_a_visit_that_happened_or_is_not_needed_is_never_missed(site, clinician, status):
    visit = awaiting(site, clinician, date(2026, 1, 5))
    came = {} if status == "skipped" else {"attended_on": date(2026, 2, 4), "opened_by": clinician}
    Visit.objects.filter(pk=visit.pk).update(status=status, **came)

    assert mark_missed(now=at(site, date(2026, 9, 1))) == 0


@pytest.mark.django_db
def test_each_site_has_its_own_midnight(site, other_site, clinician):
    other_site.time_zone = "Pacific/Auckland"
    other_site.save()
    awaiting(site, clinician, date(2026, 5, 8))
    there = awaiting(other_site, clinician, date(2026, 5, 8))

    assert mark_missed(now=midnight_after(other_site, date(2026, 6, 21))) == 1

    assert list(Visit.objects.filter(status="missed")) == [there]


@pytest.mark.django_db(transaction=True)
def test_a_man_somebody_else_holds_is_left_for_the_next_run(site, clinician):
    held = awaiting(site, clinician, date(2026, 1, 5)).enrolment
    free = awaiting(site, clinician, date(2026, 1, 5))
    now, marked = at(site, date(2026, 9, 1)), []

    def elsewhere():
        marked.append(mark_missed(now=now))
        connection.close()

    with transaction.atomic():
        Enrolment.objects.select_for_update(of=("self",)).get(pk=held.pk)
        other = threading.Thread(target=elsewhere)
        other.start()
        other.join(timeout=20)

    assert marked == [1]
    assert list(Visit.objects.filter(status="missed")) == [free]
    assert mark_missed(now=now) == 1


@pytest.mark.django_db
def test_the_worker_marks_at_the_hour_it_runs(site, clinician):
    awaiting(site, clinician, date(2026, 1, 5))

    assert tasks.mark_missed() == 1
    assert (tasks.expire_eligibilities(), tasks.evaluate_holds()) == (0, 0)
