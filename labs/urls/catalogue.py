"""Addresses of the catalogue, of each laboratory's ranges and of the limits."""

from django.urls import path

from labs.views import catalogue, ranges

urlpatterns = [
    path("catalogue/", catalogue.catalogue, name="catalogue"),
    path("catalogue/limits/", ranges.limits, name="limits"),
    path("catalogue/limits/sign/", ranges.sign, name="sign_limits"),
    path("laboratories/<int:pk>/", ranges.laboratory, name="laboratory"),
    path("laboratories/<int:pk>/ranges/", ranges.add_range, name="add_range"),
]
