"""Addresses of: the door and one's own account."""

from django.urls import path

from clinic.views import door, settings

urlpatterns = [
    path("welcome/<str:token>/", door.open_link, name="open_link"),
    path("stay/", door.stay, name="stay"),
    path("site/", door.switch_site, name="switch_site"),
    path("settings/", settings.account, name="settings"),
    path("settings/units/", settings.units, name="units"),
]
