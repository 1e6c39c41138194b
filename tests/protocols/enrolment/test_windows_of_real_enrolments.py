"""Visits are laid in the clinic's own days, whatever the clock or the calendar does."""

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction

from protocols.actions.endings import record_last_dose
from protocols.actions.enrolment import change_status
from protocols.actions.visits_plan import lay_visits
from protocols.models import Visit
from protocols.queries.laboratory_facts import newest_results
from tests.factories.labs import ResultFactory
from tests.factories.protocols import VisitFactory
from tests.protocols.enrolment.cast import DAY, DAY_ONE, a_man, started

pytestmark = pytest.mark.django_db


def windows(enrolment):
    return {
        visit.code: (visit.opens_on, visit.target_on, visit.closes_on)
        for visit in Visit.objects.filter(enrolment=enrolment)
    }


def test_day_one_lays_every_visit_of_the_treatment(clinic_open, clinician):
    laid = windows(started(clinic_open, clinician))

    assert list(laid) == ["V0", "V1", "M1", "M2", "M3", "M4", "M5", "M6"]
    assert laid["V1"] == (date(2026, 2, 23), DAY_ONE, date(2026, 3, 9))
    assert laid["M6"] == (date(2026, 8, 22), date(2026, 8, 29), date(2026, 9, 5))


def test_windows_do_not_shift_when_the_clocks_go_forward(clinic_open, clinician):
    """In 2026 the clinic's clocks go forward on 8 March and back on 1 November."""
    laid = windows(started(clinic_open, clinician, day_one=date(2026, 2, 6)))

    assert laid["M1"] == (date(2026, 3, 1), date(2026, 3, 8), date(2026, 3, 15))
    assert laid["M2"] == (date(2026, 3, 31), date(2026, 4, 7), date(2026, 4, 14))


def test_windows_do_not_shift_when_the_clocks_go_back(clinic_open, clinician):
    laid = windows(started(clinic_open, clinician, day_one=date(2026, 10, 2)))

    assert laid["M1"] == (date(2026, 10, 25), date(2026, 11, 1), date(2026, 11, 8))


def test_a_leap_day_is_a_day_like_any_other(clinic_open, clinician):
    laid = windows(started(clinic_open, clinician, day_one=date(2028, 1, 30)))

    assert laid["M1"] == (date(2028, 2, 22), date(2028, 2, 29), date(2028, 3, 7))
    assert laid["M2"] == (date(2028, 3, 23), date(2028, 3, 30), date(2028, 4, 6))


def test_without_the_leap_day_the_same_start_is_a_day_later(clinic_open, clinician):
    laid = windows(started(clinic_open, clinician, day_one=date(2027, 1, 30)))

    assert laid["M1"][1] == date(2027, 3, 1)


def test_blood_taken_late_in_the_evening_counts_on_the_clinics_day(clinic_open, clinician):
    """20:00 on 30 January in Los Angeles is 31 January in UTC: the baseline is 30 days old."""
    patient = a_man(clinic_open, clinician)
    ResultFactory(draw__patient=patient, collected_at=datetime(2026, 1, 31, 4, 0, tzinfo=UTC))

    assert newest_results(patient, ["triglycerides"], date(2026, 1, 29)) == {}
    found = newest_results(patient, ["triglycerides"], date(2026, 1, 30))
    assert found["triglycerides"].on == date(2026, 1, 30)


def test_a_hold_shifts_nothing(clinic_open, clinician):
    enrolment = started(clinic_open, clinician)
    before = windows(enrolment)

    change_status(
        enrolment=enrolment, event="HOLD_ORDER", on=DAY_ONE + 10 * DAY, by=clinician, reason="TG"
    )
    lay_visits(enrolment=enrolment)

    assert windows(enrolment) == before


def test_the_last_capsule_lays_the_follow_up(clinic_open, clinician):
    enrolment = started(clinic_open, clinician)
    last = DAY_ONE + 179 * DAY

    record_last_dose(enrolment=enrolment, on=last, by=clinician, today=last)

    laid = windows(enrolment)
    assert laid["FU1"] == (last + 16 * DAY, last + 30 * DAY, last + 44 * DAY)
    assert laid["FU2"] == (last + 76 * DAY, last + 90 * DAY, last + 104 * DAY)
    assert [code for code in laid if code.startswith("FU")] == [
        "FU1", "FU2", "FU3", "FU4", "FU5", "FU6",
    ]  # fmt: skip


def test_a_corrected_last_capsule_moves_the_follow_up_but_no_visit_that_was_opened(
    clinic_open, clinician
):
    enrolment = started(clinic_open, clinician)
    last = DAY_ONE + 179 * DAY
    record_last_dose(enrolment=enrolment, on=last, by=clinician, today=last)
    before = windows(enrolment)
    Visit.objects.filter(enrolment=enrolment, code="FU1").update(
        status="in_progress", attended_on=last + 30 * DAY, opened_by=clinician
    )

    record_last_dose(enrolment=enrolment, on=last - 2 * DAY, by=clinician, today=last)

    after = windows(enrolment)
    assert after["FU1"] == before["FU1"]
    assert after["FU2"] == tuple(day - 2 * DAY for day in before["FU2"])


def test_laying_twice_makes_no_visit_twice(clinic_open, clinician):
    enrolment = started(clinic_open, clinician)

    lay_visits(enrolment=enrolment)

    assert Visit.objects.filter(enrolment=enrolment).count() == 8


def test_the_database_refuses_the_same_planned_visit_twice(clinic_open, clinician):
    visit = Visit.objects.get(enrolment=started(clinic_open, clinician), code="M1")

    with pytest.raises(IntegrityError, match="visit_is_planned_once"), transaction.atomic():
        VisitFactory(enrolment=visit.enrolment, planned=visit.planned)


def test_the_database_refuses_a_window_out_of_order(clinic_open, clinician):
    visit = Visit.objects.get(enrolment=started(clinic_open, clinician), code="M1")

    with pytest.raises(IntegrityError, match="window_is_ordered"), transaction.atomic():
        Visit.objects.filter(pk=visit.pk).update(opens_on=visit.closes_on)
