"""The addresses of the patients floor, joined from one module per noun."""

from patients.urls import (
    consent,
    contacts,
    history,
    letters,
    portal,
    registry,
)

app_name = "patients"
urlpatterns = [
    *registry.urlpatterns,
    *history.urlpatterns,
    *consent.urlpatterns,
    *portal.urlpatterns,
    *contacts.urlpatterns,
    *letters.urlpatterns,
]
