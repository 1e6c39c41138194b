"""Addresses of: dosing."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
