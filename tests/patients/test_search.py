"""Finding people on real rows."""

from datetime import date

import pytest

from patients.models import Patient
from patients.queries import find_patients, possible_duplicates
from patients.rules.matching import Identity, Likeness
from tests.factories.patients import PatientFactory, PortalAccountFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def daniel(site):
    return PatientFactory(
        site=site,
        given_name="Daniel",
        family_name="Rourke",
        preferred_name="Danny",
        record_number="HF-0147",
        born_on=date(1990, 3, 12),
        phone="+1 (555) 010-0142",
        email="dan.r@example.org",
    )


@pytest.fixture
def jose(site):
    return PatientFactory(
        site=site,
        given_name="José",
        family_name="O’Connor-Müller",
        record_number="P000123",
        born_on=date(1984, 11, 30),
        phone="",
        email="",
    )


def found(user, text):
    return list(find_patients(user, text).rows)


@pytest.mark.parametrize(
    "text",
    [
        "rourke", "ROUR", "ourk", "daniel rourke", "rourke, daniel", "danny", "ro", "r",
        "HF-0147", "hf147", "147", "hf 147", "0147",
        "555 010 0142", "(555) 010", "+15550100142", "0100142",
        "1990-03-12", "12.3.1990", "12/3/1990", "3/12/1990", "12 Mar 1990", "March 12, 1990",
        "12.3.90", "1990", "rourke 12.3.1990", "dan.r@example", "rourke d",
    ],
)  # fmt: skip
def test_daniel_is_found_by(coordinator, daniel, jose, text):
    assert found(coordinator, text) == [daniel]


@pytest.mark.parametrize(
    "text", ["jose", "JOSÉ", "muller", "müller", "o'connor", "oconnor", "o’con", "p000123", "o'"]
)
def test_jose_is_found_by(coordinator, daniel, jose, text):
    assert found(coordinator, text) == [jose]


@pytest.mark.parametrize("text", ["", "   ", "hf"])
def test_nothing_sought_lists_everybody_by_family_name(coordinator, daniel, jose, text):
    assert found(coordinator, text) == [jose, daniel]


@pytest.mark.parametrize("text", ["rourke 1991-03-12", "zz", "99", "%", "_", "rour\\", "ur x"])
def test_nobody_is_found_by(coordinator, daniel, jose, text):
    assert found(coordinator, text) == []


def test_two_digits_find_the_record_of_that_number(site, coordinator):
    patient = PatientFactory(site=site, record_number="HF-0007")
    PatientFactory(site=site, record_number="HF-0070")
    assert found(coordinator, "7") == [patient]


def test_nobody_of_another_site_is_found(stranger, daniel):
    assert found(stranger, "rourke") == []


def test_a_patient_finds_himself_and_no_one_else(daniel, jose):
    account = PortalAccountFactory(patient=daniel).account
    assert found(account, "") == [daniel]


def test_pages_follow_each_other_without_a_gap_and_end(site, coordinator):
    for name in ["Carr", "Abel", "Baer", "Baer", "Dahl"]:
        PatientFactory(site=site, family_name=name, given_name="X")
    everybody = list(Patient.objects.order_by("sort_name", "pk"))

    seen, after = [], ""
    for _ in range(3):
        page = find_patients(coordinator, "", after=after, size=2)
        seen += page.rows
        after = page.next_key or ""

    assert seen == everybody
    assert after == ""


def test_one_query_whatever_is_sought(coordinator, daniel, django_assert_num_queries):
    for text in ["", "rourke 12.3.1990", "ro", "7"]:
        with django_assert_num_queries(1):
            find_patients(coordinator, text)


def test_possible_duplicates_come_likeliest_first(site, daniel, jose):
    slip = PatientFactory(
        site=site, given_name="Daniel", family_name="Rourke", born_on=date(1990, 3, 21), email=""
    )
    phone = PatientFactory(
        site=site, given_name="Sam", born_on=date(1971, 5, 5), phone="555 010 0142", email=""
    )
    who = Identity("Daniel", "Rourke", date(1990, 12, 3), phone="5550100142")

    alike = possible_duplicates(Patient.objects.filter(site=site), who)

    assert [(one.patient, one.match.likeness) for one in alike] == [
        (daniel, Likeness.LIKELY),
        (phone, Likeness.POSSIBLE),
    ]
    assert slip not in [one.patient for one in alike]


def test_duplicates_cost_one_query(site, daniel, django_assert_num_queries):
    with django_assert_num_queries(1):
        possible_duplicates(Patient.objects.filter(site=site), daniel.identity)


def test_who_was_stored_with_many_others_is_found_too(site, coordinator):
    one = PatientFactory.build(site=site, family_name="Whitfield", registered_by=coordinator)
    Patient.objects.bulk_create([one])
    assert found(coordinator, "whitf") == [one]
