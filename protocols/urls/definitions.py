"""Addresses of the programmes themselves."""

from django.urls import path

from protocols.views import definitions

urlpatterns = [
    path("protocols/", definitions.definitions, name="definitions"),
    path("protocols/<int:pk>/", definitions.definition, name="definition"),
]
