"""The house's addresses and the bare view: signed in, one row, the frame that every page has."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import include, path

from clinic.access import Capability, requires
from patients.models import Patient

handler400 = "clinic.views.errors.bad_request"
handler403 = "clinic.views.errors.forbidden"
handler404 = "clinic.views.errors.not_found"
handler500 = "clinic.views.errors.server_error"


@requires(Capability.PATIENT_READ)
def bare(request, pk: int) -> HttpResponse:
    patient = Patient.objects.visible_to(request.user).get(pk=pk)
    return render(request, "bench/bare.html", {"patient": patient, "nav": "patients"})


urlpatterns = [path("bare/<int:pk>/", bare), path("", include("config.urls"))]
