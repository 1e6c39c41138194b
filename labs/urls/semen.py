"""Addresses of semen analyses."""

from django.urls import path

from labs.views import semen, semen_validity

urlpatterns = [
    path("patients/<int:pk>/semen/", semen.enter, name="enter_semen"),
    path("patients/<int:pk>/semen/preview/", semen.preview, name="semen_preview"),
    path("semen/<int:pk>/", semen.semen, name="semen"),
    path("semen/<int:pk>/verify/", semen.verify, name="verify_semen"),
    path("semen/<int:pk>/send-back/", semen.send_back, name="send_back_semen"),
    path("semen/<int:pk>/amend/", semen.amend, name="amend_semen"),
    path("semen/<int:pk>/correct/", semen.correct, name="correct_semen"),
    path("semen/<int:pk>/review/", semen.review, name="review_semen"),
    path("semen/<int:pk>/include/", semen_validity.include, name="include_semen"),
    path("semen/<int:pk>/leave-out/", semen_validity.leave_out, name="leave_out_semen"),
    path("semen/<int:pk>/strike/", semen.strike, name="strike_semen"),
]
