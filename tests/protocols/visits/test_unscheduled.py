"""A visit nobody planned is opened, written, signed and reported like any other."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from clinic.models import Document
from clinic.refusal import Refusal
from protocols.actions import visits
from protocols.actions.booking import plan_unscheduled
from protocols.models import Visit
from protocols.reports.visit_report import make_waiting
from tests.factories.protocols import StatusChangeFactory
from tests.protocols.men import NOW, TODAY
from tests.protocols.visits.conftest import signed

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW, tick=False)]
DAY = timedelta(days=1)
#: Month 3: target 6 August; month 2 was due on 7 July and counts to the 21st.
TARGET = date(2026, 8, 6)


@pytest.fixture
def desk(client, coordinator, sign_in):
    return sign_in(client, coordinator)


def test_it_is_opened_from_the_record_with_a_reason_and_leads_to_the_same_page(desk, month_3):
    man = month_3.enrolment
    record = desk.get(reverse("protocols:record_visits", args=[man.patient_id]))
    url = reverse("protocols:unscheduled_visit", args=[man.pk])
    assert url in record.text

    form = desk.get(url)
    assert "M3 is awaited today" in form.text
    refused = desk.post(url, {"on": TODAY.isoformat(), "reason": ""})
    assert refused.status_code == 422
    answer = desk.post(url, {"on": TODAY.isoformat(), "reason": "Headache for three days"})

    made = Visit.objects.get(code="UNS")
    assert answer.url == reverse("protocols:visit", args=[made.pk])
    page = desk.get(answer.url)
    assert [row.key for row in page.context["sections"]][:2] == ["identity", "since"]
    assert "Headache for three days" in page.text


def test_it_is_signed_and_reported(month_3, coordinator, clinician):
    made = visits.open_unscheduled(
        enrolment=month_3.enrolment, on=TODAY, by=coordinator, now=NOW, reason="Headache"
    )

    content = signed(made, clinician).content

    assert (content["visit"]["code"], content["visit"]["timing"]) == ("unscheduled", "unscheduled")
    assert make_waiting(now=NOW) == 1
    assert Document.objects.get(kind="visit_report").title.startswith("Visit report, unscheduled")


def test_one_that_was_booked_is_checked_in_without_a_window(desk, month_3, coordinator):
    planned = plan_unscheduled(enrolment=month_3.enrolment, by=coordinator, now=NOW)
    page = desk.get(reverse("protocols:visit", args=[planned.pk]))
    assert "beside the plan" in page.text

    desk.post(
        reverse("protocols:open_visit", args=[planned.pk]),
        {"on": TODAY.isoformat(), "why": "Lipids again"},
    )

    planned.refresh_from_db()
    assert (planned.status, planned.timing, planned.since_last_time) == (
        "in_progress", "UNS", "Lipids again",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("on", "instead"),
    [
        pytest.param(TARGET - 15 * DAY, "open an unscheduled visit", id="−15: between two visits"),
        pytest.param(TARGET - 16 * DAY, "the day belongs to M2", id="month 2, 14 days late"),
        pytest.param(TARGET + 15 * DAY, "open an unscheduled visit", id="+15: beyond both"),
        pytest.param(TARGET + 16 * DAY, "the day belongs to M4", id="month 4, 14 days early"),
    ],
)
def test_a_day_of_another_visit_says_whose_it_is(month_3, coordinator, on, instead):
    with pytest.raises(Refusal, match=instead):
        visits.open_visit(visit=month_3, on=on, by=coordinator, now=NOW + 40 * DAY)


def test_a_visit_that_is_done_says_what_to_open_instead(opened, coordinator):
    with pytest.raises(Refusal, match="if he comes again, open an unscheduled visit"):
        visits.open_visit(visit=opened, on=TODAY, by=coordinator, now=NOW)


@pytest.mark.parametrize(
    ("on", "says"),
    [
        pytest.param(date(1990, 3, 11), "He was born on 12 Mar 1990", id="before birth"),
        pytest.param(date(2026, 4, 9), "He was referred on 10 Apr 2026", id="before the referral"),
        pytest.param(date(2026, 4, 10), "", id="the day of the referral"),
    ],
)
def test_no_visit_lies_before_he_was_born_or_referred(month_3, coordinator, on, says):
    man = month_3.enrolment
    StatusChangeFactory(
        enrolment=man, became="REFERRED", event="REFER", on=date(2026, 4, 10), by=coordinator
    )
    told = {"enrolment": man, "on": on, "by": coordinator, "now": NOW, "reason": "Headache"}
    if not says:
        assert visits.open_unscheduled(**told).attended_on == on
        return
    with pytest.raises(Refusal, match=says) as refused:
        visits.open_unscheduled(**told)
    assert refused.value.field == "on"
    assert not Visit.objects.filter(code="UNS").exists()
