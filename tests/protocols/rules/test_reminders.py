"""What is sent when: distances, quiet hours, expiry, keys, and days when clocks change (§7.8)."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.rules.local_time import exists, is_quiet, local_instant, send_time
from protocols.rules.reminders import (
    BookingFacts,
    SupplyFacts,
    VisitFacts,
    dose_times,
    for_booking,
    for_supply,
    for_visit,
)
from protocols.rules.vocabulary import Status
from tests.protocols.rules.given import PROGRAMME

PACIFIC = ZoneInfo("America/Los_Angeles")
BERLIN = ZoneInfo("Europe/Berlin")
SANTIAGO = ZoneInfo("America/Santiago")
CAIRO = ZoneInfo("Africa/Cairo")
ZONES = [PACIFIC, BERLIN, SANTIAGO, CAIRO]
NIGHT = {"quiet_from": time(21), "quiet_to": time(8)}
REMINDED = {"ACTIVE", "ON_HOLD", "COMPLETED_TREATMENT", "DISCONTINUED", "WITHDRAWN_TREATMENT"}


def at(zone, *parts):
    return datetime(*parts, tzinfo=zone)


def booked(starts_at, zone=PACIFIC, status=Status.ACTIVE, booked_at=None):
    facts = BookingFacts("clinic.booking:7", starts_at, booked_at)
    return for_booking(PROGRAMME, facts, zone=zone, status=status)


def shown(reminders, zone=PACIFIC):
    return [(row.code, f"{row.due_at.astimezone(zone):%Y-%m-%d %H:%M}") for row in reminders]


def test_an_appointment_is_reminded_of_three_times():
    assert shown(booked(at(PACIFIC, 2026, 6, 15, 14, 30))) == [
        ("APPOINTMENT_7D", "2026-06-08 14:30"),
        ("APPOINTMENT_2D", "2026-06-13 14:30"),
        ("APPOINTMENT_3H", "2026-06-15 11:30"),
    ]


def test_a_morning_appointment_waits_for_the_end_of_the_quiet_hours():
    assert shown(booked(at(PACIFIC, 2026, 6, 15, 9, 0)))[-1] == (
        "APPOINTMENT_3H",
        "2026-06-15 08:00",
    )


@pytest.mark.parametrize(("minute", "sent"), [(0, False), (1, True)])
def test_a_reminder_that_could_only_come_with_the_appointment_is_not_sent(minute, sent):
    codes = [row.code for row in booked(at(PACIFIC, 2026, 6, 15, 8, minute))]
    assert ("APPOINTMENT_3H" in codes) is sent


def test_what_was_due_before_the_booking_was_made_is_not_sent():
    starts = at(PACIFIC, 2026, 6, 15, 14, 30)
    made = at(PACIFIC, 2026, 6, 10, 9, 0)
    assert [row.code for row in booked(starts, booked_at=made)] == [
        "APPOINTMENT_2D",
        "APPOINTMENT_3H",
    ]


def test_an_appointment_reminder_is_never_of_use_after_the_appointment():
    starts = at(PACIFIC, 2026, 6, 15, 14, 30)
    found = booked(starts)
    assert [row.expires_at for row in found] == [
        starts - timedelta(days=3),
        starts - timedelta(hours=12),
        starts,
    ]


def test_a_moved_appointment_has_new_keys_and_the_same_one_the_same():
    first = booked(at(PACIFIC, 2026, 6, 15, 14, 30))
    assert booked(at(UTC, 2026, 6, 15, 21, 30)) == first
    moved = booked(at(PACIFIC, 2026, 6, 16, 14, 30))
    assert not {row.dedupe_key for row in first} & {row.dedupe_key for row in moved}
    assert first[0].dedupe_key == ("APPOINTMENT_7D.v1|clinic.booking:7|2026-06-15T21:30:00+00:00")


@pytest.mark.parametrize("status", Status)
def test_only_treatment_and_follow_up_are_reminded(status):
    assert bool(booked(at(PACIFIC, 2026, 6, 15, 14, 30), status=status)) is (status in REMINDED)
    supply = SupplyFacts("protocols.dispense:1", date(2026, 6, 15))
    found = for_supply(PROGRAMME, supply, zone=PACIFIC, status=status)
    assert bool(found) is (status in REMINDED)
    doses = dose_times(PROGRAMME, date(2026, 6, 15), [time(8)], zone=PACIFIC, status=status)
    assert bool(doses) is (status is Status.ACTIVE)


@pytest.mark.parametrize(
    ("zone", "starts", "due"),
    [
        pytest.param(PACIFIC, (2026, 3, 10, 14, 0), "2026-03-03 14:00", id="US spring"),
        pytest.param(PACIFIC, (2026, 11, 3, 14, 0), "2026-10-27 14:00", id="US autumn"),
        pytest.param(BERLIN, (2026, 3, 31, 14, 0), "2026-03-24 14:00", id="EU spring"),
        pytest.param(BERLIN, (2026, 10, 27, 14, 0), "2026-10-20 14:00", id="EU autumn"),
        pytest.param(SANTIAGO, (2026, 9, 8, 14, 0), "2026-09-01 14:00", id="midnight spring"),
        pytest.param(PACIFIC, (2028, 3, 7, 14, 0), "2028-02-29 14:00", id="leap day"),
        pytest.param(PACIFIC, (2027, 3, 7, 14, 0), "2027-02-28 14:00", id="no leap day"),
    ],
)
def test_a_week_before_is_the_same_wall_clock_time_whatever_the_clocks_do(zone, starts, due):
    assert shown(booked(at(zone, *starts), zone), zone)[0] == ("APPOINTMENT_7D", due)


def visit(**more):
    facts = {"opens_on": date(2026, 6, 8), "closes_on": date(2026, 6, 22)} | more
    found = for_visit(
        PROGRAMME, VisitFacts("protocols.visit:3", **facts), zone=PACIFIC, status=Status.ACTIVE
    )
    return shown(found)


def test_an_unbooked_visit_is_asked_for_when_its_window_opens_and_before_it_closes():
    assert visit() == [
        ("BOOKING_NEEDED_OPENS", "2026-06-08 09:00"),
        ("BOOKING_NEEDED_CLOSING", "2026-06-19 09:00"),
    ]
    assert visit(booked=True) == []


def test_a_laboratory_still_wanted_is_reminded_of_even_when_the_visit_is_booked():
    assert visit(booked=True, labs_wanted=True) == [
        ("LAB_DUE_OPENS", "2026-06-08 09:00"),
        ("LAB_DUE_CLOSING", "2026-06-19 09:00"),
    ]


def test_a_missed_visit_is_followed_up_after_one_and_three_days_and_then_called():
    assert visit(missed_on=date(2026, 6, 10), labs_wanted=True) == [
        ("MISSED_1D", "2026-06-11 09:00"),
        ("MISSED_3D", "2026-06-13 09:00"),
        ("MISSED_CALL", "2026-06-14 09:00"),
    ]


def test_the_call_is_for_staff_and_the_rest_for_the_patient():
    facts = VisitFacts(
        "protocols.visit:3", date(2026, 6, 8), date(2026, 6, 22), missed_on=date(2026, 6, 10)
    )
    found = for_visit(PROGRAMME, facts, zone=PACIFIC, status=Status.ACTIVE)
    assert [row.for_staff for row in found] == [False, False, True]


def test_a_refill_is_reminded_of_7_3_and_1_days_before_the_capsules_run_out():
    supply = SupplyFacts("protocols.dispense:1", date(2028, 3, 1))
    found = for_supply(PROGRAMME, supply, zone=PACIFIC, status=Status.ACTIVE)
    assert shown(found) == [
        ("REFILL_7D", "2028-02-23 09:00"),
        ("REFILL_3D", "2028-02-27 09:00"),
        ("REFILL_1D", "2028-02-29 09:00"),
    ]


def test_at_most_two_dose_reminders_a_day():
    times = [time(20), time(7, 30), time(13)]
    found = dose_times(PROGRAMME, date(2026, 3, 8), times, zone=PACIFIC, status=Status.ACTIVE)
    assert found == (at(PACIFIC, 2026, 3, 8, 7, 30), at(PACIFIC, 2026, 3, 8, 13, 0))


@pytest.mark.parametrize(
    ("wall", "quiet"),
    [
        (time(20, 59, 59), False),
        (time(21), True),
        (time(23, 59), True),
        (time(0), True),
        (time(7, 59, 59), True),
        (time(8), False),
        (time(12), False),
    ],
)
def test_quiet_hours_begin_at_21_and_end_at_8(wall, quiet):
    assert is_quiet(wall, **NIGHT) is quiet


def test_quiet_hours_may_lie_within_a_day_or_be_none():
    assert is_quiet(time(13), quiet_from=time(12), quiet_to=time(14))
    assert not is_quiet(time(14), quiet_from=time(12), quiet_to=time(14))
    assert not is_quiet(time(3), quiet_from=time(0), quiet_to=time(0))


@pytest.mark.parametrize(
    ("due", "sent"),
    [
        pytest.param((2026, 6, 15, 20, 59), (2026, 6, 15, 20, 59), id="before the night"),
        pytest.param((2026, 6, 15, 21, 0), (2026, 6, 16, 8, 0), id="the night begins"),
        pytest.param((2026, 6, 15, 7, 59), (2026, 6, 15, 8, 0), id="the night ends"),
        pytest.param((2026, 6, 15, 8, 0), (2026, 6, 15, 8, 0), id="after the night"),
        pytest.param((2026, 3, 7, 22, 0), (2026, 3, 8, 8, 0), id="over the spring change"),
        pytest.param((2026, 10, 31, 22, 0), (2026, 11, 1, 8, 0), id="over the autumn change"),
        pytest.param((2028, 2, 28, 22, 0), (2028, 2, 29, 8, 0), id="into a leap day"),
        pytest.param((2028, 2, 29, 22, 0), (2028, 3, 1, 8, 0), id="out of a leap day"),
    ],
)
def test_the_night_is_slept_through(due, sent):
    found = send_time(at(PACIFIC, *due), PACIFIC, **NIGHT)
    assert found.at == at(PACIFIC, *sent)


def test_the_quiet_hours_are_those_of_the_patient_not_of_the_server():
    due = at(UTC, 2026, 6, 15, 5, 0)
    assert send_time(due, PACIFIC, **NIGHT).at == at(PACIFIC, 2026, 6, 15, 8, 0)
    assert send_time(due, BERLIN, **NIGHT).at == at(BERLIN, 2026, 6, 15, 8, 0)
    assert send_time(due, ZoneInfo("Asia/Tokyo"), **NIGHT).at == due


@pytest.mark.parametrize(
    ("zone", "wall", "instant"),
    [
        pytest.param(PACIFIC, (2026, 3, 8, 1, 59), (2026, 3, 8, 9, 59), id="US before the gap"),
        pytest.param(PACIFIC, (2026, 3, 8, 2, 0), (2026, 3, 8, 10, 0), id="US gap begins"),
        pytest.param(PACIFIC, (2026, 3, 8, 2, 30), (2026, 3, 8, 10, 0), id="US in the gap"),
        pytest.param(PACIFIC, (2026, 3, 8, 3, 0), (2026, 3, 8, 10, 0), id="US gap over"),
        pytest.param(PACIFIC, (2026, 11, 1, 1, 30), (2026, 11, 1, 8, 30), id="US first of two"),
        pytest.param(PACIFIC, (2026, 11, 1, 2, 0), (2026, 11, 1, 10, 0), id="US after both"),
        pytest.param(BERLIN, (2026, 3, 29, 2, 30), (2026, 3, 29, 1, 0), id="EU in the gap"),
        pytest.param(BERLIN, (2026, 10, 25, 2, 30), (2026, 10, 25, 0, 30), id="EU first of two"),
        pytest.param(SANTIAGO, (2026, 9, 6, 0, 30), (2026, 9, 6, 4, 0), id="no midnight"),
        pytest.param(SANTIAGO, (2026, 4, 4, 23, 30), (2026, 4, 5, 2, 30), id="midnight twice"),
        pytest.param(CAIRO, (2026, 4, 24, 0, 0), (2026, 4, 23, 22, 0), id="Cairo no midnight"),
        pytest.param(PACIFIC, (2028, 2, 29, 9, 0), (2028, 2, 29, 17, 0), id="leap day"),
    ],
)
def test_a_wall_clock_time_that_is_missing_or_comes_twice(zone, wall, instant):
    naive = datetime(*wall)
    assert local_instant(naive.date(), naive.time(), zone) == at(UTC, *instant)


def test_a_whole_day_that_a_zone_left_out_is_passed_over():
    apia = ZoneInfo("Pacific/Apia")
    assert local_instant(date(2011, 12, 30), time(9), apia) == local_instant(
        date(2011, 12, 31), time(0), apia
    )


def test_quiet_hours_may_end_in_a_gap():
    found = send_time(
        at(PACIFIC, 2026, 3, 8, 1, 0), PACIFIC, quiet_from=time(21), quiet_to=time(2, 30)
    )
    assert found.at == at(PACIFIC, 2026, 3, 8, 3, 0)


def test_quiet_hours_that_end_in_the_hour_shown_twice_never_end_before_they_are_asked_about():
    first, second = (
        datetime(2026, 11, 1, 8, 15, tzinfo=UTC),
        datetime(2026, 11, 1, 9, 15, tzinfo=UTC),
    )
    night = {"quiet_from": time(21), "quiet_to": time(1, 30)}
    for due in (first, second):
        assert send_time(due, PACIFIC, **night).at == due.replace(minute=30)


INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)).map(
    lambda moment: moment.replace(tzinfo=UTC)
)


@settings(max_examples=150, deadline=None)
@given(due=INSTANTS, zone=st.sampled_from(ZONES))
def test_nothing_goes_out_at_night_nothing_early_and_nothing_a_night_late(due, zone):
    found = send_time(due, zone, **NIGHT)
    assert not is_quiet(found.at.astimezone(zone).time(), **NIGHT)
    assert timedelta(0) <= found.at - due <= timedelta(hours=12)


@settings(max_examples=150, deadline=None)
@given(moment=st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)), zone=st.sampled_from(ZONES))
def test_every_wall_clock_time_becomes_an_instant_not_before_it(moment, zone):
    back = local_instant(moment.date(), moment.time(), zone).astimezone(zone)
    naive = back.replace(tzinfo=None)
    assert timedelta(0) <= naive - moment.replace(fold=0) <= timedelta(hours=1)
    assert (naive == moment) is exists(moment.replace(tzinfo=zone))


@settings(max_examples=150, deadline=None)
@given(starts=INSTANTS, zone=st.sampled_from(ZONES))
def test_every_reminder_of_an_appointment_comes_before_it_and_in_order(starts, zone):
    found = booked(starts, zone)
    assert all(row.due_at < row.expires_at <= starts for row in found)
    assert [row.due_at for row in found] == sorted(row.due_at for row in found)
    assert len({row.dedupe_key for row in found}) == len(found)
