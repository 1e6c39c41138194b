"""The addresses of the clinic floor, joined from one module per noun."""

from clinic.urls import (
    audit,
    calendar,
    documents,
    door,
    health,
    members,
    on_call,
    reading,
)

app_name = "clinic"
urlpatterns = [
    *door.urlpatterns,
    *members.urlpatterns,
    *calendar.urlpatterns,
    *audit.urlpatterns,
    *health.urlpatterns,
    *documents.urlpatterns,
    *on_call.urlpatterns,
    *reading.urlpatterns,
]
