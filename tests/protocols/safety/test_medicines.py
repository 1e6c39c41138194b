"""Every change of a medicine list is checked: before the start, on the drug, and not after it."""

import pytest

from patients.actions.history import add_medicine
from protocols.actions.treatment import hold
from protocols.models import Deviation, Finding
from tests.factories.protocols import EnrolmentFactory
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
