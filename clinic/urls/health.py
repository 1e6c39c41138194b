"""Addresses of: health."""

from django.urls import path

from clinic.views import health

urlpatterns = [
    path("alive/", health.alive, name="alive"),
    path("health/", health.health, name="health"),
]
