"""Where he stands, how he gets ready for the next visit, and his own calendar."""

from datetime import date, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from clinic.models import Booking
from labs.models import Order
from protocols.actions.visits_plan import lay_visits
from protocols.models import Enrolment, Visit
from tests.factories.labs import OrderFactory, ResultFactory
from tests.factories.patients import ConditionFactory
from tests.pages import soup
from tests.protocols.men import DAY, NOW, blood
from tests.protocols.portal.rows import VISIT_AT, booked, planned, words

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW)]


def page(him):
    return soup(him.get(reverse("portal:visits")))


def ready(him):
    return [words(step) for step in page(him).select("#next .prep li")]


def test_the_whole_plan_stands_there_with_what_became_of_it(him: Client, treated, clinician):
    lay_visits(enrolment=treated)
    came = {"attended_on": date(2026, 6, 7), "opened_by": clinician, "status": "signed"}
    Visit.objects.filter(enrolment=treated, code="M1").update(**came)
    Visit.objects.filter(enrolment=treated, code="M2").update(status="missed")
    booked(treated, visit=Visit.objects.get(enrolment=treated, code="M3"))

    lines = {words(li.b): words(li) for li in page(him).select(".p-plan li")}

    assert lines["Month 1"] == "Month 1 Sun 7 Jun 2026 Done"
    assert lines["Month 2"].endswith("Missed")
    assert lines["Month 3"] == "Month 3 Thu 6 Aug 2026, 08:30, Pacific time Booked"
    assert lines["Month 4"] == "Month 4 Sat 29 Aug to 12 Sep 2026 To come"
    assert [words(li.b) for li in page(him).select(".p-plan .is-next")] == ["Month 3"]


def test_a_window_that_is_open_asks_for_a_booking(him: Client, treated):
    planned(treated)

    assert words(page(him).select_one(".p-plan li")) == (
        "Month 3 Thu 30 Jul to 13 Aug 2026 Please book"
    )


def test_no_visits_yet_says_what_will_be_there(him: Client):
    assert "No visits yet When your programme begins" in words(page(him).main)


def test_the_next_visit_names_its_zone_and_its_stops(him: Client, treated):
    visit = planned(treated)
    booked(treated, visit=visit, task="draw", minutes=15)
    booked(treated, visit=visit, at=VISIT_AT + timedelta(minutes=60))

    text = words(page(him).select_one("#next"))

    assert text.startswith("Next visit in 2 days · 90 min")
    assert "Thu 6 Aug 2026, 08:30 Pacific time · Harbour Street" in text
    assert "08:30 Blood 09:30 Clinician" in text


def test_getting_ready_is_counted_from_each_stop(him: Client, treated):
    """Blood at 09:00, the sample at 10:00."""
    visit = planned(treated)
    booked(treated, visit=visit, at=VISIT_AT, task="check_in", minutes=15)
    booked(treated, visit=visit, at=VISIT_AT + timedelta(minutes=30), task="draw", minutes=15)
    booked(treated, visit=visit, at=VISIT_AT + timedelta(minutes=90), task="sample", minutes=15)

    steps = ready(him)

    assert steps[0].startswith("Last ejaculation between Thu 30 Jul and today, 10:00, then none")
    assert steps[1].startswith("No alcohol from tonight, 21:00")
    assert steps[2].startswith("Nothing to eat after tomorrow night, midnight")
    assert "Bring the bottle back with every capsule you have left" in steps
    assert any(step.startswith("A sample made at home") for step in steps)


def test_the_first_page_shows_the_main_steps_and_leads_to_the_rest(him: Client, treated):
    booked(treated)

    steps = [words(li) for li in soup(him.get("/my/")).select("#next .prep li")]

    assert len(steps) == 5
    assert steps[-1].endswith("more things to think of")


def test_month_four_asks_for_fasting_only_when_something_was_off(him: Client, treated, coordinator):
    """M4 is due on 5 September; blood of the 45 days before its window decides."""
    at = datetime.fromisoformat("2026-09-03T15:30:00+00:00")
    booked(treated, visit=planned(treated, "M4"), at=at)
    assert not [step for step in ready(him) if "Nothing to eat" in step]

    draw = blood(treated.patient, coordinator, alt="134")
    assert draw.results.get().grade == 2
    assert [step for step in ready(him) if "Nothing to eat" in step]


