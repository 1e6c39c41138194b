"""A target on a day the clinic is shut: the nearest open day of the window is proposed instead."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse

from clinic.models import ClosedDay
from clinic.queries.calendar import working_days
from protocols.models import Visit
from protocols.rules.windows import Window
from tests.factories.protocols import EnrolmentFactory, VisitFactory
from tests.pages import soup

#: Mon 29 Jun 2026, 10:00 Pacific.
NOW = datetime(2026, 6, 29, 17, tzinfo=UTC)
pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW, tick=False)]
DAY = timedelta(days=1)
#: Thirty days before Sat 4 Jul 2026.
DAY_ONE = date(2026, 6, 4)


@pytest.fixture
def fourth(site):
    """Month 1 is due on a Saturday, the Fourth of July; its Friday is the holiday."""
    ClosedDay.objects.create(site=site, on=date(2026, 7, 3), name="Independence Day (observed)")
    return VisitFactory(
        enrolment=EnrolmentFactory(patient__site=site, first_dose_on=DAY_ONE, status_since=DAY_ONE),
        planned__code="M1",
    )


@pytest.fixture
def desk(client, coordinator, sign_in, doctor):
    return sign_in(client, coordinator)


def shown(page):
    return " ".join(soup(page).select_one("section").text.split())


def test_a_saturday_after_a_holiday_is_proposed_on_monday(desk, fourth):
    page = desk.get(reverse("protocols:book", args=[fourth.pk]))

    first = soup(page).select_one("label.slot")
    assert first.b.text == "Mon 6 Jul 2026, 08:00"
    assert "the ideal day" in first.small.text
    assert "Target Sat 4 Jul, nobody is here then → Mon 6 Jul. The target stays." in shown(page)
    fourth.refresh_from_db()
    assert fourth.target_on == date(2026, 7, 4)


def test_a_closed_day_says_why(desk, fourth, site):
    Visit.objects.filter(pk=fourth.pk).update(target_on=date(2026, 7, 3))

    page = desk.get(reverse("protocols:book", args=[fourth.pk]))

    words = "Target Fri 3 Jul, closed: Independence Day (observed) → Thu 2 Jul."
    assert words in shown(page)


def test_an_open_target_is_not_moved(desk, fourth):
    Visit.objects.filter(pk=fourth.pk).update(target_on=date(2026, 7, 2))

    page = desk.get(reverse("protocols:book", args=[fourth.pk]))

    assert soup(page).select_one("label.slot").b.text == "Thu 2 Jul 2026, 08:00"
    assert "The target stays." not in shown(page)


def test_a_target_of_today_on_a_closed_day_goes_forward(
    client, coordinator, sign_in, doctor, fourth, time_machine
):
    time_machine.move_to(datetime(2026, 7, 4, 17, tzinfo=UTC), tick=False)

    page = sign_in(client, coordinator).get(reverse("protocols:book", args=[fourth.pk]))

    assert "→ Mon 6 Jul" in shown(page)


def test_the_list_of_visits_shows_the_shift(desk, fourth):
    page = desk.get(reverse("protocols:record_visits", args=[fourth.enrolment.patient_id]))

    lines = {line.visit.code: line.proposed_on for line in page.context["visits"]}
    assert lines == {"M1": date(2026, 7, 6)}
    assert "Sat 4 Jul → Mon 6 Jul" in page.text


@pytest.mark.parametrize(
    ("open_days", "proposed"),
    [
        pytest.param([4], 4, id="the target is open"),
        pytest.param([3, 6], 3, id="a day before is nearer than two after"),
        pytest.param([3, 5], 5, id="of two as near the later"),
        pytest.param([6], 6, id="two after"),
        pytest.param([11], 11, id="the last day of the window"),
        pytest.param([12], 4, id="the day after it is no choice"),
        pytest.param([], 4, id="all is shut"),
    ],
)
def test_the_nearest_open_day_of_the_window(open_days, proposed):
    window = Window.around(date(2026, 7, 4), before=7, after=7)

    days = [date(2026, 7, day) for day in open_days]

    assert window.nearest_open(days) == date(2026, 7, proposed)


@pytest.mark.parametrize(
    ("due", "days"),
    [
        pytest.param(date(2028, 2, 29), 15, id="a leap day"),
        pytest.param(date(2026, 3, 8), 15, id="the day the clocks go forward"),
        pytest.param(date(2026, 11, 1), 15, id="the day the clocks go back"),
    ],
)
def test_a_window_has_all_its_days_over_a_leap_day_and_a_change_of_clocks(due, days):
    window = Window.around(due, before=7, after=7)

    assert window.days() == [due + n * DAY for n in range(-7, 8)]
    assert len(window.days()) == days


def test_working_days_are_those_somebody_serves(site, doctor):
    ClosedDay.objects.create(site=site, on=date(2026, 7, 3), name="Holiday")
    week = [date(2026, 7, 1) + n * DAY for n in range(7)]

    assert [day.day for day in working_days(site, week)] == [1, 2, 6, 7]
    doctor.retired_on = date(2026, 1, 1)
    doctor.save()
    assert working_days(site, week) == []


@pytest.mark.parametrize(
    ("opens_on", "best"),
    [
        pytest.param(date(2026, 6, 10), "Mon 29 Jun 2026", id="open: today"),
        pytest.param(date(2026, 6, 30), "Tue 30 Jun 2026", id="opens tomorrow: then"),
        pytest.param(date(2026, 7, 4), "Mon 6 Jul 2026", id="opens on a Saturday: the Monday"),
    ],
)
def test_before_day_one_the_start_is_proposed_as_soon_as_it_can_be(desk, site, opens_on, best):
    """It has only a last day by then; the baseline is the fresher the sooner it is used."""
    last = date(2026, 8, 5)
    start = VisitFactory(
        enrolment=EnrolmentFactory(
            patient__site=site, status="CONSENTED", first_dose_on=None, status_since=DAY_ONE
        ),
        planned__code="V1",
    )
    Visit.objects.filter(pk=start.pk).update(opens_on=opens_on, target_on=last, closes_on=last)

    page = desk.get(reverse("protocols:book", args=[start.pk]))

    assert soup(page).select_one("label.slot").b.text.startswith(best)
