"""The addresses of the protocols floor, joined from one module per noun."""

from protocols.urls import (
    booking,
    calculators,
    definitions,
    deviations,
    dosing,
    enrolment,
    inbox,
    mood,
    outcomes,
    pregnancy,
    record,
    reminders,
    reports,
    safety,
    stock,
    today,
    visits,
    what_if,
)

app_name = "protocols"
urlpatterns = [
    *enrolment.urlpatterns,
    *booking.urlpatterns,
    *visits.urlpatterns,
    *dosing.urlpatterns,
    *stock.urlpatterns,
    *safety.urlpatterns,
    *inbox.urlpatterns,
    *record.urlpatterns,
    *today.urlpatterns,
    *reports.urlpatterns,
    *reminders.urlpatterns,
    *outcomes.urlpatterns,
    *definitions.urlpatterns,
    *calculators.urlpatterns,
    *deviations.urlpatterns,
    *mood.urlpatterns,
    *pregnancy.urlpatterns,
    *what_if.urlpatterns,
]
