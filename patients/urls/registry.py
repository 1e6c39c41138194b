"""Addresses of the registry."""

from django.urls import path

from patients.views import registry

urlpatterns = [
    path("", registry.registry, name="registry"),
    path("register/", registry.register, name="register"),
    path("<int:pk>/details/", registry.correct, name="correct"),
]
