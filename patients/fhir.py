"""A patient as FHIR has him; pure: a row in, a resource out."""

from clinic.fhir import Resource
from patients.models import Patient

GENDERS = {"male": "male", "female": "female", "other": "other", "unknown": "unknown"}
RECORD_NUMBER = "http://terminology.hl7.org/CodeSystem/v2-0203"


def patient_id(patient: Patient) -> str:
    return str(patient.pk)


def subject_of(patient: Patient) -> Resource:
    """How a result says whose it is: by the address and by the record number."""
    return {"reference": f"Patient/{patient_id(patient)}"}


def patient_resource(patient: Patient, *, base: str) -> Resource:
    """Who he is and how to reach him; nothing about what he is treated for."""
    found: Resource = {
        "resourceType": "Patient",
        "id": patient_id(patient),
        "identifier": [
            {
                "use": "official",
                "type": {"coding": [{"system": RECORD_NUMBER, "code": "MR"}]},
                "system": f"{base}/identifiers/{patient.site.code}/record-number",
                "value": patient.record_number,
                "assigner": {"display": patient.site.name},
            }
        ],
        "active": patient.deceased_on is None,
        "name": names_of(patient),
        "gender": GENDERS[patient.sex],
        "birthDate": patient.born_on.isoformat(),
    }
    if telecom := telecom_of(patient):
        found["telecom"] = telecom
    if patient.address:
        found["address"] = [{"text": patient.address}]
    if patient.deceased_on:
        found["deceasedDateTime"] = patient.deceased_on.isoformat()
    return found


def names_of(patient: Patient) -> list[Resource]:
    official: Resource = {
        "use": "official",
        "family": patient.family_name,
        "given": patient.given_name.split() or [patient.given_name],
    }
    if not patient.preferred_name:
        return [official]
    return [official, {"use": "usual", "text": patient.preferred_name}]


def telecom_of(patient: Patient) -> list[Resource]:
    ways = [("phone", patient.phone), ("email", patient.email)]
    return [{"system": system, "value": value} for system, value in ways if value]
