"""Addresses of mood."""

from django.urls import path

from protocols.views import mood

urlpatterns = [path("patients/<int:pk>/mood/", mood.mood, name="mood")]
