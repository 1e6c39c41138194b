"""What a member reads as FHIR: his site's patients, what stands, and what stands no longer."""

import pytest

from clinic import fhir
from clinic.models import AuditEvent
from labs.actions.corrections import correct_draw, strike_draw
from labs.actions.results import file_draw
from labs.models import Draw, Laboratory
from labs.rules.readings import Value
from patients.models import Patient
from tests.factories.labs import SemenAnalysisFactory
from tests.labs.conftest import DRAWN, LIPIDS, NOW

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.time_machine("2026-08-04 17:45 +00:00", tick=False),
]


@pytest.fixture
def draw(man: Patient, laboratory: Laboratory, coordinator) -> Draw:
    return file_draw(
        patient=man, laboratory=laboratory, collected_at=DRAWN, values=LIPIDS, fasting=True,
        specimen="L1", by=coordinator, now=NOW, confirmed=True,
    )  # fmt: skip


@pytest.fixture
def reader(client, clinician, sign_in):
    sign_in(client, clinician)

    def read(path: str):
        return client.get(f"/fhir/{path}")

    return read


def found(response) -> list[dict]:
    return [entry["resource"] for entry in response.json().get("entry", [])]


def test_the_values_of_a_man_are_found_by_him(reader, draw, man):
    response = reader(f"Observation?patient={man.pk}")

    assert response.json()["type"] == "searchset"
    ids = [each["id"] for each in found(response)]
    assert response.json()["total"] == len(ids)
    assert f"d{draw.pk}-triglycerides" in ids
    assert [issue for each in found(response) for issue in fhir.faults(each)] == []


def test_one_test_is_found_by_its_loinc(reader, draw, man):
    response = reader(f"Observation?patient={man.pk}&code=http://loinc.org|2571-8")
    assert [(each["id"], each["valueQuantity"]["value"]) for each in found(response)] == [
        (f"d{draw.pk}-triglycerides", 612)
    ]


def test_one_value_is_read_by_its_id(reader, draw):
    seen = reader(f"Observation/d{draw.pk}-triglycerides").json()
    assert (seen["status"], seen["interpretation"][0]["coding"][0]["code"]) == ("final", "H")
    assert seen["referenceRange"][0]["text"] == "<150"


def test_a_value_keeps_its_address_when_it_is_corrected(reader, draw, coordinator):
    correct_draw(draw=draw, values=[Value("triglycerides", "590", "mg/dL", "<150")],
                 reason="A slip.", by=coordinator, now=NOW, confirmed=True)  # fmt: skip
    seen = reader(f"Observation/d{draw.pk}-triglycerides").json()
    assert (seen["status"], seen["valueQuantity"]["value"]) == ("corrected", 590)


def test_what_was_struck_out_is_still_found_as_an_error_without_its_value(
    reader, draw, coordinator
):
    strike_draw(draw=draw, reason="Another man's.", by=coordinator, now=NOW)
    seen = reader(f"Observation/d{draw.pk}-triglycerides").json()
    assert (seen["status"], "valueQuantity" in seen) == ("entered-in-error", False)
    assert reader(f"DiagnosticReport/d{draw.pk}").json()["status"] == "entered-in-error"


def test_a_report_names_its_values_its_specimen_and_its_laboratory(reader, draw):
    report = reader(f"DiagnosticReport/d{draw.pk}").json()
    assert report["specimen"] == [{"reference": f"Specimen/d{draw.pk}"}]
    assert report["performer"] == [{"display": "Bay Laboratory"}]
    assert {"reference": f"Observation/d{draw.pk}-hdl"} in report["result"]
    assert fhir.faults(report) == []
    specimen = reader(f"Specimen/d{draw.pk}").json()
    assert specimen["accessionIdentifier"]["value"] == "L1"


def test_a_sample_is_read_as_a_panel(reader, man):
    sheet = SemenAnalysisFactory(patient=man)
    panel = reader(f"Observation/s{sheet.pk}").json()
    assert panel["code"]["coding"][0]["code"] == "54231-6"
    assert {"reference": f"Observation/s{sheet.pk}-volume-ml"} in panel["hasMember"]


def test_the_man_himself_is_read(reader, man):
    seen = reader(f"Patient/{man.pk}").json()
    assert (seen["identifier"][0]["value"], seen["birthDate"]) == ("HF-0147", "1990-03-12")


def test_each_reading_is_in_the_trail(reader, draw, man, clinician):
    reader(f"Observation?patient={man.pk}")
    event = AuditEvent.objects.get(action="record.viewed")
    assert (event.actor, event.person, event.detail) == (clinician, man.label, {"page": "fhir"})


@pytest.mark.parametrize(
    "path", ["Observation/d{d}-alt", "Observation/x9", "Observation/d0", "Observation?patient=",
             "Specimen/s1", "DiagnosticReport/d", "Observation?patient=99999999"]
)  # fmt: skip
def test_what_is_not_there_is_told_in_the_language_of_the_asker(reader, draw, path):
    response = reader(path.format(d=draw.pk))
    assert response.status_code == 404
    assert response.json()["resourceType"] == "OperationOutcome"


def test_another_sites_member_finds_nothing(client, stranger, sign_in, draw, man):
    sign_in(client, stranger)
    for path in (f"Patient/{man.pk}", f"Observation/d{draw.pk}-hdl", f"Specimen/d{draw.pk}",
                 f"Observation?patient={man.pk}"):  # fmt: skip
        assert client.get(f"/fhir/{path}").status_code == 404


def test_who_may_read_no_results_is_told_so(client, auditor, sign_in, man):
    sign_in(client, auditor)
    assert client.get(f"/fhir/Observation?patient={man.pk}").status_code == 403


def test_nobody_reads_without_a_sign_in(client, man):
    assert client.get(f"/fhir/Observation?patient={man.pk}").status_code == 401


@pytest.mark.parametrize("rows", [1, 3])
def test_a_search_costs_the_same_however_much_there_is(  # noqa: PLR0917 -- fixtures
    client, clinician, sign_in, man, laboratory, django_assert_max_num_queries, rows
):
    for n in range(rows):
        file_draw(patient=man, laboratory=laboratory, collected_at=DRAWN, values=LIPIDS,
                  specimen=f"L{n}", by=clinician, now=NOW, confirmed=True)  # fmt: skip
        SemenAnalysisFactory(patient=man)
    sign_in(client, clinician)
    client.get("/fhir/metadata")
    with django_assert_max_num_queries(10):
        response = client.get(f"/fhir/DiagnosticReport?patient={man.pk}")
    assert len(found(response)) == 2 * rows


def test_the_door_says_what_it_takes(client):
    said = client.get("/fhir/metadata").json()
    assert (said["resourceType"], said["fhirVersion"]) == ("CapabilityStatement", "4.0.1")
