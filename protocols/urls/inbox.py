"""Addresses of the inbox."""

from django.urls import path

from protocols.views import inbox

urlpatterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/normal/", inbox.normal, name="normal_results"),
    path("inbox/draw/<int:pk>/review/", inbox.review_draw, name="review_draw"),
    path("inbox/semen/<int:pk>/review/", inbox.review_semen, name="review_semen"),
    path("inbox/event/<int:pk>/grade/", inbox.grade_event, name="grade_event"),
    path("inbox/letter/<int:pk>/answer/", inbox.answer_letter, name="answer_letter"),
    path("inbox/letter/<int:pk>/read/", inbox.read_letter, name="read_letter"),
    path("inbox/<slug:kind>/<int:pk>/", inbox.item, name="inbox_item"),
]
