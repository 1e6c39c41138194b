"""Addresses of the calculators: which rule, never what it is asked."""

from django.urls import path

from protocols.views import calculators

urlpatterns = [
    path("calculators/", calculators.calculators, name="calculators"),
    path("calculators/<slug:name>/", calculators.calculator, name="calculator"),
]
