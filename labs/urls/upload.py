"""Addresses of files of results: uploading, columns, templates, refused rows."""

from django.urls import path

from labs.views import downloads, upload

urlpatterns = [
    path("inbound/upload/", upload.upload, name="upload"),
    path("inbound/template/<slug:layout>/<slug:kind>/", downloads.table_template, name="template"),
    path("inbound/<int:pk>/columns/", upload.columns, name="columns"),
    path("inbound/<int:pk>/looking/", upload.looking, name="looking"),
    path("inbound/<int:pk>/refused/", downloads.refused_rows, name="refused_rows"),
]
