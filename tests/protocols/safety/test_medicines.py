"""Every change of a medicine list is checked: before the start, on the drug, and not after it."""

import pytest
from django.urls import reverse

from patients.actions.history import add_medicine
from protocols.actions.safety import decide
from protocols.actions.treatment import hold
from protocols.models import Deviation, Enrolment, Finding
from tests.factories.protocols import EnrolmentFactory
from tests.pages import soup
from tests.protocols.men import NOW, make_patient

pytestmark = pytest.mark.django_db


def found():
    return [(row.action, row.state) for row in Finding.objects.order_by("pk")]


@pytest.fixture
def screened(site, coordinator, catalogue, programme):
    return EnrolmentFactory(
        patient=make_patient(site, coordinator), status="SCREENING", first_dose_on=None,
        version=programme,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "proposes"),
    [
        ("Minocycline", ["REVIEW"]),
        ("Vitamin A 10,000 IU", ["REVIEW"]),
        ("Methotrexate", ["REVIEW"]),
        ("Phenytoin", ["REVIEW"]),
        ("Testosterone gel", ["REVIEW"]),
        ("Prednisone", []),
        ("Warfarin", []),
        ("Paracetamol", []),
    ],
)
def test_before_the_start_what_blocks_it_is_reviewed(screened, coordinator, name, proposes):
    add_medicine(patient=screened.patient, name=name, by=coordinator, now=NOW)

    assert found() == [(action, "open") for action in proposes]
    assert not Deviation.objects.exists()
    for finding in Finding.objects.all():
        assert finding.reasons[0]["sentence"].endswith("Treatment does not start with it.")


@pytest.mark.parametrize(
    ("name", "proposes", "departs"),
    [
        ("Doxycycline", "HOLD", True),
        ("Acitretin", "HOLD", True),
        ("Vitamin A", "REVIEW", True),
        ("Methotrexate", "REVIEW", True),
        ("Prednisone", "CONTINUE_ADVISE", False),
        ("Hydrochlorothiazide", "CONTINUE_ADVISE", False),
    ],
)
def test_on_the_drug(treated, coordinator, name, proposes, departs):
    add_medicine(patient=treated.patient, name=name, by=coordinator, now=NOW)

    assert found() == [(proposes, "open")]
    assert Deviation.objects.exists() is departs


def test_what_departs_from_the_protocol_is_spoken_of_the_same_day(treated, coordinator):
    add_medicine(patient=treated.patient, name="Methotrexate", by=coordinator, now=NOW)

    due = Finding.objects.get().contact_by.astimezone(treated.patient.site.zone)
    assert (due.date(), due.hour) == (NOW.date(), 17)


def test_after_treatment_there_is_no_drug_it_could_not_go_with(treated, coordinator):
    treated.status = "COMPLETED_TREATMENT"
    treated.save()

    add_medicine(patient=treated.patient, name="Doxycycline", by=coordinator, now=NOW)

    assert found() == []
    assert not Deviation.objects.exists()


def test_on_hold_a_tetracycline_keeps_the_hold(treated, coordinator, clinician):
    hold(enrolment=treated, reason="ALT.", by=clinician, now=NOW)
    add_medicine(patient=treated.patient, name="Doxycycline", by=coordinator, now=NOW)

    assert [row["rule"] for row in Finding.objects.get().reasons] == [
        "MEDICINE_TETRACYCLINE", "HOLD_STANDS",
    ]  # fmt: skip


@pytest.fixture
def write_down(client, treated, coordinator, clinician, sign_in):
    """A nurse adds a medicine; what the page then says of it."""
    Enrolment.objects.update(clinician=clinician.member)
    sign_in(client, coordinator)

    def notes(name):
        answer = client.post(
            reverse("patients:add_medicine", args=[treated.patient_id]),
            {"medicine-name": name}, follow=True,
        )  # fmt: skip
        return [" ".join(note.text.split()) for note in soup(answer).select("#history .notice")]

    return notes


@pytest.mark.time_machine(NOW)
@pytest.mark.parametrize(
    ("name", "says", "proposed"),
    [
        ("Doxycycline", "one of the two must stop", "hold"),
        ("Vitamin A", "stop the supplement", "review"),
        ("Prednisone", "may weaken bone", "continue, advise"),
    ],
)
def test_the_history_page_says_at_once_what_a_medicine_means_and_who_hears_of_it(
    write_down, clinician, name, says, proposed
):
    (note,) = write_down(name)

    assert says in note
    assert f"Proposed: {proposed}. It waits in the clinicians’ inbox" in note
    assert f"his clinician is {clinician}." in note


@pytest.mark.time_machine(NOW)
def test_what_asks_nobody_is_said_too_and_other_medicines_get_no_word(write_down):
    assert write_down("Paracetamol") == []
    (note,) = write_down("St John’s wort")

    assert note.endswith("The rules ask nobody to decide about it.")


@pytest.mark.time_machine(NOW)
def test_what_was_decided_about_a_medicine_is_said_beside_it(
    client, treated, coordinator, clinician, sign_in
):
    add_medicine(patient=treated.patient, name="Doxycycline", by=coordinator, now=NOW)
    decide(finding=Finding.objects.get(), decision="accept", by=clinician, now=NOW)
    sign_in(client, coordinator)

    answer = client.get(reverse("patients:history", args=[treated.patient_id]))

    (note,) = soup(answer).select("#history .notice")
    assert f"Accepted: {clinician}, Tue 4 Aug 2026, 10:45, hold." in " ".join(note.text.split())


@pytest.mark.time_machine(NOW)
@pytest.mark.parametrize("rows", [1, 3])
def test_the_history_page_costs_ten_queries_with_medicines(
    client, treated, coordinator, sign_in, rows, django_assert_max_num_queries
):
    for name in ("Doxycycline", "Vitamin A", "Warfarin")[:rows]:
        add_medicine(patient=treated.patient, name=name, by=coordinator, now=NOW)
    sign_in(client, coordinator)
    url = reverse("patients:history", args=[treated.patient_id])
    client.get(url)

    with django_assert_max_num_queries(10):
        assert client.get(url).status_code == 200


def test_on_hold_its_headline_is_one_sentence(treated, coordinator, clinician):
    hold(enrolment=treated, reason="Well.", by=clinician, now=NOW)

    add_medicine(patient=treated.patient, name="Doxycycline", by=coordinator, now=NOW)

    assert Finding.objects.get().headline.endswith("one of the two must stop: keep the hold")
