"""Addresses of doses, prescriptions and bottles."""

from django.urls import path

from protocols.views import dosing

urlpatterns = [
    path("patients/<int:pk>/doses/", dosing.doses, name="doses"),
    path("patients/<int:pk>/doses/prescribe/", dosing.prescribe, name="prescribe"),
    path("patients/<int:pk>/doses/rest/", dosing.count_rest, name="count_rest"),
    *(
        path(
            f"patients/<int:pk>/doses/{verb}/",
            dosing.order_dose,
            {"verb": verb},
            name=f"{verb}_dose",
        )
        for verb in dosing.VERBS
    ),
    path("prescriptions/<int:pk>/cancel/", dosing.cancel_prescription, name="cancel_prescription"),
    path("prescriptions/<int:pk>/dispense/", dosing.dispense, name="dispense"),
]
