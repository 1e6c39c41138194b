"""Addresses of: today."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
