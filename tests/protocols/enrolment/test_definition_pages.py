"""The programmes of the house, for reading."""

import pytest
from django.urls import reverse

from protocols.models import Version
from protocols.rules.definition import DEFAULT, shipped
from tests.factories.clinic import SiteFactory
from tests.factories.protocols import EnrolmentFactory
from tests.pages import soup
from tests.protocols.enrolment.cast import a_man

pytestmark = pytest.mark.django_db


def six_months():
    return Version.objects.get(protocol__key=DEFAULT, number=1)


def version_page(client):
    return client.get(reverse("protocols:definition", args=[six_months().pk]))


def table(page, key):
    return [
        [cell.text.strip() for cell in row.find_all(["th", "td"])]
        for row in soup(page).select(f"#{key} tbody tr")
    ]


def test_the_list_counts_the_men_of_this_site(client, clinic_open, clinician, sign_in):
    version = six_months()
    EnrolmentFactory(patient=a_man(clinic_open, clinician), version=version)
    EnrolmentFactory(patient=a_man(SiteFactory(), clinician), version=version)

    page = sign_in(client, clinician).get(reverse("protocols:definitions"))

    [_, row] = soup(page).select("tbody tr")
    assert row.find("td", {"data-label": "Enrolled here"}).text == "1"
    assert "For new enrolments" in row.text


def test_an_empty_house_says_how_a_programme_comes_in(client, clinician, sign_in):
    page = sign_in(client, clinician).get(reverse("protocols:definitions"))

    assert "No programme yet" in page.text


def test_a_version_shows_every_visit_with_its_window(client, clinic_open, clinician, sign_in):
    rows = table(version_page(sign_in(client, clinician)), "visits")

    assert [row[0].split()[0] for row in rows] == [visit.code for visit in shipped().visits]
    assert rows[2][:3] == ["M1 Month 1", "Day 1 + 30 days", "−7 to +7 days"]
    assert "if flagged: " in rows[5][3]


def test_a_version_shows_every_safety_limit_with_source_and_state(
    client, clinic_open, clinician, sign_in
):
    rows = table(version_page(sign_in(client, clinician)), "safety")

    assert rows[2] == [
        "Triglycerides",
        "over 500 mg/dL",
        "reduce the dose",
        "within 14 days",
        "within 2 business days",
    ]
    bands = shipped().safety.analytes
    assert len(rows) == sum(len(t.bands) + len(t.not_fasting_bands) for t in bands) + 1


def test_what_is_not_signed_off_says_so(client, clinic_open, clinician, sign_in):
    page = soup(version_page(sign_in(client, clinician)))

    assert page.select_one("#safety > header .status").text.strip() == "not signed off"
    assert "They are not a published guideline." in page.text
    assert page.select_one("#panels > header .status") is None


def test_each_part_has_its_lines(client, clinic_open, clinician, sign_in):
    page, rule = version_page(sign_in(client, clinician)), shipped()

    assert len(table(page, "counselling")) == len(rule.counselling)
    assert len(table(page, "symptoms")) == len(rule.safety.symptoms)
    assert len(table(page, "medicines")) == len(rule.medicines)
    assert len(table(page, "deviations")) == len(rule.deviations)
    assert len(table(page, "reminders")) == len(rule.reminders.rules) + 1
    assert len(table(page, "eligibility")) == 4 + 4 + 15


@pytest.mark.parametrize(
    ("role", "status"), [("auditor", 200), ("administrator", 200), ("pharmacist", 200)]
)
def test_whoever_may_read_protocols_reads_them(client, clinic_open, request, sign_in, role, status):
    client = sign_in(client, request.getfixturevalue(role))

    assert client.get(reverse("protocols:definitions")).status_code == status
    assert version_page(client).status_code == status


def test_a_version_costs_the_same_however_long_it_is(
    client, clinic_open, clinician, sign_in, django_assert_max_num_queries
):
    client = sign_in(client, clinician)
    version_page(client)

    with django_assert_max_num_queries(8):
        version_page(client)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_however_long_it_is(
    client, clinic_open, clinician, sign_in, rows, django_assert_num_queries
):
    first = six_months()
    for number in range(2, rows + 1):
        Version.objects.create(
            protocol=first.protocol,
            number=number,
            state="published",
            definition=first.definition,
            sha256=first.sha256,
            published_at=first.published_at,
        )
    client = sign_in(client, clinician)
    client.get(reverse("protocols:definitions"))

    with django_assert_num_queries(5):
        page = client.get(reverse("protocols:definitions"))

    assert len(soup(page).select("tbody tr")) == rows + 1
