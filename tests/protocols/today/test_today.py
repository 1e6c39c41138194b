"""Today on real rows: what it costs, whom it shows, what a step leaves behind."""

from datetime import time, timedelta

import pytest
from django.urls import reverse

from clinic.access import Role
from clinic.models import AuditEvent, Booking, Message
from patients.models import ContactAttempt
from protocols.models import Enrolment, Visit
from tests.conftest import make_member
from tests.pages import soup, swapped
from tests.protocols.men import NOW, TODAY
from tests.protocols.today.day import booked, rooms, treated, visit, working_day

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW, tick=False)]
HTMX = {"HX-Request": "true"}
DAY = timedelta(days=1)


@pytest.fixture
def page_url():
    return reverse("protocols:today")


@pytest.fixture
def desk(client, coordinator, sign_in, site, catalogue, programme):
    return sign_in(client, coordinator)


@pytest.fixture
def lin(site, coordinator, desk):
    """Wei Lin, month 4, at 11:30 today with Dr Okafor."""
    row = visit(treated(site, coordinator, "Lin", TODAY - 120 * DAY, "Wei"), "M4")
    return booked(row, rooms(site, TODAY)[0], time(11, 30), TODAY)


@pytest.mark.parametrize("times", [1, 3])
def test_today_costs_the_same_however_full_it_is(
    desk, site, coordinator, page_url, times, django_assert_max_num_queries
):
    made = working_day(site, coordinator, NOW)
    for n in range(1, times):
        row = visit(treated(site, coordinator, f"More{n}", TODAY - 60 * DAY), "M2")
        booked(row, made[2], time(8 + n), TODAY)
        visit(treated(site, coordinator, f"Late{n}", TODAY - 75 * DAY), "M2")
    desk.get(page_url)

    with django_assert_max_num_queries(9):
        page = desk.get(page_url)

    assert page.context["day"].expected == 7 + times - 1


def test_the_five_numbers_are_those_of_the_rows(desk, site, coordinator, page_url):
    working_day(site, coordinator, NOW)

    tiles = {tile["key"]: tile for tile in desk.get(page_url).context["tiles"]}

    assert (tiles["expected"]["number"], tiles["expected"]["of"]) == (3, 7)
    assert {key: tiles[key]["number"] for key in ("closing", "overdue", "results", "failed")} == {
        "closing": 2,
        "overdue": 1,
        "results": 1,
        "failed": 1,
    }


def test_the_queue_is_most_urgent_first(desk, site, coordinator, page_url):
    working_day(site, coordinator, NOW)

    whats = [row.what for row in desk.get(page_url).context["work"]]

    assert whats == [
        "Marcus Tran, call back today",
        "Gavin Hall, M2 overdue since Sat 1 Aug",
        "Owen Mills, M5 closes Thu 6 Aug",
        "One result without an owner",
        "Kola Adeyemi runs out on Sat 8 Aug",
        "E-mail to Kola Adeyemi failed",
        "Amir Farouk, M2 closes Mon 10 Aug",
        "Elias Marsh, M5 is booked outside its window",
    ]


def test_a_filter_leaves_the_page_a_reload_would_show(desk, site, coordinator, page_url):
    working_day(site, coordinator, NOW)
    url = f"{page_url}?show=overdue"

    part = desk.get(url, headers=HTMX)

    assert [row.what for row in part.context["work"]] == ["Gavin Hall, M2 overdue since Sat 1 Aug"]
    whole = soup(desk.get(url))
    left = swapped(soup(desk.get(page_url)), part)
    for toasts in (*left.select("#today #toasts"), *whole.select("#today #toasts")):
        toasts.decompose()
    assert left.find(id="today").prettify() == whole.find(id="today").prettify()


@pytest.mark.parametrize("asked", ["yesterday", "", "2026-02-30", "0001-01-01"])
def test_a_day_nobody_can_mean_is_today(desk, page_url, asked):
    assert desk.get(page_url, {"day": asked}).context["day"].on == TODAY


def test_another_site_sees_nothing_of_it(client, site, coordinator, other_site, sign_in, desk):
    working_day(site, coordinator, NOW)
    sign_in(client, make_member(other_site, Role.COORDINATOR))

    page = client.get(reverse("protocols:today"))

    assert (page.context["day"].columns, page.context["work"]) == ([], [])


def test_a_tile_says_that_it_is_outside_its_window(desk, site, coordinator, page_url):
    room = rooms(site, TODAY)[0]
    for name, days in (("Open", 127), ("Shut", 128)):
        row = visit(treated(site, coordinator, name, TODAY - days * DAY), "M4")
        booked(row, room, time(9 if name == "Open" else 10), TODAY)

    appts = desk.get(page_url).context["day"].appts

    assert {appt.name: appt.outside for appt in appts} == {
        "Daniel Open": False,
        "Daniel Shut": True,
    }


def test_check_in_is_shown_and_can_be_undone(desk, lin, page_url):
    desk.post(reverse("protocols:check_in", args=[lin.pk]))
    lin.refresh_from_db()
    assert lin.status == Booking.Status.ARRIVED
    assert desk.get(page_url).context["day"].arrived == 1

    desk.post(reverse("protocols:undo_booking_step", args=[lin.pk]))

    lin.refresh_from_db()
    assert (lin.status, lin.arrived_at) == (Booking.Status.BOOKED, None)


