"""Addresses of calls."""

from django.urls import path

from patients.views import contacts

urlpatterns = [
    path("<int:pk>/calls/", contacts.contact, name="contact"),
]
