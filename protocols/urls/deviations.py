"""Addresses of departures from the protocol."""

from django.urls import path

from protocols.views import deviations

urlpatterns = [
    path("deviations/", deviations.deviations, name="deviations"),
    path("deviations/<int:pk>/", deviations.deviation, name="deviation"),
    path("deviations/<int:pk>/class/", deviations.classify, name="classify_deviation"),
    path("deviations/<int:pk>/none/", deviations.dismiss, name="dismiss_deviation"),
    path("deviations/<int:pk>/reopen/", deviations.reopen, name="reopen_deviation"),
    path("patients/<int:pk>/deviations/", deviations.of_record, name="record_deviations"),
]
