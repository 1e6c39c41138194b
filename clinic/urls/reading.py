"""Addresses of: who reads results, and how long one may wait."""

from django.urls import path

from clinic.views import reading

urlpatterns = [
    path("who-reads/", reading.who_reads, name="who_reads"),
    path("who-reads/cover/", reading.arrange, name="arrange_cover"),
    path("who-reads/cover/<int:pk>/end/", reading.end, name="end_cover"),
    path("who-reads/hours/<slug:severity>/", reading.set_hours, name="reading_hours"),
]
