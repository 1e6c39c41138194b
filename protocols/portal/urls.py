"""The portal's addresses, all under /my/."""

from django.urls import URLPattern

app_name = "portal"
urlpatterns: list[URLPattern] = []
