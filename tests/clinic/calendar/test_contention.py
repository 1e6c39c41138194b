"""Many at once, in several processes, on a real PostgreSQL: one wins, and nobody wrongly loses."""

from collections import Counter
from datetime import UTC, datetime, time, timedelta

import pytest

from clinic.actions.bookings import ELSEWHERE, TAKEN
from clinic.models import HOLDING, Booking
from tests.contention import Crowd, database_url, free_slots, one_slot, quarters
from tests.factories.clinic import BookingFactory, OpeningHoursFactory, ResourceFactory

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 3, 16, 15, tzinfo=UTC)
#: Mon 23 Mar 2026, 08:00 to 17:00 Pacific.
OPENS = datetime(2026, 3, 23, 15, tzinfo=UTC)
CLOSES = datetime(2026, 3, 24, 0, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)


@pytest.fixture
def rooms(site):
    """Six rooms, open on Mondays."""
    made = [ResourceFactory(site=site, name=f"Room {n}") for n in range(6)]
    for room in made:
        OpeningHoursFactory(resource=room, weekday=0, opens=time(8), closes=time(17))
    return [room.pk for room in made]


@pytest.fixture(scope="module")
def crowd(django_db_setup, django_db_blocker):
    """Four processes of two contenders each: eight at a time."""
    with Crowd(4, 2, database_url()) as found:
        yield found


def overlapping() -> list[tuple[int, int]]:
    """Pairs that hold one resource or one person at one time: there must never be any."""
    rows = list(Booking.objects.filter(status__in=HOLDING).order_by("pk"))
    return [
        (one.pk, two.pk)
        for n, one in enumerate(rows)
        for two in rows[n + 1 :]
        if (one.resource_id == two.resource_id or one.attendee == two.attendee)
        and one.starts_at < two.ends_at
        and two.starts_at < one.ends_at
    ]


def test_of_a_hundred_on_one_slot_one_wins_and_ninety_nine_hear_why(rooms, crowd):
    for n in range(3):
        starts_at = OPENS + n * HALF_HOUR

        found = crowd.round(one_slot(rooms[0], starts_at, contenders=100, now=NOW))

        assert len(found.winners) == 1
        assert found.sentences == {TAKEN: 99}
        assert {a.alternatives for a in found.answers if a.won is None} == {3}
        held = Booking.objects.filter(resource=rooms[0], during__startswith=starts_at)
        assert [b.pk for b in held] == found.winners


def test_of_two_hundred_on_different_slots_nobody_is_refused(rooms, crowd):
    jobs = free_slots(rooms, quarters(OPENS, CLOSES), wanted=200, now=NOW)

    found = crowd.round(jobs)

    assert found.sentences == Counter()
    assert Booking.objects.count() == len(set(found.winners)) == 200


def test_one_man_wanted_in_six_rooms_at_once_is_in_one(rooms, crowd):
    for n in range(5):
        starts_at = OPENS + n * HALF_HOUR
        jobs = [one_slot(room, starts_at, contenders=1, now=NOW, first=7)[0] for room in rooms]

        found = crowd.round(jobs)

        assert len(found.winners) == 1
        assert found.sentences == {ELSEWHERE: 5}


def test_lengths_that_overlap_in_part_exclude_each_other(rooms, crowd):
    for n in range(5):
        base = OPENS + n * timedelta(hours=1)
        jobs = [
            ("book", {
                "resource": rooms[0], "attendee": f"patients.patient:{100 * n + k}",
                "starts_at": base + timedelta(minutes=start), "minutes": minutes, "now": NOW,
            })
            for k, (start, minutes) in enumerate(
                [(0, 60), (0, 30), (15, 30), (30, 30), (45, 15), (0, 15), (15, 45), (30, 15)] * 3
            )
        ]  # fmt: skip

        crowd.round(jobs)

        assert overlapping() == []
        assert taken_minutes(rooms[0], base) >= 30


