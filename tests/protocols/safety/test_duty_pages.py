"""Duties on the work queue, in the inbox and on their own page."""

import pytest
from django.test import Client
from django.urls import reverse

from patients.models import Patient
from protocols.actions.safety import decide
from protocols.models import Duty, Finding
from protocols.queries.inbox import inbox
from protocols.queries.worklist import worklist
from tests.factories.protocols import DutyFactory
from tests.pages import soup
from tests.protocols.men import NOW, TODAY, blood

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW)]


@pytest.fixture
def decided(treated, coordinator, clinician):
    blood(treated.patient, coordinator, triglycerides="1100")
    return decide(finding=Finding.objects.get(), decision="accept", by=clinician, now=NOW)


def in_inbox(account):
    return [item.text for item in inbox(account, NOW).items if item.kind == "duty"]


def test_a_decisions_tasks_are_in_the_inbox_of_whom_they_are_for(decided, clinician, coordinator):
    assert in_inbox(clinician) == ["Measure lipase", "Phone him"]
    assert in_inbox(coordinator) == ["Measure lipase"]


def test_the_desk_sees_them_all_and_the_visit_to_book(decided, coordinator, site):
    rows = [row.what for row in worklist(coordinator, site, TODAY).shown("")]

    assert "Daniel Rourke, measure lipase" in rows
    assert "Daniel Rourke, phone him" in rows
    assert "Daniel Rourke, blood test again by Tue 4 Aug" in rows
    assert not [row for row in rows if row.startswith("Daniel Rourke, repeat")]


def test_a_tick_in_the_queue_takes_the_row_away(client: Client, decided, coordinator, sign_in):
    sign_in(client, coordinator)
    duty = Duty.objects.get(code="LIPASE")

    page = client.post(
        reverse("protocols:tick_duty", args=[duty.pk]),
        {"outcome": "done", "back": "today", "day": "2026-08-04"},
        follow=True,
    )

    assert page.status_code == 200
    assert "measure lipase" not in soup(page).select_one("#today").text
    duty.refresh_from_db()
    assert (duty.outcome, duty.done_by) == ("done", coordinator)


def test_what_is_not_needed_asks_for_its_reason(client: Client, decided, coordinator, sign_in):
    sign_in(client, coordinator)
    duty = Duty.objects.get(code="LIPASE")
    address = reverse("protocols:tick_duty", args=[duty.pk])

    page = client.post(address, {"outcome": "not_needed", "note": ""})

    assert page.status_code == 422
    assert "why it is not needed" in soup(page).select_one("#field-note .why").text


def test_ticking_in_the_inbox_goes_on_to_the_next(client: Client, decided, clinician, sign_in):
    sign_in(client, clinician)
    duty, other = Duty.objects.order_by("pk")

    page = client.post(
        reverse("protocols:tick_duty", args=[duty.pk]),
        {"outcome": "done", "next": f"duty/{other.pk}"},
        follow=True,
    )

    assert page.redirect_chain[-1][0] == reverse("protocols:inbox_item", args=["duty", other.pk])


def test_the_second_to_tick_reads_who_was_first(
    client: Client, decided, clinician, coordinator, sign_in
):
    duty = Duty.objects.get(code="LIPASE")
    sign_in(client, clinician)
    client.post(reverse("protocols:tick_duty", args=[duty.pk]), {"outcome": "done"})
    client.logout()
    sign_in(client, coordinator)

    page = client.post(reverse("protocols:tick_duty", args=[duty.pk]), {"outcome": "done"})

    assert page.status_code == 422
    assert "has ticked this off already" in soup(page).select_one("main").text


def test_the_finding_shows_what_is_done_because_of_it(client, decided, clinician, sign_in):
    sign_in(client, clinician)

    text = soup(client.get(reverse("protocols:finding", args=[decided.pk]))).select_one("main").text

    assert "To do because of it" in text
    assert "Measure lipase" in text


@pytest.mark.parametrize("rows", [1, 3])
def test_a_duty_opens_in_ten_queries(
    client, treated, clinician, sign_in, rows, django_assert_max_num_queries
):
    first, *_ = [DutyFactory(enrolment=treated, due_at=NOW) for _ in range(rows)]
    sign_in(client, clinician)
    client.get(reverse("protocols:duty", args=[first.pk]))

    with django_assert_max_num_queries(10):
        assert client.get(reverse("protocols:duty", args=[first.pk])).status_code == 200


def test_who_is_to_phone_him_reads_his_number(client: Client, decided, clinician, sign_in):
    Patient.objects.update(phone="+1 555 0161")
    sign_in(client, clinician)
    duty = Duty.objects.get(code="PHONE_PATIENT")

    for name, key in (("duty", [duty.pk]), ("inbox_item", ["duty", duty.pk])):
        page = soup(client.get(reverse(f"protocols:{name}", args=key)))
        assert page.select_one("main a[href='tel:+15550161']").text == "+1 555 0161"


def test_nobody_is_asked_to_ring_a_man_who_has_died(client, decided, clinician, sign_in):
    Patient.objects.update(phone="+1 555 0161", deceased_on=TODAY)
    sign_in(client, clinician)
    duty = Duty.objects.get(code="PHONE_PATIENT")

    page = soup(client.get(reverse("protocols:duty", args=[duty.pk])))

    assert page.select("main a[href^='tel:']") == []
