"""Addresses of reviewing."""

from django.urls import path

from labs.views import review

urlpatterns = [
    path("review/", review.review, name="review"),
    path("review/together/", review.review_together, name="review_together"),
]
