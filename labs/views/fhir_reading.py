"""What a member may read as FHIR: a patient of his site and what was measured of him."""

from collections.abc import Iterator

from django.conf import settings
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone

from clinic import audit, fhir
from clinic.fhir import Resource
from clinic.pages import AccountRequest
from labs.fhir.resources import draw_resources
from labs.fhir.semen import analysis_resources
from labs.models import SemenAnalysis
from labs.queries.exports import blood_copies, drawn, sample_copies, sampled
from patients.fhir import patient_resource
from patients.models import Patient

MOST = 1000


def searched(request: AccountRequest, kind: str) -> Resource:
    """Everything of one kind about one patient: `?patient=12`, and `&code=2571-8` for one test."""
    key = request.GET.get("patient", "").removeprefix("Patient/")
    if not key.isdecimal() or len(key) > 12:
        raise Http404("Say of whom: ?patient= and the id of a Patient.")
    patient = patient_or_404(request, int(key))
    code = request.GET.get("code", "").rpartition("|")[2]
    found = [
        each
        for each in resources_of(request, patient)
        if each["resourceType"] == kind and (not code or has_code(each, code))
    ]
    audit.viewed(request.user, patient, "fhir")
    link = [{"relation": "self", "url": f"{base()}/{kind}?patient={patient.pk}"}]
    return fhir.bundle("searchset", found[:MOST], base=base(), now=timezone.now(), link=link)


def has_code(resource: Resource, code: str) -> bool:
    return any(each == code for _, each, _ in fhir.codings(fhir.part(resource, "code")))


def base() -> str:
    return f"{settings.BASE_URL}/fhir"


def patient_or_404(request: AccountRequest, pk: int) -> Patient:
    visible = Patient.objects.visible_to(request.user)
    return get_object_or_404(visible.select_related("site"), pk=pk)


def resources_of(request: AccountRequest, patient: Patient) -> Iterator[Resource]:
    user = request.user
    for copy in blood_copies(drawn(user).filter(patient=patient)[:MOST]):
        yield from draw_resources(
            copy.draw, copy.results, base=settings.BASE_URL, documents=copy.documents
        )
    for sample in sample_copies(sampled(user).filter(patient=patient)[:MOST]):
        yield from analysis_resources(
            sample.analysis, base=settings.BASE_URL, plain=False, documents=sample.documents
        )


def one(request: AccountRequest, kind: str, key: str) -> Resource:
    """One resource by its id: d12, d12-triglycerides, s4, s4-volume-ml."""
    head, _, _ = key.partition("-")
    letter, number = head[:1], head[1:]
    if letter not in ("d", "s") or not number.isdecimal() or len(number) > 12:
        raise Http404
    patient, found = of_row(request, letter, int(number))
    resource = next((r for r in found if (r["resourceType"], r["id"]) == (kind, key)), None)
    if resource is None:
        raise Http404
    audit.viewed(request.user, patient, "fhir")
    return resource


def of_row(request: AccountRequest, letter: str, pk: int) -> tuple[Patient, list[Resource]]:
    user = request.user
    if letter == "d":
        copies = blood_copies(drawn(user).filter(pk=pk))
        if not copies:
            raise Http404
        copy = copies[0]
        return copy.draw.patient, draw_resources(
            copy.draw, copy.results, base=settings.BASE_URL, documents=copy.documents
        )
    samples = sample_copies(sampled(user).filter(pk=standing_sheet(request, pk)))
    if not samples:
        raise Http404
    sample = samples[0]
    return sample.analysis.patient, analysis_resources(
        sample.analysis, base=settings.BASE_URL, plain=False, documents=sample.documents
    )


def standing_sheet(request: AccountRequest, pk: int) -> int:
    """A sheet that was corrected is not there any more; its correction has an id of its own."""
    visible = SemenAnalysis.objects.visible_to(request.user)
    return int(get_object_or_404(visible.filter(superseded_by=None), pk=pk).pk)


def the_patient(request: AccountRequest, pk: int) -> Resource:
    patient = patient_or_404(request, pk)
    audit.viewed(request.user, patient, "fhir")
    return patient_resource(patient, base=settings.BASE_URL)


def statement() -> Resource:
    """What this door takes and gives."""
    taken = [
        {"type": "Patient", "interaction": [{"code": "read"}]},
        {"type": "Specimen", "interaction": [{"code": "read"}]},
        *(
            {
                "type": kind,
                "interaction": [{"code": "read"}, {"code": "search-type"}, {"code": "create"}],
                "searchParam": [
                    {"name": "patient", "type": "reference"},
                    {"name": "code", "type": "token"},
                ],
            }
            for kind in ("Observation", "DiagnosticReport")
        ),
    ]
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-25",
        "kind": "instance",
        "implementation": {"description": "Halfyear", "url": base()},
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "rest": [
            {
                "mode": "server",
                "documentation": "Laboratories hand in results with a key; members read.",
                "resource": taken,
                "interaction": [{"code": "transaction"}, {"code": "batch"}],
            }
        ],
    }
