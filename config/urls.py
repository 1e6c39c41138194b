"""The one address space: the only place where the floors are joined."""

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.urls")),
]
