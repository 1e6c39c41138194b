"""Registering and correcting."""

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction

from clinic.models import AuditEvent
from clinic.refusal import Refusal
from patients.actions.registration import Details, correct, register
from patients.models import Patient, RecordCounter
from patients.rules.matching import Likeness
from tests.factories.patients import PatientFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 16, 17, tzinfo=UTC)
DANIEL = Details(given_name="Daniel", family_name="Rourke", born_on=date(1990, 3, 12))


def enter(site, by, details=DANIEL, **more):
    return register(site=site, details=details, by=by, now=NOW, **more)


def details(**changes):
    return Details(
        **{"given_name": "Ed", "family_name": "Noone", "born_on": date(1980, 1, 2), **changes}
    )


def test_registration_gives_the_next_number_and_leaves_a_trail(site, coordinator):
    first, second = enter(site, coordinator), enter(site, coordinator, details())

    assert [first.record_number, second.record_number] == ["HF-0001", "HF-0002"]
    assert (first.registered_by, first.registered_at) == (coordinator, NOW)
    event = AuditEvent.objects.earliest("pk")
    assert (event.action, event.subject, event.person) == (
        "patient.registered", first.label, first.label,
    )  # fmt: skip
    assert event.actor == coordinator


def test_each_site_counts_for_itself(site, other_site, coordinator, stranger):
    assert enter(site, coordinator).record_number == "HF-0001"
    assert enter(other_site, stranger).record_number == "HF-0001"


def test_a_number_from_an_earlier_system_is_kept_and_uses_up_none_of_ours(site, coordinator):
    brought = enter(site, coordinator, own_number=" P000123 ")
    next_one = enter(site, coordinator, details())

    assert (brought.record_number, next_one.record_number) == ("P000123", "HF-0001")


@pytest.mark.parametrize("number", ["HF-0005", "hf 5", "7"])
def test_a_number_of_our_own_form_cannot_be_brought(site, coordinator, number):
    with pytest.raises(Refusal, match="given out by the program"):
        enter(site, coordinator, own_number=number)


def test_a_number_that_is_taken_is_refused_even_for_somebody_else(site, coordinator):
    enter(site, coordinator, own_number="P1-A")

    with pytest.raises(Refusal, match="belongs to a registered patient") as refused:
        enter(site, coordinator, details(), own_number="P1-A", somebody_else=True)
    assert refused.value.field == "own_number"


def test_somebody_alike_is_shown_before_saving(site, coordinator):
    there = enter(site, coordinator)

    with pytest.raises(Refusal, match="Daniel Rourke is registered already") as refused:
        enter(site, coordinator)

    (alike,) = refused.value.alternatives
    assert (alike.patient, alike.match.likeness) == (there, Likeness.LIKELY)
    assert Patient.objects.count() == 1
    assert RecordCounter.objects.get(site=site).last == 1


def test_somebody_alike_is_registered_once_the_member_says_he_is_somebody_else(site, coordinator):
    enter(site, coordinator)

    twin = enter(site, coordinator, somebody_else=True)

    assert twin.record_number == "HF-0002"
    assert AuditEvent.objects.latest("pk").detail == {"somebody_else": True}


def test_nobody_of_another_site_is_called_alike(site, coordinator):
    PatientFactory(given_name="Daniel", family_name="Rourke", born_on=date(1990, 3, 12))

    assert enter(site, coordinator).record_number == "HF-0001"


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        pytest.param({"born_on": date(2026, 3, 17)}, "born_on", "in the future", id="tomorrow"),
        pytest.param({"born_on": date(1905, 3, 16)}, "born_on", "older than 120", id="121 today"),
        pytest.param({"phone": "123"}, "phone", "too few digits", id="three digits"),
        pytest.param({"time_zone": "Mars/Base"}, "time_zone", "not known", id="zone"),
        pytest.param(
            {"deceased_on": date(1979, 1, 1)}, "deceased_on", "between", id="before birth"
        ),
    ],
)
def test_impossible_details_are_refused_beside_their_field(
    site, coordinator, change, field, sentence
):
    with pytest.raises(Refusal, match=sentence) as refused:
        enter(site, coordinator, details(**change))
    assert refused.value.field == field


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"born_on": date(2026, 3, 16)}, id="born today"),
        pytest.param({"born_on": date(1905, 3, 17)}, id="120, one day before 121"),
        pytest.param({"phone": "1234"}, id="four digits"),
    ],
)
def test_details_at_the_edge_are_accepted(site, coordinator, change):
    assert enter(site, coordinator, details(**change)).pk


def test_the_day_is_the_clinics_own(site, coordinator):
    """At 17:00 UTC it is the 16th in Los Angeles; at 05:00 UTC of the 17th it still is."""
    late = datetime(2026, 3, 17, 5, tzinfo=UTC)
    with pytest.raises(Refusal, match="in the future"):
        register(site=site, details=details(born_on=date(2026, 3, 17)), by=coordinator, now=late)


def test_correction_keeps_the_reason_and_says_which_fields(site, coordinator):
    patient = PatientFactory(site=site, given_name="Danyel")
    was = Details.of(patient)
    new = Details(**{**_fields(was), "given_name": "Daniel", "phone": "555 999 8888"})

    corrected = correct(
        patient=patient,
        details=new,
        reason="misheard",
        by=coordinator,
        now=NOW,
        seen=was.fingerprint,
    )

    assert (corrected.given_name, corrected.phone) == ("Daniel", "555 999 8888")
    assert "5559998888" in corrected.search_text
    event = AuditEvent.objects.get()
    assert (event.action, event.reason) == ("patient.corrected", "misheard")
    assert event.detail == {"fields": ["given_name", "phone"]}


def test_the_row_before_a_correction_stays_in_the_history(site, coordinator):
    patient = PatientFactory(site=site, given_name="Danyel")
    new = Details(**{**_fields(Details.of(patient)), "given_name": "Daniel"})

    correct(patient=patient, details=new, reason="misheard", by=coordinator, now=NOW)

    assert [row.given_name for row in patient.events.order_by("pgh_id")] == ["Danyel", "Daniel"]


def test_a_correction_based_on_what_somebody_has_changed_is_refused(site, coordinator):
    patient = PatientFactory(site=site)
    seen = Details.of(patient)
    Patient.objects.filter(pk=patient.pk).update(phone="555 000 1111")

    with pytest.raises(Refusal, match="Somebody else changed"):
        correct(
            patient=patient,
            details=Details(**{**_fields(seen), "given_name": "Dan"}),
            reason="x",
            by=coordinator,
            now=NOW,
            seen=seen.fingerprint,
        )


def test_a_correction_needs_a_reason_and_a_difference(site, coordinator):
    patient = PatientFactory(site=site)
    same = Details.of(patient)

    with pytest.raises(Refusal, match="Nothing is different"):
        correct(patient=patient, details=same, reason="x", by=coordinator, now=NOW)
    with pytest.raises(Refusal, match="why this is corrected"):
        correct(
            patient=patient,
            details=Details(**{**_fields(same), "given_name": "Dan"}),
            reason=" ",
            by=coordinator,
            now=NOW,
        )


def test_the_database_refuses_a_record_number_twice_at_a_site(site):
    PatientFactory(site=site, record_number="HF-0001")
    with pytest.raises(IntegrityError, match="used_once"), transaction.atomic():
        PatientFactory(site=site, record_number="HF-0001")


def _fields(of):
    return {name: getattr(of, name) for name in Details.__dataclass_fields__}
