"""The address of the catalogue."""

from django.urls import path

from labs.views import catalogue

urlpatterns = [path("catalogue/", catalogue.catalogue, name="catalogue")]
