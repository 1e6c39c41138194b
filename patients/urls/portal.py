"""Addresses of the portal as members see it."""

from django.urls import path

from patients.views import portal

urlpatterns = [
    path("<int:pk>/portal/", portal.portal, name="portal"),
    path("<int:pk>/portal/invite/", portal.invite, name="invite_to_portal"),
    path("<int:pk>/portal/close/", portal.revoke, name="revoke_portal"),
    path("<int:pk>/portal/second-step/", portal.reset_second_step, name="reset_second_step"),
]