def test_a_high_risk_fasts_each_time(him: Client, treated):
    at = datetime.fromisoformat("2026-09-03T15:30:00+00:00")
    booked(treated, visit=planned(treated, "M4"), at=at)
    ConditionFactory(patient=treated.patient, key="diabetes", present=True)

    assert [step for step in ready(him) if "Nothing to eat" in step]


def test_an_order_adds_to_what_the_plan_asks(him: Client, treated):
    """A visit beside the plan asks for nothing by itself."""
    visit = Visit.objects.create(enrolment=treated, code="UNS", title="Unscheduled visit")
    booked(treated, visit=visit)
    assert ready(him) == []

    OrderFactory(patient=treated.patient, due_on=VISIT_AT.date(), semen=True)
    assert ready(him)[0].startswith("Last ejaculation between")


def test_an_order_of_another_month_is_left_out(him: Client, treated):
    visit = Visit.objects.create(enrolment=treated, code="UNS", title="Unscheduled visit")
    booked(treated, visit=visit)
    OrderFactory(patient=treated.patient, due_on=VISIT_AT.date() + timedelta(days=15), semen=True)
    OrderFactory(
        patient=treated.patient, due_on=VISIT_AT.date(), semen=True, status=Order.Status.CANCELLED
    )

    assert ready(him) == []


def test_whoever_is_checked_in_is_asked_nothing_more(him: Client, treated):
    booked(treated, at=NOW - timedelta(minutes=30), status=Booking.Status.ARRIVED)

    next_ = page(him).select_one("#next")

    assert "you are checked in" in words(next_)
    assert not next_.select(".prep, .p-acts")


@pytest.mark.parametrize("status", ["cancelled", "no_show", "completed"])
def test_a_booking_that_does_not_stand_is_no_next_visit(him: Client, treated, status):
    appointment = booked(treated)
    more = {"cancelled_at": NOW, "cancel_reason": "Moved."} if status == "cancelled" else {}
    Booking.objects.filter(pk=appointment.booking.pk).update(status=status, **more)

    assert "not booked yet" in words(page(him).select_one("#next"))


def test_a_call_is_said_to_be_one(him: Client, treated):
    Enrolment.objects.filter(pk=treated.pk).update(
        status="COMPLETED_TREATMENT", last_dose_on=NOW.date() - DAY
    )
    treated.dose_segments.update(during=(treated.first_dose_on, NOW.date()))
    visit = planned(treated, "FU3")
    Visit.objects.filter(pk=visit.pk).update(
        opens_on=NOW.date(), target_on=NOW.date(), closes_on=NOW.date() + 30 * DAY
    )
    booked(treated, visit=visit)

    assert "we call you" in words(page(him).select_one("#next"))


def test_the_calendar_entry_says_nothing_of_what_it_is_for(him: Client, treated):
    appointment = booked(treated)

    answer = him.get(reverse("portal:entry", args=[appointment.pk]))

    text = answer.content.decode()
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="appointment.ics"'
    assert "DTSTART:20260806T153000Z" in text
    assert "SUMMARY:Appointment\\, Harbour Street" in text
    assert "Month" not in text


def test_a_cancelled_appointment_has_no_entry(him: Client, treated):
    appointment = booked(treated)
    Booking.objects.filter(pk=appointment.booking.pk).update(
        status="cancelled", cancelled_at=NOW, cancel_reason="Moved."
    )

    assert him.get(reverse("portal:entry", args=[appointment.pk])).status_code == 404


def test_an_ended_programme_says_so_above_the_plan(him: Client, treated):
    Enrolment.objects.filter(pk=treated.pk).update(status="DISCONTINUED")
    ResultFactory(draw__patient=treated.patient, grade=3)

    assert "The capsules have ended for you." in words(page(him).select_one(".p-hero"))
