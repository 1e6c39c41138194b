"""Addresses of the record: one man's pages."""

from django.urls import path

from protocols.views import record, response

urlpatterns = [
    path("patients/<int:pk>/", record.overview, name="record"),
    path("patients/<int:pk>/visits/", record.visits, name="record_visits"),
    path("patients/<int:pk>/laboratory/", record.laboratory, name="record_laboratory"),
    path("patients/<int:pk>/semen/", record.semen, name="record_semen"),
    path("samples/<int:pk>/enough/", response.adjudicate, name="adjudicate"),
    path("samples/enough/<int:pk>/take-back/", response.withdraw, name="withdraw_adjudication"),
    path("patients/<int:pk>/side-effects/", record.side_effects, name="record_side_effects"),
    path("patients/<int:pk>/documents/", record.documents, name="record_documents"),
    path("patients/<int:pk>/who-looked/", record.looked, name="record_looked"),
]
