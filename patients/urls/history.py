"""Addresses of a patient's history."""

from django.urls import path

from patients.views import history

urlpatterns = [
    path("<int:pk>/history/", history.history, name="history"),
    path("<int:pk>/history/answers/", history.answer_conditions, name="answer_conditions"),
    path("<int:pk>/history/retrievals/", history.add_retrieval, name="add_retrieval"),
    path("<int:pk>/history/genetics/", history.add_genetic_test, name="add_genetic_test"),
    path("<int:pk>/history/medicines/", history.add_medicine, name="add_medicine"),
    path("<int:pk>/history/allergies/", history.add_allergy, name="add_allergy"),
    path("<int:pk>/history/medicines/<int:entry>/end/", history.end_medicine, name="end_medicine"),
    path(
        "<int:pk>/history/retrievals/<int:entry>/strike/",
        history.strike_retrieval,
        name="strike_retrieval",
    ),
    path(
        "<int:pk>/history/genetics/<int:entry>/strike/",
        history.strike_genetic_test,
        name="strike_genetic_test",
    ),
    path(
        "<int:pk>/history/medicines/<int:entry>/strike/",
        history.strike_medicine,
        name="strike_medicine",
    ),
    path(
        "<int:pk>/history/allergies/<int:entry>/strike/",
        history.strike_allergy,
        name="strike_allergy",
    ),
    path(
        "<int:pk>/history/answers/<int:entry>/strike/",
        history.strike_condition,
        name="strike_condition",
    ),
]
