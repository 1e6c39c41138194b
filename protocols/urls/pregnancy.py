"""Addresses of: a partner's pregnancy."""

from django.urls import path

from protocols.views import pregnancy

urlpatterns = [
    path("patients/<int:pk>/pregnancy/", pregnancy.pregnancies, name="pregnancies"),
    path("patients/<int:pk>/pregnancy/new/", pregnancy.record_pregnancy, name="record_pregnancy"),
    path("pregnancies/<int:pk>/counsel/", pregnancy.counsel, name="counsel_pregnancy"),
    path("pregnancies/<int:pk>/call/", pregnancy.follow_up, name="follow_pregnancy"),
    path("pregnancies/<int:pk>/dates/", pregnancy.correct_dates, name="date_pregnancy"),
    path("pregnancies/<int:pk>/outcome/", pregnancy.outcome, name="pregnancy_outcome"),
]
