"""The number beside Inbox on every page: as many as the inbox itself lists."""

from datetime import UTC, date, datetime

import pytest
from django.test import Client
from django.urls import reverse

from clinic.access import Role
from tests.conftest import make_member
from tests.factories.protocols import FindingFactory
from tests.pages import soup, swapped
from tests.protocols.inbox.test_inbox import fill
from tests.protocols.men import NOW, blood, open_visit

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW)]


def beside(client: Client, page: str = "clinic:settings") -> str:
    """What stands beside Inbox, read as a person sees it; nothing where nothing waits."""
    (count,) = soup(client.get(reverse(page))).select("#count-inbox")
    for spoken in count.select(".visually-hidden"):
        spoken.decompose()
    return count.text.strip()


@pytest.mark.parametrize("role", [Role.CLINICIAN, Role.COORDINATOR, Role.NURSE])
def test_every_page_says_as_many_as_the_inbox_lists(
    client, treated, clinician, site, role, sign_in
):
    fill(treated, clinician)
    member = make_member(site, role, "Somebody")
    sign_in(client, member)

    inbox = soup(client.get(reverse("protocols:inbox")))

    said = inbox.select_one(".page-head .muted").text.split()[0]
    assert (beside(client), beside(client, "protocols:inbox")) == (said, said)


def test_one_and_three_are_counted(client, treated, clinician, sign_in):
    sign_in(client, clinician)
    seen = []
    for number in (1, 2, 3):
        FindingFactory(enrolment=treated, evidence=f"protocols.capsulecount:{number}")
        seen.append(beside(client))

    assert seen == ["1", "2", "3"]


def test_nothing_that_waits_shows_no_number(client, clinician, sign_in):
    FindingFactory()  # of another site
    sign_in(client, clinician)

    assert beside(client) == ""


def test_normal_results_are_not_counted(client, treated, clinician, sign_in):
    blood(treated.patient, clinician, triglycerides="118", alt="24")
    sign_in(client, clinician)

    assert beside(client) == ""


def test_who_reads_no_findings_has_no_inbox_to_count(client, technologist, sign_in):
    sign_in(client, technologist)

    assert soup(client.get(reverse("clinic:settings"))).select("#count-inbox") == []


@pytest.fixture
def left_open(treated, clinician):
    """A clinician, and a visit of 4 August that nobody has finished."""
    open_visit(treated, clinician, on=date(2026, 8, 4))
    return clinician


@pytest.mark.parametrize(
    ("at", "said"),
    [
        pytest.param(datetime(2026, 8, 5, 6, 59, tzinfo=UTC), "", id="still that day here"),
        pytest.param(datetime(2026, 8, 5, 7, 0, tzinfo=UTC), "1", id="the day after, here"),
    ],
)
def test_a_visit_left_open_counts_from_the_next_day_of_the_clinic(
    client, left_open, sign_in, time_machine, at, said
):
    time_machine.move_to(at, tick=False)
    sign_in(client, left_open)

    inbox = soup(client.get(reverse("protocols:inbox"))).select_one(".page-head .muted").text
    assert (beside(client), inbox.startswith("1 open")) == (said, bool(said))


def test_deciding_brings_the_number_along(client, treated, clinician, sign_in):
    fill(treated, clinician)
    sign_in(client, clinician)
    before = client.get(reverse("protocols:inbox"))
    url = reverse("protocols:inbox")
    FindingFactory(enrolment=treated, evidence="protocols.capsulecount:99")

    part = client.get(url, headers={"HX-Request": "true"})

    now = swapped(soup(before), part).select_one("#count-inbox").text
    assert now == soup(client.get(url)).select_one("#count-inbox").text
