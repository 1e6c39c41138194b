"""Addresses of: safety."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
