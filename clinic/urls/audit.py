"""Addresses of: the trail."""

from django.urls import path

from clinic.views import audit

urlpatterns = [
    path("audit/", audit.trail, name="audit"),
    path("audit/verify/", audit.verify, name="verify_audit"),
]
