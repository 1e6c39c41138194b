"""The booking drawer as a page and as a swap: choose, hold, confirm, let go, move, cancel."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from clinic.models import AuditEvent, Booking
from protocols.actions import booking as actions
from protocols.models import Reminder, Visit
from tests.factories.protocols import EnrolmentFactory, VisitFactory
from tests.pages import soup

#: Fri 20 Mar 2026, 10:00 Pacific. Month 1 is Wed 1 Apr, its window 25 Mar to 8 Apr.
NOW = datetime(2026, 3, 20, 17, tzinfo=UTC)
pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW, tick=False)]
HTMX = {"HX-Request": "true"}


def at(month, day, hour, minute=0):
    return datetime(2026, month, day, hour + 7, minute, tzinfo=UTC)


def slot(resource, starts_at):
    return f"{resource.pk}@{starts_at.isoformat()}"


@pytest.fixture
def desk(client, coordinator, sign_in, doctor):
    return sign_in(client, coordinator)


@pytest.fixture
def made(visit, doctor, coordinator):
    """The visit, booked for Wed 1 Apr at 14:00."""
    return booked(visit, doctor, coordinator, at(4, 1, 14))


def booked(visit, doctor, by, starts_at):
    return actions.book_visit(
        visit=visit, resource=doctor, starts_at=starts_at, minutes=30, task="clinician",
        by=by, now=NOW,
    )  # fmt: skip


def taken_by_another(site, doctor, by, starts_at):
    other = VisitFactory(enrolment=EnrolmentFactory(patient__site=site))
    return booked(other, doctor, by, starts_at)


def test_the_drawer_offers_five_times_the_ideal_day_first(desk, visit):
    page = desk.get(reverse("protocols:book", args=[visit.pk]))

    shown = [label.b.text for label in soup(page).select("label.slot")]
    assert shown == [
        "Wed 1 Apr 2026, 08:00", "Tue 31 Mar 2026, 08:00", "Thu 2 Apr 2026, 08:00",
        "Mon 30 Mar 2026, 08:00", "Fri 3 Apr 2026, 08:00",
    ]  # fmt: skip
    assert "the ideal day" in soup(page).select_one("label.slot small").text
    assert "ideal 1 Apr" in soup(page).select_one("figure").text


def test_a_swap_is_the_drawer_alone_and_a_page_holds_the_same(desk, visit):
    url = reverse("protocols:book", args=[visit.pk])

    swap, page = desk.get(url, headers=HTMX), desk.get(url)

    assert "<html" not in swap.text
    assert soup(swap).select("label.slot b") == soup(page).select("label.slot b")


@pytest.mark.parametrize("others", [1, 3])
def test_the_drawer_costs_the_same_however_full_the_calendar_is(
    desk, visit, doctor, coordinator, others, django_assert_max_num_queries
):
    for hour in range(others):
        taken_by_another(visit.enrolment.patient.site, doctor, coordinator, at(4, 1, 9 + hour))
    url = reverse("protocols:book", args=[visit.pk])
    desk.get(url)

    with django_assert_max_num_queries(9) as counted:
        desk.get(url)

    assert len(counted.captured_queries) == 9


def test_choosing_holds_the_time_and_shows_what_he_will_get(desk, visit, doctor):
    page = desk.post(
        reverse("protocols:hold", args=[visit.pk]),
        {"slot": slot(doctor, at(4, 1, 14)), "task": "clinician"},
        follow=True,
    )

    booking = Booking.objects.get()
    assert (booking.status, booking.starts_at) == ("held", at(4, 1, 14))
    assert "Held for you until 10:10" in soup(page).select_one("footer").text
    told = soup(page).select_one("section[aria-label='What he will get']").text
    assert "“Appointment, Harbour Street”" in told
    assert "E-mail Wed 25 Mar, 14:00, Mon 30 Mar, 14:00 and Wed 1 Apr, 11:00" in told
    assert [s["value"] for s in soup(page).select("label.slot input[checked]")] == [
        slot(doctor, at(4, 1, 14))
    ]


def test_confirming_books_and_plans_exactly_what_was_shown(desk, visit, doctor, coordinator):
    held = actions.hold_visit(
        visit=visit, resource=doctor, starts_at=at(4, 1, 14), minutes=30, task="clinician",
        by=coordinator, now=NOW,
    )  # fmt: skip

    page = desk.post(reverse("protocols:confirm_booking", args=[held.booking.pk]))

    assert page.url == f"{reverse('protocols:calendar')}?day=2026-04-01"
    assert Booking.objects.get().status == "booked"
    rows = Reminder.objects.filter(rule__startswith="APPOINTMENT").order_by("due_at")
    assert [r.due_at for r in rows] == [at(3, 25, 14), at(3, 30, 14), at(4, 1, 11)]


def test_a_confirmed_swap_reads_the_page_beneath_anew(desk, visit, doctor, coordinator):
    held = actions.hold_visit(
        visit=visit, resource=doctor, starts_at=at(4, 1, 14), minutes=30, task="clinician",
        by=coordinator, now=NOW,
    )  # fmt: skip

    answer = desk.post(reverse("protocols:confirm_booking", args=[held.booking.pk]), headers=HTMX)

    assert answer["HX-Refresh"] == "true"


def test_a_taken_time_says_so_and_offers_the_nearest_as_buttons(
    desk, visit, site, doctor, coordinator
):
    taken_by_another(site, doctor, coordinator, at(4, 1, 14))

    page = desk.post(
        reverse("protocols:hold", args=[visit.pk]),
        {"slot": slot(doctor, at(4, 1, 14)), "task": "clinician"},
        headers=HTMX,
    )

    assert page.status_code == 409
    notice = soup(page).select_one(".notice.critical")
    assert "That time has just been taken." in notice.text
    assert [b["value"] for b in notice.select("button[name=slot]")] == [
        slot(doctor, at(4, 1, 11)), slot(doctor, at(4, 1, 11, 15)), slot(doctor, at(4, 1, 11, 30)),
    ]  # fmt: skip


def test_a_day_outside_the_window_asks_for_a_reason_and_keeps_it(desk, visit, doctor):
    url = reverse("protocols:hold", args=[visit.pk])
    wish = {"slot": slot(doctor, at(4, 9, 9)), "task": "clinician"}

    page = desk.post(url, wish)
    assert page.status_code == 422
    assert "is outside the window (25 Mar to 8 Apr 2026). Say why" in page.text

    desk.post(url, wish | {"reason": "He is abroad."})
    assert AuditEvent.objects.get(action="booking.outside_window").reason == "He is abroad."


@pytest.mark.parametrize("slot_value", ["", "x@y", "999@2026-04-01T21:00:00+00:00", "1@2026-04-01"])
def test_a_time_that_is_none_of_ours_is_refused(desk, visit, slot_value):
    page = desk.post(reverse("protocols:hold", args=[visit.pk]), {"slot": slot_value})

    assert page.status_code == 422
    assert not Booking.objects.exists()


def test_let_go_frees_the_time_and_shows_the_choice_again(desk, visit, doctor, coordinator):
    held = actions.hold_visit(
        visit=visit, resource=doctor, starts_at=at(4, 1, 14), minutes=30, task="clinician",
        by=coordinator, now=NOW,
    )  # fmt: skip

    page = desk.post(reverse("protocols:let_go", args=[held.booking.pk]), follow=True)

    assert Booking.objects.get().status == "cancelled"
    assert "Hold this time" in page.text


def test_moving_keeps_the_old_time_until_the_new_one_is_his(desk, visit, site, doctor, coordinator):
    made = booked(visit, doctor, coordinator, at(4, 1, 14))
    taken_by_another(site, doctor, coordinator, at(4, 2, 9))
    url = reverse("protocols:move_booking", args=[made.booking.pk])

    refused = desk.post(url, {"slot": slot(doctor, at(4, 2, 9))})
    assert refused.status_code == 409
    assert Booking.objects.get(pk=made.booking.pk).starts_at == at(4, 1, 14)

    desk.post(url, {"slot": slot(doctor, at(4, 2, 10))})
    assert Booking.objects.get(pk=made.booking.pk).starts_at == at(4, 2, 10)


def test_cancelling_asks_why(desk, visit, doctor, coordinator):
    made = booked(visit, doctor, coordinator, at(4, 1, 14))
    url = reverse("protocols:cancel_booking", args=[made.booking.pk])

    assert "Cancel M1 of" in desk.get(url).text
    assert desk.post(url, {"reason": " "}).status_code == 422
    desk.post(url, {"reason": "He is ill."})

    assert Booking.objects.get().cancel_reason == "He is ill."


def test_a_booked_visit_shows_its_booking_instead_of_times(desk, visit, doctor, coordinator):
    booked(visit, doctor, coordinator, at(4, 1, 14))

    page = desk.get(reverse("protocols:book", args=[visit.pk]))

    assert "M1 is booked for Wed 1 Apr 2026, 14:00." in page.text
    assert not soup(page).select("label.slot")


def test_the_full_grid_shows_every_day_of_the_window(desk, visit):
    page = desk.get(reverse("protocols:book", args=[visit.pk]), {"grid": 1})

    days = [d.summary.text.split(" ", 3)[:3] for d in soup(page).select("details.panel")]
    assert (len(days), days[0], days[-1]) == (15, ["Wed", "25", "Mar"], ["Wed", "8", "Apr"])
    assert len(soup(page).select("details.panel")[0].select("button")) == 18


def test_the_draw_is_offered_beside_the_doctor_in_one_stay(desk, visit, doctor, chair, coordinator):
    booked(visit, doctor, coordinator, at(4, 2, 9))

    page = desk.get(reverse("protocols:book", args=[visit.pk]), {"task": "draw"})

    first = soup(page).select_one("label.slot")
    assert first.b.text == "Thu 2 Apr 2026, 08:45"
    assert "one stay with Dr Okafor" in first.small.text
    assert "early enough for a fasting draw" in first.small.text


def test_a_man_without_a_planned_visit_gets_one_beside_the_plan(desk, visit):
    Visit.objects.filter(pk=visit.pk).update(status="missed")
    url = reverse("protocols:book_patient", args=[visit.enrolment.patient.pk])

    assert "No planned visit waits" in desk.get(url).text
    page = desk.post(url, follow=True)

    assert "Book UNS for" in page.text
    assert soup(page).select_one("label.slot b").text == "Fri 20 Mar 2026, 10:00"


def test_from_a_man_to_the_visit_he_comes_to_next(desk, visit):
    answer = desk.get(reverse("protocols:book_patient", args=[visit.enrolment.patient.pk]))

    assert answer.url == reverse("protocols:book", args=[visit.pk])


@pytest.mark.parametrize("name", ["book", "hold"])
def test_another_sites_visit_is_not_found(client, sign_in, stranger, visit, doctor, name):
    sign_in(client, stranger)
    url = reverse(f"protocols:{name}", args=[visit.pk])

    answer = client.get(url) if name == "book" else client.post(url, {"slot": "1@x"})

    assert answer.status_code == 404


@pytest.mark.parametrize("name", ["move_booking", "cancel_booking", "confirm_booking", "let_go"])
def test_another_sites_booking_is_not_found(client, sign_in, stranger, made, name):
    sign_in(client, stranger)

    answer = client.post(reverse(f"protocols:{name}", args=[made.booking.pk]), {"reason": "x"})

    assert answer.status_code == 404
    assert Booking.objects.get().status == "booked"


def test_who_may_only_read_the_calendar_books_nothing(client, sign_in, technologist, visit):
    sign_in(client, technologist)

    assert client.get(reverse("protocols:book", args=[visit.pk])).status_code == 403
    assert client.get(reverse("protocols:calendar")).status_code == 200


@pytest.mark.time_machine(at(4, 3, 7), tick=False)
def test_a_target_that_has_passed_stays_the_ideal_day(desk, visit):
    """The window ends on the 8th; two days after the ideal one is what it is."""
    page = desk.get(reverse("protocols:book", args=[visit.pk]))

    first = soup(page).select_one("label.slot")
    assert first.b.text == "Fri 3 Apr 2026, 08:00"
    assert first.small.text.startswith("Dr Okafor: 2 days after ideal")
