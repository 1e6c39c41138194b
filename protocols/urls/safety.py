"""Addresses of findings."""

from django.urls import path

from protocols.views import safety

urlpatterns = [
    path("findings/<int:pk>/", safety.finding, name="finding"),
    path("findings/<int:pk>/decide/", safety.decide_finding, name="decide_finding"),
    path("findings/<int:pk>/not-reached/", safety.not_reached, name="not_reached"),
]