def taken_minutes(room, base):
    rows = Booking.objects.holding().filter(
        resource=room, during__overlap=(base, base + timedelta(hours=1))
    )
    return sum((b.ends_at - b.starts_at).total_seconds() / 60 for b in rows)


def test_moves_onto_one_slot_are_won_by_one_and_the_others_stay_where_they_were(rooms, crowd):
    for n in range(5):
        at = OPENS + n * timedelta(hours=1)
        rows = [
            BookingFactory(resource_id=room, site_id=site_of(room), starts_at=at)
            for room in rooms[1:]
        ]
        jobs = [
            ("move", {"booking": b.pk, "resource": rooms[0], "starts_at": at, "now": NOW})
            for b in rows
        ]

        found = crowd.round(jobs)

        assert len(found.winners) == 1
        assert found.sentences == {TAKEN: 4}
        stayed = Booking.objects.filter(during__startswith=at).exclude(pk__in=found.winners)
        assert sorted(b.resource_id for b in stayed) == sorted(
            b.resource_id for b in rows if b.pk not in found.winners
        )


def site_of(room):
    from clinic.models import Resource

    return Resource.objects.get(pk=room).site_id


def test_one_man_moved_in_two_rooms_at_once_is_never_in_both(rooms, crowd):
    at = OPENS + timedelta(hours=4)
    for n in range(3):
        who = f"patients.patient:{900 + n}"
        rows = [
            BookingFactory(
                resource_id=rooms[k], site_id=site_of(rooms[k]), attendee=who,
                starts_at=OPENS + timedelta(hours=k),
            )
            for k in range(2)
        ]  # fmt: skip

        found = crowd.round(
            [
                ("move", {"booking": b.pk, "resource": rooms[2 + k], "starts_at": at, "now": NOW})
                for k, b in enumerate(rows)
            ]
        )

        assert len(found.winners) == 1
        assert found.sentences == {ELSEWHERE: 1}
        Booking.objects.filter(attendee=who).update(
            status="cancelled", cancelled_at=NOW, cancel_reason="Next round."
        )


def test_booking_against_moving_and_cancelling_leaves_one_holder(rooms, crowd):
    """A slot that is left, taken and moved onto at once belongs to nobody or to one."""
    for n in range(20):
        at = OPENS + (n % 15) * HALF_HOUR
        one = BookingFactory(resource_id=rooms[0], site_id=site_of(rooms[0]), starts_at=at)
        two = BookingFactory(resource_id=rooms[1], site_id=site_of(rooms[1]), starts_at=at)
        jobs = [
            ("cancel", {"booking": one.pk, "now": NOW}),
            *one_slot(rooms[0], at, contenders=4, now=NOW, first=1000 * n + 2000),
            ("move", {"booking": two.pk, "resource": rooms[0], "starts_at": at, "now": NOW}),
        ]

        found = crowd.round(jobs)

        assert one.pk in found.winners
        assert len(found.winners) <= 2
        assert overlapping() == []
        Booking.objects.holding().update(
            status="cancelled", held_until=None, cancelled_at=NOW, cancel_reason="Next round."
        )


def test_a_hold_that_runs_out_is_confirmed_or_taken_never_both(rooms, crowd):
    for n in range(10):
        at = OPENS + n * HALF_HOUR
        held = BookingFactory(
            resource_id=rooms[0], site_id=site_of(rooms[0]), starts_at=at, status="held",
            held_until=NOW + timedelta(minutes=10),
        )  # fmt: skip
        just_before, just_after = (NOW + timedelta(minutes=10, seconds=s) for s in (-1, 0))

        found = crowd.round(
            [
                ("confirm", {"booking": held.pk, "now": just_before}),
                *one_slot(rooms[0], at, contenders=3, now=just_after, first=10 * n + 3000),
            ]
        )

        assert len(found.winners) == 1
        assert overlapping() == []
