"""Who is paged, who next when nobody answers, and what is kept of it."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.urls import reverse

from clinic.access import Role
from clinic.actions import on_call
from clinic.actions.outbox import letter, telling_words
from clinic.models import AuditEvent, Message, OnCallShift, Page
from clinic.queries.on_call import Gap, gaps
from clinic.refusal import Refusal
from clinic.rules.on_call import next_call
from tests.conftest import make_member
from tests.factories.clinic import OnCallShiftFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def nurse(site):
    return make_member(site, Role.NURSE)


NOW = datetime(2026, 3, 16, 17, 0, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)


def turn(site, member, by, *, rank=1, start=NOW - HOUR, end=NOW + 12 * HOUR, **more):
    return on_call.add_shift(
        site=site, member=member, rank=rank, starts_at=start, ends_at=end, by=by, now=NOW, **more
    )


def raised(site, about="protocols.finding:1", now=NOW):
    return on_call.page(site=site, about=about, person="patients.patient:1", now=now)


def called(page):
    return [(call.member.account.name, call.round) for call in page.calls.order_by("pk")]


# --- the rule ----------------------------------------------------------------------------------


def walk(rota, others, steps):
    told, within, round_ = [], [], 1
    for _ in range(steps):
        step = next_call(
            rota=rota, others=others, called=within, round_=round_, answer_within=QUARTER
        )
        within = [*within, *step.members] if step.round == round_ else list(step.members)
        round_ = step.round
        told.append((step.members, step.round, step.wait))
    return told


def test_those_on_call_are_called_in_order_then_everybody_else_then_the_next_round():
    assert walk([5, 3], {3, 5, 8, 9}, 5) == [
        ((5,), 1, QUARTER),
        ((3,), 1, QUARTER),
        ((8, 9), 1, QUARTER),
        ((5,), 2, QUARTER),
        ((3,), 2, QUARTER),
    ]


def test_an_empty_rota_calls_every_clinician_at_once_and_again():
    assert walk([], {8, 9}, 2) == [((8, 9), 1, QUARTER), ((8, 9), 2, QUARTER)]


def test_after_three_rounds_the_calls_go_on_once_an_hour():
    waits = [wait for _, round_, wait in walk([5], {5}, 6)]

    assert waits == [QUARTER, QUARTER, QUARTER, HOUR, HOUR, HOUR]


def test_a_page_is_never_given_up():
    rounds = [round_ for _, round_, _ in walk([5, 3], {3, 5}, 40)]

    assert all(0 <= after - before <= 1 for before, after in pairwise(rounds))
    assert rounds[-1] == 20


# --- the rota ----------------------------------------------------------------------------------


def test_two_members_cannot_hold_one_place_at_the_same_time(site, clinician, coordinator):
    turn(site, clinician.member, coordinator)
    other = make_member(site, Role.CLINICIAN, "Dr Reyes")

    with pytest.raises(Refusal, match="in this place already"):
        turn(site, other.member, coordinator, start=NOW + 11 * HOUR, end=NOW + 20 * HOUR)

    assert turn(site, other.member, coordinator, start=NOW + 12 * HOUR, end=NOW + 20 * HOUR).pk


def test_one_member_has_one_place_at_a_time(site, clinician, coordinator):
    turn(site, clinician.member, coordinator)

    with pytest.raises(Refusal, match="on call already"):
        turn(site, clinician.member, coordinator, rank=2)


@pytest.mark.parametrize(
    ("more", "field", "sentence"),
    [
        ({"start": NOW, "end": NOW}, "ends_at", "ends before it begins"),
        ({"start": NOW - 3 * HOUR, "end": NOW - HOUR}, "ends_at", "over already"),
        ({"end": NOW + timedelta(days=32)}, "ends_at", "a month at the most"),
        ({"channel": "telephone"}, "phone", "needs a number"),
    ],
)
def test_an_impossible_turn_is_refused_at_its_field(
    site, clinician, coordinator, more, field, sentence
):
    with pytest.raises(Refusal, match=sentence) as refused:
        turn(site, clinician.member, coordinator, **more)

    assert (refused.value.field, OnCallShift.objects.count()) == (field, 0)


def test_who_may_not_see_findings_is_not_put_on_the_rota(site, administrator, coordinator):
    with pytest.raises(Refusal, match="may not see"):
        turn(site, administrator.member, coordinator)


def test_a_copied_week_keeps_the_hour_on_the_wall_across_the_change_of_the_clocks(
    site, clinician, coordinator
):
    zone = ZoneInfo("America/Los_Angeles")  # summer time ends on Sunday 1 November 2026
    start = datetime(2026, 10, 28, 17, 0, tzinfo=zone)
    on_call.add_shift(
        site=site, member=clinician.member, rank=1, starts_at=start,
        ends_at=datetime(2026, 10, 29, 8, 0, tzinfo=zone), by=coordinator, now=start,
    )  # fmt: skip

    assert on_call.copy_week(site=site, by=coordinator, now=start) == 1

    copy = OnCallShift.objects.latest("pk").during
    assert copy.lower.astimezone(zone) == datetime(2026, 11, 4, 17, 0, tzinfo=zone)
    assert copy.upper - copy.lower == timedelta(hours=15)
    assert on_call.copy_week(site=site, by=coordinator, now=start) == 0


def test_the_hours_that_nobody_holds_are_named(site, clinician):
    shift = OnCallShiftFactory(
        member=clinician.member, during=DateTimeTZRange(NOW + HOUR, NOW + 3 * HOUR)
    )

    assert gaps([shift], now=NOW) == [
        Gap(NOW, NOW + HOUR),
        Gap(NOW + 3 * HOUR, NOW + timedelta(days=14)),
    ]


# --- a page ------------------------------------------------------------------------------------


def test_a_page_calls_the_first_on_call_at_once_and_only_once(site, clinician, coordinator):
    turn(site, clinician.member, coordinator)

    page = raised(site)
    again = raised(site)

    assert (again.pk, called(page)) == (page.pk, [(clinician.name, 1)])
    message = Message.objects.get(template="page")
    assert (message.recipient, page.next_at) == (clinician.email, NOW + QUARTER)


@pytest.mark.parametrize(("minutes", "calls"), [(14, 1), (15, 2)])
def test_the_second_is_called_when_the_first_has_not_answered_in_time(
    site, clinician, nurse, coordinator, minutes, calls
):
    turn(site, clinician.member, coordinator)
    turn(site, nurse.member, coordinator, rank=2)
    page = raised(site)

    on_call.call_due(now=NOW + timedelta(minutes=minutes))
    on_call.call_due(now=NOW + timedelta(minutes=minutes))

    assert called(page) == [(clinician.name, 1), (nurse.name, 1)][:calls]


def test_with_nobody_on_the_rota_every_clinician_of_the_site_is_called(site, clinician, stranger):
    other = make_member(site, Role.CLINICIAN, "Dr Reyes")

    page = raised(site)

    assert sorted(called(page)) == sorted([(clinician.name, 1), (other.name, 1)])


def test_who_answers_stops_the_calls_and_takes_back_what_has_not_left(
    site, clinician, nurse, coordinator
):
    turn(site, clinician.member, coordinator)
    turn(site, nurse.member, coordinator, rank=2)
    page = raised(site)

    on_call.answer(page=page, by=clinician, now=NOW + HOUR)
    on_call.call_due(now=NOW + 2 * HOUR)

    page.refresh_from_db()
    assert (page.state, page.answered_by, page.answered_at) == ("answered", clinician, NOW + HOUR)
    assert called(page) == [(clinician.name, 1)]
    assert Message.objects.get().state == Message.State.CANCELLED


def test_who_answers_second_hears_who_was_first(site, clinician, nurse):
    page = raised(site)
    on_call.answer(page=page, by=clinician, now=NOW)

    with pytest.raises(Refusal, match=f"{clinician.name} has answered already, at 10:00"):
        on_call.answer(page=page, by=nurse, now=NOW + HOUR)


def test_every_call_and_the_answer_are_in_the_trail(site, clinician):
    page = raised(site)
    on_call.answer(page=page, by=clinician, now=NOW)

    kept = AuditEvent.objects.filter(subject=f"clinic.page:{page.pk}").order_by("pk")
    assert [event.action for event in kept] == ["page.called", "page.raised", "page.answered"] or [
        event.action for event in kept
    ] == ["page.raised", "page.called", "page.answered"]


def test_a_letter_of_a_page_tells_nothing_of_why(site, clinician):
    raised(site)

    assert telling_words(letter(Message.objects.get())) == ()


# --- in the browser ----------------------------------------------------------------------------


def test_a_coordinator_puts_somebody_on_the_rota_and_takes_him_off(
    client, site, clinician, coordinator, sign_in
):
    sign_in(client, coordinator)

    client.post(
        reverse("clinic:add_shift"),
        {
            "member": clinician.member.pk,
            "rank": 1,
            "starts_at": "2126-03-16T17:00",
            "ends_at": "2126-03-17T08:00",
            "channel": "telephone",
            "phone": "555 0143",
        },
    )

    page = client.get(reverse("clinic:on_call")).content.decode()
    assert "555 0143" in page
    shift = OnCallShift.objects.get()
    client.post(reverse("clinic:withdraw_shift", args=[shift.pk]))
    assert not OnCallShift.objects.standing().exists()


def test_what_was_typed_stands_beside_the_refusal(client, coordinator, clinician, sign_in):
    sign_in(client, coordinator)

    answer = client.post(
        reverse("clinic:add_shift"),
        {
            "member": clinician.member.pk,
            "rank": 1,
            "starts_at": "2126-03-16T17:00",
            "ends_at": "2126-03-16T08:00",
            "channel": "email",
        },
    )

    assert answer.status_code == 422
    assert "The turn ends before it begins." in answer.content.decode()
    assert "2126-03-16T17:00" in answer.content.decode()


def test_who_is_paged_sees_it_on_every_page_until_somebody_answers(
    client, site, clinician, sign_in
):
    page = raised(site)
    sign_in(client, clinician)
    address = reverse("protocols:today")
    assert "You are paged" in client.get(address).content.decode()

    client.post(reverse("clinic:answer_page", args=[page.pk]))

    assert "You are paged" not in client.get(address).content.decode()
    assert Page.objects.get().answered_by == clinician


def test_the_numbers_of_the_rota_are_changed_and_a_bad_line_is_refused(
    client, site, coordinator, sign_in
):
    sign_in(client, coordinator)
    address = reverse("clinic:on_call_numbers")

    refused = client.post(address, {"minutes": 20, "crisis_line": "call us"})
    client.post(address, {"minutes": 20, "crisis_line": "116123"})

    assert refused.status_code == 422
    site.refresh_from_db()
    assert (site.page_answer_minutes, site.crisis_line) == (20, "116123")
