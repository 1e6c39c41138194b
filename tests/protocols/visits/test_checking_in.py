"""A visit is opened by the day he comes, and written down section by section."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from clinic.models import Booking
from clinic.refusal import Refusal
from protocols.actions import visits
from protocols.models import Deviation, Enrolment, Visit
from protocols.rules.vitals import Vitals
from tests.factories.protocols import AppointmentFactory
from tests.protocols.men import NOW, TODAY

DAY = timedelta(days=1)
TARGET = date(2026, 8, 6)


@pytest.mark.parametrize(
    ("days", "timing"),
    [(-14, "EARLY"), (-8, "EARLY"), (-7, "ON_TIME"), (0, "ON_TIME"), (7, "ON_TIME"), (8, "LATE"),
     (14, "LATE")],
)  # fmt: skip
def test_the_day_decides_whether_the_visit_is_on_time(month_3, coordinator, days, timing):
    on = TARGET + days * DAY
    opened = visits.open_visit(visit=month_3, on=on, by=coordinator, now=NOW + 30 * DAY)
    assert (opened.timing, opened.status, opened.attended_on) == (timing, "in_progress", on)


@pytest.mark.parametrize("days", [-15, 15])
def test_a_day_too_far_from_the_target_is_another_visit(month_3, coordinator, days):
    with pytest.raises(Refusal, match="open an unscheduled visit"):
        visits.open_visit(visit=month_3, on=TARGET + days * DAY, by=coordinator, now=NOW + 30 * DAY)


@pytest.mark.parametrize(
    ("days", "codes"), [(-8, ["VISIT_EARLY"]), (-7, []), (7, []), (8, ["VISIT_LATE"])]
)
def test_a_visit_outside_its_window_is_drafted_as_a_deviation(month_3, coordinator, days, codes):
    visits.open_visit(visit=month_3, on=TARGET + days * DAY, by=coordinator, now=NOW + 30 * DAY)
    assert [row.code for row in Deviation.objects.filter(visit=month_3)] == codes


def test_a_visit_is_opened_once(opened, coordinator):
    with pytest.raises(Refusal, match="was opened on 4 Aug 2026 already"):
        visits.open_visit(visit=opened, on=TODAY, by=coordinator, now=NOW)


def test_a_visit_is_not_opened_before_he_comes(month_3, coordinator):
    with pytest.raises(Refusal, match="when he is there"):
        visits.open_visit(visit=month_3, on=TODAY + DAY, by=coordinator, now=NOW)


def test_who_has_left_the_programme_is_not_checked_in(month_3, coordinator):
    Enrolment.objects.update(status="CLOSED")
    with pytest.raises(Refusal, match="no longer in the programme"):
        visits.open_visit(visit=month_3, on=TODAY, by=coordinator, now=NOW)


def test_the_booking_of_the_day_goes_on_and_that_of_another_day_waits(month_3, coordinator):
    start = NOW - timedelta(hours=1)
    today = AppointmentFactory(visit=month_3, booking__during=(start, NOW)).booking
    later = AppointmentFactory(visit=month_3, booking__during=(start + DAY, NOW + DAY)).booking
    visits.open_visit(visit=month_3, on=TODAY, by=coordinator, now=NOW)
    states = dict(Booking.objects.values_list("pk", "status"))
    assert states == {today.pk: "in_progress", later.pk: "booked"}


def test_an_unscheduled_visit_takes_no_planned_place(month_3, coordinator):
    made = visits.open_unscheduled(
        enrolment=month_3.enrolment, on=TODAY, by=coordinator, now=NOW, reason="Headache"
    )
    month_3.refresh_from_db()
    assert (made.code, made.planned_id, made.timing) == ("UNS", None, "UNS")
    assert month_3.status == Visit.Status.PLANNED


def test_an_unscheduled_visit_says_what_it_is_for(month_3, coordinator):
    with pytest.raises(Refusal, match="what he comes for"):
        visits.open_unscheduled(
            enrolment=month_3.enrolment, on=TODAY, by=coordinator, now=NOW, reason=" "
        )


def test_nobody_has_two_open_visits_on_one_day(opened, coordinator):
    with pytest.raises(Refusal, match="M3 of that day is open already"):
        visits.open_unscheduled(
            enrolment=opened.enrolment, on=TODAY, by=coordinator, now=NOW, reason="Headache"
        )


def test_a_name_alone_does_not_identify_him(opened, coordinator):
    with pytest.raises(Refusal, match="Two identifiers"):
        visits.check_identity(visit=opened, identifiers=["name"], by=coordinator, now=NOW)


def test_two_identifiers_do(opened, coordinator):
    done = visits.check_identity(
        visit=opened, identifiers=["birth date", "name"], by=coordinator, now=NOW
    )
    assert (done.identifiers, done.identity_checked_by) == (["name", "birth date"], coordinator)


@pytest.mark.parametrize(
    ("field", "low", "high", "step"),
    [("weight_kg", "25", "350", "0.1"), ("systolic_mmhg", 50, 260, 1),
     ("diastolic_mmhg", 30, 160, 1), ("pulse_per_min", 25, 220, 1)],
)  # fmt: skip
def test_what_no_man_measures_is_refused_and_the_limit_itself_kept(
    opened, coordinator, field, low, high, step
):
    kind = type(step) if isinstance(step, int) else Decimal
    for value in (kind(low), kind(high)):
        visits.record_vitals(
            visit=opened, measured=Vitals(**{field: value}), by=coordinator, now=NOW
        )
    for value in (kind(low) - kind(step), kind(high) + kind(step)):
        with pytest.raises(Refusal, match="lies between"):
            visits.record_vitals(
                visit=opened, measured=Vitals(**{field: value}), by=coordinator, now=NOW
            )


def test_a_lower_pressure_just_below_the_upper_is_kept(opened, coordinator):
    measured = Vitals(systolic_mmhg=120, diastolic_mmhg=119)

    visits.record_vitals(visit=opened, measured=measured, by=coordinator, now=NOW)

    opened.refresh_from_db()
    assert (opened.systolic_mmhg, opened.diastolic_mmhg) == (120, 119)


def test_a_lower_pressure_as_high_as_the_upper_is_refused(opened, coordinator):
    measured = Vitals(systolic_mmhg=120, diastolic_mmhg=120)

    with pytest.raises(Refusal) as refused:
        visits.record_vitals(visit=opened, measured=measured, by=coordinator, now=NOW)

    assert refused.value.field == "diastolic_mmhg"


def test_a_section_of_a_visit_that_is_not_open_is_refused(month_3, coordinator):
    with pytest.raises(Refusal, match="Check him in first"):
        visits.note_since_last_time(visit=month_3, text="Well.", by=coordinator, now=NOW)


def test_the_plan_keeps_only_what_the_list_has(opened, coordinator):
    kept = visits.write_plan(
        visit=opened, text="Go on.", ticked=["NEVER_SHARE", "invented"], by=coordinator, now=NOW
    )
    assert kept.counselling == ["NEVER_SHARE"]
