"""Addresses of consents."""

from django.urls import path

from patients.views import consent

urlpatterns = [
    path("<int:pk>/consents/", consent.consents, name="consents"),
    path("<int:pk>/consents/texts/<int:text>/give/", consent.give, name="give_consent"),
    path("<int:pk>/consents/<int:consent>/withdraw/", consent.withdraw, name="withdraw_consent"),
]
