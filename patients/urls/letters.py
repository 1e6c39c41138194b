"""Addresses of the conversation."""

from django.urls import path

from patients.views import letters

urlpatterns = [
    path("<int:pk>/letters/", letters.letters, name="letters"),
    path("<int:pk>/letters/write/", letters.write, name="write_letter"),
    path("<int:pk>/letters/read/", letters.read, name="read_letters"),
]
