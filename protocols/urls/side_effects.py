"""Addresses of side effects, and of the assessment of the risk of self-harm."""

from django.urls import path

from protocols.views import crisis, side_effects

urlpatterns = [
    path("patients/<int:pk>/side-effects/new/", side_effects.record_event, name="record_event"),
    path("side-effects/<int:pk>/", side_effects.side_effect, name="side_effect"),
    path("side-effects/<int:pk>/review/", side_effects.review, name="review_event"),
    path("side-effects/<int:pk>/correct/", side_effects.correct, name="correct_event"),
    path("side-effects/<int:pk>/follow/", side_effects.follow_up, name="follow_event"),
    path("side-effects/<int:pk>/strike/", side_effects.strike, name="strike_event"),
    path(
        "side-effects/entries/<int:pk>/strike/",
        side_effects.strike_entry,
        name="strike_event_entry",
    ),
    path("duties/<int:pk>/assess/", crisis.assess, name="assess_risk"),
]
