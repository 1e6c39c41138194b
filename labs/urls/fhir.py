"""Addresses of the FHIR door, as the standard has them: no slash at their end."""

from django.urls import path

from labs.views import fhir_door

app_name = "fhir"
urlpatterns = [
    path("", fhir_door.base, name="door"),
    path("metadata", fhir_door.metadata, name="metadata"),
    path("Bundle", fhir_door.bundle, name="bundle"),
    path("Observation", fhir_door.observations, name="observations"),
    path("Observation/<slug:key>", fhir_door.observation, name="observation"),
    path("DiagnosticReport", fhir_door.reports, name="reports"),
    path("DiagnosticReport/<slug:key>", fhir_door.report, name="report"),
    path("Specimen/<slug:key>", fhir_door.specimen, name="specimen"),
    path("Patient/<int:pk>", fhir_door.patient, name="patient"),
    path("<slug:kind>", fhir_door.elsewhere, name="elsewhere"),
    path("<slug:kind>/<slug:key>", fhir_door.elsewhere, name="elsewhere_one"),
]
