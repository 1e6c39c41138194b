"""Addresses of: calendar."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