def test_checking_in_twice_is_refused_in_the_drawer(desk, lin):
    url = reverse("protocols:check_in", args=[lin.pk])
    desk.post(url)

    answer = desk.post(url, headers=HTMX)

    assert (answer.status_code, answer["HX-Retarget"]) == (422, "#drawer")
    assert "cannot become" in answer.text


def test_who_did_not_come_is_not_counted_as_here(desk, lin, page_url):
    desk.post(reverse("protocols:did_not_come", args=[lin.pk]))

    day = desk.get(page_url).context["day"]
    assert (day.arrived, day.expected) == (0, 1)


def test_cancelling_asks_why(desk, lin):
    url = reverse("protocols:cancel_from_today", args=[lin.pk])

    refused = desk.post(url, {"reason": ""}, headers=HTMX)
    lin.refresh_from_db()
    assert (refused.status_code, lin.status) == (422, Booking.Status.BOOKED)

    desk.post(url, {"reason": "He asked to."})
    lin.refresh_from_db()
    assert (lin.status, lin.cancel_reason) == (Booking.Status.CANCELLED, "He asked to.")


def test_the_drawer_is_the_page_and_leaves_a_trail(desk, lin, coordinator):
    url = reverse("protocols:today_booking", args=[lin.pk])

    part, page = desk.get(url, headers=HTMX), desk.get(url)

    assert "Wei Lin" in part.text
    assert "<html" not in part.text
    assert "<html" in page.text
    seen = AuditEvent.objects.filter(action="record.viewed", person=lin.attendee)
    assert [event.actor for event in seen] == [coordinator, coordinator]


@pytest.mark.parametrize("verb", ["today_booking", "check_in", "did_not_come", "undo_booking_step"])
def test_a_booking_of_another_site_is_not_found(client, lin, stranger, sign_in, verb):
    sign_in(client, stranger)
    url = reverse(f"protocols:{verb}", args=[lin.pk])

    answer = client.get(url) if verb == "today_booking" else client.post(url)

    assert answer.status_code == 404


def test_a_call_is_written_down_with_what_it_was_about(desk, lin, coordinator):
    row = Visit.objects.get()
    patient = row.enrolment.patient

    answer = desk.post(
        reverse("protocols:called", args=[patient.pk]),
        {"outcome": "voicemail", "about": row.label, "show": "closing"},
    )

    attempt = ContactAttempt.objects.get()
    assert (attempt.patient, attempt.outcome, attempt.about) == (patient, "voicemail", row.label)
    assert answer.url == f"{reverse('protocols:today')}?show=closing&done=1"


def test_the_queue_says_how_often_he_was_called(desk, site, coordinator, page_url):
    row = visit(treated(site, coordinator, "Mills", TODAY - 155 * DAY), "M5")
    url = reverse("protocols:called", args=[row.enrolment.patient_id])
    for outcome in ("no_answer", "voicemail"):
        desk.post(url, {"outcome": outcome, "about": row.label})

    (work,) = desk.get(page_url).context["work"]

    assert work.ctx == "Called twice; last: voicemail left"


def test_a_failed_message_is_sent_again(desk, site, coordinator):
    working_day(site, coordinator, NOW)
    message = Message.objects.get()

    desk.post(reverse("protocols:send_again", args=[message.pk]))

    message.refresh_from_db()
    assert message.state == Message.State.WAITING


def test_a_technologist_has_no_today(client, technologist, sign_in, page_url):
    assert sign_in(client, technologist).get(page_url).status_code == 403


def test_a_column_offers_its_first_half_hour_that_is_free_and_not_over(
    desk, lin, site, coordinator, page_url
):
    """At 10:45, with 10:45 and 11:30 taken, no half hour is left before the noon break."""
    other = visit(treated(site, coordinator, "Bell", TODAY - 60 * DAY, "Simon"), "M2")
    booked(other, (lin.resource, "clinician"), time(10, 45), TODAY)

    page = desk.get(page_url)

    okafor, reyes = page.context["day"].columns[:2]
    assert (okafor.free.word, reyes.free.word) == ("13:00", "10:45")
    assert "13:00 open" in [tile.text for tile in soup(page).select(".appt--free a")]


def test_a_day_that_is_over_offers_nothing(desk, lin, page_url):
    page = desk.get(page_url, {"day": (TODAY - 7 * DAY).isoformat()})

    assert [column.free for column in page.context["day"].columns] == [None] * 5


@pytest.mark.parametrize(("in_days", "runs_out"), [(4, False), (5, True)])
def test_who_comes_before_his_last_capsule_needs_no_call(
    desk, site, coordinator, page_url, in_days, runs_out
):
    """Thirty days from 26 days ago: the fourth day from now is the first without a capsule."""
    made = working_day(site, coordinator, NOW)
    short = Enrolment.objects.get(patient__family_name="Adeyemi")
    on = TODAY + in_days * DAY
    booked(visit(short, "M1"), made[0], time(9), on)

    rows = [row.what for row in desk.get(page_url).context["work"]]

    assert any("Adeyemi runs out" in what for what in rows) is runs_out
