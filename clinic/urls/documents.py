"""Addresses of: documents."""

from django.urls import path

from clinic.views import documents

urlpatterns = [
    path("documents/<int:pk>/", documents.document, name="document"),
    path("check/", documents.check, name="check"),
]
