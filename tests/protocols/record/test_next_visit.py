"""The banner's next visit is the one he owes, not the one after it."""

from datetime import timedelta

import pytest
from django.urls import reverse

from protocols.models import Visit
from tests.pages import soup
from tests.protocols.men import DAY, NOW, TODAY
from tests.protocols.today.day import booked, rooms, treated, visit

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW, tick=False)]


def months(site, by, days):
    """Month 2 and month 3 of a man, that many days after his first capsule."""
    man = treated(site, by, "Kowal", TODAY - days * DAY)
    for code in ("M2", "M3"):
        row = visit(man, code)
        target = man.first_dose_on + int(code[1]) * 30 * DAY
        Visit.objects.filter(pk=row.pk).update(
            opens_on=target - 7 * DAY, target_on=target, closes_on=target + 7 * DAY
        )
    return man


def told(client, man):
    page = client.get(reverse("protocols:record", args=[man.patient_id]))
    cell = next(c for c in soup(page).select(".banner > div") if "Next visit" in c.text)
    return cell.b.text, cell.select_one(".s").text


@pytest.mark.parametrize(
    ("days", "line"),
    [
        pytest.param(67, "window 21 Jul–4 Aug", id="the last day of its window"),
        pytest.param(68, "overdue since 3 Aug", id="the day after its window"),
        pytest.param(74, "overdue since 28 Jul", id="the last day on which it still is this one"),
    ],
)
def test_what_is_overdue_comes_before_the_next_month(
    client, site, coordinator, sign_in, days, line
):
    man = months(site, coordinator, days)
    client = sign_in(client, coordinator)

    assert told(client, man)[0] == "M2, not booked"
    assert told(client, man)[1] == line


def test_once_it_is_missed_the_next_month_is_next(client, site, coordinator, sign_in):
    man = months(site, coordinator, 75)
    Visit.objects.filter(enrolment=man, code="M2").update(status="missed")
    client = sign_in(client, coordinator)

    assert told(client, man)[0] == "M3, not booked"


def test_a_booking_of_the_overdue_visit_is_shown(client, site, coordinator, sign_in):
    made = rooms(site, TODAY)
    man = months(site, coordinator, 70)
    on = TODAY + timedelta(days=1)
    booked(Visit.objects.get(enrolment=man, code="M2"), made[0], NOW.time(), on)
    client = sign_in(client, coordinator)

    assert told(client, man)[0].startswith("M2, Wed 5 Aug")
